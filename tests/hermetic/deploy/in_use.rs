//! What uses images, in a world of three accounts and two Regions with 200 functions in each.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use lambda_img::credentials::ecr::EcrHost;
use lambda_img::deploy::{self, Api, Use};
use lambda_img::digest::Digest;
use lambda_img::http::RetryPolicy;
use lambda_img::prune::{Image, Keep, Rules, plan};

use super::{Time, ecr};
use crate::harness::lambda::{ACCOUNT, Function, Lambda};

const ACCOUNTS: [&str; 3] = [ACCOUNT, "222222222222", "333333333333"];
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const FUNCTIONS: usize = 200;
/// Images of the repository in each Region, of which functions use some.
const IMAGES: usize = 2000;

fn host(account: &str, region: &str) -> EcrHost {
    EcrHost::parse(&format!("{account}.dkr.ecr.{region}.amazonaws.com")).unwrap()
}

fn digest(region: &str, number: usize) -> Digest {
    Digest::of(format!("{region} {number}").as_bytes())
}

/// The image of a number in the repository of the Region.
fn image(region: &str, number: usize) -> String {
    format!("{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/fn@{}", digest(region, number))
}

/// The numbers of the images that a function uses: of `$LATEST`, and of its version 1, which `live` names.
fn numbers(account: usize, function: usize) -> [usize; 2] {
    let spread = account * 7919 + function * 104_729;
    [spread % IMAGES, (spread / 3 + 11) % IMAGES]
}

fn function(account: usize, region: &str, at: usize) -> Function {
    let [latest, version] = numbers(account, at);
    let mut made = Function::aliased(&image(region, version), "live");
    made.image = image(region, latest);
    made
}

fn world() -> Lambda {
    let lambda = Lambda::start();
    for (number, account) in ACCOUNTS.iter().enumerate() {
        for region in REGIONS {
            let functions = (0..FUNCTIONS).map(|at| (format!("f{at}"), function(number, region, at)));
            lambda.world().elsewhere.insert(((*account).to_owned(), region.to_owned()), functions.collect());
        }
    }
    lambda
}

/// How often each call was made.
fn counts(lambda: &Lambda) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lambda.log() {
        *counts.entry(line.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

fn expected<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(call, count)| (call.to_owned(), count)).collect()
}

#[test]
fn nothing_that_a_function_of_any_account_uses_is_in_the_plan_of_its_region() {
    let lambda = world();
    let (jobs, time) = (NonZeroUsize::new(8).unwrap(), Time::default());
    let asking = ACCOUNTS.map(|account| ecr(&lambda, &format!("AKIA{account}")));
    let used = |account: usize, region: &str| -> Vec<Use> {
        let api = Api::new(&asking[account], &time, RetryPolicy::default());
        deploy::used(&api, &host(ACCOUNTS[account], region), jobs).unwrap()
    };
    for region in REGIONS {
        let all: BTreeSet<_> = (0..3).flat_map(|account| used(account, region)).map(|by| by.digest).collect();
        // 400 versions in each account, 50 on a page.
        assert_eq!(counts(&lambda), expected([("ListFunctions", 3 * 8), ("GetFunction", 3 * 400)]));
        let images: Vec<_> = (0..IMAGES)
            .map(|number| Image {
                digest: digest(region, number),
                size: 1,
                used: 1,
                pushed: 1,
                links: Some(Vec::new()),
            })
            .collect();
        let keep = Keep { used: all, ..Keep::default() };
        let planned = plan(&images, &keep, &Rules::default()).unwrap();
        // In the words of the world: everything that no function has, and nothing else.
        let in_use: BTreeSet<_> = (0..3)
            .flat_map(|account| (0..FUNCTIONS).flat_map(move |at| numbers(account, at)))
            .map(|number| digest(region, number))
            .collect();
        let expected: BTreeSet<_> =
            images.iter().map(|image| image.digest).filter(|digest| !in_use.contains(digest)).collect();
        let going: BTreeSet<_> = planned.delete.into_iter().flatten().collect();
        assert!(in_use.len() > 500 && expected.len() > 500, "{} {}", in_use.len(), expected.len());
        assert_eq!(going, expected);
    }
    // What else keeps a version is asked for only of functions that use the images that are looked at.
    let mut some = used(1, REGIONS[0]);
    lambda.log();
    some.truncate(10);
    let functions: BTreeSet<_> = some.iter().map(|by| by.function.clone()).collect();
    let api = Api::new(&asking[1], &time, RetryPolicy::default());
    deploy::detail(&api, &host(ACCOUNTS[1], REGIONS[0]), &mut some, jobs).unwrap();
    let asked = functions.len();
    let expected = expected([("ListAliases", asked), ("ListProvisionedConcurrencyConfigs", asked)]);
    assert_eq!(counts(&lambda), expected);
    assert!(some.iter().all(|by| (by.version == "1") == (by.aliases == ["live"])), "{some:?}");
}
