//! What one file of `base-manifests/` says, as types.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Phase, RuntimeError, Status, Support, read};
use crate::arch::Arch;
use crate::date::Date;

/// One runtime of Lambda.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeProfile {
    /// Lambda's identifier (Lambda API, `Runtime`), or the like for container-only ones: `dotnet9`.
    pub id: String,
    /// The name that AWS displays: `Python 3.12`.
    pub name: String,
    /// The language.
    pub family: Family,
    /// The operating system of the base image.
    pub os: Os,
    /// Version of the C library of the base image, which native code must not exceed: `2.34`.
    pub glibc: String,
    /// What the base image exists for, in the order of the AWS table.
    #[serde(deserialize_with = "read::archs")]
    pub architectures: Vec<Arch>,
    /// The column "SDK" or "JDK" of the AWS table that the project began from, to the letter.
    pub sdk: Option<String>,
    /// Whether the runtime stands in that table.
    #[serde(default, rename = "seed")]
    pub in_lambda_docs: bool,
    /// Where the base image is.
    pub image: BaseImage,
    /// What the base image's configuration is expected to hold.
    #[serde(rename = "config")]
    pub expected: Expected,
    /// How long AWS supports the runtime.
    pub support: Support,
}

/// Where the base image of a runtime is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseImage {
    /// Registry and repository: `public.ecr.aws/lambda/python`.
    pub repository: String,
    /// One tag per architecture. AWS appends the architecture only where a runtime has two.
    #[serde(deserialize_with = "read::tags")]
    pub tag: BTreeMap<Arch, String>,
}

/// What the configuration of a base image is expected to hold. AWS bases have no `Cmd`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Day of the `aws-lambda-base-images` snapshot that the values were read from; `None` where no
    /// snapshot has the runtime and the values are those that the other bases agree on.
    #[serde(default, deserialize_with = "read::date")]
    pub observed: Option<Date>,
    /// `Entrypoint`.
    pub entrypoint: Vec<String>,
    /// `WorkingDir`.
    pub workdir: String,
    /// `Env` in the base's order, each `NAME=value`, without the variables of `env_present`.
    #[serde(deserialize_with = "read::env")]
    pub env: Vec<String>,
    /// Names of variables that the base has with a value that moves with each rebuild.
    #[serde(default)]
    pub env_present: Vec<String>,
}

impl Expected {
    /// [`Expected::env`] as pairs of name and value.
    pub fn env_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.env.iter().filter_map(|entry| entry.split_once('='))
    }
}

/// A language of Lambda, in the order of the AWS table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Node.js.
    Nodejs,
    /// Python.
    Python,
    /// Java.
    Java,
    /// .NET and .NET Core.
    Dotnet,
    /// Ruby.
    Ruby,
    /// Go with AWS's own runtime, which ended; Go programs of today use [`Family::Custom`].
    Go,
    /// The operating system alone: the function brings its own `bootstrap`.
    Custom,
}

/// The operating system of a base image, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Os {
    /// Amazon Linux, also called Amazon Linux 1 or 2018.03.
    #[serde(rename = "Amazon Linux")]
    AmazonLinux,
    /// Amazon Linux 2.
    #[serde(rename = "Amazon Linux 2")]
    AmazonLinux2,
    /// Amazon Linux 2023.
    #[serde(rename = "Amazon Linux 2023")]
    AmazonLinux2023,
}

/// AWS's sentence in the table that the project began from, to the letter.
const AMAZON_LINUX_HAS_NO_ARM64: &str = "Runtimes that use the Amazon Linux operating system, such as Go 1.x, \
     do not support the arm64 architecture. To use arm64 architecture, you can run Go with the provided.al2 \
     runtime.";

impl RuntimeProfile {
    /// The second number of the C library's version: 34 of `2.34`. Wheels are named by it (PEP 600).
    pub fn glibc_minor(&self) -> Option<u32> {
        self.glibc.split('.').nth(1)?.parse().ok()
    }

    /// Refuses an architecture that the runtime lacks.
    ///
    /// # Errors
    /// [`RuntimeError::Arch`] with the reason and what to use instead.
    pub fn require(&self, arch: Arch) -> Result<(), RuntimeError> {
        if self.architectures.contains(&arch) { Ok(()) } else { Err(self.refusal(arch)) }
    }

    /// The base image's reference with its tag, such as `public.ecr.aws/lambda/python:3.12-arm64`.
    ///
    /// # Errors
    /// [`RuntimeError::Arch`] as [`RuntimeProfile::require`].
    pub fn image(&self, arch: Arch) -> Result<String, RuntimeError> {
        let tag = self.image.tag.get(&arch).ok_or_else(|| self.refusal(arch))?;
        Ok(format!("{}:{tag}", self.image.repository))
    }

    /// Where the runtime stands in its life on the day `today`.
    pub fn status(&self, today: Date) -> Status {
        self.support.status(today)
    }

    /// Whether AWS's support has ended on the day `today`. Images of such a runtime still run.
    pub fn is_past(&self, today: Date) -> bool {
        matches!(self.status(today).phase, Phase::Deprecated { .. })
    }

    fn refusal(&self, arch: Arch) -> RuntimeError {
        let reason = match (self.os, arch, &self.support.successor) {
            (Os::AmazonLinux, Arch::Arm64, _) => AMAZON_LINUX_HAS_NO_ARM64.to_owned(),
            (_, _, Some(successor)) => format!("AWS has no such base image; use `{successor}`"),
            (_, _, None) => "AWS has no such base image".to_owned(),
        };
        RuntimeError::Arch { id: self.id.clone(), arch, reason }
    }
}

impl Family {
    /// The word of the files and of JSON: `nodejs`, `python`, `java`, `dotnet`, `ruby`, `go` or `custom`.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Nodejs => "nodejs",
            Family::Python => "python",
            Family::Java => "java",
            Family::Dotnet => "dotnet",
            Family::Ruby => "ruby",
            Family::Go => "go",
            Family::Custom => "custom",
        }
    }
}

impl Os {
    /// The name in the AWS table: `Amazon Linux 2023`.
    pub fn name(self) -> &'static str {
        match self {
            Os::AmazonLinux => "Amazon Linux",
            Os::AmazonLinux2 => "Amazon Linux 2",
            Os::AmazonLinux2023 => "Amazon Linux 2023",
        }
    }

    /// The usual short name: `AL1`, `AL2` or `AL2023`.
    pub fn short(self) -> &'static str {
        match self {
            Os::AmazonLinux => "AL1",
            Os::AmazonLinux2 => "AL2",
            Os::AmazonLinux2023 => "AL2023",
        }
    }
}
