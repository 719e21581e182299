//! A TCP proxy before the program: cuts and joins the stream of a real client as networks do,
//! and keeps what passed, so that a test can judge a client that reports nothing itself.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::wire::{Pdu, take_pdus};

/// Longest wait for a PDU to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a joining direction waits for more before it lets a smaller batch go.
const JOIN_PAUSE: Duration = Duration::from_millis(200);

/// How the octets of one direction are written onwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segments {
    /// As they come.
    AsTheyCome,
    /// One octet per segment.
    Single,
    /// Up to that many whole PDUs in one write.
    Joined(usize),
}

/// Who sent a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Esme,
    Mc,
}

/// One PDU that passed.
#[derive(Clone, Debug)]
pub struct Passed {
    pub from: From,
    pub pdu: Pdu,
}

#[derive(Default)]
struct Record {
    passed: Mutex<Vec<Passed>>,
    changed: Condvar,
    largest_join: AtomicUsize,
}

/// The proxy; lives as long as the test process.
pub struct Tap {
    pub address: SocketAddr,
    record: Arc<Record>,
}

impl Tap {
    /// A proxy to `target`; `segments` says how the ESME's and the MC's octets are passed on.
    pub fn new(target: SocketAddr, from_esme: Segments, from_mc: Segments) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let record = Arc::new(Record::default());
        let shared = Arc::clone(&record);
        thread::spawn(move || {
            for esme in listener.incoming().map_while(Result::ok) {
                // A refused connection to a stopped program is a closed one for the client.
                let Ok(mc) = TcpStream::connect(target) else {
                    continue;
                };
                let (esme_in, mc_out) = (esme.try_clone().unwrap(), mc.try_clone().unwrap());
                let (up, down) = (Arc::clone(&shared), Arc::clone(&shared));
                thread::spawn(move || up.pass(From::Esme, esme_in, mc_out, from_esme));
                thread::spawn(move || down.pass(From::Mc, mc, esme, from_mc));
            }
        });
        Self { address, record }
    }

    /// Waits until `count` PDUs of that id have come from that side; gives them.
    pub fn wait(&self, from: From, command_id: u32, count: usize) -> Vec<Pdu> {
        let wanted = |passed: &[Passed]| -> Vec<Pdu> {
            let sent = passed.iter().filter(|passed| passed.from == from).map(|passed| &passed.pdu);
            sent.filter(|pdu| pdu.command_id() == command_id).cloned().collect()
        };
        let passed = self.record.passed.lock().unwrap();
        let few = |passed: &mut Vec<Passed>| wanted(passed).len() < count;
        let (passed, timeout) = self.record.changed.wait_timeout_while(passed, PATIENCE, few).unwrap();
        let found = wanted(&passed);
        assert!(!timeout.timed_out(), "{} of {count} PDUs {command_id:#010x} from {from:?}", found.len());
        found
    }

    /// How many PDUs the largest joined write held.
    pub fn largest_join(&self) -> usize {
        self.record.largest_join.load(Ordering::SeqCst)
    }

    /// Everything that has passed.
    pub fn passed(&self) -> Vec<Passed> {
        self.record.passed.lock().unwrap().clone()
    }
}

impl Record {
    fn add(&self, from: From, pdu: Pdu) {
        self.passed.lock().unwrap().push(Passed { from, pdu });
        self.changed.notify_all();
    }

    fn pass(&self, from: From, mut source: TcpStream, mut sink: TcpStream, segments: Segments) {
        sink.set_nodelay(true).unwrap();
        let (mut held, mut unread) = (Vec::new(), Vec::new());
        let mut joined = 0;
        let mut buffer = [0; 4096];
        loop {
            let joining = matches!(segments, Segments::Joined(_)) && !held.is_empty();
            source.set_read_timeout(joining.then_some(JOIN_PAUSE)).unwrap();
            let count = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(_) if joining => 0,
                Err(_) => break,
            };
            held.extend_from_slice(&buffer[..count]);
            unread.extend_from_slice(&buffer[..count]);
            // Noted before it is written: whoever saw the effect of a PDU finds it in the record.
            for pdu in take_pdus(&mut unread) {
                joined += 1;
                self.add(from, pdu);
            }
            if matches!(segments, Segments::Joined(enough) if count > 0 && joined < enough) {
                continue;
            }
            if write(&mut sink, &held, segments).is_err() {
                break;
            }
            if segments != Segments::Single {
                self.largest_join.fetch_max(joined, Ordering::SeqCst);
            }
            held.clear();
            joined = 0;
        }
        let _ = sink.write_all(&held);
        let _ = sink.shutdown(Shutdown::Write);
    }
}

fn write(sink: &mut TcpStream, octets: &[u8], segments: Segments) -> std::io::Result<()> {
    if segments != Segments::Single {
        return sink.write_all(octets);
    }
    octets.iter().try_for_each(|octet| sink.write_all(std::slice::from_ref(octet)))
}
