//! A small HTTP/1.1 server over blocking connections, a thread each: for the programs of a function, and for those that
//! invoke it.
//!
//! It is our own because it must stay blocking, stream bodies in both directions, and read trailers: tiny_http reads no
//! trailers, and hyper needs an async runtime.

mod error;
mod message;
mod server;

pub use self::message::{Body, Request, Response};
pub use self::server::{Answer, Connection, Handler, Server};
