//! Versions, sides and session states: who may send what, when.

use core::fmt;

/// A version of SMPP; versions are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Version {
    /// SMPP 3.3: no TLVs, no transceiver.
    V3_3,
    /// SMPP 3.4, the version nearly every MC speaks.
    #[default]
    V3_4,
    /// SMPP 5.0: broadcast and more TLVs.
    V5_0,
}

impl Version {
    /// The version an `interface_version` stands for; unknown ones count as the next lower known.
    pub const fn from_wire(interface_version: u8) -> Version {
        match interface_version {
            0..=0x33 => Version::V3_3,
            0x34..=0x4F => Version::V3_4,
            0x50.. => Version::V5_0,
        }
    }

    /// The `interface_version` octet.
    pub const fn to_wire(self) -> u8 {
        match self {
            Version::V3_3 => 0x33,
            Version::V3_4 => 0x34,
            Version::V5_0 => 0x50,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V3_3 => "3.3",
            Version::V3_4 => "3.4",
            Version::V5_0 => "5.0",
        })
    }
}

/// One of the two ends of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// External Short Message Entity: the application.
    Esme,
    /// Message Centre: the SMSC.
    Mc,
}

impl Side {
    /// The other end.
    #[must_use]
    pub const fn peer(self) -> Side {
        match self {
            Side::Esme => Side::Mc,
            Side::Mc => Side::Esme,
        }
    }
}

/// Where a session stands (SMPP 3.4 §2.2, SMPP 5.0 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Connected, nobody bound.
    Open,
    /// The MC connected and sent outbind; a bind must follow.
    Outbound,
    /// Bound as transmitter.
    BoundTx,
    /// Bound as receiver.
    BoundRx,
    /// Bound as transceiver.
    BoundTrx,
    /// An unbind was sent or answered; the connection still exists.
    Unbound,
    /// No connection.
    Closed,
}

impl State {
    /// True in any of the three bound states.
    pub const fn is_bound(self) -> bool {
        matches!(self, State::BoundTx | State::BoundRx | State::BoundTrx)
    }
}

/// A set of session states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct States(u8);

impl States {
    /// The set of the given states.
    pub const fn of(states: &[State]) -> States {
        let mut bits = 0;
        let mut rest = states;
        while let [state, tail @ ..] = rest {
            bits |= 1 << *state as u8;
            rest = tail;
        }
        States(bits)
    }

    /// True if `state` is in the set.
    pub const fn contains(self, state: State) -> bool {
        self.0 & (1 << state as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_versions_count_as_the_next_lower_known() {
        for (octet, version) in [(0, Version::V3_3), (0x33, Version::V3_3), (0x34, Version::V3_4), (0x40, Version::V3_4)] {
            assert_eq!(Version::from_wire(octet), version);
        }
        assert_eq!(Version::from_wire(0x50), Version::V5_0);
        assert_eq!(Version::from_wire(0xFF), Version::V5_0);
    }
}
