//! The object of `runtimes`.

use lambda_img::arch::Arch;
use lambda_img::date::Date;
use lambda_img::runtime::{Family, Note, Phase, RuntimeProfile};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Architecture, Day, Version};

/// Lambda's runtimes. Keys that do not apply are absent.
#[derive(Serialize, JsonSchema)]
pub struct Runtimes<'a> {
    version: Version<1>,
    #[schemars(length(min = 1))]
    runtimes: Vec<Runtime<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Runtime<'a> {
    /// Lambda's identifier.
    id: &'a str,
    name: &'a str,
    #[schemars(extend("enum" = FAMILIES.map(Family::as_str)))]
    family: &'static str,
    os: &'static str,
    /// The version of the C library in its base.
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+$"))]
    glibc: &'a str,
    #[schemars(length(min = 1))]
    architectures: Vec<Architecture>,
    images: Images,
    /// The expected ENTRYPOINT of its base.
    entrypoint: &'a [String],
    /// The expected WORKDIR of its base.
    workdir: &'a str,
    /// The expected ENV of its base.
    #[schemars(inner(regex(pattern = "=")))]
    env: &'a [String],
    /// Names of variables that it sets, to some value.
    env_present: &'a [String],
    /// Today.
    #[schemars(extend("enum" = phases()))]
    phase: &'static str,
    /// The same for people, with dates.
    status: String,
    /// The day up to which the dates are known.
    as_of: Day,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecated: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_create: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_update: Option<Day>,
    /// The AWS SDK in its base.
    #[serde(skip_serializing_if = "Option::is_none")]
    sdk: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [Note::Preview, Note::ContainerOnly].map(Note::as_str)))]
    note: Option<&'static str>,
    /// The identifier of the runtime to move to.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<&'a str>,
}

/// Its base image, by architecture.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Images {
    #[serde(skip_serializing_if = "Option::is_none")]
    x86_64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arm64: Option<String>,
}

const FAMILIES: [Family; 7] =
    [Family::Nodejs, Family::Python, Family::Java, Family::Dotnet, Family::Ruby, Family::Go, Family::Custom];

fn phases() -> [&'static str; 3] {
    let deprecated = Phase::Deprecated { since: Date::default(), successor: None };
    [Phase::Preview, Phase::Supported { until: None }, deprecated].map(|phase| phase.word())
}

impl<'a> Runtimes<'a> {
    /// Where they stand on the day `today`.
    pub fn of(profiles: &'a [RuntimeProfile], today: Date) -> Self {
        let runtimes = profiles.iter().map(|profile| Runtime::of(profile, today));
        Self { version: Version, runtimes: runtimes.collect() }
    }
}

impl<'a> Runtime<'a> {
    fn of(profile: &'a RuntimeProfile, today: Date) -> Self {
        let (status, support, expected) = (profile.status(today), &profile.support, &profile.expected);
        let image = |arch| profile.image(arch).ok();
        Self {
            id: &profile.id,
            name: &profile.name,
            family: profile.family.as_str(),
            os: profile.os.name(),
            glibc: &profile.glibc,
            architectures: profile.architectures.iter().copied().map(Architecture::from).collect(),
            images: Images { x86_64: image(Arch::X86_64), arm64: image(Arch::Arm64) },
            entrypoint: &expected.entrypoint,
            workdir: &expected.workdir,
            env: &expected.env,
            env_present: &expected.env_present,
            phase: status.phase.word(),
            status: status.to_string(),
            as_of: support.as_of.into(),
            deprecated: support.deprecated.map(Day::from),
            block_create: support.block_create.map(Day::from),
            block_update: support.block_update.map(Day::from),
            sdk: profile.sdk.as_deref(),
            note: support.note.map(Note::as_str),
            successor: support.successor.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use lambda_img::runtime;
    use serde_json::to_value;

    use super::*;

    #[test]
    fn what_does_not_apply_is_left_out() {
        let all = runtime::all().unwrap();
        let value = to_value(Runtimes::of(&all, Date::new(2026, 11, 23).unwrap())).unwrap();
        assert_eq!(value["version"], 1);
        let of = |id: &str| value["runtimes"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap();
        let python = of("python3.9");
        assert_eq!(python["sdk"], "boto3-1.18.55 botocore-1.21.55");
        assert_eq!(python["images"]["arm64"], "public.ecr.aws/lambda/python:3.9-arm64");
        assert_eq!(python["os"], "Amazon Linux 2");
        assert_eq!((&python["phase"], &python["successor"]), (&"deprecated".into(), &"python3.14".into()));
        assert_eq!(of("go1.x")["images"].as_object().unwrap().len(), 1);
        assert_eq!(of("dotnet8")["env_present"][0], "DOTNET_VERSION");
        let preview = of("python3.15").as_object().unwrap();
        for absent in ["sdk", "deprecated", "block_create", "successor"] {
            assert!(!preview.contains_key(absent), "{absent}");
        }
    }
}
