//! Moves invocations to a new version by weights.

use std::time::Duration;

use super::api::Api;
use super::error::DeployError;
use super::function::Alias;
use super::order::{Order, Shift};
use super::step::Step;
use super::try_out::try_out;

/// The time between two looks at alarms.
const LOOK: Duration = Duration::from_secs(10);

/// Gives the new version its part for the time; whatever fails, the alias has the old version alone again.
pub(super) fn run(
    api: &Api<'_>,
    order: &Order,
    (name, before, version): (&str, &Alias, &str),
    shift: &Shift,
    tell: &dyn Fn(Step),
) -> Result<Alias, DeployError> {
    let target = &order.target;
    let both = Alias { weights: vec![(version.to_owned(), shift.weight)], ..before.clone() };
    let split = api.set_alias(target, name, Some(before), &both)?;
    tell(Step::Split { alias: name.to_owned(), version: version.to_owned(), weight: shift.weight });
    match watch(api, order, (name, before, version), shift) {
        Ok(()) => Ok(split),
        Err(error) => {
            let alone = Alias { weights: Vec::new(), ..before.clone() };
            // The alias goes back also where the user interrupted.
            api.finishing().set_alias(target, name, Some(&split), &alone)?;
            tell(Step::Moved { alias: name.to_owned(), version: before.version.clone() });
            Err(error)
        }
    }
}

fn watch(
    api: &Api<'_>,
    order: &Order,
    (name, before, version): (&str, &Alias, &str),
    shift: &Shift,
) -> Result<(), DeployError> {
    let began = api.clock().now();
    loop {
        for alarm in &shift.alarms {
            if api.ecr().is_alarm_raised(&order.target.host, alarm)? {
                let (alarm, alias, version) = (alarm.clone(), name.to_owned(), before.version.clone());
                return Err(DeployError::Alarm { alarm, alias, version });
            }
        }
        if let Some(event) = &order.event {
            try_out(api, &order.target, version, event)?;
        }
        let left = shift.period.saturating_sub(api.clock().now().saturating_sub(began));
        if left.is_zero() {
            return Ok(());
        }
        api.sleep(left.min(LOOK))?;
    }
}
