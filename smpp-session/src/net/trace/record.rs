//! One traced PDU: who, when, which way, what.

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use smpp_pdu::dump::{Dump, Shown, command_name};
use smpp_pdu::tlv::Dictionary;
use smpp_pdu::{DecodeError, Frame, Profile, Side};

use super::text::{Hex, Moment};
use crate::net::shared::Shared;

/// The two ends of a traced session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// A number no other session of this process has.
    pub id: u64,
    /// Which side we are.
    pub side: Side,
    /// Our address, if it is known.
    pub local: Option<SocketAddr>,
    /// The address of the peer.
    pub peer: SocketAddr,
    /// The account, once there was a bind; else empty.
    pub system_id: String,
}

impl Connection {
    pub(super) fn of(shared: &Shared) -> Connection {
        Connection {
            id: shared.id,
            side: shared.side,
            local: shared.local.get().copied(),
            peer: shared.peer,
            system_id: shared.system_id.get().cloned().unwrap_or_default(),
        }
    }
}

/// Which way a PDU went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer to us.
    In,
    /// From us to the peer.
    Out,
}

/// A PDU that was seen, redacted. `Display` makes one line of it, for people.
#[derive(Clone)]
#[non_exhaustive]
pub struct Record {
    /// When its batch was read or written.
    pub at: SystemTime,
    /// Whose it is.
    pub connection: Arc<Connection>,
    /// Which way it went.
    pub direction: Direction,
    /// False for octets that could not be split into PDUs, or were left over at the end.
    pub is_pdu: bool,
    /// As many octets as there were; what must not be seen is overwritten.
    pub octets: Bytes,
    pub(super) profile: Profile,
    pub(super) shows_text: bool,
}

impl Record {
    /// The PDU, if it is one.
    pub fn frame(&self) -> Option<Frame> {
        Frame::from_octets(self.octets.clone()).ok().filter(|_| self.is_pdu)
    }

    /// Its fields by name; none if it is no PDU.
    pub fn dump(&self) -> Option<Result<Dump, DecodeError>> {
        let frame = self.frame()?;
        let dictionary = Dictionary::default();
        let dump = if self.shows_text { Dump::revealed } else { Dump::new };
        Some(frame.decode(&self.profile).map(|decoded| dump(&decoded, &dictionary)))
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Connection { id, peer, system_id, .. } = &*self.connection;
        let way = match self.direction {
            Direction::In => "in",
            Direction::Out => "out",
        };
        write!(f, "{} #{id} {peer} {system_id:?} {way} ", Moment(self.at))?;
        match (self.frame(), self.dump()) {
            (Some(frame), Some(Ok(dump))) => {
                let header = frame.header();
                write!(f, "{} {} {}", command_name(&header), header.command_status, header.sequence_number)?;
                show(f, &dump)?;
            }
            (_, Some(Err(error))) => write!(f, "does not decode: {error}")?,
            _ => f.write_str("not a PDU")?,
        }
        write!(f, " [{}]", Hex(&self.octets))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn show(f: &mut fmt::Formatter<'_>, dump: &Dump) -> fmt::Result {
    for (name, shown) in &dump.fields {
        write!(f, " {name}=")?;
        show_value(f, shown)?;
    }
    for tlv in &dump.tlvs {
        match &tlv.name {
            Some(name) => write!(f, " {name}=")?,
            None => write!(f, " {:?}=", tlv.tag)?,
        }
        match &tlv.value {
            Some(shown) => show_value(f, shown)?,
            None => f.write_str(&tlv.hex)?,
        }
    }
    Ok(())
}

fn show_value(f: &mut fmt::Formatter<'_>, shown: &Shown) -> fmt::Result {
    match shown {
        Shown::Number(number) => write!(f, "{number}"),
        Shown::Text(text) => write!(f, "{text:?}"),
        Shown::List(entries) => {
            f.write_char('[')?;
            for (name, shown) in entries.iter().flatten() {
                write!(f, " {name}=")?;
                show_value(f, shown)?;
            }
            f.write_str(" ]")
        }
    }
}
