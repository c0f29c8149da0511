//! Probe: the files that Python packages record (PyPA, "Recording installed projects").

use std::collections::BTreeSet;

use crate::survey::{Entry, Fact, HEAD_MAX, Head, Look, Probe};

/// Reads every `RECORD` of a `.dist-info`.
pub struct Packages;

impl Probe for Packages {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        entry.name().ends_with(".dist-info/RECORD").then(|| {
            Head::look(HEAD_MAX, |bytes, _| {
                let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
                let names = rows.records().map_while(Result::ok);
                let firsts = names.filter_map(|row| {
                    let first = row.get(0)?.split('/').next()?;
                    // What is put beside, such as scripts, begins with `..`.
                    (!first.is_empty() && first != "..").then(|| first.to_owned())
                });
                let firsts: BTreeSet<_> = firsts.collect();
                vec![Fact::Package(firsts.into_iter().collect())]
            })
        })
    }
}
