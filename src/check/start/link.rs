//! Entry points that are symbolic links.

use crate::check::function::of_system;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Kind, Resolved};

/// R7: the entry point should be a file, not a link to one (developer guide, "Container image settings": a
/// warning there). AWS's own examples start interpreters by links of the distribution: links to what is not the
/// function's are not told of.
pub const CHECK: Check = Check {
    id: "start-link",
    group: Group::Start,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("start-link"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let (entrypoint, cmd) = (subject.words("Entrypoint"), subject.words("Cmd"));
    let Some(word) = entrypoint.first().or(cmd.first()).filter(|word| word.contains('/')) else {
        return Vec::new();
    };
    let path =
        if word.starts_with('/') { (*word).to_owned() } else { format!("{}/{word}", subject.workdir()) };
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = parts.join("/");
    let Some(found) = subject.tree.get(&path).filter(|found| found.entry.kind == Kind::Symlink) else {
        return Vec::new();
    };
    let own = match subject.tree.resolve("", &path) {
        Resolved::At(file) => !of_system(file.entry.name()),
        _ => false,
    };
    if !own {
        return Vec::new();
    }
    let target = found.entry.link.as_deref().unwrap_or_default().escape_debug();
    let message = format!("the entry point is a symbolic link, to `{target}`; AWS warns against that");
    let fix = "set ENTRYPOINT to the absolute path of the file itself";
    vec![Fault::new(Location::Path(found.layer, path), message, fix)]
}
