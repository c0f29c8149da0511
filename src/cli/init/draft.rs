//! A function as `init` finds it: from what a template says to what the settings file will have.

use lambda_img::arch::Arch;

use super::template::told::Told;

/// What is known of a function before its files are looked at: from a template, or nothing.
#[derive(Clone, Debug, Default)]
pub struct TemplateFunction {
    /// The name.
    pub name: String,
    /// The directory of its code below the settings file, or empty.
    pub dir: String,
    /// Where what is made for it goes: one place for all functions of one directory, whose commands are
    /// then the same.
    pub made: String,
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
    /// The script that makes the function.
    pub prepare: Option<String>,
    /// What is built.
    pub path: String,
    /// The handler, where it is not the usual one.
    pub handler: Option<String>,
    /// The base, where it is not the runtime's own.
    pub base: Option<&'static str>,
    /// `SRC:DEST`.
    pub adds: Vec<String>,
    /// What stays out.
    pub excludes: Vec<&'static str>,
    /// What the user should know, or do by hand.
    pub notes: Vec<String>,
}

/// What stays out of a function that is built where its settings are.
pub const EXCLUDED: [&str; 4] = ["**/.*", "build", "lambda-img.*", "lambda-image"];

/// The name of a function that a directory or package is called so.
pub fn name_of(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let name: String = text.chars().map(letter).take(100).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "function".to_owned() } else { name.to_owned() }
}
