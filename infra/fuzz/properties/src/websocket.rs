//! WebSocket frames as a browser sends them, through the codec and the limits that the server uses.

use std::io::{self, Read, Write};

use tungstenite::{
    Message, WebSocket,
    protocol::{Role, WebSocketConfig},
};

/// Longest message and longest frame that the server's route takes.
const LONGEST: usize = 64 * 1024;

/// Both directions of a connection, the input cut into pieces.
struct Pipe {
    input: Vec<u8>,
    at: usize,
    piece: usize,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = (self.input.len() - self.at).min(self.piece).min(into.len());
        into[..length].copy_from_slice(&self.input[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn socket(role: Role, input: Vec<u8>, piece: usize) -> WebSocket<Pipe> {
    let limits = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
    WebSocket::from_raw_socket(Pipe { input, at: 0, piece, output: Vec::new() }, role, Some(limits))
}

fn heard(bytes: &[u8], piece: usize) -> (Vec<Message>, usize) {
    let mut server = socket(Role::Server, bytes.to_vec(), piece);
    let mut messages = Vec::new();
    while let Ok(message) = server.read() {
        messages.push(message);
    }
    let _ = server.flush();
    (messages, server.get_ref().output.len())
}

/// No message is longer than the limit or than what came, pieces change nothing, and a client's messages arrive as sent.
pub fn check(bytes: &[u8]) {
    let (messages, said) = heard(bytes, usize::MAX);
    // For a close with a code that is none the codec has words of its own.
    let taken: usize = messages.iter().filter(|message| !message.is_close()).map(Message::len).sum();
    assert!(
        messages.iter().all(|message| message.len() <= LONGEST) && taken <= bytes.len(),
        "{taken} of {}",
        bytes.len()
    );
    assert!(said <= 2 * bytes.len() + 128, "{said} bytes said to {}", bytes.len());
    assert_eq!(heard(bytes, 3).0, messages, "cut into pieces of three");

    let mut client = socket(Role::Client, Vec::new(), 1);
    let mut sent = Vec::new();
    for part in bytes.split(|byte| *byte == 0) {
        let message = match std::str::from_utf8(part) {
            Ok(text) => Message::text(text),
            Err(_) => Message::binary(part.to_vec()),
        };
        if message.len() <= LONGEST && client.send(message.clone()).is_ok() {
            sent.push(message);
        }
    }
    let wire = std::mem::take(&mut client.get_mut().output);
    assert_eq!(heard(&wire, 1_024).0, sent);
}
