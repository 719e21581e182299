//! Octets on the wire, by hand: the tests must not read with the code they test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub const GENERIC_NACK: u32 = 0x8000_0000;
pub const BIND_RECEIVER: u32 = 0x01;
pub const BIND_TRANSMITTER: u32 = 0x02;
pub const SUBMIT_SM: u32 = 0x04;
pub const DELIVER_SM: u32 = 0x05;
pub const UNBIND: u32 = 0x06;
pub const BIND_TRANSCEIVER: u32 = 0x09;
pub const ENQUIRE_LINK: u32 = 0x15;

pub const OK: u32 = 0x00;
pub const INVALID_COMMAND_LENGTH: u32 = 0x02;
pub const INVALID_COMMAND_ID: u32 = 0x03;
pub const INVALID_BIND_STATUS: u32 = 0x04;
pub const ALREADY_BOUND: u32 = 0x05;
pub const INVALID_MESSAGE_ID: u32 = 0x0C;
pub const INVALID_PASSWORD: u32 = 0x0E;
pub const INVALID_SYSTEM_ID: u32 = 0x0F;
pub const CANCEL_FAILED: u32 = 0x11;
pub const REPLACE_FAILED: u32 = 0x13;
pub const QUERY_FAILED: u32 = 0x67;

pub const ENROUTE: u64 = 1;
pub const DELIVERED: u64 = 2;
pub const EXPIRED: u64 = 3;
pub const DELETED: u64 = 4;
pub const UNDELIVERABLE: u64 = 5;
pub const REJECTED: u64 = 8;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The id of the response to a request.
pub const fn response_to(command_id: u32) -> u32 {
    command_id | 0x8000_0000
}

/// One whole PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu(pub Vec<u8>);

impl Pdu {
    pub fn new(command_id: u32, sequence_number: u32, body: &[u8]) -> Self {
        let length = 16 + u32::try_from(body.len()).unwrap();
        let mut octets: Vec<u8> = [length, command_id, OK, sequence_number].iter().flat_map(|word| word.to_be_bytes()).collect();
        octets.extend_from_slice(body);
        Self(octets)
    }

    /// A bind of the test account, as SMPP 3.4.
    pub fn bind(command_id: u32, sequence_number: u32) -> Self {
        Self::new(command_id, sequence_number, b"test\0test\0\0\x34\0\0\0")
    }

    /// A short text to a number that the sandbox delivers.
    pub fn submit(sequence_number: u32) -> Self {
        Self::submission(sequence_number, 0)
    }

    /// The same with a receipt asked for.
    pub fn submit_with_receipt(sequence_number: u32) -> Self {
        Self::submission(sequence_number, 1)
    }

    fn submission(sequence_number: u32, registered_delivery: u8) -> Self {
        let addresses = b"\0\x01\x011000\0\x01\x0134600000011\0";
        let rest = [0, 0, 0, 0, 0, registered_delivery, 0, 0, 0];
        Self::new(SUBMIT_SM, sequence_number, &[addresses, &rest[..], b"\x05hello"].concat())
    }

    pub fn body(&self) -> &[u8] {
        &self.0[16..]
    }

    pub fn command_id(&self) -> u32 {
        self.word(4)
    }

    pub fn command_status(&self) -> u32 {
        self.word(8)
    }

    pub fn sequence_number(&self) -> u32 {
        self.word(12)
    }

    /// Id, status and sequence number: what an answer consists of.
    pub fn head(&self) -> (u32, u32, u32) {
        (self.command_id(), self.command_status(), self.sequence_number())
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.0[at..at + 4].try_into().unwrap())
    }
}

/// Takes the whole PDUs off the front of a stream.
pub fn take_pdus(stream: &mut Vec<u8>) -> Vec<Pdu> {
    let mut pdus = Vec::new();
    while let Some(length) = stream.first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        assert!(length >= 16, "a PDU of {length} octets");
        if stream.len() < length {
            break;
        }
        pdus.push(Pdu(stream.drain(..length).collect()));
    }
    pdus
}

/// A bare connection: what no library would send can be sent here.
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Wire {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// A connection bound as transceiver.
    pub fn bound(address: SocketAddr) -> Self {
        let mut wire = Self::connect(address);
        wire.send(&Pdu::bind(BIND_TRANSCEIVER, 1).0);
        assert_eq!(wire.receive().head(), (response_to(BIND_TRANSCEIVER), OK, 1));
        wire
    }

    /// Writes octets in one call.
    pub fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    /// The next PDU of the MC.
    pub fn receive(&mut self) -> Pdu {
        self.read().expect("the MC closed the connection")
    }

    /// The next PDU of that id; others are passed over.
    pub fn next_of(&mut self, command_id: u32) -> Pdu {
        loop {
            let pdu = self.receive();
            if pdu.command_id() == command_id {
                return pdu;
            }
        }
    }

    /// Fails unless the MC closes without another PDU.
    pub fn assert_closed(&mut self) {
        let more = self.read();
        assert_eq!(more, None, "a PDU where the end was due");
    }

    fn read(&mut self) -> Option<Pdu> {
        let mut buffer = [0; 4096];
        loop {
            let mut rest = self.unread.clone();
            let pdus = take_pdus(&mut rest);
            if let Some(first) = pdus.into_iter().next() {
                self.unread.drain(..first.0.len());
                return Some(first);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
                // A peer that closes with octets of ours unread resets the connection.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no PDU from the MC: {error}"),
            }
        }
    }
}
