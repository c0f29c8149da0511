//! The functions that command line and settings select, and the directories to watch.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Arguments;
use std::path::{Path, PathBuf};

use lambda_img::store::resolve_path;

use super::Work;
use super::dependencies::{Dependencies, WatchedFunction};
use super::files::View;
use super::trigger::{Targets, targets};
use crate::cli::fleet::inputs;
use crate::cli::fleet::select::{Chosen, Selection};
use crate::cli::fleet::step_inputs::StepInputs;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::settings::{FILE_NAME, Function, Settings};
use crate::cli::show::error::CliError;

/// The functions that are meant, of settings as they were read.
pub struct Plan {
    settings: Settings,
    functions: Vec<Chosen>,
    /// Whether they are built as the only one.
    alone: bool,
    quiet: bool,
    /// What is written besides the outputs.
    written: Vec<PathBuf>,
    /// Whether the settings are other ones by now, and cannot be read.
    pub stale: bool,
}

/// Where everything is at a moment: a link may lead elsewhere at the next.
pub struct Snapshot {
    /// Whose it is.
    pub dependencies: Dependencies,
    /// Where to look.
    pub view: View,
    /// What the host is to tell of.
    pub targets: Targets,
}

impl Plan {
    /// Of a command and the settings as they are.
    pub fn of(work: &impl Work) -> Result<Self, CliError> {
        let settings = Settings::find()?;
        let Selection { functions, alone } = work.selection(&settings)?;
        let all = functions.into_iter().map(|function| Chosen::of(function, &settings));
        let functions: Vec<_> = all.collect::<Result<_, _>>()?;
        let quiet = functions.first().is_some_and(|one| one.build.output.quiet);
        let written = work.written()?;
        Ok(Self { settings, functions, alone, quiet, written, stale: false })
    }

    /// The names of all functions.
    pub fn names(&self) -> BTreeSet<String> {
        self.functions.iter().map(|one| one.name.clone()).collect()
    }

    /// The same, for people.
    pub fn list(&self) -> String {
        let names: Vec<_> = self.names().into_iter().collect();
        if names.len() > 5 { format!("{} functions", names.len()) } else { names.join(", ") }
    }

    /// Prints a line that is not data.
    pub fn tell(&self, line: Arguments<'_>) {
        if !self.quiet {
            status!("{line}");
        }
    }

    /// Makes the functions of these names. `after_commands` is called when commands that make them have run.
    pub fn round(
        &self,
        names: &BTreeSet<String>,
        work: &mut impl Work,
        after_commands: impl FnOnce(),
    ) -> Result<(), CliError> {
        let chosen = self.functions.iter().filter(|one| names.contains(&one.name));
        let functions: Vec<_> = chosen.map(|one| one.function.clone()).collect();
        let commands = functions.iter().any(|function| function.pre_build != PreBuild::Nothing);
        let after_commands = || {
            if commands {
                after_commands()
            }
        };
        let selection = Selection { functions, alone: self.alone };
        work.round(selection, &self.settings, after_commands)
    }

    /// Where everything is now.
    pub fn snapshot(&self) -> Result<Snapshot, CliError> {
        let here = env::current_dir().map_err(CliError::Here)?;
        let mut of_all = inputs::of_all(&self.settings)?;
        // Nearer than those that hold now, as soon as it is there.
        of_all.push(resolve_path(&here.join(FILE_NAME)));
        let functions: Vec<_> = self.functions.iter().map(made).collect();
        let inputs = functions.iter().flat_map(|made| &made.inputs).chain(&of_all).cloned();
        let of_steps = functions.iter().flat_map(|made| made.steps.starts());
        let (places, files): (Vec<_>, Vec<_>) = of_steps.partition(|path| path.is_dir());
        let mut view = View { inputs: inputs.chain(files).collect(), ..View::default() };
        let commands = functions.iter().filter_map(|made| made.pre_build.as_ref());
        view.workplaces = commands.map(|(_, dir)| dir.clone()).chain(places).collect();
        for one in &self.functions {
            view.left_out.extend(one.build.output.outputs.iter().flat_map(|output| both(output.path())));
            view.left_out.insert(resolve_path(one.build.output.net.cache.open(true)?.root()));
        }
        view.left_out.extend(self.written.iter().flat_map(|path| both(path)));
        let named = self.functions.iter().flat_map(|one| inputs::named(&one.build));
        let places = view.inputs.union(&view.workplaces).cloned().collect();
        let targets = targets(named, &places);
        Ok(Snapshot { dependencies: Dependencies { functions, of_all }, view, targets })
    }
}

/// What a function is made of.
fn made(one: &Chosen) -> WatchedFunction {
    let Function { pre_build, dir, .. } = &one.function;
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let pre_build = (*pre_build != PreBuild::Nothing).then(|| (pre_build.clone(), resolve_path(dir)));
    let (inputs, steps) = (inputs::of(&one.build), StepInputs::of(&one.build));
    WatchedFunction { name: one.name.clone(), inputs, steps, pre_build }
}

/// A file that is written: its name, and what that leads to.
fn both(path: &Path) -> [PathBuf; 2] {
    let own = match (path.parent(), path.file_name()) {
        (Some(dir), Some(name)) => resolve_path(dir).join(name),
        _ => resolve_path(path),
    };
    [own, resolve_path(path)]
}
