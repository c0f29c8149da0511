//! `Subject`: the argument of every check: the image, and what was read from it.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::expectations::Expectations;
use super::function::FunctionFiles;
use super::image_view::{ImageView, LayerView};
use crate::arch::Arch;
use crate::survey::{Survey, Tree};

/// The entry script of AWS's bases (`aws-lambda-base-images`, every branch).
const AWS_ENTRYPOINT: &str = "/lambda-entrypoint.sh";

/// What checks see: the image, all its layers as one tree, and what the user expects.
pub struct Subject<'a> {
    /// The image.
    pub view: &'a ImageView,
    /// What the user expects.
    pub expectations: &'a Expectations,
    /// The merged view through the layers that were read.
    pub tree: Tree<'a>,
    /// Whether what was not read lies below all that was read: then what is found in `tree` is what a
    /// container finds, though more may be there.
    pub is_final: bool,
    /// Found once, as many checks ask for it.
    function: OnceLock<Arc<FunctionFiles<'a>>>,
}

impl<'a> Subject<'a> {
    /// The image of `view`, its layers merged.
    pub fn new(view: &'a ImageView, expectations: &'a Expectations) -> Self {
        let whole = |layer: &LayerView| layer.survey.as_ref().is_ok_and(|survey| survey.damage.is_none());
        let tree = Tree::new(view.surveys(), view.layers.iter().all(whole));
        let is_final = view.layers.iter().skip_while(|layer| layer.survey.is_err()).all(whole);
        Self { view, expectations, tree, is_final, function: OnceLock::new() }
    }

    /// The function's own files.
    pub fn function(&self) -> Arc<FunctionFiles<'a>> {
        let find = || Arc::new(FunctionFiles::find(self.view, &self.tree, self.workdir()));
        Arc::clone(self.function.get_or_init(find))
    }

    /// Whether the image begins with AWS's entry script.
    pub fn has_aws_entrypoint(&self) -> bool {
        self.words("Entrypoint").first() == Some(&AWS_ENTRYPOINT)
    }

    /// The surveys of the layers that were read, each with the number of its layer.
    pub fn surveys(&self) -> impl Iterator<Item = (usize, &'a Survey)> + use<'a> {
        self.view.surveys()
    }

    /// The object `config` of the image configuration.
    pub fn settings(&self) -> &'a Value {
        &self.view.config.value["config"]
    }

    /// A list of words in `config`: `Entrypoint`, `Cmd`, `Env`.
    pub fn words(&self, key: &str) -> Vec<&'a str> {
        let list = self.settings()[key].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str).collect()
    }

    /// The value of an environment variable; the last one counts.
    pub fn env(&self, name: &str) -> Option<&'a str> {
        let pairs = self.words("Env").into_iter().rev().filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    /// `config.WorkingDir`, `/` where there is none.
    pub fn workdir(&self) -> &'a str {
        self.settings()["WorkingDir"].as_str().filter(|dir| !dir.is_empty()).unwrap_or("/")
    }

    /// The architecture that the configuration names, if Lambda has it.
    pub fn arch(&self) -> Option<Arch> {
        Arch::from_oci(self.view.config.value["architecture"].as_str()?)
    }
}
