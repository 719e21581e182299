//! Who may connect, and how many were told that they may not.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use ipnet::{IpNet, Ipv4Net};

/// Why a server turned a connection, or a bind on it, away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The address is not on the allow-list.
    NotAllowed,
    /// As many connections as the server serves are there.
    TooMany,
    /// As many connections as one address may have are there.
    TooManyFromAddress,
    /// The server is shutting down.
    ShuttingDown,
    /// What came is no TLS.
    NoTls,
    /// The TLS handshake failed; for example, the certificate of the peer is not acceptable.
    HandshakeFailed,
    /// The TLS handshake took too long.
    HandshakeTimedOut,
    /// Too many binds wait for the service's decision; this one was answered `ESME_RTHROTTLED`.
    TooManyBinds,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Refusal; 8] = [
        Refusal::NotAllowed,
        Refusal::TooMany,
        Refusal::TooManyFromAddress,
        Refusal::ShuttingDown,
        Refusal::NoTls,
        Refusal::HandshakeFailed,
        Refusal::HandshakeTimedOut,
        Refusal::TooManyBinds,
    ];
}

/// How many were turned away, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refused {
    counts: [u64; Refusal::ALL.len()],
}

impl Refused {
    /// How many for this reason.
    pub fn of(&self, why: Refusal) -> u64 {
        self.counts.get(why as usize).copied().unwrap_or_default()
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Counts those who are turned away.
#[derive(Debug, Default)]
pub(crate) struct Tally([AtomicU64; Refusal::ALL.len()]);

impl Tally {
    pub(crate) fn count(&self, why: Refusal) {
        if let Some(count) = self.0.get(why as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Refused {
        Refused { counts: self.0.each_ref().map(|count| count.load(Ordering::Relaxed)) }
    }
}

/// The address ranges that may connect.
#[derive(Debug)]
pub(crate) struct AllowList(Option<std::vec::Vec<IpNet>>);

impl AllowList {
    /// `None` lets everybody in, an empty list nobody.
    pub(crate) fn new(ranges: Option<&[IpNet]>) -> Self {
        AllowList(ranges.map(|ranges| ranges.iter().copied().map(canonical_range).collect()))
    }

    /// `address` is canonical.
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        self.0.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&address)))
    }
}

/// The address without disguise: `::ffff:192.0.2.1` is `192.0.2.1`.
pub(crate) fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip() {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => SocketAddr::new(address.to_canonical(), peer.port()),
        _ => peer,
    }
}

/// What counts as one source: an address, or the IPv6 network of one customer.
pub(crate) fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & CUSTOMER)),
        address => address,
    }
}

fn canonical_range(range: IpNet) -> IpNet {
    let IpNet::V6(mapped) = range else { return range };
    let plain = mapped.addr().to_ipv4_mapped().zip(mapped.prefix_len().checked_sub(MAPPED));
    let plain = plain.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok());
    plain.map_or(range, IpNet::V4)
}

// Whoever has one address of a /64 usually has all of them.
const CUSTOMER: u128 = !(u64::MAX as u128);
// The length of ::ffff:0:0/96, behind which an IPv4 address follows.
const MAPPED: u8 = 96;

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ranges: &[&str]) -> AllowList {
        let ranges: std::vec::Vec<_> = ranges.iter().map(|range| range.parse().unwrap()).collect();
        AllowList::new(Some(&ranges))
    }

    fn admits(list: &AllowList, peer: &str) -> bool {
        list.admits(canonical(SocketAddr::new(peer.parse().unwrap(), 1)).ip())
    }

    #[test]
    fn an_address_is_let_in_by_its_range_however_both_are_written() {
        for ranges in [["192.0.2.0/24", "2001:db8::/32"], ["::ffff:192.0.2.0/120", "2001:db8::/32"]] {
            let list = list(&ranges);
            for peer in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8:1::1"] {
                assert!(admits(&list, peer), "{peer} by {ranges:?}");
            }
            for peer in ["192.0.3.7", "::ffff:192.0.3.7", "2001:db9::1", "::1"] {
                assert!(!admits(&list, peer), "{peer} by {ranges:?}");
            }
        }
    }

    #[test]
    fn no_list_lets_everybody_in_and_an_empty_one_nobody() {
        assert!(admits(&AllowList::new(None), "192.0.2.7"));
        assert!(!admits(&list(&[]), "192.0.2.7"));
    }

    #[test]
    fn the_addresses_of_one_customer_are_one_source() {
        let of = |address: &str| source(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn every_reason_is_counted_by_itself() {
        let tally = Tally::default();
        Refusal::ALL.into_iter().for_each(|why| tally.count(why));
        let refused = tally.read();
        assert!(Refusal::ALL.into_iter().all(|why| refused.of(why) == 1) && refused.total() == 8);
    }
}
