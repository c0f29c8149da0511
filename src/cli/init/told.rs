//! `Told`: what a template says of a function besides its code: layers, variables, and how it is built.

use std::fmt::Write;

/// What a template says of a function besides its code.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The template, and what it calls the function.
    pub from: String,
    /// Environment variables with values that the template knows.
    pub env: Vec<(String, String)>,
    /// Lambda layers that are directories or archives of the project.
    pub layers: Vec<String>,
    /// Lambda layers that are made first.
    pub layer_builds: Vec<LayerBuild>,
    /// What stays out, as the template has it.
    pub excludes: Vec<String>,
    /// The target of a Makefile that makes the function.
    pub make: Option<String>,
    /// The program of several that a directory makes.
    pub binary: Option<String>,
    /// Whether the code is as it will be: an archive, or what another tool made.
    pub is_made: bool,
    /// What a reader of the file should know.
    pub remarks: Vec<String>,
    /// What the user must do by hand.
    pub notes: Vec<String>,
}

/// A Lambda layer that is made from a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerBuild {
    /// What the template calls it.
    pub name: String,
    /// The directory, relative to the settings file.
    pub dir: String,
    /// SAM's `BuildMethod`: a runtime, or `makefile`.
    pub method: String,
}

impl Told {
    /// Adds what the user must do about a layer that is in AWS.
    pub fn remote_layer(&mut self, shown: &str) {
        let mut note = format!(
            "the Lambda layer `{shown}` is in AWS, and an image must have its files: download it \
             (docs/guides/lambda-layers.md) and name the zip in `lambda-layer`"
        );
        if shown.contains("LambdaAdapterLayer") {
            // Writing to a string does not fail.
            let _ = write!(
                note,
                "; the Lambda Web Adapter is also the file `/lambda-adapter` of the image \
                 public.ecr.aws/awsguru/aws-lambda-adapter: name it in `extension`"
            );
        }
        self.notes.push(note);
    }

    /// Adds a line about properties that an image does not have.
    pub fn stays(&mut self, set: &[String]) {
        if !set.is_empty() {
            self.remarks.push(format!("set in Lambda, not in the image: {}", set.join(", ")));
        }
    }

    /// Adds variables: those that are known to the image, a line about the others.
    pub fn variables(&mut self, pairs: impl Iterator<Item = (String, Option<String>)>) {
        let mut unknown = Vec::new();
        for (name, value) in pairs {
            match value {
                Some(value) => match self.env.iter_mut().find(|(other, _)| *other == name) {
                    Some((_, other)) => *other = value,
                    None => self.env.push((name, value)),
                },
                None => unknown.push(name),
            }
        }
        if !unknown.is_empty() {
            let names = unknown.join(", ");
            self.remarks
                .push(format!("variables that only the deployment knows: {names}; set them in Lambda"));
        }
    }
}
