//! A small HTTP/1.1 server over blocking connections, a thread each: for the programs of a function, and for those that
//! invoke it.
//!
//! It is our own because it must stay blocking, stream bodies in both directions, and read trailers: tiny_http reads no
//! trailers, and hyper needs an async runtime.

mod body;
mod error;
mod lines;
mod request;
mod response;
mod server;

pub use self::body::Body;
pub use self::request::Request;
pub use self::response::Response;
pub use self::server::{Answer, Connection, Handler, Server};
