//! Just enough HTTP to set a scene: JSON in, JSON out, one connection a request.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

/// A client of one server, signed in or not.
#[derive(Clone)]
pub struct Http {
    address: String,
    token: Option<String>,
}

impl Http {
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), token: None }
    }

    pub fn signed(&self, token: &Value) -> Self {
        Self { token: token.as_str().map(str::to_owned), ..self.clone() }
    }

    /// Host and TCP port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Status and body of one request.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), String> {
        let (status, body) = self.exchange(method, path, body)?;
        Ok((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
    }

    /// What lies at this path, as text.
    ///
    /// # Errors
    /// As [`Self::ask`], and when it is not there.
    pub fn text(&self, path: &str) -> Result<String, String> {
        match self.exchange("GET", path, None)? {
            (200, body) => Ok(body),
            (status, body) => Err(format!("GET {path}: {status} {body}")),
        }
    }

    /// GET that must succeed.
    ///
    /// # Errors
    /// The answer when it does not.
    pub fn get(&self, path: &str) -> Result<Value, String> {
        self.must("GET", path, None)
    }

    fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, String), String> {
        let say = |why: std::io::Error| format!("{method} {path}: {why}");
        let mut stream = TcpStream::connect(&self.address).map_err(say)?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(say)?;
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Patchbay: 1\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        if !body.is_empty() {
            head.push_str("Content-Type: application/json\r\n");
        }
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        write!(stream, "{head}\r\n{body}").map_err(say)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(say)?;
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| format!("{method} {path}: no HTTP answer"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        Ok((status, if chunked { unchunk(body) } else { body.to_owned() }))
    }

    /// POST that must succeed.
    ///
    /// # Errors
    /// The answer when it does not.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.must("POST", path, Some(body))
    }

    /// PATCH that must succeed.
    ///
    /// # Errors
    /// The answer when it does not.
    pub fn patch(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.must("PATCH", path, Some(body))
    }

    fn must(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let (status, answer) = self.ask(method, path, body)?;
        if (200..300).contains(&status) { Ok(answer) } else { Err(format!("{method} {path}: {status} {answer}")) }
    }
}

fn unchunk(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length.trim(), 16) else { break };
        if length == 0 || rest.len() < length {
            break;
        }
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}
