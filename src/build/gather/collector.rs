//! `Collector`: reads the files of one function and the first bytes of its programs, and rewrites its bytecode.

use std::path::Path;

use crate::build::cpu_slots::CpuSlots;
use crate::build::error::FunctionError;
use crate::build::inputs::Inputs;
use crate::build::lay_out::Executable;
use crate::epoch::Epoch;
use crate::family;
use crate::input::{Collected, Exclusions, InputError, InputKind};
use crate::progress::Phase;
use crate::runtime::Family;
use crate::survey::probes::script::LINE_MAX;
use crate::tree::file_facts::Facts;
use crate::tree::{Content, FileTree, Node};
use crate::work::Run;

/// Reads files of the host for one function.
pub struct Collector<'a> {
    /// Where files come from.
    pub inputs: &'a dyn Inputs,
    /// What may compute at once.
    pub cpu: &'a CpuSlots,
    /// What is known of files.
    pub facts: &'a Facts,
    /// The family, whose rules say what is rewritten.
    pub family: Family,
    /// The time of what is made.
    pub epoch: Epoch,
    /// How it runs.
    pub run: Run<'a>,
}

impl Collector<'_> {
    /// The files at `path`.
    pub fn collect(&self, path: &Path, exclusions: Option<&Exclusions>) -> Result<Collected, InputError> {
        self.inputs.collect(path, exclusions, self.run)
    }

    /// A file that the image executes.
    pub fn executable(&self, path: &Path) -> Result<Executable, FunctionError> {
        let collected = self.collect(path, None)?;
        if collected.kind == InputKind::File
            && let Some((name, Node::File { content, executable })) = collected.tree.iter().next()
        {
            let (content, head) = (content.clone(), self.head(content)?);
            return Ok(Executable { name: name.to_string(), content, executable: *executable, head });
        }
        Err(FunctionError::NotAFile(path.to_owned()))
    }

    /// The first bytes of a program: the kernel decides by them.
    pub fn head(&self, content: &Content) -> Result<Vec<u8>, FunctionError> {
        let read = |source| FunctionError::Read { origin: content.origin(), source };
        content.peek(LINE_MAX as u64).map_err(read)
    }

    /// Makes files fit for fixed times; returned is what the user should know.
    pub fn rewrite(&self, tree: &mut FileTree) -> Result<Vec<String>, FunctionError> {
        let rules = family::rules(self.family);
        let rewrite = || Ok((rules.prepare(tree, self.epoch, self.facts)?, 0));
        self.cpu.one(self.run, |run| run.meter.time(Phase::Walk, rewrite))
    }
}
