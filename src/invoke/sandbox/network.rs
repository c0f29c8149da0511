//! A network of a sandbox's own: its loopback interface alone, and the port on which Lambda serves the Runtime API.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::refused::Refused;

/// Lambda's port of the Runtime API.
pub const PORT: u16 = 9001;

/// In the network namespace that this process just made: sets up loopback, and listens for the Runtime API.
pub fn listen() -> Result<TcpListener, Refused> {
    set_up_loopback().map_err(Refused::at("set up the loopback interface"))?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).map_err(Refused::at("listen on the loopback interface"))
}

/// By a message of route netlink (rtnetlink(7)): interface 1, which is loopback in every namespace, must be up.
fn set_up_loopback() -> io::Result<()> {
    const NEW_LINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
    const UP: u32 = 1;
    let mut message = Vec::new();
    // The header: length, type, flags, number, sender.
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend([1_u32, 0].map(u32::to_ne_bytes).concat());
    // The interface: family and type, index, flags, and which of them change.
    message.extend([0, 1, UP, UP].map(u32::to_ne_bytes).concat());
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    rustix::net::send(&socket, &message, SendFlags::empty())?;
    let mut answer = [0_u8; 128];
    let (read, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    // After a header of sixteen bytes: zero, or the error, negative.
    match answer[..read].get(16..20).map(|bytes| i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    {
        Some(0) => Ok(()),
        Some(error) => Err(io::Error::from_raw_os_error(-error)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
