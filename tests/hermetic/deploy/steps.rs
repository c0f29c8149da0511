//! What is called, in which order, and when.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lambda_img::deploy::{self, Clock, Order, Rollback, Target};

use super::{Aws, host, order};
use crate::harness::lambda::{Alias, Function, image};

#[test]
fn a_deployment_waits_before_between_and_after_its_changes() {
    let mut function = Function::aliased(&image("old"), "live");
    // Another client's update of the configuration is in progress.
    function.updating = Some((2, Ok(image("old"))));
    let aws = Aws::with(function);
    aws.lambda.world().looks = 2;
    let (done, steps) = aws.deploy(&order("new"));
    let done = done.unwrap();
    assert_eq!((done.version.as_deref(), done.version_before.as_deref()), (Some("2"), Some("1")));
    assert_eq!((done.before, done.unchanged), (image("old"), false));
    assert_eq!(
        steps,
        ["the function has the image", "version 2 is published", "alias `live` names version 2"]
    );
    let log = aws.lambda.log();
    let calls: Vec<_> = log.iter().map(String::as_str).collect();
    let latest = "GetFunction orders $LATEST";
    assert_eq!(
        calls,
        [
            latest,
            "GetAlias orders live",
            "GetFunction orders 1",
            latest,
            latest,
            "UpdateFunctionCode orders",
            latest,
            latest,
            latest,
            "PublishVersion orders",
            "GetFunction orders 2",
            "GetFunction orders 2",
            "GetFunction orders 2",
            "UpdateAlias orders live=2",
        ]
    );
    // One pause before the update, two after it and two after the publication: 0.5 s, and then half as much again.
    assert_eq!(aws.time.now(), Duration::from_millis(500 + 2 * (500 + 750)));
    assert_eq!(aws.lambda.function("orders").aliases["live"].description, "lambda-img: previous version 1");
}

#[test]
fn the_same_digest_there_already_changes_nothing() {
    let aws = Aws::with(Function::aliased(&image("new"), "live"));
    let (done, steps) = aws.deploy(&order("new"));
    let done = done.unwrap();
    assert!(done.unchanged && steps.is_empty() && done.version.as_deref() == Some("1"));
    assert_eq!(aws.lambda.changes(), [""; 0]);
    // After a rollback, the alias decides and not what `$LATEST` has.
    aws.lambda.world().functions.get_mut("orders").unwrap().image = image("newer");
    assert!(aws.deploy(&order("new")).0.unwrap().unchanged);
    // Without an alias, the function does.
    assert!(aws.deploy(&Order { alias: None, ..order("newer") }).0.unwrap().unchanged);
    assert_eq!(aws.lambda.changes(), [""; 0]);
}

#[test]
fn only_what_is_missing_is_done() {
    // The function has the image, and no version has it.
    let mut function = Function::aliased(&image("old"), "live");
    function.image = image("new");
    let aws = Aws::with(function);
    aws.deploy(&order("new")).0.unwrap();
    assert_eq!(aws.lambda.changes(), ["PublishVersion orders", "UpdateAlias orders live=2"]);
    // Another alias is made for the version that is there.
    let second = Order { alias: Some("test".to_owned()), ..order("new") };
    assert_eq!(aws.deploy(&second).0.unwrap().version.as_deref(), Some("2"));
    assert_eq!(aws.lambda.changes(), ["PublishVersion orders", "CreateAlias orders test=2"]);
    // A version without an alias; and neither.
    let version = Order { alias: None, publish: true, ..order("newer") };
    assert_eq!(aws.deploy(&version).0.unwrap().version.as_deref(), Some("3"));
    assert_eq!(aws.lambda.changes(), ["UpdateFunctionCode orders", "PublishVersion orders"]);
    assert!(aws.deploy(&version).0.unwrap().unchanged);
    assert_eq!(aws.deploy(&Order { alias: None, ..order("newest") }).0.unwrap().version, None);
    assert_eq!(aws.lambda.changes(), ["UpdateFunctionCode orders"]);
}

#[test]
fn an_update_that_failed_is_deployed_again() {
    let mut function = Function::with(&image("new"));
    function.failed = Some(("InvalidImage".to_owned(), "why".to_owned()));
    let aws = Aws::with(function);
    assert!(!aws.deploy(&Order { alias: None, ..order("new") }).0.unwrap().unchanged);
    assert_eq!(aws.lambda.changes(), ["UpdateFunctionCode orders"]);
}

#[test]
fn a_rollback_is_one_call() {
    let aws = Aws::with(Function::aliased(&image("1"), "live"));
    aws.deploy(&order("2")).0.unwrap();
    aws.deploy(&order("3")).0.unwrap();
    aws.lambda.log();
    let target = order("3").target;
    let rollback = |to: Option<&str>, plan| deploy::rollback(&aws.api(), &target, "live", to, plan);
    let moved = |from: &str, to: &str| Rollback { from: from.to_owned(), to: to.to_owned() };
    assert_eq!(rollback(None, true).unwrap(), moved("3", "2"));
    assert_eq!(aws.lambda.changes(), [""; 0]);
    assert_eq!(rollback(None, false).unwrap(), moved("3", "2"));
    assert_eq!(aws.lambda.log(), ["GetAlias orders live", "UpdateAlias orders live=2"]);
    // Once more: nothing is noted now, so the one below with another image.
    assert_eq!(rollback(None, false).unwrap(), moved("2", "1"));
    let error = rollback(None, false).unwrap_err();
    assert_eq!(error.to_string(), "function `orders` has no version before 1 with another image");
    assert_eq!(rollback(Some("3"), false).unwrap(), moved("1", "3"));
    let error = deploy::rollback(&aws.api(), &target, "test", None, false).unwrap_err();
    assert_eq!(error.to_string(), "function `orders` has no alias `test`");
}

#[test]
fn a_rollback_ends_a_canary_and_keeps_the_words_of_others() {
    let mut function = Function::aliased(&image("1"), "live");
    let alias = function.aliases.get_mut("live").unwrap();
    *alias =
        Alias { weights: serde_json::json!({"2": 0.1}), description: "ours".to_owned(), ..alias.clone() };
    function.versions.push((image("2"), 0));
    let aws = Aws::with(function);
    let moved = deploy::rollback(&aws.api(), &order("2").target, "live", None, false).unwrap();
    assert_eq!((moved.from.as_str(), moved.to.as_str()), ("2", "1"));
    let alias = aws.lambda.function("orders").aliases["live"].clone();
    assert_eq!((alias.version.as_str(), alias.description.as_str()), ("1", "ours"));
    assert_eq!(alias.weights, serde_json::json!({}));
}

#[test]
fn a_fleet_shares_the_rate_of_its_account() {
    let aws = Aws::start();
    let names: Vec<_> = (0..50).map(|at| format!("f{at}")).collect();
    names.iter().for_each(|name| aws.lambda.add(name, Function::aliased(&image("old"), "live")));
    let api = aws.api();
    let orders: Vec<_> = names
        .iter()
        .map(|name| Order { target: Target::of(name, &host()).unwrap(), ..order("new") })
        .collect();
    let one = |order: &Order| {
        let before = deploy::look(&api, &order.target)?;
        deploy::deploy(&api, order, &deploy::plan(&api, order, before)?, &|_| {})
    };
    let ended = deploy::fleet(NonZeroUsize::new(8).unwrap(), &orders, one);
    assert!(ended.iter().all(|one| one.as_ref().is_some_and(Result::is_ok)));
    let log = aws.lambda.log();
    let limited = log.iter().filter(|line| !line.starts_with("GetFunction ")).count();
    assert_eq!(limited, 50 * 4, "{log:#?}");
    // 15 at once, then 15 a second; pauses of threads that wait at the same time add up here.
    assert!(aws.time.now() >= Duration::from_secs((limited as u64 - 15) / 15), "{:?}", aws.time.now());
}

#[test]
fn none_is_begun_after_one_failed() {
    let begun = AtomicUsize::new(0);
    let work = |item: &usize| {
        begun.fetch_add(1, Ordering::Relaxed);
        if *item == 2 { Err(()) } else { Ok(*item) }
    };
    let ended = deploy::fleet(NonZeroUsize::MIN, &[0, 1, 2, 3, 4], work);
    assert_eq!(ended, [Some(Ok(0)), Some(Ok(1)), Some(Err(())), None, None]);
    assert_eq!(begun.into_inner(), 3);
}
