//! A package whose code is made: by tsc, by esbuild, or by its own script.

use lambda_img::runtime::RuntimeProfile;
use serde_json::Value;

use super::super::draft::{Bundle, Step};
use super::super::runtimes;
use super::super::source::{Source, below, find, slashed};
use super::handlers::{self, Handler, SCRIPTS, TYPESCRIPT};
use super::manager::Manager;
use super::tsconfig::Tsconfig;
use crate::cli::show::shell::word;

/// What makes the code, and what comes of it.
pub struct Compiled {
    /// The step.
    pub step: Step,
    /// The handler, where it was found, in what the step makes.
    pub handler: Option<String>,
    /// Whether the code still imports packages: a bundle has them in it.
    pub imports: bool,
    /// The directory that the project's own script writes to.
    pub leaves: Option<String>,
}

/// A package, and what its step is made from.
pub struct Package<'a> {
    pub source: &'a Source<'a>,
    pub json: &'a Value,
    pub manager: Manager,
    /// Installs what compiles.
    pub tools: String,
    /// What decides that: files relative to the settings file.
    pub inputs: Vec<String>,
}

impl Package<'_> {
    /// `None` where the code is as it is written.
    pub fn compiled(
        &self,
        runtime: &RuntimeProfile,
        bundle: Option<&Bundle>,
        handler: Option<&str>,
    ) -> Option<Compiled> {
        let script = self.json["scripts"]["build"].as_str();
        let tsconfig = Tsconfig::of(self.source);
        let builder = script.map(|script| self.builder(script)).unwrap_or_default();
        if let Some(bundle) = bundle {
            return Some(self.bundle(runtime, bundle, handler));
        }
        let has_esbuild =
            ["dependencies", "devDependencies"].iter().any(|of| self.json[of]["esbuild"].is_string());
        let sources = handlers::in_sources(self.source);
        match (script, tsconfig) {
            (Some(_), tsconfig) if builder.contains("esbuild") => {
                Some(self.by_script(&builder, tsconfig.as_ref()))
            }
            (Some(script), Some(tsconfig)) if of_tsc(script) && tsconfig.movable => {
                Some(self.by_tsc(&tsconfig))
            }
            (Some(_), Some(tsconfig)) => Some(self.by_script(&builder, Some(&tsconfig))),
            (None, _) if has_esbuild && sources.is_some() => {
                Some(self.bundle(runtime, &Bundle { entry: sources?.file, options: Vec::new() }, handler))
            }
            (None, Some(tsconfig)) if sources.is_some() => Some(self.by_tsc(&tsconfig)),
            _ => None,
        }
    }

    /// The text of the script, and of the program in the project that it starts.
    fn builder(&self, script: &str) -> String {
        let program = find(script, r"(?:node|tsx|bun)\s+(?:\./)?([\w./-]+\.[cm]?[jt]s)");
        script.to_owned() + "\n" + &program.map(|file| self.source.text(&file)).unwrap_or_default()
    }

    /// tsc itself, told where to write: nothing of an earlier build is there.
    fn by_tsc(&self, tsconfig: &Tsconfig) -> Compiled {
        let handler = handlers::in_sources(self.source);
        let emit = if tsconfig.no_emit { " --noEmit false" } else { "" };
        let line = format!("tsc --project tsconfig.json{emit} --outDir {{out}}/{}", word(&tsconfig.out_dir));
        let step = Step {
            name: "code",
            run: format!(
                "{}{}\n{}",
                self.tools,
                self.manager.run_tool(self.source, &line),
                self.package_json()
            ),
            inputs: self.inputs(&tsconfig.sources, Some(tsconfig)),
            programs: vec![self.manager.name()],
            env: Manager::env(self.source),
            ..Step::default()
        };
        let handler = handler
            .map(|Handler { file, name }| format!("{}.{name}", handlers::stem(&tsconfig.compiled(&file))));
        // It says where it begins, if not with what.
        let main = || Some(format!("{}.handler", handlers::stem(&handlers::main_file(self.json)?)));
        let handler = handler.or_else(main);
        Compiled { step, handler, imports: true, leaves: None }
    }

    /// The project's own script, and what it writes.
    fn by_script(&self, builder: &str, tsconfig: Option<&Tsconfig>) -> Compiled {
        let written = |kind: &str| find(builder, &format!(r#"{kind}\s*[=:]\s*["'`]?(?:\./)?([\w./-]+)"#));
        let is_esbuild = builder.contains("esbuild");
        let outfile = written("outfile");
        let folder =
            |file: &str| file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let main = handlers::main_file(self.json);
        let out_dir = outfile
            .as_deref()
            .map(folder)
            .or_else(|| written("outdir"))
            .or_else(|| tsconfig.filter(|_| !is_esbuild).map(|tsconfig| tsconfig.out_dir.clone()))
            .or_else(|| main.as_deref().map(folder).filter(|folder| !folder.is_empty()))
            .unwrap_or_else(|| "dist".to_owned());
        let out_dir = out_dir.trim_end_matches('/').to_owned();
        let sources =
            handlers::in_sources(self.source).or_else(|| handlers::in_scripts(self.source, self.json, 2));
        let handler = sources.map(|Handler { file, name }| {
            let base = file.rsplit('/').next().unwrap_or(&file).to_owned();
            let made = match (&outfile, &main, tsconfig) {
                (Some(outfile), ..) => outfile.clone(),
                // It says so itself.
                (None, Some(main), _) if main.starts_with(&format!("{out_dir}/")) => main.clone(),
                (None, _, Some(tsconfig)) if !is_esbuild => tsconfig.compiled(&file),
                _ => slashed(&below(&out_dir, &base)),
            };
            format!("{}.{name}", handlers::stem(&made))
        });
        let external = find(
            builder,
            r#"--external:(\S+)|external:\s*\[([^\]]+)\]|(--packages=external|packages:\s*["']external)"#,
        );
        let only_sdk = external.as_deref().is_none_or(|names| {
            names.split(',').all(|name| name.trim().trim_matches(['\'', '"']).starts_with("@aws-sdk/"))
        });
        let esm = find(builder, r#"format\s*[=:]\s*["'`]?(esm)"#).is_some();
        let from = word(&self.source.path(&out_dir));
        let (remove, copy) = match out_dir.as_str() {
            "" => (
                String::new(),
                format!(
                    "cp {} {{out}}/\n",
                    word(&self.source.path(outfile.as_deref().unwrap_or("index.js")))
                ),
            ),
            dir => (
                format!("rm -rf {from}\n"),
                format!("mkdir -p {{out}}/{0}\ncp -R {from}/. {{out}}/{0}/\n", word(dir)),
            ),
        };
        let json = if esm || !is_esbuild { self.package_json() } else { String::new() };
        let step = Step {
            name: "code",
            run: format!(
                "{}{remove}{}{copy}{json}",
                self.tools,
                self.manager.run_script(self.source, "build")
            ),
            inputs: self.inputs(&self.own_sources(tsconfig), tsconfig),
            programs: vec![self.manager.name()],
            env: Manager::env(self.source),
            ..Step::default()
        };
        let leaves = Some(out_dir).filter(|dir| !dir.is_empty());
        Compiled { step, handler, imports: !(is_esbuild && only_sdk), leaves }
    }

    /// esbuild, as a template has it: the bundle is where the handler is looked for.
    fn bundle(&self, runtime: &RuntimeProfile, bundle: &Bundle, handler: Option<&str>) -> Compiled {
        let named = handler.and_then(|handler| handler.rsplit_once('.'));
        let file =
            named.map_or_else(|| handlers::stem(&bundle.entry).to_owned(), |(file, _)| file.to_owned());
        let endings = TYPESCRIPT.iter().chain(&[".tsx"]).chain(&SCRIPTS);
        let written = endings.map(|ending| format!("{file}{ending}")).find(|path| self.source.has(path));
        let entry = Some(bundle.entry.clone()).filter(|entry| self.source.has(entry)).or(written);
        let entry = entry.unwrap_or_else(|| bundle.entry.clone());
        let function =
            named.map(|(_, name)| name.to_owned()).or_else(|| Some(handlers::in_sources(self.source)?.name));
        let esm = bundle.options.iter().any(|option| option == "--format=esm");
        // The place that the handler names; a base name where esbuild's own `src` is left out of it.
        let made = if named.is_some() { file } else { file.rsplit('/').next().unwrap_or(&file).to_owned() };
        let mut line = format!(
            "esbuild {} --bundle --platform=node --target=node{} --log-level=warning --outfile={{out}}/{}.{}",
            word(&entry),
            runtimes::number(runtime),
            word(&made),
            if esm { "mjs" } else { "js" },
        );
        for option in &bundle.options {
            if let Some(target) = option.strip_prefix("--target=") {
                let from = format!("--target=node{}", runtimes::number(runtime));
                line = line.replace(&from, &format!("--target={target}"));
            } else {
                line += &format!(" {}", word(option));
            }
        }
        let step = Step {
            name: "code",
            run: format!("{}{}\n", self.tools, self.manager.run_tool(self.source, &line)),
            inputs: self.inputs(&self.own_sources(None), Tsconfig::of(self.source).as_ref()),
            programs: vec![self.manager.name()],
            env: Manager::env(self.source),
            ..Step::default()
        };
        let imports = bundle.options.iter().any(|option| {
            option == "--packages=external"
                || option.strip_prefix("--external:").is_some_and(|name| !name.starts_with("@aws-sdk/"))
        });
        Compiled { step, handler: function.map(|name| format!("{made}.{name}")), imports, leaves: None }
    }

    fn package_json(&self) -> String {
        format!("cp {} {{out}}/\n", word(&self.source.path("package.json")))
    }

    /// The sources and settings that the step reads, without files that are made, installed or tests.
    fn inputs(&self, sources: &[String], tsconfig: Option<&Tsconfig>) -> Vec<String> {
        let mut all = self.inputs.clone();
        let settings = tsconfig.map(|tsconfig| tsconfig.files.clone()).unwrap_or_default();
        for name in settings.iter().chain(sources) {
            let path = self.source.path(name);
            if !all.contains(&path) {
                all.push(path);
            }
        }
        all
    }

    /// Directories and files at the top that a script may read.
    fn own_sources(&self, tsconfig: Option<&Tsconfig>) -> Vec<String> {
        let made = tsconfig.map(|tsconfig| tsconfig.out_dir.clone()).unwrap_or_default();
        let mut names = self.source.names("");
        names.retain(|name| {
            if self.source.is_dir(name) {
                let code = [&SCRIPTS[..], &TYPESCRIPT[..], &[".json", ".tsx"]].concat();
                *name != made
                    && !super::super::source::NOT_CODE.contains(&name.as_str())
                    && !self.source.files(name, 4, &code).is_empty()
            } else {
                let code = SCRIPTS.iter().chain(&TYPESCRIPT).any(|ending| name.ends_with(ending));
                code && !name.contains(".test.") && !name.contains(".spec.")
            }
        });
        names
    }
}

/// Whether a script is tsc and nothing else.
fn of_tsc(script: &str) -> bool {
    find(script.trim(), r"^(tsc)(?: (?:-p|--project) (?:\./)?tsconfig\.json| -b| --build)?$").is_some()
}
