//! `Template`: a template of CloudFormation that is read, and where it stands.

use super::intrinsics::Scope;
use super::node::Node;

/// A template that is read.
pub struct Template<'a> {
    /// The file, relative to the settings file.
    pub file: &'a str,
    /// The directory that its paths begin in.
    pub dir: &'a str,
    /// The manifest of assets that CDK puts next to it.
    pub assets: Option<&'a Node>,
    /// What its functions are computed from.
    pub scope: Scope<'a>,
}

/// The file, and the line of a value where that is known.
pub fn place(template: &Template<'_>, node: &Node) -> String {
    match node.line {
        0 => template.file.to_owned(),
        line => format!("{}:{line}", template.file),
    }
}

/// The path of code or content that CDK puts next to the template.
pub fn asset(template: &Template<'_>, resource: &Node, code: &Node) -> Option<String> {
    if let Some(path) = resource.get("Metadata").get("aws:asset:path").text() {
        return Some(path.to_owned());
    }
    let key = code.get("S3Key").text()?;
    let name = key.rsplit('/').next().and_then(|name| name.split('.').next())?;
    let source = template.assets?.get("files").get(name).get("source");
    source.get("path").text().map(str::to_owned)
}
