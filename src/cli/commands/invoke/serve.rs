//! `--serve`: the functions answer requests until the user interrupts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use lambda_img::invoke::{Front, Function, LambdaApi, Listener};
use lambda_img::work::Run;

use super::arguments::Invoke;
use super::output::Log;
use crate::cli::show::error::CliError;

/// The server, without functions.
pub fn start(args: &Invoke, address: SocketAddr, log: Arc<Log>) -> Result<LambdaApi, CliError> {
    let front = if args.url { Front::FunctionUrl } else { Front::LambdaApi };
    Ok(LambdaApi::start(address, front, log as Arc<dyn Listener>, args.concurrency.into())?)
}

/// Says where the functions of these names are served.
pub fn tell(served: &LambdaApi, names: &[String]) {
    if let Some(address) = served.address() {
        status!("serving {} at http://{address}; interrupt with Ctrl-C", names.join(", "));
    }
}

/// Serves these functions until the user interrupts.
pub fn until_interrupt(
    args: &Invoke,
    address: SocketAddr,
    functions: Vec<Function>,
    log: Arc<Log>,
    run: Run<'_>,
) -> Result<(), CliError> {
    let names: Vec<_> = functions.iter().map(|one| one.identity.name.clone()).collect();
    let served = start(args, address, log)?;
    functions.into_iter().for_each(|function| served.put(function));
    tell(&served, &names);
    while run.check().is_ok() {
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
