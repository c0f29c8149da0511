//! `init` and `build` for projects of the shapes that people have, with the package managers that they have: what comes
//! of them answers an event, and a second build runs nothing.

mod java_and_ruby;
mod machines;
mod projects;
mod running;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::common::{Place, Ran, must, run};
use crate::harness::support::{output, program, stand_in};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The directory of the package managers.
fn managers() -> PathBuf {
    let dir = PathBuf::from(output(program("bash").arg(repository(".ci/managers"))).trim());
    assert!(dir.join("complete").exists(), "the package managers are missing: run `bash .ci/install`");
    dir
}

/// A copy of a project of `tests/data/init`, in a place of its own, and the tool in it.
pub struct Project {
    pub place: Place,
    name: String,
    path: String,
    env: Vec<(String, String)>,
}

impl Project {
    pub fn new(name: &str) -> Self {
        let place = Place::new();
        must(Command::new("cp").arg("-R").arg(repository("tests/data/init").join(name)).arg(place.path("")));
        let managers = managers();
        // `yarn` is of two kinds.
        let yarn = if name.ends_with("berry") { "berry" } else { "classic" };
        let own = [managers.join("bin"), managers.join(yarn)].map(|dir| dir.display().to_string()).join(":");
        let path = format!("{own}:{}", std::env::var("PATH").unwrap());
        Self { place, name: name.to_owned(), path, env: Vec::new() }
    }

    /// The same with a variable for the tool and what it starts.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The tool in the project, as it is typed.
    pub fn tool(&self, arguments: &str) -> Command {
        let mut tool = self.place.tool(arguments);
        tool.current_dir(self.place.path(&self.name)).env("PATH", &self.path);
        tool.envs(self.env.iter().map(|(name, value)| (name, value)));
        tool
    }

    /// `init`, which has to leave nothing to do.
    pub fn init(&self) -> Ran {
        let ran = must(&mut self.tool("init"));
        assert!(!ran.stderr.contains("to do"), "{}", ran.stderr);
        ran
    }

    /// `build` of a function on a base: its digest.
    pub fn build(&self, function: &str, base: &str, further: &str) -> String {
        run(self.tool(&format!("build {function} {further}")).env("LAMBDA_IMG_BASE", base)).digest()
    }

    /// The files of a function's image in the task root, and links.
    pub fn files(&self, function: &str) -> Vec<String> {
        let image = self.place.image(&format!("{}/lambda-image", self.name), function);
        let layer = |layer| image.listing(layer).entries.into_iter().map(|entry| entry.path.to_string());
        let paths = (0..image.layers.len()).flat_map(layer);
        paths
            .filter_map(|path| Some(path.trim_start_matches('/').strip_prefix("var/task/")?.to_owned()))
            .collect()
    }

    /// Builds a function on a base, twice: the second time no step runs, for nothing that it would start is there, and
    /// the image is the same.
    pub fn builds(&self, function: &str, base: &str) -> String {
        let first = self.build(function, base, "");
        let mut again = self.tool(&format!("build {function} --json"));
        again.env("PATH", only_what_tells_versions(&self.place)).env("LAMBDA_IMG_BASE", base);
        let again = run(&mut again).json();
        assert_eq!(again["images"][0]["digest"], json!(first));
        let steps = again["images"][0]["steps"].as_array().expect("steps").clone();
        assert!(steps.iter().all(|step| step["ran"] == json!(false)), "{steps:?}");
        for file in self.files(function) {
            // Packages may hold such files.
            if file.contains("node_modules/") || file.starts_with("annotated_types/") {
                continue;
            }
            for word in ["lambda-img.", "README", "/test_", ".test.", "requirements", ".gitignore"] {
                assert!(!format!("/{file}").contains(word), "{file}");
            }
        }
        first
    }

    /// The same, and made anew it is the same image.
    pub fn builds_anew(&self, function: &str, base: &str) {
        let first = self.builds(function, base);
        assert_eq!(self.build(function, base, "--no-cache"), first);
    }

    /// Answers an event, in what umoci unpacks of the image.
    pub fn answers(&self, function: &str, event: &Value) -> Value {
        let bundle = self.place.path(&format!("bundle-{function}"));
        let image = self.place.path(&self.name).join(format!("lambda-image:{function}"));
        output(program("umoci").arg("unpack").arg("--image").arg(image).arg(&bundle));
        running::answer(&bundle, event)
    }
}

/// A stand-in of one of AWS's bases, as the tool names it.
pub fn base(name: &str) -> String {
    format!("oci:{}:base", stand_in(name).display())
}

/// A PATH with a shell and the compilers that are asked for their versions, and no package manager.
fn only_what_tells_versions(place: &Place) -> String {
    let dir = place.dir("few");
    for name in ["sh", "go", "rustc"] {
        let link = dir.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(program(name).get_program(), link).unwrap();
        }
    }
    dir.display().to_string()
}

/// The settings that `init` wrote.
pub fn settings(project: &Project) -> toml::Table {
    fs::read_to_string(project.place.path(&project.name).join("lambda-img.toml")).unwrap().parse().unwrap()
}
