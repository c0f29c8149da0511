//! Values that no image can have, refused before anything is read.

use super::error::{FunctionError, InvalidValue};
use super::spec::BuildSpec;
use crate::family::{self, FamilyError, Function};
use crate::runtime::RuntimeProfile;
use crate::step::Step;
use crate::tree::{FileTree, Union};

/// Why a variable, a label or an annotation cannot be, as a clause about it.
///
/// # Errors
/// The clause.
pub fn pair(name: &str, value: &str) -> Result<(), &'static str> {
    match () {
        () if name.is_empty() => Err("has no name"),
        () if name.contains('\0') || value.contains('\0') => Err(NUL),
        () => Ok(()),
    }
}

/// Why these words cannot be an entry point, as a clause about them.
///
/// # Errors
/// The clause.
pub fn program(words: &[String]) -> Result<(), &'static str> {
    match words.first() {
        None => Err("does not name a program"),
        Some(first) if first.is_empty() => Err("does not name a program"),
        Some(_) => no_nul(words),
    }
}

/// Why these words cannot be a command, as a clause about them.
///
/// # Errors
/// The clause.
pub fn command(words: &[String]) -> Result<(), &'static str> {
    match words {
        [only] if only.is_empty() => Err("is empty"),
        words => no_nul(words),
    }
}

/// Why this cannot be a path in the image, as a clause about it.
///
/// # Errors
/// The clause.
pub fn absolute(path: &str) -> Result<(), &'static str> {
    match () {
        () if !path.starts_with('/') => Err("is not an absolute path"),
        () if path.contains('\0') => Err(NUL),
        () => Ok(()),
    }
}

const NUL: &str = "has a NUL byte";

fn no_nul(words: &[String]) -> Result<(), &'static str> {
    if words.iter().any(|word| word.contains('\0')) { Err(NUL) } else { Ok(()) }
}

fn handler(text: &str) -> Result<(), &'static str> {
    match () {
        () if text.contains('\0') => Err(NUL),
        () if text.contains(['\n', '\r']) => Err("has a line break"),
        () => Ok(()),
    }
}

/// A variable's name must not have `=` either: what is behind it would be read as the value.
fn variable(name: &str, value: &str) -> Result<(), &'static str> {
    if name.contains('=') { Err("has `=` in its name") } else { pair(name, value) }
}

/// Refuses the first value that no image can have.
///
/// # Errors
/// [`InvalidValue`].
pub fn check(spec: &BuildSpec) -> Result<(), InvalidValue> {
    let invalid = |field: &'static str, value: String| move |why| InvalidValue { field, value, why };
    let listed = |words: &[String]| serde_json::json!(words).to_string();
    let from_steps = spec.steps.iter().any(Step::is_in_task);
    if spec.path.as_os_str().is_empty() && !from_steps {
        return Err(invalid("path of the function", String::new())("is empty"));
    }
    if let Some(text) = &spec.handler {
        handler(text).map_err(invalid("handler", text.clone()))?;
    }
    for (name, value) in &spec.env {
        variable(name, value).map_err(invalid("variable", format!("{name}={value}")))?;
    }
    for (field, pairs) in [("label", &spec.labels), ("annotation", &spec.annotations)] {
        for (name, value) in pairs {
            pair(name, value).map_err(invalid(field, format!("{name}={value}")))?;
        }
    }
    if let Some(words) = &spec.entrypoint {
        program(words).map_err(invalid("entry point", listed(words)))?;
    }
    if let Some(words) = &spec.cmd {
        command(words).map_err(invalid("command", listed(words)))?;
    }
    match &spec.workdir {
        Some(dir) => absolute(dir).map_err(invalid("working directory", dir.clone())),
        None => Ok(()),
    }
}

/// Refuses a handler by its form, whatever files there will be. One that a wrapper starts has the form that this wants.
///
/// # Errors
/// [`FunctionError::Family`].
pub fn check_handler(spec: &BuildSpec, profile: &RuntimeProfile) -> Result<(), FunctionError> {
    let Some(handler) = spec.handler.as_deref().filter(|_| spec.cmd.is_none()) else { return Ok(()) };
    match family::check(profile.family, handler, false, &Function(&Union::from(&FileTree::new()))) {
        Err(error @ FamilyError::Form { .. }) if !spec.env.contains_key(family::EXEC_WRAPPER) => {
            Err(error.into())
        }
        _ => Ok(()),
    }
}
