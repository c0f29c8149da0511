//! Probe: small text files that runtimes read at the start.

use crate::survey::{Entry, Fact, Head, Look, Probe, split};

/// The most bytes that are kept of one.
const LIMIT: usize = 64 << 10;

/// Files of AWS's bases that name their runtime, and start it.
const OF_THE_BASE: [&str; 3] =
    ["lambda-entrypoint.sh", "var/runtime/bootstrap", "var/runtime/runtime-release"];

/// Keeps .NET's `.runtimeconfig.json` and `.deps.json`, Python's `.pth`, `package.json` outside `node_modules`, and
/// what names and starts the runtime of AWS's bases.
pub struct Text;

impl Probe for Text {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let (dir, base) = split(entry.name());
        let wanted = base.ends_with(".runtimeconfig.json")
            || base.ends_with(".deps.json")
            || base.ends_with(".pth")
            || OF_THE_BASE.contains(&entry.name())
            || (base == "package.json" && !dir.split('/').any(|part| part == "node_modules"));
        let small = entry.size <= LIMIT as u64;
        (wanted && small).then(|| {
            Head::look(LIMIT, |bytes, _| {
                std::str::from_utf8(bytes).map(|text| Fact::Text(text.to_owned())).into_iter().collect()
            })
        })
    }
}
