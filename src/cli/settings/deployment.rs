//! What the settings of a function say of its deployment.

use lambda_img::arch::Arch;
use lambda_img::reference::Reference;

use super::function::Function;
use crate::cli::options::references;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// What the settings of a function say of its deployment.
pub struct Deployment {
    /// The names that its image has in registries.
    pub tags: Vec<Reference>,
    /// The architectures that it is built for.
    pub archs: Vec<Arch>,
    /// The Lambda function; by default it has the name in the file.
    pub function: String,
    /// The alias that moves.
    pub alias: Option<String>,
    /// Whether a version is published also without an alias.
    pub publish: bool,
    /// Whether the image gets the tag that says that the alias uses it.
    pub tag_in_use: bool,
    /// The checks whose findings its build accepts.
    pub allow: Vec<String>,
}

impl Function {
    /// What is set for its deployment. What is not a function of the file has no name, and is not deployed.
    pub fn deployment(&self) -> Result<Deployment, CliError> {
        let name = self.name.as_deref().ok_or_else(|| usage::deploy::not_a_function(&self.shown()))?;
        let words = |key: &str| -> Vec<String> {
            let values = self.values.get(key).into_iter().flat_map(|value| &value.words);
            values.map(|(word, _)| word.to_string_lossy().into_owned()).collect()
        };
        let wrong = |key: &str, word: &str, why: &str| usage::deploy::bad_setting(name, key, word, why);
        let tags = words("tag").into_iter();
        let tags = tags.map(|tag| references::tagged(&tag).map_err(|why| wrong("tag", &tag, &why)));
        let archs =
            words("arch").into_iter().flat_map(|word| word.split(',').map(str::to_owned).collect::<Vec<_>>());
        let archs =
            archs.map(|arch| arch.parse::<Arch>().map_err(|why| wrong("arch", &arch, &why.to_string())));
        Ok(Deployment {
            tags: tags.collect::<Result<_, _>>()?,
            archs: archs.collect::<Result<_, _>>()?,
            function: words("function").pop().unwrap_or_else(|| name.to_owned()),
            alias: words("alias").pop(),
            publish: self.values.is_on("publish"),
            tag_in_use: self.values.is_on("tag-in-use"),
            allow: words("allow").iter().flat_map(|word| word.split(',')).map(str::to_owned).collect(),
        })
    }
}
