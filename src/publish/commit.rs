//! `Staged`: an output under a temporary name, and how it gets its final name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::slice;

use super::archive::Rename;
use super::error::PublishError;
use super::item::Wait;
use super::layout::{self, Waiting};

/// What is ready to take its final name.
pub enum Staged {
    /// Images for a layout, which may have others.
    Layout(Box<Waiting>),
    /// A file.
    Archive(Rename),
}

impl Staged {
    /// Gives it its name.
    ///
    /// # Errors
    /// [`PublishError`] of the host, and [`PublishError::Interrupted`].
    pub fn commit(self, wait: &Wait<'_>) -> Result<(), PublishError> {
        commit(vec![vec![self]], wait).into_iter().collect()
    }
}

/// Gives the outputs of builds their names. What goes into one layout goes there together: its index is read and
/// written once, however many builds there are. Returned is what became of each build; one that fails leaves the
/// others alone.
pub fn commit(builds: Vec<Vec<Staged>>, wait: &Wait<'_>) -> Vec<Result<(), PublishError>> {
    let mut ended: Vec<_> = builds.iter().map(|_| Ok(())).collect();
    let (mut layouts, mut archives) = (BTreeMap::<PathBuf, (Vec<usize>, Vec<Waiting>)>::new(), Vec::new());
    let each = |(at, all): (usize, Vec<Staged>)| all.into_iter().map(move |one| (at, one));
    for (build, staged) in builds.into_iter().enumerate().flat_map(each) {
        match staged {
            Staged::Layout(waiting) => {
                let (of, all) = layouts.entry(waiting.dir().to_owned()).or_default();
                of.push(build);
                all.push(*waiting);
            }
            Staged::Archive(rename) => archives.push((build, rename)),
        }
    }
    for (of, all) in layouts.into_values() {
        match (layout::commit(&all, wait), &of[..]) {
            (Ok(()), _) => {}
            (error, [build]) => ended[*build] = error,
            // Whose fault it is is found out one by one.
            (Err(_), _) => {
                for (build, one) in of.iter().zip(&all) {
                    if ended[*build].is_ok() {
                        ended[*build] = layout::commit(slice::from_ref(one), wait);
                    }
                }
            }
        }
    }
    for (build, rename) in archives {
        if ended[build].is_ok() {
            ended[build] = rename();
        }
    }
    ended
}
