//! Where functions are invoked from outside: Lambda's own interface
//! (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>), so that SDKs and the AWS CLI work unchanged with
//! another endpoint; or the URL of one function.

mod event_stream;
mod interface;
mod pool;
mod refusal;
mod url;
mod url_event;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use self::interface::Interface;
use self::pool::{Functions, Pool};
use self::url::FunctionUrl;
use super::environment::Listener;
use super::error::InvokeError;
use super::function::Function;
use super::http::{Handler, Server};

/// Serves functions until the value goes.
pub struct LambdaApi {
    server: Option<Server>,
    functions: Arc<Functions>,
}

impl LambdaApi {
    /// Serves these functions at `address`, each with at most `concurrency` environments at once. One alone answers to
    /// every name.
    ///
    /// # Errors
    /// [`InvokeError::Serve`].
    pub fn start(
        address: SocketAddr,
        functions: Vec<Function>,
        log: &Arc<dyn Listener>,
        concurrency: usize,
    ) -> Result<Self, InvokeError> {
        let mut pools = BTreeMap::new();
        for function in functions {
            let name = function.identity.name.clone();
            pools.insert(name, Arc::new(Pool::new(Arc::new(function), Arc::clone(log), concurrency)));
        }
        let functions = Arc::new(Functions { pools });
        Self::serve(address, Arc::clone(&functions), Interface(functions))
    }

    /// Serves the URL of this function at `address`.
    ///
    /// # Errors
    /// [`InvokeError::Serve`].
    pub fn start_url(
        address: SocketAddr,
        function: Function,
        log: &Arc<dyn Listener>,
        concurrency: usize,
    ) -> Result<Self, InvokeError> {
        let name = function.identity.name.clone();
        let pool = Arc::new(Pool::new(Arc::new(function), Arc::clone(log), concurrency));
        let functions = Arc::new(Functions { pools: BTreeMap::from([(name, Arc::clone(&pool))]) });
        Self::serve(address, functions, FunctionUrl(pool))
    }

    fn serve(
        address: SocketAddr,
        functions: Arc<Functions>,
        handler: impl Handler,
    ) -> Result<Self, InvokeError> {
        let server = TcpListener::bind(address)
            .and_then(|listener| Server::start(listener, handler))
            .map_err(|source| InvokeError::Serve { address, source })?;
        Ok(Self { server: Some(server), functions })
    }

    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }
}

impl Drop for LambdaApi {
    fn drop(&mut self) {
        drop(self.server.take());
        self.functions.pools.values().for_each(|pool| pool.shut_down());
    }
}
