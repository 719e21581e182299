//! Kannel accepting and forwarding: messages go in over its HTTP, through its spool, and out to the carrier.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use sms_harness::kannel::{Binds, Kannel};

use crate::carrier::Carrier;
use crate::node::thread;

/// Callers of its HTTP at a time.
const CALLERS: usize = 50;
const PATIENCE: Duration = Duration::from_secs(120);

/// Messages a second until the carrier has the last one; `None` where Kannel is not installed.
pub(crate) fn run(messages: usize) -> Option<f64> {
    let carrier = thread(Carrier::start);
    let kannel = Kannel::spooling(carrier.value.address, Binds::Transceiver, ("gateway", "secret"))?;
    let begun = Instant::now();
    let address = kannel.sendsms();
    let callers: Vec<_> =
        (0..CALLERS).map(|caller| std::thread::spawn(move || call(address, (caller..messages).step_by(CALLERS)))).collect();
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    while carrier.value.count() < messages {
        assert!(begun.elapsed() < PATIENCE, "{} of {messages} messages", carrier.value.count());
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(messages as f64 / begun.elapsed().as_secs_f64())
}

/// One connection that is kept.
fn call(address: SocketAddr, numbers: impl Iterator<Item = usize>) {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone().unwrap()), stream);
    for number in numbers {
        let path =
            format!("/cgi-bin/sendsms?username=interop&password=interop&from=1000&to=4477{number:08}&text=message+{number}");
        write!(writer, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let (mut length, mut line) = (0, String::new());
        reader.read_line(&mut line).unwrap();
        assert!(line.contains(" 202 "), "{line}");
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
    }
}
