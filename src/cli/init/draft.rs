//! A function as `init` finds it: from what a template says to what the settings file will have.

use lambda_img::arch::Arch;
use lambda_img::runtime::{self, Family};

use super::runtimes;
use super::told::Told;

/// What is known of a function before its files are looked at: from a template, or nothing.
#[derive(Clone, Debug, Default)]
pub struct TemplateFunction {
    /// The name.
    pub name: String,
    /// The directory of its code below the settings file, or empty.
    pub dir: String,
    /// Lambda's identifier of the runtime.
    pub runtime: Option<String>,
    /// The handler.
    pub handler: Option<String>,
    /// The architectures.
    pub archs: Vec<Arch>,
    /// How the template has esbuild bundle it.
    pub bundle: Option<Bundle>,
    /// What else the template says of it.
    pub told: Told,
}

/// What a template tells esbuild: SAM's `BuildProperties`, or the settings of serverless-esbuild.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The source file of the handler, relative to the directory of the code; empty where the handler names it.
    pub entry: String,
    /// Further options as esbuild takes them: `--minify`, `--target=es2022`, `--external:@aws-sdk/*`.
    pub options: Vec<String>,
}

/// A function as the settings file will have it. Paths are relative to the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The name.
    pub name: String,
    /// What told the language: `requirements.txt`.
    pub found: String,
    /// Lambda's identifier of the runtime.
    pub runtime: String,
    /// What to build for, where it is not x86_64 alone.
    pub archs: Vec<Arch>,
    /// What is built; empty where the steps make all of it.
    pub path: String,
    /// The handler, where it is not the usual one.
    pub handler: Option<String>,
    /// The base, where it is not the runtime's own.
    pub base: Option<&'static str>,
    /// Lambda layers: directories and archives.
    pub lambda_layers: Vec<String>,
    /// What stays out.
    pub excludes: Vec<String>,
    /// Environment variables of the image.
    pub env: Vec<(String, String)>,
    /// Findings that are accepted, each with the reason.
    pub allowed: Vec<(&'static str, String)>,
    /// What makes the function, in this order.
    pub steps: Vec<Step>,
    /// Further files that the steps need, by name and text.
    pub files: Vec<(&'static str, &'static str)>,
    /// What the steps leave in the project, for `.gitignore`.
    pub leaves: Vec<String>,
    /// What a reader of the file should know.
    pub remarks: Vec<String>,
    /// What the user should know, or do by hand.
    pub notes: Vec<String>,
}

impl Draft {
    /// What a template alone tells of a function.
    pub fn of(function: &TemplateFunction) -> Self {
        let id = function.runtime.clone().unwrap_or_default();
        let known = runtime::profile(&id).is_ok();
        Self {
            name: function.name.clone(),
            notes: if known { Vec::new() } else { vec![no_runtime(&id)] },
            runtime: if known { id } else { runtimes::newest(Family::Custom).id },
            archs: function.archs.clone(),
            handler: function.handler.clone(),
            ..Self::default()
        }
    }
}

/// What the user must do about a runtime that Lambda does not have.
pub fn no_runtime(id: &str) -> String {
    match id {
        "" => "the template does not tell the runtime: name one in `runtime`".to_owned(),
        id => format!("the template says `{id}`, which is not a runtime of Lambda: name one in `runtime`"),
    }
}

/// A step as the settings file will have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What it is called.
    pub name: &'static str,
    /// Why it is as it is, for the reader of the file.
    pub comments: Vec<String>,
    /// The script.
    pub run: String,
    /// The programs that it starts, of those that not every machine has.
    pub programs: Vec<&'static str>,
    /// The files, directories and globs that it reads.
    pub inputs: Vec<String>,
    /// The directory of the image that gets what it makes; empty for the task root.
    pub to: &'static str,
    /// The variables that decide what it makes.
    pub env: Vec<String>,
    /// Commands that tell the versions that decide what it makes.
    pub versions: Vec<String>,
}

/// The longest name, in bytes: it becomes part of a repository's.
const NAME_MAX: usize = 100;

/// The name of a function that a directory, package or resource is called so. It can be a repository's: words of small
/// letters and digits, with one separator between two of them. `OrdersFunction` becomes `orders-function`.
pub fn name_of(text: &str) -> String {
    let mut name = String::new();
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_small = letters.peek().is_some_and(char::is_ascii_lowercase);
        let begins_word = letter.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && next_is_small);
        let separates = !letter.is_ascii_alphanumeric() || begins_word;
        if separates && !name.is_empty() && !name.ends_with(['-', '_']) {
            name.push(if letter == '_' { '_' } else { '-' });
        }
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    name.truncate(NAME_MAX);
    let name = name.trim_matches(['-', '_']);
    if name.is_empty() { "function".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_a_repositorys() {
        for (text, name) in [
            ("OrdersFunction", "orders-function"),
            ("HTTPApi", "http-api"),
            ("v2Handler", "v2-handler"),
            ("my_fn", "my_fn"),
            ("--a  b__c.", "a-b_c"),
            ("getÜber", "get-ber"),
            ("@scope/package", "scope-package"),
            ("!", "function"),
            ("ALLCAPS", "allcaps"),
        ] {
            assert_eq!(name_of(text), name, "{text}");
        }
        assert_eq!(name_of(&"x".repeat(200)).len(), NAME_MAX);
    }
}
