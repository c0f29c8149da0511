//! Two layers, file by file.

use std::collections::BTreeMap;

use crate::survey::probes::content;
use crate::survey::{Clock, Entry, Kind, Survey};

/// How the files of two layers differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// What was added, removed and changed, in byte order of paths.
    pub changes: Vec<Change>,
    /// How many entries that both have stand at another place of the order: the least that would have to move.
    pub moved: usize,
    /// How many entries both have.
    pub common: usize,
    /// Whether something was not compared to the byte: files with holes, and values of extended attributes.
    pub vague: bool,
}

/// What became of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path, without a leading slash.
    pub path: String,
    /// What it is in A, if it is there.
    pub a: Option<Entry>,
    /// What it is in B, if it is there.
    pub b: Option<Entry>,
    /// In which ways the two differ.
    pub aspects: Vec<Aspect>,
    /// The format of its content, where nothing but the times that it holds differ.
    pub clock: Option<Clock>,
}

/// A way in which two entries of one path differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// File, directory, link and so on.
    Kind,
    /// The bytes.
    Content,
    /// Where a link leads.
    Link,
    /// Permission bits.
    Mode,
    /// Owner or group.
    Owner,
    /// The time of the last change.
    Time,
    /// Which extended attributes and other PAX records it has.
    Attributes,
    /// How the path is written, as `./a` for `a`.
    Spelling,
    /// The place in the order of entries: of a layer as a whole.
    Order,
}

impl Aspect {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Aspect::Kind => "kind",
            Aspect::Content => "content",
            Aspect::Link => "link",
            Aspect::Mode => "mode",
            Aspect::Owner => "owner",
            Aspect::Time => "time",
            Aspect::Attributes => "attributes",
            Aspect::Spelling => "spelling",
            Aspect::Order => "order",
        }
    }
}

impl Files {
    /// Compares two layers whose contents were hashed.
    pub fn of(a: &Survey, b: &Survey) -> Self {
        let (in_a, in_b) = (by_name(a), by_name(b));
        let mut changes = Vec::new();
        for (key, (_, entry)) in &in_a {
            let changed = match in_b.get(key) {
                None => Some(Change::new(entry.name(), Some(entry), None)),
                Some((_, other)) => changed(entry, other),
            };
            changes.extend(changed);
        }
        let added = in_b.iter().filter(|(key, _)| !in_a.contains_key(*key));
        changes.extend(added.map(|(_, (_, entry))| Change::new(entry.name(), None, Some(entry))));
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        let mut places: Vec<_> =
            in_a.iter().filter_map(|(key, (at, _))| Some((in_b.get(key)?.0, *at))).collect();
        places.sort_unstable();
        let entries = || a.entries.iter().chain(&b.entries);
        Self {
            changes,
            common: places.len(),
            moved: places.len() - longest_rise(places.iter().map(|(_, at)| *at)),
            vague: entries()
                .any(|entry| entry.kind != Kind::Dir && entry.size > 0 && content::of(entry).is_none())
                || entries().any(|entry| !entry.pax.is_empty()),
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.moved == 0
    }

    /// The changes of files that are only in B, only in A, and in both.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count =
            |a, b| self.changes.iter().filter(|one| (one.a.is_some(), one.b.is_some()) == (a, b)).count();
        (count(false, true), count(true, false), count(true, true))
    }
}

/// The entries of a layer by name, and by how many before have the same name; each with its place.
fn by_name(survey: &Survey) -> BTreeMap<(&str, usize), (usize, &Entry)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let entries = survey.entries.iter().enumerate().map(|(at, entry)| {
        let count = seen.entry(entry.name()).or_default();
        *count += 1;
        ((entry.name(), *count), (at, entry))
    });
    entries.collect()
}

impl Change {
    fn new(path: &str, a: Option<&Entry>, b: Option<&Entry>) -> Self {
        let (a, b) = (a.cloned(), b.cloned());
        Self { path: path.to_owned(), a, b, aspects: Vec::new(), clock: None }
    }
}

/// How two entries of one name differ, if they do.
pub fn changed(a: &Entry, b: &Entry) -> Option<Change> {
    // The slash behind a directory is no spelling: some writers leave it out.
    let spelled = |entry: &Entry| entry.path.trim_end_matches('/').to_owned();
    let differ = [
        (Aspect::Kind, a.kind != b.kind),
        (Aspect::Content, a.size != b.size || content::of(a) != content::of(b)),
        (Aspect::Link, a.link != b.link),
        (Aspect::Mode, a.mode != b.mode),
        (Aspect::Owner, a.owner != b.owner),
        (Aspect::Time, a.mtime != b.mtime),
        (Aspect::Attributes, a.pax != b.pax),
        (Aspect::Spelling, spelled(a) != spelled(b)),
    ];
    let aspects: Vec<_> =
        differ.into_iter().filter(|(_, differs)| *differs).map(|(aspect, _)| aspect).collect();
    if aspects.is_empty() {
        return None;
    }
    let clock = content::timeless(a).filter(|timeless| content::timeless(b).as_ref() == Some(timeless));
    let clock = clock.filter(|_| aspects.contains(&Aspect::Content)).map(|(clock, _)| clock);
    Some(Change { aspects, clock, ..Change::new(a.name(), Some(a), Some(b)) })
}

/// The length of the longest rising subsequence.
fn longest_rise(numbers: impl Iterator<Item = usize>) -> usize {
    // The least last number of a rise of each length.
    let mut ends: Vec<usize> = Vec::new();
    for number in numbers {
        let at = ends.partition_point(|end| *end < number);
        if at == ends.len() {
            ends.push(number);
        } else {
            ends[at] = number;
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_is_the_least_that_must() {
        let moved = |order: &[usize]| order.len() - longest_rise(order.iter().copied());
        assert_eq!([moved(&[]), moved(&[0, 1, 2]), moved(&[2, 0, 1]), moved(&[2, 1, 0])], [0, 0, 1, 2]);
    }
}
