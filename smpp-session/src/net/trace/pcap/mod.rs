//! Traces as a capture file that Wireshark opens.
//!
//! The packets are made up: each PDU is one TCP segment on a connection with a proper beginning,
//! true sequence numbers and checksums, between the true addresses as far as they are known. What
//! was on the wire may have been cut otherwise, or encrypted.

mod file;
mod packet;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use smpp_pdu::Side;

use super::{Connection, Direction, Record, Trace};
use crate::CloseReason;
use file::Rotated;
use packet::{ACK, FIN, MAX_PAYLOAD, PSH, SYN, Segment};

/// Writes capture files.
///
/// Files are put aside as `NAME.1`, `NAME.2` and so on when they have grown enough; each can be
/// opened for itself.
///
/// ```no_run
/// use smpp_session::net::{Filter, Pcap, PcapLimits, Tracer};
///
/// let tracer = Tracer::new(Pcap::create("smpp.pcap", PcapLimits::default())?);
/// tracer.start(Filter::default());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pcap {
    state: Mutex<State>,
}

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcapLimits {
    /// Octets after which a new file is begun; one PDU more may still be written.
    pub octets: u64,
    /// Files kept, with the one that is written to, at least 1.
    pub files: usize,
}

impl Default for PcapLimits {
    fn default() -> Self {
        PcapLimits { octets: DEFAULT_OCTETS, files: DEFAULT_FILES }
    }
}

struct State {
    file: Rotated,
    /// The connections this file knows, by the ids of their sessions.
    flows: BTreeMap<u64, Flow>,
    lost: u64,
}

/// One connection in one file.
struct Flow {
    /// Our next number and the peer's.
    ours: u32,
    theirs: u32,
}

impl Pcap {
    /// Begins a file; one of that name is put aside.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: impl AsRef<Path>, limits: PcapLimits) -> io::Result<Pcap> {
        let limits = PcapLimits { files: limits.files.max(1), ..limits };
        let mut file = Rotated::create(path.as_ref(), limits)?;
        file.write(&FILE_HEADER)?;
        file.flush()?;
        Ok(Pcap { state: Mutex::new(State { file, flows: BTreeMap::new(), lost: 0 }) })
    }

    /// Times something could not be written; the file may be damaged then.
    pub fn lost(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lost
    }

    fn write(&self, action: impl FnOnce(&mut State) -> io::Result<()>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if action(&mut state).is_err() {
            state.lost += 1;
        }
    }
}

impl Trace for Pcap {
    fn record(&self, record: &Record) {
        self.write(|state| state.record(record));
    }

    fn batch_end(&self) {
        self.write(|state| state.file.flush());
    }

    fn closed(&self, connection: &Connection, at: SystemTime, why: CloseReason) {
        self.write(|state| state.close(connection, at, why));
    }
}

impl State {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        if self.file.is_full() {
            self.file.turn()?;
            self.file.write(&FILE_HEADER)?;
            self.flows.clear();
        }
        self.open(&record.connection, record.at)?;
        for part in record.octets.chunks(MAX_PAYLOAD) {
            self.send(&record.connection, record.at, (record.direction, PSH | ACK, part))?;
        }
        Ok(())
    }

    /// Begins a connection this file does not know yet.
    fn open(&mut self, connection: &Connection, at: SystemTime) -> io::Result<()> {
        if self.flows.contains_key(&connection.id) {
            return Ok(());
        }
        if self.flows.len() >= MAX_FLOWS {
            self.flows.pop_first();
        }
        self.flows.insert(connection.id, Flow { ours: FIRST, theirs: FIRST });
        // The ESME connects to the MC.
        let (there, back) = match connection.side {
            Side::Esme => (Direction::Out, Direction::In),
            Side::Mc => (Direction::In, Direction::Out),
        };
        self.send(connection, at, (there, SYN, &[]))?;
        self.send(connection, at, (back, SYN | ACK, &[]))?;
        self.send(connection, at, (there, ACK, &[]))
    }

    fn close(&mut self, connection: &Connection, at: SystemTime, why: CloseReason) -> io::Result<()> {
        if !self.flows.contains_key(&connection.id) {
            return Ok(());
        }
        let (first, second) = match why.by() {
            crate::End::Local => (Direction::Out, Direction::In),
            crate::End::Peer => (Direction::In, Direction::Out),
        };
        self.send(connection, at, (first, FIN | ACK, &[]))?;
        self.send(connection, at, (second, FIN | ACK, &[]))?;
        self.send(connection, at, (first, ACK, &[]))?;
        self.flows.remove(&connection.id);
        self.file.flush()
    }

    fn send(
        &mut self,
        connection: &Connection,
        at: SystemTime,
        (direction, flags, payload): (Direction, u8, &[u8]),
    ) -> io::Result<()> {
        let Some(flow) = self.flows.get_mut(&connection.id) else { return Ok(()) };
        let (local, peer) = (local(connection), connection.peer);
        let (from, to, own, other) = match direction {
            Direction::Out => (local, peer, &mut flow.ours, flow.theirs),
            Direction::In => (peer, local, &mut flow.theirs, flow.ours),
        };
        let acknowledged = if flags & ACK == 0 { 0 } else { other };
        let octets = Segment { from, to, sequence: *own, acknowledged, flags, payload }.to_octets();
        // Both ends of a connection take a number of their own.
        let ends = u32::from(flags & (SYN | FIN) != 0);
        *own = own.wrapping_add(payload.len() as u32).wrapping_add(ends);
        self.file.write(&packet_header(at, octets.len()))?;
        self.file.write(&octets)
    }
}

fn packet_header(at: SystemTime, length: usize) -> [u8; 16] {
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    // Seconds up to the year 2106; a packet is no longer than MAX_PAYLOAD and some headers.
    let words = [at.as_secs() as u32, at.subsec_micros(), length as u32, length as u32];
    let mut header = [0; 16];
    header.chunks_exact_mut(4).zip(words).for_each(|(place, word)| place.copy_from_slice(&word.to_le_bytes()));
    header
}

/// Our end; if it is not known, one that says so and looks like our side.
fn local(connection: &Connection) -> SocketAddr {
    connection.local.unwrap_or_else(|| {
        // Addresses for documentation, which nobody has (RFC 5737, RFC 3849).
        let address: IpAddr = match connection.peer {
            SocketAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
            SocketAddr::V6(_) => Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 1).into(),
        };
        let port = match connection.side {
            Side::Mc => SMPP_PORT,
            // A port of its own for each, so that connections to one MC are told apart.
            Side::Esme => EPHEMERAL + (connection.id % u64::from(u16::MAX - EPHEMERAL)) as u16,
        };
        SocketAddr::new(address, port)
    })
}

/// Little-endian, microseconds, version 2.4, packets up to 256 KiB, Ethernet.
const FILE_HEADER: [u8; 24] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
// Any number will do.
const FIRST: u32 = 1000;
// What IANA has registered for SMPP.
const SMPP_PORT: u16 = 2775;
const EPHEMERAL: u16 = 49_152;
// A few hundred kilobytes. Who is forgotten is introduced anew.
const MAX_FLOWS: usize = 10_000;
// What Wireshark opens without making anybody wait; half a million messages.
const DEFAULT_OCTETS: u64 = 100 << 20;
const DEFAULT_FILES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn an_end_that_is_not_known_looks_like_our_side() {
        let end = |id, side, peer: &str| {
            local(&Connection { id, side, local: None, peer: peer.parse().unwrap(), system_id: String::new() })
        };
        assert_eq!(end(7, Side::Mc, "192.0.2.9:5000"), "192.0.2.1:2775".parse().unwrap());
        assert_eq!(end(7, Side::Esme, "[::1]:2775"), "[2001:db8::1]:49159".parse().unwrap());
        let known = "127.0.0.1:5".parse().unwrap();
        let connection = Connection { local: Some(known), id: 1, side: Side::Mc, peer: known, system_id: String::new() };
        assert_eq!(local(&connection), known);
    }
}
