//! Refuses images that Lambda would refuse, before anything is written.

use super::bases::Base;
use super::error::LimitError;
use super::lay_out::Program;
use super::plan::Plan;
use crate::arch::Arch;
use crate::check::limits::{ENVIRONMENT_MAX, IMAGE_MAX};
use crate::image::{Edits, Image, Layer};
use crate::pack::tar_size;
use crate::survey::Elf;
use crate::tree::Node;

/// The entry script of AWS's images.
pub const AWS_ENTRYPOINT: &str = "/lambda-entrypoint.sh";

/// Directories of every base: a layer can add to them, not take their place.
const DIRECTORIES: [&str; 11] =
    ["dev", "etc", "opt", "proc", "sys", "tmp", "usr", "var", "var/lang", "var/runtime", "var/task"];

/// Links of Amazon Linux to directories below `/usr` and `/run`. Extractors put a layer's directory in the
/// place of a link, and the base would lose its shell and its libraries.
const LINKS: [&str; 6] = ["bin", "lib", "lib64", "sbin", "var/lock", "var/run"];

/// Refuses what can be seen before any base is known.
///
/// # Errors
/// [`LimitError`].
pub fn check_plan(plan: &Plan, architectures: &[Arch]) -> Result<(), LimitError> {
    architectures.iter().try_for_each(|arch| check_programs(&plan.programs, *arch))?;
    check_names(plan)?;
    check_size(plan, 0)
}

/// Refuses what the plan and its bases are together.
///
/// # Errors
/// [`LimitError`].
pub fn check_bases(plan: &Plan, bases: &[Base<'_>]) -> Result<(), LimitError> {
    let size = |layer: &Layer| layer.tar_size.unwrap_or(layer.descriptor.size);
    for Base { choice, image } in bases {
        check_configuration(&choice.wanted.to_string(), image, &plan.edits)?;
        check_size(plan, image.layers.iter().map(size).sum())?;
    }
    Ok(())
}

/// Refuses names that would harm what is below: whiteouts, which delete files of lower layers (OCI image
/// specification, "whiteouts"), and the base's own directories and links.
fn check_names(plan: &Plan) -> Result<(), LimitError> {
    for (path, node) in plan.layers.iter().flat_map(|(_, tree)| tree.iter()) {
        let origin = || match node {
            Node::Dir { .. } => "an input".to_owned(),
            Node::File { content, .. } => content.origin(),
            Node::Symlink { origin, .. } => origin.clone(),
        };
        if path.name().starts_with(".wh.") {
            return Err(LimitError::Whiteout { path: path.clone(), origin: origin() });
        }
        if LINKS.contains(&path.as_str()) {
            return Err(LimitError::SystemLink { path: path.clone() });
        }
        if !matches!(node, Node::Dir { .. }) && DIRECTORIES.contains(&path.as_str()) {
            return Err(LimitError::SystemDirectory { path: path.clone(), origin: origin() });
        }
    }
    Ok(())
}

/// Refuses plans whose tars, with `below` bytes of the base, are larger than an image may be. Layers
/// of a base that were not read, as those of a registry are not, count as compressed.
fn check_size(plan: &Plan, below: u64) -> Result<(), LimitError> {
    let size = below + plan.layers.iter().map(|(_, tree)| tar_size(tree)).sum::<u64>();
    if size <= IMAGE_MAX {
        return Ok(());
    }
    let files = plan.layers.iter().flat_map(|(_, tree)| tree.files());
    let largest = files.map(|(_, content)| (content.size(), content.origin())).max();
    let (largest_size, largest) = largest.unwrap_or_default();
    Err(LimitError::TooBig { size, limit: IMAGE_MAX, largest, largest_size })
}

/// Refuses commands that AWS's entry script refuses, and environments that are too large.
fn check_configuration(name: &str, base: &Image, edits: &Edits) -> Result<(), LimitError> {
    let entrypoint = edits.entrypoint.clone().or(base.config.entrypoint()).unwrap_or_default();
    let cmd = edits.cmd.clone().or(base.config.cmd()).unwrap_or_default();
    if entrypoint.is_empty() {
        return Err(LimitError::NoEntrypoint { base: name.to_owned() });
    }
    if entrypoint == [AWS_ENTRYPOINT] && cmd.len() != 1 {
        let (entrypoint, count) = (AWS_ENTRYPOINT.to_owned(), cmd.len());
        return Err(LimitError::Command { entrypoint, count, cmd: serde_json::json!(cmd).to_string() });
    }
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    let kept = base.config.env().into_iter().filter(|variable| !edits.env.contains_key(&name(variable)));
    let size = kept.map(|variable| variable.len()).sum::<usize>()
        + edits.env.iter().map(|(name, value)| name.len() + value.len() + 1).sum::<usize>();
    if size > ENVIRONMENT_MAX {
        return Err(LimitError::Environment { size, limit: ENVIRONMENT_MAX });
    }
    Ok(())
}

/// Refuses programs that the kernel could not start: of another machine, or scripts with CR LF.
fn check_programs(programs: &[Program], arch: Arch) -> Result<(), LimitError> {
    for Program { path, origin, head } in programs {
        let (path, origin) = (path.clone(), origin.clone());
        if head.is_empty() {
            return Err(LimitError::EmptyProgram { path, origin });
        }
        if let Some(machine) = Elf::header(head).map(|elf| elf.machine)
            && machine != arch.elf_machine()
        {
            let known = Arch::ALL.into_iter().find(|arch| arch.elf_machine() == machine);
            let found = known.map_or(format!("ELF machine {machine}"), |arch| arch.to_string());
            return Err(LimitError::Machine { path, origin, found, arch });
        }
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if line.starts_with(b"#!") && line.ends_with(b"\r") {
            return Err(LimitError::CarriageReturn { path, origin });
        }
    }
    Ok(())
}
