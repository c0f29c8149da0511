//! `[registries."HOST"]`: how each registry is reached, by every command.

use std::path::PathBuf;

use lambda_img::credentials::ecr::{EcrHost, Login};
use lambda_img::registry::Mirror;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Text;
use super::kinds::PathPart;
use super::precedence::Origin;
use crate::cli::options::references;
use crate::cli::options::registries::Network;
use crate::cli::options::trust::{self, Decides};
use crate::cli::show::error::CliError;

/// A key of a registry: name, whether it is a flag, what it is.
pub const KEYS: [(&str, bool, &str); 5] = [
    ("mirror", false, "Read the images of this registry from another host: HOST[/PREFIX]"),
    (
        "insecure",
        true,
        "Allow plain HTTP if the registry has no TLS, without credentials; `--insecure-registry` also sends credentials",
    ),
    (
        "ca-cert",
        false,
        "Trust the certificates of this PEM file, in addition to the system's, for all registries",
    ),
    ("aws-profile", false, "Log in to this ECR registry with the credentials of this AWS profile"),
    (
        "aws-role",
        false,
        "Assume the role of this ARN for this ECR registry, with the credentials of aws-profile or the default ones",
    ),
];

/// What is set, and where.
#[derive(Default)]
pub struct Registries(Vec<Registry>);

struct Registry {
    host: String,
    set: Vec<(&'static str, String, Origin)>,
    mirror: Option<Mirror>,
    insecure: bool,
    ca_cert: Option<PathBuf>,
    login: Login,
}

impl Registries {
    /// The table of registries.
    pub fn read(text: &Text<'_>, table: &DeTable<'_>) -> Result<Self, CliError> {
        table
            .iter()
            .map(|(host, value)| Registry::read(text, host, value))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Adds it to what the command line says, which comes first.
    pub fn extend(&self, net: &mut Network) {
        for registry in &self.0 {
            net.mirrors.extend(registry.mirror.clone());
            net.reach.anonymous.extend(registry.insecure.then(|| registry.host.clone()));
            net.reach.ca_certs.extend(registry.ca_cert.clone());
            if registry.login != Login::default() {
                net.logins.push((registry.host.clone(), registry.login.clone()));
            }
        }
    }

    /// Host, key, value and origin of all that is set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &str, &Origin)> {
        self.0.iter().flat_map(|registry| {
            registry.set.iter().map(|(key, value, origin)| (&*registry.host, *key, value.as_str(), origin))
        })
    }
}

impl Registry {
    fn read(
        text: &Text<'_>,
        host: &Spanned<toml::de::DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Self, CliError> {
        let section = format!("registries.\"{}\"", host.get_ref());
        let name = references::host(host.get_ref()).map_err(|why| {
            let what = format!("`{}` {why}", host.get_ref());
            text.error(&host.span(), &what, "as in [registries.\"registry.example:5000\"]")
        })?;
        let mut made = Self {
            host: name,
            set: Vec::new(),
            mirror: None,
            insecure: false,
            ca_cert: None,
            login: Login::default(),
        };
        for (key, value) in text.table(&section, value)? {
            let Some(known) = KEYS.iter().find(|(known, ..)| known == key.get_ref()) else {
                return Err(text.unknown(key, &format!("`[{section}]`"), &KEYS.map(|(name, ..)| name)));
            };
            let set = made.set_key(text, &section, known, value)?;
            let (file, line) = (text.name.to_owned(), text.line(&key.span()));
            let origin = Origin::File { file, line, section: section.clone() };
            made.set.push((known.0, set, origin));
        }
        Ok(made)
    }

    /// Sets one key; returns its value as text.
    fn set_key(
        &mut self,
        text: &Text<'_>,
        section: &str,
        (known, is_flag, about): &(&'static str, bool, &str),
        value: &Spanned<DeValue<'_>>,
    ) -> Result<String, CliError> {
        let field = format!("{section}.{known}");
        let set = match value.get_ref() {
            DeValue::Boolean(on) if *is_flag => on.to_string(),
            DeValue::String(set) if !*is_flag && !set.is_empty() => set.to_string(),
            _ if *is_flag => {
                let hint = format!("write {known} = true");
                return Err(text.mistyped(&field, value, "true or false", &hint));
            }
            _ => return Err(text.mistyped(&field, value, "a string", &format!("write {known} = \"…\""))),
        };
        let wrong =
            |why: &dyn ToString| text.error(&value.span(), &format!("`{field}`: {}", why.to_string()), about);
        let host = &self.host;
        match *known {
            "mirror" => self.mirror = Some(format!("{host}={set}").parse().map_err(|why| wrong(&why))?),
            "insecure" => self.insecure = set == "true",
            "ca-cert" => {
                let path = PathBuf::from(PathPart::Whole.resolved(&set, text.dir));
                trust::check(&path, Decides::Certificates)?;
                self.ca_cert = Some(path);
            }
            _ if EcrHost::parse(host).is_none() => {
                return Err(wrong(&format!("{host} is no registry of Amazon ECR")));
            }
            "aws-profile" => self.login.profile = Some(set.clone()),
            "aws-role" if !set.starts_with("arn:") => return Err(wrong(&format!("`{set}` is no ARN"))),
            _ => self.login.role = Some(set.clone()),
        }
        Ok(set)
    }
}
