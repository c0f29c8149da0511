//! Refuses functions of one command that write to the same place.

use std::collections::BTreeSet;

use lambda_img::publish::{self, Output};

use crate::cli::options::build::Build;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// Refuses functions that would take each other's place.
pub fn check<'b>(all: impl Iterator<Item = &'b Build> + Clone) -> Result<(), CliError> {
    // Of several architectures, each image has its own name.
    let suffixed = |build: &Build, tag: &str| -> Vec<String> {
        let archs: BTreeSet<_> = build.output.arch.iter().collect();
        match archs.len() {
            1 => vec![tag.to_owned()],
            _ => archs.iter().map(|arch| format!("{tag}-{arch}")).collect(),
        }
    };
    let outputs =
        all.clone().flat_map(|build| build.output.outputs.iter().map(move |output| (build, output)));
    let outputs: Vec<_> = outputs
        .flat_map(|(build, output)| match output {
            Output::Layout { dir, tag } => {
                let dir = |tag| Output::Layout { dir: dir.clone(), tag };
                suffixed(build, tag).into_iter().map(dir).collect()
            }
            archive => vec![archive.clone()],
        })
        .collect();
    if let Some(twice) = publish::duplicate(&outputs) {
        return Err(usage::fleet::same_output(twice));
    }
    let tags = all.flat_map(|build| build.output.tags.iter().map(move |tag| (build, tag)));
    let tags = tags.flat_map(|(build, reference)| suffixed(build, &reference.to_string()));
    let mut seen = BTreeSet::new();
    match tags.into_iter().find(|tag| !seen.insert(tag.clone())) {
        Some(tag) => Err(usage::fleet::same_tag(&tag)),
        None => Ok(()),
    }
}
