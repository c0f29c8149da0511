//! The environment variables of a function: what the image says, what its owner says, and what Lambda says.

use super::error::ReservedVariable;
use crate::image::ImageConfig;

/// What Lambda knows of a function, and tells it in variables and headers.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its version: `$LATEST`.
    pub version: String,
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Its memory in MiB.
    pub memory: u32,
    /// Whether its environments come from a snapshot (SnapStart).
    pub snap_start: bool,
    /// How many events an environment answers at once, where it does so as on Lambda Managed Instances.
    pub concurrency: Option<u16>,
}

impl Identity {
    /// How its environments begin, in Lambda's words.
    pub fn initialization_type(&self) -> &'static str {
        match self.concurrency {
            Some(_) => "lambda-managed-instances",
            None if self.snap_start => "snap-start",
            None => "on-demand",
        }
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        let partition = match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:lambda:{}:{}:function:{}", self.region, self.account, self.name)
    }
}

/// Variables that a function's owner may set although Lambda sets them, too (AWS Lambda Developer Guide, "Using
/// environment variables", and the emulator's source).
const OVERRIDABLE: [&str; 8] = [
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "TZ",
];

/// Names that Lambda keeps to itself.
const RESERVED: [&str; 22] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Variables that extensions do not get (AWS Lambda Developer Guide, "Lambda Extensions API").
const NOT_FOR_EXTENSIONS: [&str; 8] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Variables that functions with SnapStart do not get.
const NOT_IN_SNAPSHOTS: [&str; 2] = ["AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"];

/// Refuses what Lambda refuses when a function is configured.
///
/// # Errors
/// [`ReservedVariable`], the first one.
pub fn check(own: &[(String, String)]) -> Result<(), ReservedVariable> {
    let reserved =
        |name: &str| !OVERRIDABLE.contains(&name) && (RESERVED.contains(&name) || name.starts_with('_'));
    match own.iter().find(|(name, _)| reserved(name)) {
        Some((name, _)) => Err(ReservedVariable { name: name.clone() }),
        None => Ok(()),
    }
}

/// The variables of the runtime: the image's, then Lambda's, then the owner's; later ones stand in place of earlier ones.
/// `credentials` are key id, secret and token, where the function gets any.
pub fn of_runtime(
    image: &ImageConfig,
    identity: &Identity,
    own: &[(String, String)],
    credentials: Option<&[String; 3]>,
    api: &str,
) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for variable in image.env() {
        let (name, value) = variable.split_once('=').unwrap_or((&variable, ""));
        set(&mut variables, name, value);
    }
    // The log of a snapshot would be that of another environment (AWS Lambda Developer Guide, "Monitoring for Lambda
    // SnapStart").
    let is_set = |name: &str| !identity.snap_start || !NOT_IN_SNAPSHOTS.contains(&name);
    for (name, value) in lambda(identity, api).into_iter().filter(|(name, _)| is_set(name)) {
        set(&mut variables, name, &value);
    }
    if let Some(concurrency) = identity.concurrency {
        set(&mut variables, "AWS_LAMBDA_MAX_CONCURRENCY", &concurrency.to_string());
        set(&mut variables, "AWS_LAMBDA_LOG_FORMAT", "JSON");
    }
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    // Keys of a user have no token.
    let given =
        names.into_iter().zip(credentials.into_iter().flatten()).filter(|(_, value)| !value.is_empty());
    for (name, value) in given {
        set(&mut variables, name, value);
    }
    for (name, value) in own {
        set(&mut variables, name, value);
    }
    variables
}

/// The variables of an extension, of those of the runtime.
pub fn of_extension(runtime: &[(String, String)]) -> Vec<(String, String)> {
    let kept = |name: &str| !name.starts_with('_') && !NOT_FOR_EXTENSIONS.contains(&name);
    runtime.iter().filter(|(name, _)| kept(name)).cloned().collect()
}

/// What a function of package type `Image` gets from Lambda. `HOME`, `LANG`, `PATH` and `TZ` are not among them.
fn lambda(identity: &Identity, api: &str) -> [(&'static str, String); 17] {
    let text = str::to_owned;
    [
        ("AWS_DEFAULT_REGION", identity.region.clone()),
        ("AWS_EXECUTION_ENV", text("AWS_Lambda_Image")),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", identity.memory.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", identity.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", identity.version.clone()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", text(identity.initialization_type())),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", identity.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[{}]", identity.version)),
        ("AWS_LAMBDA_RUNTIME_API", text(api)),
        ("AWS_REGION", identity.region.clone()),
        ("AWS_XRAY_CONTEXT_MISSING", text("LOG_ERROR")),
        ("AWS_XRAY_DAEMON_ADDRESS", text("169.254.79.129:2000")),
        ("LAMBDA_RUNTIME_DIR", text("/var/runtime")),
        ("LAMBDA_TASK_ROOT", text("/var/task")),
        ("_AWS_XRAY_DAEMON_ADDRESS", text("169.254.79.129")),
        ("_AWS_XRAY_DAEMON_PORT", text("2000")),
        ("_HANDLER", String::new()),
    ]
}

fn set(variables: &mut Vec<(String, String)>, name: &str, value: &str) {
    match variables.iter_mut().find(|(other, _)| other == name) {
        Some((_, old)) => value.clone_into(old),
        None => variables.push((name.to_owned(), value.to_owned())),
    }
}
