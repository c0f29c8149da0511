//! Compares a base image with its base-manifest.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::json;

use super::Expected;
use crate::image::ImageConfig;

/// One value that is not the expected one; `None` is a missing value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which: `ENTRYPOINT`, `WORKDIR` or `ENV NAME`.
    pub what: String,
    /// By the base-manifest; `any value` where only the name counts.
    pub expected: Option<String>,
    /// In the base.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted =
            |value: &Option<String>| value.as_ref().map_or("none".to_owned(), |value| format!("`{value}`"));
        write!(f, "{} is {}, expected {}", self.what, quoted(&self.found), quoted(&self.expected))
    }
}

/// What a base's configuration has other than expected, in the order ENTRYPOINT, WORKDIR, ENV by name.
pub fn differences(config: &ImageConfig, expected: &Expected) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut compare = |what: String, expected: Option<String>, found: Option<String>| {
        if expected != found {
            all.push(Difference { what, expected, found });
        }
    };
    let list = |words: &[String]| json!(words).to_string();
    let entrypoint = config.entrypoint().filter(|words| !words.is_empty());
    let wanted = Some(&expected.entrypoint).filter(|words| !words.is_empty());
    compare("ENTRYPOINT".to_owned(), wanted.map(|words| list(words)), entrypoint.map(|words| list(&words)));
    let workdir = config.working_dir().filter(|dir| !dir.is_empty()).map(str::to_owned);
    compare("WORKDIR".to_owned(), Some(expected.workdir.clone()), workdir);

    let env = config.env();
    let found: BTreeMap<&str, &str> = env.iter().filter_map(|variable| variable.split_once('=')).collect();
    let mut wanted: BTreeMap<&str, Option<&str>> =
        expected.env_pairs().map(|(name, value)| (name, Some(value))).collect();
    wanted.extend(expected.env_present.iter().map(|name| (name.as_str(), None)));
    let mut names: Vec<&str> = wanted.keys().chain(found.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let found = found.get(name).map(|value| (*value).to_owned());
        let expected = match (wanted.get(name), &found) {
            // Its value moves with each rebuild.
            (Some(None), Some(_)) => found.clone(),
            (Some(None), None) => Some("any value".to_owned()),
            (Some(Some(value)), _) => Some((*value).to_owned()),
            (None, _) => None,
        };
        compare(format!("ENV {name}"), expected, found);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime;

    #[test]
    fn every_kind_of_difference_is_found() {
        let expected = runtime::profile("dotnet8").unwrap().expected;
        let config = |change: &dyn Fn(&mut Vec<String>), entrypoint: &[String], workdir: &str| {
            let mut env = expected.env.clone();
            env.extend(expected.env_present.iter().map(|name| format!("{name}=8.0.1")));
            change(&mut env);
            let config = json!({
                "rootfs": { "diff_ids": [] },
                "config": { "Env": env, "Entrypoint": entrypoint, "WorkingDir": workdir },
            });
            let config = ImageConfig::of(&config).unwrap();
            differences(&config, &expected).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let entrypoint = expected.entrypoint.clone();
        let same = |_: &mut Vec<String>| {};
        assert!(config(&same, &entrypoint, "/var/task").is_empty());
        assert_eq!(config(&same, &entrypoint, "/"), ["WORKDIR is `/`, expected `/var/task`"]);
        assert_eq!(
            config(&same, &[], "/var/task"),
            [r#"ENTRYPOINT is none, expected `["/lambda-entrypoint.sh"]`"#]
        );
        let changed = |env: &mut Vec<String>| {
            env.retain(|variable| !variable.starts_with("DOTNET_VERSION=") && !variable.starts_with("TZ="));
            env.push("TZ=UTC".to_owned());
            env.push("EXTRA=1".to_owned());
        };
        assert_eq!(
            config(&changed, &entrypoint, "/var/task"),
            [
                "ENV DOTNET_VERSION is none, expected `any value`",
                "ENV EXTRA is `1`, expected none",
                "ENV TZ is `UTC`, expected `:/etc/localtime`"
            ]
        );
    }
}
