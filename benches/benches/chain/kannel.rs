//! Kannel accepting and forwarding: messages go in over its HTTP, through its spool, and out to the carrier.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
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

/// One connection that is kept; its smsbox resets some when many come at once, which are made anew.
fn call(address: SocketAddr, numbers: impl Iterator<Item = usize>) {
    let mut kept = None;
    for number in numbers {
        while let Err(error) = send(&mut kept, address, number) {
            assert!(error.kind() != ErrorKind::InvalidData, "{error}");
            kept = None;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn send(kept: &mut Option<BufReader<TcpStream>>, address: SocketAddr, number: usize) -> io::Result<()> {
    let reader = match kept {
        Some(reader) => reader,
        None => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            kept.insert(BufReader::new(stream))
        }
    };
    let path = format!("/cgi-bin/sendsms?username=interop&password=interop&from=1000&to=4477{number:08}&text=message+{number}");
    write!(reader.get_mut(), "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let (mut length, mut line) = (0, String::new());
    if reader.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    if !line.contains(" 202 ") {
        return Err(io::Error::new(ErrorKind::InvalidData, line));
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }
    io::copy(&mut reader.by_ref().take(length), &mut io::sink()).map(drop)
}
