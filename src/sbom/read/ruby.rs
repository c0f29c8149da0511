//! Ruby: the specifications of installed gems, which RubyGems writes as Ruby.

use super::stated::{Found, component, licence, text, whole};
use crate::survey::{Ecosystem, Entry, Fact, Look, Probe, split};

/// Reads `specifications/*.gemspec`, and the default gems of Ruby below.
pub struct Ruby;

impl Probe for Ruby {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let (dir, base) = split(entry.name());
        let is_installed = dir.ends_with("specifications") || dir.ends_with("specifications/default");
        (is_installed && base.ends_with(".gemspec")).then(|| whole(read))
    }
}

/// Takes the lines that RubyGems writes: `s.name = "json".freeze`. No Ruby runs.
fn read(bytes: &[u8]) -> Vec<Fact> {
    let (text, not_text) = text(bytes);
    let values = |field: &str| {
        let line = text.lines().filter_map(|line| {
            let (left, right) = line.trim().split_once('=')?;
            let (_, name) = left.trim_end().rsplit_once('.')?;
            (name == field).then_some(right)
        });
        strings(line.take(1).next().unwrap_or_default())
    };
    let first = |field: &str| values(field).into_iter().next().unwrap_or_default();
    let mut found = Found::default();
    found.add(component(Ecosystem::Ruby, None, &first("name"), &first("version")).map(|mut one| {
        one.licence = licence(&values("licenses").join(" OR "));
        let platform = first("platform");
        one.qualifiers =
            (!platform.is_empty()).then(|| ("platform".to_owned(), platform)).into_iter().collect();
        one
    }));
    found.facts().into_iter().chain(not_text).collect()
}

/// The strings in quotes of a line.
fn strings(line: &str) -> Vec<String> {
    let quote = if line.contains('"') { '"' } else { '\'' };
    line.split(quote).skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_as_rubygems_writes_it() {
        let text = "# -*- encoding: utf-8 -*-\n# stub: json 2.7.1 ruby lib\n\nGem::Specification.new do |s|\n  \
                    s.name = \"json\".freeze\n  s.version = \"2.7.1\"\n\n  s.required_rubygems_version = \
                    Gem::Requirement.new(\">= 0\".freeze) if s.respond_to? :required_rubygems_version=\n  \
                    s.licenses = [\"Ruby\".freeze, \"MIT\".freeze]\nend\n";
        let facts = read(text.as_bytes());
        let [Fact::Components(list)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!((&*list[0].name, &*list[0].version), ("json", "2.7.1"));
        assert_eq!(list[0].licence.as_deref(), Some("Ruby OR MIT"));
    }
}
