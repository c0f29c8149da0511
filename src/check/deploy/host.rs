//! Registries that Lambda reads images from.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::credentials::ecr::EcrHost;

/// R10: Lambda reads images from private repositories of ECR only (developer guide, "Creating images").
pub const PRIVATE: Check = Check {
    id: "ecr-private",
    group: Group::Deploy,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Source image <uri> is not valid. Provide a valid source image."),
    page: page!("ecr-private"),
    run: private,
};

/// R10: FIPS hosts take pushes, and are not supported in the address of a function's image.
pub const FIPS: Check = Check {
    id: "ecr-fips",
    group: Group::Deploy,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Source image <uri> is not valid. Provide a valid source image."),
    page: page!("ecr-fips"),
    run: fips,
};

/// R10: nothing says that Lambda takes the dual-stack names of ECR's hosts.
pub const DUAL_STACK: Check = Check {
    id: "ecr-dual-stack",
    group: Group::Deploy,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: Some("Source image <uri> is not valid. Provide a valid source image."),
    page: page!("ecr-dual-stack"),
    run: dual_stack,
};

/// R10: the repository has to be in the Region of the function.
pub const REGION: Check = Check {
    id: "ecr-region",
    group: Group::Deploy,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Source image <uri> is not valid. Provide a valid source image."),
    page: page!("ecr-region"),
    run: region,
};

/// The host, and what it is to ECR.
fn host<'a>(subject: &Subject<'a>) -> Option<(&'a str, Option<EcrHost>)> {
    let host = subject.view.reference.as_ref()?.registry();
    Some((host, EcrHost::parse(host)))
}

/// Registries for intermediate images, from which functions are not deployed.
fn is_loopback(host: &str) -> bool {
    host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
}

fn private(subject: &Subject<'_>) -> Vec<Fault> {
    match host(subject) {
        Some((host, None)) if !is_loopback(host) => {
            let message =
                format!("it is at `{host}`, and Lambda reads from private repositories of ECR only");
            let fix = "push it to ACCOUNT.dkr.ecr.REGION.amazonaws.com: a push of the image as it is keeps every byte";
            vec![Fault::new(Location::Image, message, fix)]
        }
        _ => Vec::new(),
    }
}

fn fips(subject: &Subject<'_>) -> Vec<Fault> {
    match host(subject) {
        Some((host, Some(ecr))) if ecr.fips => {
            let message =
                format!("`{host}` is a FIPS host, which Lambda does not take in the address of an image");
            let fix = "create the function with the host without `-fips`: the repository is the same";
            vec![Fault::new(Location::Image, message, fix)]
        }
        _ => Vec::new(),
    }
}

fn dual_stack(subject: &Subject<'_>) -> Vec<Fault> {
    match host(subject) {
        Some((host, Some(ecr))) if host.contains(".dkr-ecr") && !ecr.fips => {
            let message = format!("`{host}` is a dual-stack host, which Lambda is not known to take");
            let fix = format!(
                "create the function with the host `{}.dkr.ecr.{}.amazonaws.com`, or its like in the partition: \
                 the repository is the same",
                ecr.account, ecr.region
            );
            vec![Fault::new(Location::Image, message, fix)]
        }
        _ => Vec::new(),
    }
}

fn region(subject: &Subject<'_>) -> Vec<Fault> {
    match (host(subject), &subject.expectations.region) {
        (Some((_, Some(ecr))), Some(wanted)) if ecr.region != *wanted => {
            let message = format!("its repository is in {}, and the function in {wanted}", ecr.region);
            vec![Fault::new(
                Location::Image,
                message,
                format!("push it to a repository in {wanted}, or replicate it there"),
            )]
        }
        _ => Vec::new(),
    }
}
