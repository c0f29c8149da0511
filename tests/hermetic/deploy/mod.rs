//! Deployments against a scripted Lambda: the library with a clock of its own, so that nothing waits, and the commands.

mod canary;
mod commands;
mod created;
mod faults;
mod in_use;
mod steps;
mod tags;

use std::sync::Mutex;
use std::time::Duration;

use lambda_img::Options;
use lambda_img::credentials::ecr::{Ecr, EcrHost, Endpoints};
use lambda_img::deploy::{self, Api, Clock, DeployError, Deployed, Order, Step, Target};
use lambda_img::http::RetryPolicy;
use lambda_img::redact::Secret;

use crate::harness::lambda::{ACCOUNT, Function, Lambda, REGION, image};

/// Time that passes only in pauses.
#[derive(Default)]
struct Time {
    now: Mutex<Duration>,
    /// When the user interrupts.
    interrupt: Option<Duration>,
}

impl Clock for Time {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) -> bool {
        let mut now = self.now.lock().unwrap();
        *now += pause;
        self.interrupt.is_none_or(|interrupt| *now < interrupt)
    }
}

/// The scripted Lambda, and what asks it.
struct Aws {
    lambda: Lambda,
    ecr: Ecr,
    time: Time,
}

impl Aws {
    fn start() -> Self {
        let lambda = Lambda::start();
        let ecr = ecr(&lambda, "AKIAIOSFODNN7EXAMPLE");
        Self { lambda, ecr, time: Time::default() }
    }

    /// One with this function.
    fn with(function: Function) -> Self {
        let aws = Self::start();
        aws.lambda.add("orders", function);
        aws
    }

    fn api(&self) -> Api<'_> {
        Api::new(&self.ecr, &self.time, RetryPolicy::default())
    }

    /// Looks, plans and deploys; with the steps that were done.
    fn deploy(&self, order: &Order) -> (Result<Deployed, DeployError>, Vec<String>) {
        let done = Mutex::new(Vec::new());
        let tell = |step: Step| done.lock().unwrap().push(step.to_string());
        let api = self.api();
        let ended = deploy::look(&api, &order.target)
            .and_then(|before| deploy::plan(&api, order, before))
            .and_then(|plan| deploy::deploy(&api, order, &plan, &tell));
        (ended, done.into_inner().unwrap())
    }
}

/// What asks the scripted AWS with this access key.
fn ecr(lambda: &Lambda, key: &str) -> Ecr {
    let url = Some(lambda.url.clone());
    let endpoints = Endpoints {
        ecr: url.clone(),
        sts: url.clone(),
        lambda: url.clone(),
        cloudwatch: url.clone(),
        inspector: url,
        kms: None,
    };
    Ecr::new(Options::default().client().unwrap(), endpoints).with_keys(key, &Secret::new("secret"))
}

fn host() -> EcrHost {
    EcrHost::parse(&format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com")).unwrap()
}

/// The image of these bytes to the function `orders`, with the alias `live`.
fn order(bytes: &str) -> Order {
    Order {
        target: Target::of("orders", &host()).unwrap(),
        image: image(bytes),
        publish: false,
        alias: Some("live".to_owned()),
        event: None,
        shift: None,
        tag_in_use: false,
        role: None,
        wait: Duration::from_secs(600),
    }
}
