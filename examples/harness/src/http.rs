//! The little HTTP that Kannel needs: one GET to it, and a listener for the calls it makes.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::web::percent_encoded;

/// Longest wait for a call.
const PATIENCE: Duration = Duration::from_secs(60);

/// A call that came: the path and the decoded query.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub query: Vec<(String, Vec<u8>)>,
}

impl Call {
    /// The value of a query key.
    pub fn octets(&self, key: &str) -> &[u8] {
        let value = self.query.iter().find(|(name, _)| name == key);
        &value.unwrap_or_else(|| panic!("no {key} in {self:?}")).1
    }

    /// The value of a query key as text.
    pub fn text(&self, key: &str) -> String {
        String::from_utf8(self.octets(key).to_vec()).unwrap()
    }
}

#[derive(Default)]
struct Calls {
    came: Mutex<Vec<Call>>,
    changed: Condvar,
}

/// Answers every call with an empty 200 and keeps it.
pub struct Listener {
    pub address: SocketAddr,
    calls: Arc<Calls>,
}

impl Listener {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(Calls::default());
        let shared = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let calls = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &calls));
            }
        });
        Self { address, calls }
    }

    /// Waits until `count` calls to that path have come; gives them.
    pub fn wait(&self, path: &str, count: usize) -> Vec<Call> {
        let wanted = |calls: &[Call]| -> Vec<Call> { calls.iter().filter(|call| call.path == path).cloned().collect() };
        let came = self.calls.came.lock().unwrap();
        let few = |calls: &mut Vec<Call>| wanted(calls).len() < count;
        let (came, timeout) = self.calls.changed.wait_timeout_while(came, PATIENCE, few).unwrap();
        let found = wanted(&came);
        assert!(!timeout.timed_out(), "{} of {count} calls to {path}: {found:?}", found.len());
        found
    }
}

/// GETs a path with a query; gives the status code and the body.
pub fn get(address: SocketAddr, path: &str, query: &[(&str, &str)]) -> (u16, String) {
    let mut target = path.to_owned();
    for (index, (key, value)) in query.iter().enumerate() {
        let mark = if index == 0 { '?' } else { '&' };
        write!(target, "{mark}{key}={}", percent_encoded(value)).unwrap();
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn serve(stream: TcpStream, calls: &Calls) -> Option<()> {
    let mut sink = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream).lines();
    // Kannel keeps connections open: one request after the other.
    while let Some(Ok(request)) = lines.next() {
        let target = request.split(' ').nth(1)?.to_owned();
        let mut headers = lines.by_ref().map_while(Result::ok);
        headers.find(String::is_empty)?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let call =
            Call { path: path.to_owned(), query: query.map(|(key, value)| (key.to_owned(), percent_decoded(value))).collect() };
        calls.came.lock().unwrap().push(call);
        calls.changed.notify_all();
        sink.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n").ok()?;
    }
    Some(())
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut octets = text.bytes();
    let mut decoded = Vec::new();
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'+' => b' ',
            b'%' => {
                let digits = [octets.next().unwrap(), octets.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            plain => plain,
        });
    }
    decoded
}
