//! Builds the image of a function, checks it and pushes it: what `lambda-img build --push` does, as a program.
//!
//! ```sh
//! cargo run --example library -- fn python3.13 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fn:v1
//! ```

use std::env;
use std::process::ExitCode;

use lambda_img::arch::Arch;
use lambda_img::{Error, Lambda};

fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    let [path, runtime, target, base @ ..] = &words[..] else {
        eprintln!("usage: library PATH RUNTIME REGISTRY/REPOSITORY:TAG [BASE]");
        return ExitCode::from(2);
    };
    match publish(path, runtime, target, base.first()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::FAILURE
        }
    }
}

fn publish(path: &str, runtime: &str, target: &str, base: Option<&String>) -> Result<(), Error> {
    let lambda = Lambda::from_env()?;
    let mut build = lambda.build(path).runtime(runtime).arch(Arch::Arm64).env("STAGE", "prod").push(target);
    if let Some(base) = base {
        build = build.base(base);
    }
    let built = build.run()?;
    for warning in &built.warnings {
        eprintln!("warning: {warning}");
    }
    for checked in &built.checked {
        for finding in &checked.report.findings {
            eprintln!("{}: {}", finding.check.id, finding.fault.message);
        }
    }
    for (_, image) in &built.pushed {
        println!("{}", image.pinned);
    }
    Ok(())
}
