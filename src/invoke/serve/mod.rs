//! Where functions are invoked from outside: Lambda's own interface
//! (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>), so that SDKs and the AWS CLI work unchanged with
//! another endpoint; or the URL of one function.

mod event_stream;
mod functions;
mod interface;
mod pool;
mod refusal;
mod url;
mod url_event;

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use self::functions::Functions;
use self::interface::Interface;
use self::url::FunctionUrl;
use super::environment::Listener;
use super::error::InvokeError;
use super::function::Function;
use super::http::Server;

/// What requests are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// Those of Lambda's Invoke API.
    LambdaApi,
    /// Those to the URL of the only function.
    FunctionUrl,
}

/// Serves functions until the value goes.
pub struct LambdaApi {
    server: Option<Server>,
    functions: Arc<Functions>,
}

impl LambdaApi {
    /// Listens at `address`. No function is served yet. Each has at most `concurrency` environments at once, and `log`
    /// hears what they write.
    ///
    /// # Errors
    /// [`InvokeError::Serve`].
    pub fn start(
        address: SocketAddr,
        front: Front,
        log: Arc<dyn Listener>,
        concurrency: usize,
    ) -> Result<Self, InvokeError> {
        let functions = Arc::new(Functions::new(log, concurrency));
        let served = Arc::clone(&functions);
        let server = TcpListener::bind(address)
            .and_then(|listener| match front {
                Front::LambdaApi => Server::start(listener, Interface(served)),
                Front::FunctionUrl => Server::start(listener, FunctionUrl(served)),
            })
            .map_err(|source| InvokeError::Serve { address, source })?;
        Ok(Self { server: Some(server), functions })
    }

    /// Serves `function`. If one of this name is served, that one answers the events that it has, and no further ones:
    /// its idle environments are shut down before this returns. One function alone answers to every name.
    pub fn put(&self, function: Function) {
        self.functions.put(function);
    }

    /// Serves functions of these names and no others. One that was not put yet is refused as not ready.
    pub fn expect(&self, names: &BTreeSet<String>) {
        self.functions.expect(names);
    }

    /// Whether a function of this name is there.
    pub fn serves(&self, name: &str) -> bool {
        self.functions.has(name).is_ok()
    }

    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }
}

impl Drop for LambdaApi {
    fn drop(&mut self) {
        drop(self.server.take());
        self.functions.shut_down();
    }
}
