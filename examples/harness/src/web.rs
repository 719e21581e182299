//! Plain HTTP as attackers and scripts speak it: every octet of the request is the test's own.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a request with a body, if it is not empty, and waits for the whole answer.
pub fn call(address: SocketAddr, (method, path): (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() {
        write!(request, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    raw(address, format!("{request}\r\n{body}").as_bytes())
}

/// The same with a JSON body; `None` if nobody answers, as while a program is being restarted.
pub fn try_json(address: SocketAddr, (method, path): (&str, &str), body: &Value) -> Option<Reply> {
    let body = body.to_string();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let content = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    try_raw(address, format!("{head}{content}").as_bytes()).ok().filter(|reply| reply.status > 0)
}

/// The same with a JSON body.
pub fn json(address: SocketAddr, (method, path): (&str, &str), body: &Value) -> Reply {
    call(address, (method, path), &[("Content-Type", "application/json")], &body.to_string())
}

/// Sends a form as a page of the dashboard does.
pub fn post_form(address: SocketAddr, path: &str, headers: &[(&str, &str)], form: &str) -> Reply {
    let origin = format!("http://{address}");
    let usual = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"), ("Origin", &origin)];
    call(address, ("POST", path), &[&usual, headers].concat(), form)
}

/// Logs the first administrator in to the dashboard; gives the cookie and the token of a page.
pub fn log_in(dashboard: SocketAddr, password: &str) -> (String, String) {
    let form = form(&[("name", "admin"), ("password", password), ("next", "/")]);
    let reply = post_form(dashboard, "/login", &[], &form);
    assert_eq!(reply.status, 303, "{reply:?}");
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = call(dashboard, ("GET", "/send"), &[("Cookie", &cookie)], "").body;
    let token = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    (cookie, token)
}

/// GETs a path.
pub fn get(address: SocketAddr, path: &str) -> Reply {
    call(address, ("GET", path), &[], "")
}

/// Sends octets as they are. A server that has heard enough answers before it has read everything.
pub fn raw(address: SocketAddr, octets: &[u8]) -> Reply {
    try_raw(address, octets).unwrap_or_else(|error| panic!("no answer: {error}"))
}

fn try_raw(address: SocketAddr, octets: &[u8]) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let _ = stream.write_all(octets);
    let mut answer = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            // It closed on what it did not want to read.
            Err(_) if !answer.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Ok(Reply { status, head: head.to_owned(), body: if chunked { joined(body) } else { body.to_owned() } })
}

/// A form as browsers send it.
pub fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, octet| {
        if octet.is_ascii_alphanumeric() {
            encoded.push(octet.into());
        } else {
            write!(encoded, "%{octet:02X}").unwrap();
        }
        encoded
    })
}

fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(..size).filter(|chunk| !chunk.is_empty()) else { break };
        body.push_str(chunk);
        chunks = rest.get(size + 2..).unwrap_or_default();
    }
    body
}
