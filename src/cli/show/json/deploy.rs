//! The object of `deploy`.

use lambda_img::deploy::{Change, Deployed, Plan, Step, Target};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::Version;

/// What was deployed, a function each, in the order of the command line. Printed also with another exit code than 0.
#[derive(Serialize, JsonSchema)]
pub struct Deploy<'a> {
    version: Version<1>,
    functions: Vec<Function<'a>>,
}

impl<'a> Deploy<'a> {
    pub fn of(functions: Vec<Function<'a>>) -> Self {
        Self { version: Version, functions }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Function<'a> {
    /// What it is called in lambda-img.toml, or the function's name.
    name: &'a str,
    /// The name of the Lambda function.
    function: &'a str,
    region: &'a str,
    account: &'a str,
    state: State,
    /// The image with its digest; null where it was not found out.
    image: Option<&'a str>,
    /// The image that the function had before; null where it did not exist.
    image_before: Option<&'a str>,
    /// The function's, without a version; null where it does not exist.
    arn: Option<&'a str>,
    alias: Option<&'a str>,
    /// The version that has the image.
    function_version: Option<&'a str>,
    /// The version that the alias named before.
    function_version_before: Option<&'a str>,
    /// With `--plan`: what would change, in order.
    changes: Vec<&'static str>,
    /// The steps that are done, for people, in order.
    done: Vec<String>,
    /// Why it failed.
    error: Option<String>,
}

/// How a deployment ended.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum State {
    Deployed,
    Unchanged,
    Planned,
    Failed,
    NotBegun,
}

impl<'a> Function<'a> {
    /// One that is not begun.
    pub fn new(name: &'a str, target: &'a Target, alias: Option<&'a str>) -> Self {
        Self {
            name,
            function: &target.function,
            region: &target.host.region,
            account: &target.host.account,
            state: State::NotBegun,
            image: None,
            image_before: None,
            arn: None,
            alias,
            function_version: None,
            function_version_before: None,
            changes: Vec::new(),
            done: Vec::new(),
            error: None,
        }
    }

    /// It ended well.
    pub fn ended(
        &mut self,
        image: &'a str,
        plan: &'a Plan,
        deployed: &'a Deployed,
        done: &[Step],
        is_plan: bool,
    ) {
        self.state = match (plan.changes.is_empty(), is_plan) {
            (true, _) => State::Unchanged,
            (false, true) => State::Planned,
            (false, false) => State::Deployed,
        };
        self.image = Some(image);
        self.image_before = plan.before.exists().then_some(plan.before.image.as_str());
        self.arn =
            [&deployed.arn, &plan.before.arn].into_iter().find(|arn| !arn.is_empty()).map(String::as_str);
        self.function_version = deployed.version.as_deref();
        self.function_version_before = plan.alias.as_ref().map(|alias| alias.version.as_str());
        self.changes = plan.changes.iter().filter(|_| is_plan).map(change).collect();
        self.done = done.iter().map(ToString::to_string).collect();
    }

    /// It failed after these steps.
    pub fn failed(&mut self, error: String, done: &[Step]) {
        self.state = State::Failed;
        self.error = Some(error);
        self.done = done.iter().map(ToString::to_string).collect();
    }
}

fn change(change: &Change) -> &'static str {
    match change {
        Change::Create => "create",
        Change::Update => "update",
        Change::Publish => "publish",
        Change::CreateAlias => "create alias",
        Change::MoveAlias(_) => "move alias",
        Change::Tag(_) => "tag",
    }
}
