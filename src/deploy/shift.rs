//! Moves invocations to a new version by weights.

use std::time::Duration;

use super::api::Api;
use super::error::DeployError;
use super::function::Alias;
use super::run::{Order, try_out};

/// How invocations move to the new version.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// The part of the invocations that it gets first, from 0 to 1.
    pub weight: f64,
    /// How long.
    pub period: Duration,
    /// CloudWatch alarms that stop it.
    pub alarms: Vec<String>,
}

/// The time between two looks at alarms.
const LOOK: Duration = Duration::from_secs(10);

/// Gives the new version its part for the time; whatever fails, the alias has the old version alone again.
pub(super) fn run(
    api: &Api<'_>,
    order: &Order,
    (name, before, version): (&str, &Alias, &str),
    shift: &Shift,
    tell: &dyn Fn(&str),
) -> Result<Alias, DeployError> {
    let target = &order.target;
    let both = Alias { weights: vec![(version.to_owned(), shift.weight)], ..before.clone() };
    let split = api.set_alias(target, name, Some(before), &both)?;
    tell(&format!("alias `{name}` sends {} % of invocations to version {version}", shift.weight * 100.0));
    match watch(api, order, (name, before, version), shift) {
        Ok(()) => Ok(split),
        Err(error) => {
            let alone = Alias { weights: Vec::new(), ..before.clone() };
            api.set_alias(target, name, Some(&split), &alone)?;
            tell(&format!("alias `{name}` has only version {} again", before.version));
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
