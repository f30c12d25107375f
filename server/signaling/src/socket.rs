//! Socket options: a receive buffer for bursts, and connections whose silent death is noticed.

use std::{io, net::SocketAddr, os::fd::AsFd, time::Duration};

use rustix::net::sockopt;
use tokio::net::{TcpListener, UdpSocket};

/// Receive buffer of the UDP socket in bytes: about 6000 messages, one second at full load.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// UDP and TCP on one address. With UDP port 0 a number is looked for that is free for both.
pub(crate) async fn bind_both(listen: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..16 {
        let udp = bind_udp(listen)?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(why) if listen.port() == 0 => last = Some(why),
            Err(why) => return Err(why),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrInUse)))
}

fn bind_udp(listen: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(listen)?;
    socket.set_nonblocking(true)?;
    // The forced form passes the system's limit where the process may; else the limit holds.
    if sockopt::set_socket_recv_buffer_size_force(socket.as_fd(), RECEIVE_BUFFER).is_err() {
        sockopt::set_socket_recv_buffer_size(socket.as_fd(), RECEIVE_BUFFER)?;
    }
    UdpSocket::from_std(socket)
}

/// No delay for small messages; a peer that vanished is noticed within half a minute.
pub fn tune(connection: &impl AsFd) {
    let set = || {
        sockopt::set_tcp_nodelay(connection, true)?;
        sockopt::set_socket_keepalive(connection, true)?;
        sockopt::set_tcp_keepidle(connection, Duration::from_secs(15))?;
        sockopt::set_tcp_keepintvl(connection, Duration::from_secs(5))?;
        sockopt::set_tcp_keepcnt(connection, 3)?;
        sockopt::set_tcp_user_timeout(connection, 30_000)
    };
    if let Err(why) = set() {
        tracing::debug!(error = %why, "A connection goes on without its socket options");
    }
}
