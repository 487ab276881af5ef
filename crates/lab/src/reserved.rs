//! A port that is kept for a process to come.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpSocket;

/// How often another port is tried, where the system may choose one.
const ATTEMPTS: usize = 16;

/// Sockets that hold a port on both loopback addresses and do not listen: nobody else is given the port, and whoever connects is
/// refused, as at a server that has died. A process that binds the port as servers do, with `SO_REUSEADDR`, may listen on it all the
/// same (Linux, `socket(7)`: so long as no other socket listens there).
#[derive(Debug)]
pub(crate) struct Reserved {
    _sockets: Vec<TcpSocket>,
}

/// Keeps a port; 0 takes a free one.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub(crate) fn reserve(port: u16) -> io::Result<(u16, Reserved)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..ATTEMPTS {
        // Whoever listens there already is found by listening, and only so on every system.
        let found = bank::listen((Ipv4Addr::LOCALHOST, port).into(), "--port-base N")?
            .local_addr()?
            .port();
        match hold(found) {
            Ok(reserved) => return Ok((found, reserved)),
            Err(error) if port == 0 => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Elsewhere than on Linux a port that is held is nobody's to listen on, the process included that it is held for.
fn hold(port: u16) -> io::Result<Reserved> {
    if !cfg!(target_os = "linux") {
        return Ok(Reserved {
            _sockets: Vec::new(),
        });
    }
    let bound = |socket: io::Result<TcpSocket>, address: IpAddr| -> io::Result<_> {
        let socket = socket?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(address, port))?;
        Ok(socket)
    };
    let v4 = bound(TcpSocket::new_v4(), Ipv4Addr::LOCALHOST.into());
    // A machine without IPv6 has no such address to hold.
    let v6 = bound(TcpSocket::new_v6(), Ipv6Addr::LOCALHOST.into());
    Ok(Reserved {
        _sockets: std::iter::once(v4?).chain(v6).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_port_that_is_kept_refuses_who_asks_and_lets_the_one_listen_that_it_is_kept_for() {
        let (port, kept) = reserve(0).unwrap();
        let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        for _ in 0..2 {
            let server = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
            let client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            drop((server.accept().unwrap(), client, server));
        }
        drop(kept);
    }

    #[test]
    fn a_port_that_is_taken_is_named_with_what_to_do() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let said = reserve(port).unwrap_err().to_string();
        assert!(
            said.contains(&port.to_string()) && said.contains("--port-base"),
            "{said}"
        );
    }
}
