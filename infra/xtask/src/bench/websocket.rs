//! A page's SIP connection, opened and then left alone.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;

use super::{http::Http, scene::Server};

/// Buys a ticket and opens the connection. Pings are not answered: it is looked at before the first one.
///
/// # Errors
/// When there is no ticket or no upgrade.
pub fn open(server: &Server, owner: &Http) -> Result<TcpStream, String> {
    let ticket = loop {
        let (status, answer) = owner.ask("POST", "/v1/softphone/ticket", Some(&json!({})))?;
        match (status, answer["ticket"].as_str()) {
            (200..=299, Some(ticket)) => break ticket.to_owned(),
            // So many a second, and no more.
            (429, _) => std::thread::sleep(Duration::from_millis(200)),
            _ => return Err(format!("no ticket: {status} {answer}")),
        }
    };
    let (address, say) = (server.http.address(), |why: std::io::Error| format!("WebSocket: {why}"));
    let mut stream = TcpStream::connect(address).map_err(say)?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(say)?;
    write!(
        stream,
        "GET /sip?ticket={ticket} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: sip\r\n\r\n"
    )
    .map_err(say)?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).map_err(say)?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if head.starts_with("HTTP/1.1 101") { Ok(stream) } else { Err(format!("no upgrade: {head}")) }
}
