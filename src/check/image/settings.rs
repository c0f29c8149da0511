//! Settings of the configuration that Lambda ignores, sets itself or cannot follow.

use serde_json::Value;

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::image::CREATED_BY_PREFIX;
use crate::runtime::AWS_ENV;
use crate::survey::{Kind, Resolved};

/// Of a configuration, Lambda honours ENTRYPOINT, CMD, WORKDIR and ENV alone (developer guide, "Container image settings").
pub const IGNORED: Check = Check {
    id: "ignored-setting",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: Some("Lambda ignores the values of any unsupported settings"),
    page: page!("ignored-setting"),
    run: ignored,
};

/// Variables that Lambda sets itself (developer guide, "Runtime API"; the emulator's source).
pub const RESERVED: Check = Check {
    id: "env-reserved",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("env-reserved"),
    run: reserved,
};

/// R7: a working directory that is not in the image, on a root that is read-only.
pub const WORKDIR: Check = Check {
    id: "workdir",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: Some("FunctionError.InvalidWorkingDirectory"),
    page: page!("workdir"),
    run: workdir,
};

fn ignored(subject: &Subject<'_>) -> Vec<Fault> {
    let settings = subject.settings();
    let user = settings["User"].as_str().unwrap_or_default();
    let fault = |field: &'static str, name: &str, why: &str, fix: &str| {
        Fault::new(Location::Config(field.into()), format!("Lambda ignores {name}: {why}"), fix)
    };
    let has = |key: &str| settings[key].as_object().is_some_and(|map| !map.is_empty());
    let tests = settings["Healthcheck"]["Test"]
        .as_array()
        .is_some_and(|test| test.first().is_some_and(|word| word != "NONE"));
    let mut faults = Vec::new();
    if !["", "0", "root"].contains(&user.split(':').next().unwrap_or_default()) {
        let why =
            "it runs the function as its own user, which can read only files that are readable for all users";
        faults.push(fault(
            "config.User",
            "USER",
            why,
            "leave it out, and make the files readable for all users",
        ));
    }
    if has("Volumes") {
        let why = "only `/tmp` is writable";
        faults.push(fault("config.Volumes", "VOLUME", why, "write to `/tmp`, or use EFS"));
    }
    if tests {
        let why = "Lambda does not run it";
        faults.push(fault("config.Healthcheck", "HEALTHCHECK", why, "leave it out"));
    }
    if has("ExposedPorts") {
        let why = "Lambda invokes functions and does not connect to their ports";
        faults.push(fault(
            "config.ExposedPorts",
            "EXPOSE",
            why,
            "leave it out; a web server needs an adapter as an extension",
        ));
    }
    faults
}

/// `docs/reference/lambda-and-ecr.md`, "What Lambda sets".
const SET_BY_LAMBDA: [&str; 13] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_EXECUTION_ENV",
];

fn reserved(subject: &Subject<'_>) -> Vec<Fault> {
    let own = |name: &str, value: &str| AWS_ENV.contains(&(name, value));
    let odd = |name: &str, value: &str| {
        SET_BY_LAMBDA.contains(&name)
            || name.starts_with("AWS_LAMBDA_FUNCTION_")
            || (name.starts_with("LAMBDA_")
                && AWS_ENV.iter().any(|(own, _)| *own == name)
                && !own(name, value))
    };
    let pairs = subject.words("Env").into_iter().filter_map(|pair| pair.split_once('='));
    let names: Vec<_> =
        pairs.filter(|(name, value)| odd(name, value)).map(|(name, _)| format!("`{name}`")).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let message = format!("Lambda sets {} itself and overwrites the value of the image", names.join(", "));
    vec![Fault::new(Location::Config("config.Env".into()), message, "give it another name, or leave it out")]
}

/// The directory that every image of Lambda's starts in.
const TASK_ROOT: &str = "/var/task";

fn workdir(subject: &Subject<'_>) -> Vec<Fault> {
    let dir = subject.workdir();
    let fault = |message: String, fix: &str| {
        vec![Fault::new(Location::Config("config.WorkingDir".into()), message, fix)]
    };
    if !dir.starts_with('/') {
        return fault(format!("`{dir}` is not an absolute path"), "set WORKDIR to an absolute path");
    }
    match subject.tree.resolve("", dir) {
        Resolved::At(found) if found.entry.kind == Kind::Dir => Vec::new(),
        Resolved::Implied(_) => Vec::new(),
        Resolved::Missing(_) if !subject.tree.is_complete() => Vec::new(),
        // What this tool says itself on a base without directories: Lambda's own task root.
        Resolved::Missing(_) if dir == TASK_ROOT && is_made_here(subject) => Vec::new(),
        Resolved::Missing(_) => fault(
            format!(
                "`{dir}` is not in the image, and Lambda cannot create it because its root file system is \
                     read-only"
            ),
            "create the directory in a layer",
        ),
        _ => fault(format!("`{dir}` is not a directory"), "set WORKDIR to a directory of the image"),
    }
}

/// Whether this tool made all of the image, its base too.
fn is_made_here(subject: &Subject<'_>) -> bool {
    let history = subject.view.config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
    let made = |by: &Value| by["created_by"].as_str().is_some_and(|by| by.starts_with(CREATED_BY_PREFIX));
    !history.is_empty() && history.iter().all(made)
}
