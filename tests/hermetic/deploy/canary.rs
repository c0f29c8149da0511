//! Versions that are tried, and aliases that move by weights.

use std::time::Duration;

use lambda_img::deploy::{Clock, DeployError, Order, Shift};
use serde_json::json;

use super::{Aws, order};
use crate::harness::lambda::{Function, image};

fn shifted(alarms: &[&str]) -> Order {
    let alarms = alarms.iter().map(|alarm| (*alarm).to_owned()).collect();
    let shift = Shift { weight: 0.1, period: Duration::from_secs(300), alarms };
    Order { shift: Some(shift), ..order("new") }
}

fn started() -> Aws {
    Aws::with(Function::aliased(&image("old"), "live"))
}

const SPLIT: &str = "UpdateAlias orders live=1 {\"2\":0.1}";
const BACK: &str = "UpdateAlias orders live=1";

#[test]
fn a_canary_gets_its_part_for_its_time_and_then_all() {
    let aws = started();
    aws.lambda.world().alarms.insert("errors".to_owned(), "OK");
    let order = Order { event: Some(b"{}".to_vec()), ..shifted(&["errors"]) };
    let (ended, steps) = aws.deploy(&order);
    ended.unwrap();
    assert_eq!(
        steps,
        [
            "the function has the image",
            "version 2 is published",
            "version 2 answered the event",
            "alias `live` sends 10 % of the invocations to version 2",
            "alias `live` names version 2",
        ]
    );
    let log = aws.lambda.log();
    let count = |wanted: &str| log.iter().filter(|line| line.contains(wanted)).count();
    // Looks at the beginning, every ten seconds, and at the end; one invocation was before.
    assert_eq!((count("DescribeAlarms"), count("Invoke orders 2")), (31, 32));
    let moves: Vec<_> = log.iter().filter(|line| line.starts_with("UpdateAlias")).collect();
    assert_eq!(moves, [SPLIT, "UpdateAlias orders live=2"]);
    assert_eq!(aws.time.now(), Duration::from_secs(300));
    assert_eq!(aws.lambda.function("orders").aliases["live"].weights, json!({}));
}

#[test]
fn an_alarm_gives_the_old_version_everything_back() {
    let aws = started();
    aws.lambda.world().alarms.insert("errors".to_owned(), "ALARM");
    let (ended, steps) = aws.deploy(&shifted(&["errors"]));
    let expected = "alarm `errors` was raised: alias `live` has only version 1 again";
    assert_eq!(ended.unwrap_err().to_string(), expected);
    assert_eq!(steps.last().map(String::as_str), Some("alias `live` names version 1"));
    assert_eq!(aws.lambda.changes()[2..], [SPLIT, BACK]);
    // An alarm that does not exist cannot watch.
    let aws = started();
    let error = aws.deploy(&shifted(&["typo"])).0.unwrap_err();
    assert!(error.to_string().contains("there is no alarm `typo` in eu-west-1"), "{error}");
    assert_eq!(aws.lambda.changes()[2..], [SPLIT, BACK]);
}

#[test]
fn an_interrupt_gives_the_old_version_everything_back() {
    let mut aws = started();
    aws.time.interrupt = Some(Duration::from_secs(20));
    let (ended, _) = aws.deploy(&shifted(&[]));
    assert!(matches!(ended, Err(DeployError::Interrupted(_))));
    let alias = &aws.lambda.function("orders").aliases["live"];
    assert_eq!((alias.version.as_str(), &alias.weights), ("1", &json!({})));
}

#[test]
fn a_version_that_fails_its_event_gets_no_invocations() {
    let aws = started();
    let error = json!({"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'app'"});
    aws.lambda.world().functions.get_mut("orders").unwrap().error = Some(error);
    let (ended, steps) = aws.deploy(&Order { event: Some(b"{}".to_vec()), ..order("new") });
    let expected =
        "function `orders:2` failed when it was tried: Runtime.ImportModuleError: No module named 'app'";
    assert_eq!((ended.unwrap_err().to_string().as_str(), steps.len()), (expected, 2));
    assert_eq!(aws.lambda.function("orders").aliases["live"].version, "1");
}
