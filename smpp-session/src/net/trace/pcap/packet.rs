//! One TCP segment as it might have been on the wire: Ethernet, IPv4 or IPv6, TCP.

use std::net::{IpAddr, SocketAddr};
use std::vec::Vec;

/// A segment from one end to the other.
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    /// The number expected of the other end.
    pub(super) acknowledged: u32,
    pub(super) flags: u8,
    pub(super) payload: &'a [u8],
}

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;

// What fits an IPv4 packet beside its headers, rounded down.
pub(super) const MAX_PAYLOAD: usize = 65_000;

impl Segment<'_> {
    /// The whole frame.
    pub(super) fn to_octets(&self) -> Vec<u8> {
        match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => self.over_ipv4(from.octets(), to.octets()),
            (from, to) => self.over_ipv6(ipv6(from), ipv6(to)),
        }
    }

    fn over_ipv4(&self, from: [u8; 4], to: [u8; 4]) -> Vec<u8> {
        let tcp = self.tcp(&[&from[..], &to].concat());
        let length = (20 + tcp.len()) as u16; // MAX_PAYLOAD fits
        // Version 4, five words; not to be fragmented; 64 hops; TCP.
        let mut header = [&[0x45, 0][..], &length.to_be_bytes(), &[0, 0, 0x40, 0, 64, TCP, 0, 0], &from, &to].concat();
        let sum = checksum(header.iter().copied());
        header.splice(10..12, sum.to_be_bytes());
        [&ETHERNET[..], &[0x08, 0x00], &header, &tcp].concat()
    }

    fn over_ipv6(&self, from: [u8; 16], to: [u8; 16]) -> Vec<u8> {
        let tcp = self.tcp(&[&from[..], &to].concat());
        let length = (tcp.len() as u16).to_be_bytes(); // MAX_PAYLOAD fits
        [&ETHERNET[..], &[0x86, 0xDD, 0x60, 0, 0, 0], &length, &[TCP, 64], &from, &to, &tcp].concat()
    }

    fn tcp(&self, addresses: &[u8]) -> Vec<u8> {
        let mut octets = Vec::with_capacity(20 + self.payload.len());
        octets.extend(self.from.port().to_be_bytes());
        octets.extend(self.to.port().to_be_bytes());
        octets.extend(self.sequence.to_be_bytes());
        octets.extend(self.acknowledged.to_be_bytes());
        // Five words, the largest window, no checksum yet, nothing urgent.
        octets.extend([0x50, self.flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        octets.extend(self.payload);
        // The pseudo header of RFC 9293 §3.1, the same sum for both versions of IP.
        let length = (octets.len() as u32).to_be_bytes();
        let pseudo = addresses.iter().chain(&length).chain(&[0, TCP]);
        let sum = checksum(pseudo.chain(&octets).copied());
        octets.splice(16..18, sum.to_be_bytes());
        octets
    }
}

/// The checksum of the Internet (RFC 1071).
fn checksum(octets: impl Iterator<Item = u8>) -> u16 {
    let (even, odd) = octets.enumerate().fold((0_u64, 0_u64), |(even, odd), (at, octet)| match at % 2 {
        0 => (even + u64::from(octet), odd),
        _ => (even, odd + u64::from(octet)),
    });
    let mut sum = (even << 8) + odd;
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !(sum as u16) // folded to sixteen bits
}

fn ipv6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .octets()
}

/// Two addresses nobody has: administered locally.
const ETHERNET: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
const TCP: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_rfc() {
        // The example of RFC 1071 §3: the sum is 0xDDF2.
        assert_eq!(checksum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7].into_iter()), !0xDDF2);
        assert_eq!(checksum([0xFF].into_iter()), !0xFF00);
    }
}
