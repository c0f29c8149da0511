//! Templates in templates: applications of AWS SAM and stacks of CloudFormation whose template is a file.

use std::collections::BTreeMap;
use std::path::Path;

use super::cloudformation::functions as functions_of;
use super::document::{Template, place};
use super::files::read;
use super::files_error::NotRead;
use super::intrinsics::Scope;
use super::node::{Node, Value};
use super::paths::{parent, within};
use super::scalar::Dialect;
use crate::cli::init::draft::TemplateFunction;

/// How deep templates may be in templates.
const DEPTH_MAX: usize = 8;

/// The most templates that are read.
const TEMPLATES_MAX: usize = 100;

/// The types of resources that are templates, and the property that names the file.
const TYPES: [(&str, &str); 2] =
    [("AWS::Serverless::Application", "Location"), ("AWS::CloudFormation::Stack", "TemplateURL")];

/// The functions of a template and of those that are nested in it.
///
/// # Errors
/// [`NotRead`].
pub fn functions(
    root: &Path,
    file: &str,
    document: &Node,
    warnings: &mut Vec<String>,
) -> Result<Vec<TemplateFunction>, NotRead> {
    let mut walk = Walk { root, warnings, left: TEMPLATES_MAX };
    walk.template(file, document, BTreeMap::new(), &mut vec![file.to_owned()])
}

struct Walk<'a> {
    root: &'a Path,
    warnings: &'a mut Vec<String>,
    left: usize,
}

impl Walk<'_> {
    /// `within_files` are the templates that this one is in, and itself.
    fn template(
        &mut self,
        file: &str,
        document: &Node,
        given: BTreeMap<String, Node>,
        within_files: &mut Vec<String>,
    ) -> Result<Vec<TemplateFunction>, NotRead> {
        let scope = Scope::new(document, given);
        let template = Template { file, dir: parent(file), assets: None, scope };
        let mut all = functions_of(&template, self.warnings);
        for (id, resource) in document.get("Resources").map() {
            let kind = resource.get("Type").text();
            let Some((_, property)) = TYPES.iter().find(|(name, _)| Some(*name) == kind) else { continue };
            let properties = template.scope.resolve(resource.get("Properties"));
            let location = properties.get(property);
            let at = place(&template, resource);
            let path = match location.text() {
                Some(path) if !path.contains("://") => path,
                _ => {
                    self.warnings.push(format!(
                        "{at}: the functions of `{id}` are left out: its template is not a file of the project"
                    ));
                    continue;
                }
            };
            let Some(path) = within(template.dir, path) else {
                self.warnings.push(format!(
                    "{at}: the functions of `{id}` are left out: its template `{path}` is outside of this directory"
                ));
                continue;
            };
            if within_files.contains(&path) || within_files.len() > DEPTH_MAX || self.left == 0 {
                self.warnings.push(format!(
                    "{at}: the functions of `{id}` are left out: templates are nested in circles, or more than \
                     {DEPTH_MAX} deep, or are more than {TEMPLATES_MAX}"
                ));
                continue;
            }
            self.left -= 1;
            let Some(nested) = read(self.root, &path, Dialect::PyYaml, self.warnings)? else {
                self.warnings.push(format!(
                    "{at}: the functions of `{id}` are left out: there is no template `{path}`"
                ));
                continue;
            };
            let known = |node: &Node| !matches!(node.value, Value::Unknown(_));
            let given =
                properties.get("Parameters").map().iter().filter(|(_, node)| known(node)).cloned().collect();
            within_files.push(path.clone());
            all.extend(self.template(&path, &nested, given, within_files)?);
            within_files.pop();
        }
        Ok(all)
    }
}
