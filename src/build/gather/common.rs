//! Reads Lambda layers, extensions and added files, which several functions of a fleet may share.

use super::collector::Collector;
use crate::build::error::FunctionError;
use crate::build::lay_out::{self, LaidOut};
use crate::build::spec::BuildSpec;
use crate::input::{Exclusions, InputError, InputKind};

/// `/opt`: Lambda layers and extensions.
pub fn opt(spec: &BuildSpec, from: &Collector<'_>) -> Result<LaidOut, FunctionError> {
    let mut layers = Vec::new();
    for path in &spec.lambda_layers {
        let collected = from.collect(path, Some(&Exclusions::default()))?;
        if collected.kind == InputKind::File {
            return Err(FunctionError::LambdaLayer(path.clone()));
        }
        layers.push(collected);
    }
    let extensions = spec.extensions.iter().map(|path| from.executable(path)).collect::<Result<_, _>>()?;
    rewritten(lay_out::opt(layers, extensions)?, from)
}

/// What is added by its path in the image.
pub fn added(spec: &BuildSpec, from: &Collector<'_>) -> Result<LaidOut, FunctionError> {
    let (mut added, mut empty) = (Vec::new(), Vec::new());
    for add in &spec.adds {
        match from.collect(&add.from, None) {
            // An installer that was given an empty list of requirements leaves such a directory.
            Err(InputError::Empty(path)) => {
                empty.push(format!("`{}` contains no files: nothing is added from it", path.display()));
            }
            collected => added.push((add, collected?)),
        }
    }
    let mut laid = lay_out::added(added)?;
    laid.warnings.extend(empty);
    rewritten(laid, from)
}

fn rewritten(mut laid: LaidOut, from: &Collector<'_>) -> Result<LaidOut, FunctionError> {
    let warnings = from.rewrite(&mut laid.tree)?;
    laid.warnings.extend(warnings);
    Ok(laid)
}
