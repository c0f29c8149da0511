//! Events that the old image and the new one answer.

use std::sync::Arc;

use lambda_img::image::Image;
use lambda_img::invoke::{self, Configuration, Function, Instance, Invocation, InvokeError, Listener, Means};
use lambda_img::rebase::{Answer, Plan, RebaseError, compare};
use lambda_img::source::SourceEnv;

use super::arguments::Rebase;
use crate::cli::commands::invoke::Pieces;
use crate::cli::options::event;
use crate::cli::show::error::CliError;

/// What images are invoked with.
pub struct Trials {
    /// Each with its name.
    events: Vec<(String, Vec<u8>)>,
    configuration: Configuration,
    means: Option<Means>,
}

/// Keeps answers that come in pieces, and no log.
#[derive(Default)]
struct Silent(Pieces);

impl Listener for Silent {
    fn output(&self, _: Option<&str>, _: &[u8]) {}

    fn piece(&self, bytes: &[u8]) {
        self.0.push(bytes);
    }
}

impl Trials {
    /// Those of the command line.
    pub fn of(args: &Rebase) -> Result<Self, CliError> {
        let read = |given: &String| Ok((given.clone(), event::read(Some(given))?));
        let events: Result<Vec<_>, CliError> = args.events.iter().map(read).collect();
        let (events, configuration) = (events?, args.configuration().configuration(None)?);
        let means = match events.is_empty() {
            true => None,
            false => Some(invoke::find_means().map_err(InvokeError::from)?),
        };
        Ok(Self { events, configuration, means })
    }

    /// Adds what the images of a plan answer in different ways. An image that is refused already does not run.
    pub fn judge(&self, plan: &mut Plan, at: &SourceEnv<'_>) -> Result<(), CliError> {
        let (Some(means), Some(rebased)) = (self.means, &mut plan.rebased) else { return Ok(()) };
        if rebased.is_refused() {
            return Ok(());
        }
        let old = self.function(&plan.image, plan.old_layers, means, at)?;
        let new = self.function(&rebased.image, rebased.base_layers, means, at)?;
        let mut found = Vec::new();
        for (name, event) in &self.events {
            at.run.check().map_err(RebaseError::from)?;
            let (was, is) = (answer(&old, event)?, answer(&new, event)?);
            found.extend(compare(name, &was, &is, || answer(&old, event))?);
        }
        rebased.add(found);
        Ok(())
    }

    /// The function of an image whose lowest layers are those of its base.
    fn function(
        &self,
        image: &Image,
        base_layers: usize,
        means: Means,
        at: &SourceEnv<'_>,
    ) -> Result<Arc<Function>, CliError> {
        let layers: Vec<_> = image.layers.iter().map(|layer| Arc::clone(&layer.source)).collect();
        let (config, cache) = (image.config.clone(), &at.context.cache);
        let configuration = self.configuration.clone();
        let function = Function::new(config, &layers, &[base_layers], configuration, means, cache, at.run)?;
        Ok(Arc::new(function))
    }
}

/// What a function answers in an environment of its own.
fn answer(function: &Arc<Function>, event: &[u8]) -> Result<Answer, CliError> {
    let heard = Arc::new(Silent::default());
    let mut instance = Instance::new(Arc::clone(function), Arc::clone(&heard) as Arc<dyn Listener>);
    let outcome = instance.invoke(Invocation { payload: event.to_vec(), ..Invocation::default() })?;
    instance.shut_down();
    let (error_type, payload) = match outcome.result {
        Ok(payload) => (None, payload),
        Err(failure) => (Some(failure.name()), failure.payload),
    };
    Ok(Answer { error_type, payload: [heard.0.take(), payload].concat() })
}
