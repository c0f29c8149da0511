//! Attaches evidence to the images of a build, once they are in registries.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::built::BuiltImage;
use super::error::BuildError;
use super::options::BuildOptions;
use super::spec::{BuildSpec, Split};
use crate::arch::Arch;
use crate::attest::{self, AttestError, Dependency, Evidence, Kind, Provenance};
use crate::check::{BASE_DIGEST, BASE_NAME};
use crate::context::Context;
use crate::digest::Digest;
use crate::publish::registry::Pushed;
use crate::sbom::{self, Format, Inventory};
use crate::source::ImageRef;
use crate::store::FileError;
use crate::work::Run;

/// Attaches to each image, in each of its repositories, what was asked for.
///
/// # Errors
/// [`BuildError::Attest`]: the images are published then.
pub fn attach(
    spec: &BuildSpec,
    options: &BuildOptions,
    images: &[BuiltImage],
    pushed: &[(Arch, Pushed)],
    run: Run<'_>,
    context: &Context,
) -> Result<(), BuildError> {
    if options.attest.is_empty() || pushed.is_empty() {
        return Ok(());
    }
    for built in images {
        let evidence = evidence(spec, options, built, run)?;
        for (_, one) in pushed.iter().filter(|(arch, _)| *arch == built.arch) {
            let image = built.image.descriptor();
            let signer = options.signer.as_ref();
            attest::attach(&one.pinned, &image, &evidence, signer, context, run.interrupted)
                .map_err(Box::new)?;
        }
    }
    Ok(())
}

fn evidence(
    spec: &BuildSpec,
    options: &BuildOptions,
    built: &BuiltImage,
    run: Run<'_>,
) -> Result<Vec<Evidence>, BuildError> {
    let needs_list = options.attest.iter().any(|kind| matches!(kind, Kind::CycloneDx | Kind::Spdx));
    let list = match needs_list {
        true => Some(inventory(built, run)?),
        false => None,
    };
    let mut evidence = Vec::new();
    for kind in &options.attest {
        let format = match kind {
            Kind::CycloneDx => Format::CycloneDx,
            Kind::Spdx => Format::Spdx,
            Kind::Provenance => {
                evidence.push(Evidence::provenance(
                    &built.image.descriptor(),
                    &provenance(spec, options, built)?,
                ));
                continue;
            }
            Kind::Signature => {
                evidence.push(Evidence::signature());
                continue;
            }
        };
        evidence.extend(list.as_ref().map(|list| Evidence::sbom(list, format)));
    }
    Ok(evidence)
}

fn inventory(built: &BuiltImage, run: Run<'_>) -> Result<Inventory, BuildError> {
    let name = built.image.digest.to_string();
    let list = sbom::unpublished(&name, &built.base, &built.image, run);
    list.map_err(|error| BuildError::from(Box::new(AttestError::from(Box::new(error)))))
}

fn provenance(
    spec: &BuildSpec,
    options: &BuildOptions,
    built: &BuiltImage,
) -> Result<Provenance, BuildError> {
    let mut dependencies: Vec<_> = base(built).into_iter().collect();
    for path in spec.lambda_layers.iter().chain(&spec.extensions).filter(|path| path.is_file()) {
        let digest = hashed(path).map_err(FileError::of("read", path.as_path()))?;
        dependencies.push(Dependency { uri: name(path), digest: ("sha256".to_owned(), digest.hex()) });
    }
    Ok(Provenance {
        parameters: parameters(spec, built.arch),
        dependencies,
        builder: options.builder.clone(),
    })
}

fn hashed(path: &Path) -> io::Result<Digest> {
    Ok(Digest::of_reader(std::fs::File::open(path)?)?.0)
}

/// The base, by the digest that the image names.
fn base(built: &BuiltImage) -> Option<Dependency> {
    let manifest: Value = serde_json::from_slice(&built.image.manifest).unwrap_or_default();
    let config: Value = serde_json::from_slice(built.image.config.bytes()).unwrap_or_default();
    let noted = |key: &str| {
        let text = manifest["annotations"][key].as_str().or(config["config"]["Labels"][key].as_str());
        text.map(str::to_owned)
    };
    let digest: Digest = noted(BASE_DIGEST)?.parse().ok()?;
    let uri = match &built.base {
        ImageRef::Registry(reference) => format!("oci://{reference}"),
        _ => noted(BASE_NAME).unwrap_or_else(|| "embedded".to_owned()),
    };
    Some(Dependency { uri, digest: ("sha256".to_owned(), digest.hex()) })
}

/// All that decides bytes. A directory of this machine has only its last name, and a variable only its name: its value may
/// be a secret.
fn parameters(spec: &BuildSpec, arch: Arch) -> Map<String, Value> {
    let names = |paths: &[PathBuf]| paths.iter().map(|path| name(path)).collect::<Vec<_>>();
    let value = json!({
        "function": name(&spec.path),
        "runtime": spec.runtime,
        "architecture": arch.lambda(),
        "handler": spec.handler,
        "base": spec.base.as_ref().map(base_name),
        "steps": spec.steps.iter().map(|step| step.name.to_string()).collect::<Vec<_>>(),
        "bootstrap": spec.bootstrap.as_deref().map(name),
        "lambdaLayers": names(&spec.lambda_layers),
        "extensions": names(&spec.extensions),
        "added": spec.adds.iter().map(|add| add.to.as_ref().map(ToString::to_string)).collect::<Vec<_>>(),
        "excludes": spec.excludes,
        "defaultExcludes": !spec.no_default_excludes,
        "variables": spec.env.keys().collect::<Vec<_>>(),
        "labels": spec.labels.keys().collect::<Vec<_>>(),
        "annotations": spec.annotations.keys().collect::<Vec<_>>(),
        "entrypoint": spec.entrypoint.is_some(),
        "cmd": spec.cmd.is_some(),
        "workdir": spec.workdir,
        "mediaTypes": spec.media_types.map(|family| family.manifest()),
        "singleLayer": spec.split == Split::None,
        "epoch": spec.epoch.rfc3339(),
    });
    // What was not asked for is left out.
    let Value::Object(object) = value else { return Map::new() };
    object.into_iter().filter(|(_, value)| !value.is_null() && *value != json!([])).collect()
}

fn base_name(base: &ImageRef) -> String {
    match base {
        ImageRef::Layout(local) | ImageRef::OciArchive(local) | ImageRef::DockerArchive(local) => {
            name(&local.path)
        }
        other => other.to_string(),
    }
}

/// The last name of a path: where it is on this machine says nothing to others.
fn name(path: &Path) -> String {
    let last = path.file_name().map(|name| name.to_string_lossy().into_owned());
    last.unwrap_or_else(|| ".".to_owned())
}
