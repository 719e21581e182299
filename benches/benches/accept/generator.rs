//! An ESME that does as little as an ESME can: the load must not be what is measured.
//!
//! One thread, one connection, a constant number of requests in flight. Each PDU is encoded anew and each
//! response is read, checked and timed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use smpp_pdu::{BindTransmitter, CStr, CommandId, DEFAULT_MAX_PDU, Frame, Password, Stamp, SubmitSm, write};

/// What came of a run.
pub(crate) struct Outcome {
    /// Responses a second.
    pub(crate) rate: f64,
    /// From the write of a request to the read of its response.
    pub(crate) p99: Duration,
}

/// Keeps `in_flight` requests under way for `time`, then waits for what is still owed.
pub(crate) fn run(address: SocketAddr, in_flight: usize, time: Duration, pdu: &SubmitSm<'_>) -> Outcome {
    let mut esme = Esme::connect(address, in_flight);
    let begin = Instant::now();
    loop {
        let now = Instant::now();
        if now - begin < time {
            esme.fill(pdu, now);
        } else if esme.answered == esme.asked {
            break;
        }
        esme.receive();
    }
    let rate = f64::from(esme.answered) / begin.elapsed().as_secs_f64();
    esme.times.sort_unstable();
    Outcome { rate, p99: esme.times[esme.times.len() * 99 / 100] }
}

struct Esme {
    stream: TcpStream,
    input: BytesMut,
    output: BytesMut,
    /// When the request of a sequence number was written, by its place in the window.
    sent: Vec<Instant>,
    asked: u32,
    answered: u32,
    times: Vec<Duration>,
}

impl Esme {
    fn connect(address: SocketAddr, in_flight: usize) -> Esme {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut esme = Esme {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
            sent: vec![Instant::now(); in_flight],
            asked: 0,
            answered: 0,
            times: Vec::new(),
        };
        let bind = BindTransmitter {
            system_id: CStr::new("test").unwrap(),
            password: Password::new("test").unwrap(),
            interface_version: 0x34,
            ..Default::default()
        };
        write(&bind, Stamp::new(1), &mut esme.output).unwrap();
        esme.stream.write_all(&esme.output).unwrap();
        while esme.next_response() != Some(CommandId::BIND_TRANSMITTER_RESP) {
            esme.read();
        }
        esme
    }

    /// Asks until the window is full again.
    fn fill(&mut self, pdu: &SubmitSm<'_>, now: Instant) {
        self.output.clear();
        while self.asked - self.answered < self.sent.len() as u32 {
            let place = self.asked as usize % self.sent.len();
            self.sent[place] = now;
            self.asked += 1;
            write(pdu, Stamp::new(self.asked), &mut self.output).unwrap();
        }
        self.stream.write_all(&self.output).unwrap();
    }

    /// Reads once, and all responses that are whole.
    fn receive(&mut self) {
        self.read();
        let now = Instant::now();
        while let Some(id) = self.next_response() {
            assert_eq!(id, CommandId::SUBMIT_SM_RESP);
            // All are answered in order, or the next line would see a time twice and another never.
            self.times.push(now - self.sent[self.answered as usize % self.sent.len()]);
            self.answered += 1;
        }
    }

    fn read(&mut self) {
        let start = self.input.len();
        self.input.resize(start + READ, 0);
        let read = self.stream.read(&mut self.input[start..]).unwrap();
        assert!(read > 0, "the centre has closed the connection");
        self.input.truncate(start + read);
    }

    fn next_response(&mut self) -> Option<CommandId> {
        let frame = Frame::split(&mut self.input, DEFAULT_MAX_PDU).unwrap()?;
        assert!(frame.command_status().is_ok(), "{:?}", frame.header());
        if frame.command_id() == CommandId::SUBMIT_SM_RESP {
            assert_eq!(frame.sequence_number(), self.answered + 1, "answers come in the order of the requests");
        }
        Some(frame.command_id())
    }
}

// A thousand responses.
const READ: usize = 32 * 1024;
