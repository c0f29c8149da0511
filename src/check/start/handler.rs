//! Checks: the file that the handler names, and the function in it.

use crate::check::function::below;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject, is_on_aws_base};
use crate::family::{self, FamilyError, Files};
use crate::runtime::Family;
use crate::survey::probes::classes;
use crate::survey::{Fact, Kind, LayerEntry, Resolved, Tree};

/// The handler names a file or class that the image does not have.
pub const MISSING: Check = Check {
    id: "handler-missing",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("handler-missing"),
    run: missing,
};

/// The handler's file has no such name in it.
pub const SYMBOL: Check = Check {
    id: "handler-symbol",
    group: Group::Start,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("handler-symbol"),
    run: symbol,
};

/// .NET's bootstrap wants one of each json file (`aws-lambda-dotnet`, `bootstrap.sh`: exits 105 and 106).
pub const DOTNET_JSON: Check = Check {
    id: "dotnet-json",
    group: Group::Start,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("dotnet-json"),
    run: dotnet_json,
};

/// The files of an image, for the rules of the families.
pub(super) struct Image<'s, 'a>(pub(super) &'s Tree<'a>);

impl<'a> Image<'_, 'a> {
    pub(super) fn at(&self, path: &str) -> Option<LayerEntry<'a>> {
        match self.0.resolve("", path) {
            Resolved::At(found) if found.entry.kind != Kind::Dir => self.0.content(found),
            _ => None,
        }
    }
}

impl Files for Image<'_, '_> {
    fn file(&self, path: &str) -> Option<bool> {
        self.at(path).map(|found| found.entry.mode & 0o111 != 0)
    }

    fn below(&self, directory: &str) -> Vec<String> {
        let files = self
            .0
            .below(directory)
            .filter(|(_, found)| matches!(found.entry.kind, Kind::File | Kind::HardLink));
        files.filter_map(|(path, _)| below(path, directory)).map(str::to_owned).collect()
    }

    /// A jar that was not read, because it is too large, may hold everything.
    fn jar_holds(&self, jar: &str, entry: &str) -> Result<bool, FamilyError> {
        let Some(found) = self.at(jar) else { return Ok(false) };
        let classes = found.entry.facts.iter().find_map(|fact| match fact {
            Fact::Classes(classes) => Some(classes),
            _ => None,
        });
        Ok(classes.is_none_or(|all| all.binary_search(&classes::number(entry)).is_ok()))
    }
}

/// The family and the handler, where AWS's entry script will get one.
fn handler<'a>(subject: &Subject<'a>) -> Option<(Family, &'a str)> {
    let [handler] = subject.words("Cmd")[..] else { return None };
    let family = subject.view.profile.as_ref()?.family;
    subject.has_aws_entrypoint().then_some((family, handler))
}

/// What the family's rules say against the handler, as far as it is known. A base that was not read may have what is
/// missing in the layers above it, and cannot take away what is too much there; the rules are those of AWS's bases.
fn judge(subject: &Subject<'_>) -> Option<FamilyError> {
    let (family, handler) = handler(subject)?;
    let image = Image(&subject.tree);
    let wrapped = subject.env(family::EXEC_WRAPPER).is_some();
    let error = family::check(family, handler, wrapped, &family::Function(&image)).err()?;
    let stays = match &error {
        FamilyError::Form { .. } => true,
        FamilyError::NotOne { found, .. } => found.len() > 1 && subject.is_final,
        _ => false,
    };
    let known = subject.tree.is_complete() || (stays && is_on_aws_base(subject.view));
    known.then_some(error)
}

fn missing(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(error) = judge(subject) else { return Vec::new() };
    let fix = match &error {
        FamilyError::Missing { .. } => "name a file of `/var/task` in CMD, or copy the missing one there",
        FamilyError::Form { .. } => "write CMD in the form that the runtime wants",
        _ => return Vec::new(),
    };
    vec![Fault::new(Location::Config("config.Cmd".into()), error.to_string(), fix)]
}

fn dotnet_json(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(error @ FamilyError::NotOne { .. }) = judge(subject) else { return Vec::new() };
    let fix = "copy the whole output of `dotnet publish` to `/var/task`, of one project";
    vec![Fault::new(Location::Config("config.Cmd".into()), error.to_string(), fix)]
}

/// The file of the handler at its usual place, and the name that it must have.
fn source(family: Family, handler: &str) -> Option<(Vec<String>, &str)> {
    let (module, name) = match family {
        Family::Ruby => (handler.split('.').next()?, handler.rsplit('.').next()?),
        // The first dot of the last component: names in names follow it.
        Family::Nodejs => {
            let last = handler.rfind('/').map_or(0, |at| at + 1);
            let at = last + handler[last..].find('.')?;
            (&handler[..at], &handler[at + 1..])
        }
        _ => handler.rsplit_once('.')?,
    };
    let ends: &[&str] = match family {
        Family::Python => &["py"],
        Family::Nodejs => &["js", "mjs", "cjs"],
        Family::Ruby => &["rb"],
        _ => return None,
    };
    let module = if family == Family::Python { module.replace('.', "/") } else { module.to_owned() };
    let paths = ends.iter().map(|end| format!("var/task/{module}.{end}")).collect();
    Some((paths, name))
}

/// The possible paths of the handler's file, and the name that the file must define.
pub(super) fn named<'a>(subject: &Subject<'a>) -> Option<(Vec<String>, &'a str)> {
    let (family, handler) = handler(subject).filter(|_| subject.is_final)?;
    source(family, handler)
}

fn symbol(subject: &Subject<'_>) -> Vec<Fault> {
    let found = || {
        let (_, handler) = handler(subject)?;
        let (paths, name) = named(subject)?;
        let image = Image(&subject.tree);
        let at = paths.iter().find_map(|path| image.at(path))?;
        let words = at.entry.facts.iter().find_map(|fact| match fact {
            Fact::Words(words) => Some(words),
            _ => None,
        })?;
        // `a.b` of Node.js is a name in a name.
        let lacking =
            name.split('.').find(|part| words.binary_search_by(|word| word.as_str().cmp(part)).is_err())?;
        let message = format!("handler `{handler}`: `{lacking}` is nowhere in the file");
        Some(Fault::new(
            Location::Path(at.layer, at.entry.name().to_owned()),
            message,
            "name a function of the file in CMD",
        ))
    };
    found().into_iter().collect()
}
