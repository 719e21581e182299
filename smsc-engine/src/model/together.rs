//! Messages that are read together share what is alike: the memory of their texts, and names.
//!
//! Reading a message by itself takes an allocation for each text and each name; most messages of one read come from
//! the same few accounts, and live about as long as the ones beside them.

use bytes::{Bytes, BytesMut};

use super::{Account, Lane};

/// What the messages of one read have together.
#[derive(Default)]
pub(crate) struct Together {
    /// Octets of texts that are still to come, about.
    rest: usize,
    block: BytesMut,
    accounts: Names<Account>,
    lanes: Names<Lane>,
}

/// The latest different names.
struct Names<N>(Vec<N>);

/// Octets of texts that share memory: who keeps one message of them keeps no more than this.
const BLOCK: usize = 4096;
/// Names that are looked at; with more it is as fast to make a new one.
const NAMES: usize = 8;

impl Together {
    /// For messages of so many octets.
    pub(crate) fn of(octets: usize) -> Self {
        Together { rest: octets, ..Together::default() }
    }

    /// Copies octets of a text.
    pub(crate) fn octets(&mut self, octets: &[u8]) -> Bytes {
        let block = self.rest.min(BLOCK);
        self.rest = self.rest.saturating_sub(octets.len());
        // What was split off leaves its part of the capacity.
        let fits = octets.len() <= self.block.capacity();
        if octets.is_empty() || !fits && octets.len() >= block {
            return Bytes::copy_from_slice(octets);
        }
        if !fits {
            self.block = BytesMut::with_capacity(block);
        }
        self.block.extend_from_slice(octets);
        self.block.split().freeze()
    }

    pub(crate) fn account(&mut self, octets: &[u8]) -> Option<Account> {
        self.accounts.name(octets, Account::as_str)
    }

    pub(crate) fn lane(&mut self, octets: &[u8]) -> Option<Lane> {
        self.lanes.name(octets, Lane::as_str)
    }
}

impl<N: Clone + for<'a> From<&'a str>> Names<N> {
    /// Returns a name of these octets, the one there is if possible; `None` when they are no text.
    fn name(&mut self, octets: &[u8], text: fn(&N) -> &str) -> Option<N> {
        if let Some(known) = self.0.iter().find(|name| text(name).as_bytes() == octets) {
            return Some(known.clone());
        }
        let name = N::from(std::str::from_utf8(octets).ok()?);
        if self.0.len() == NAMES {
            self.0.clear();
        }
        self.0.push(name.clone());
        Some(name)
    }
}

impl<N> Default for Names<N> {
    fn default() -> Self {
        Names(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_share_blocks_of_a_bounded_size_and_are_what_they_were() {
        let mut together = Together::of(100_000);
        let texts: Vec<Vec<u8>> = (0..400_usize).map(|n| vec![n as u8; n * 7 % 300]).collect();
        let shared: Vec<Bytes> = texts.iter().map(|text| together.octets(text)).collect();
        assert!(shared.iter().zip(&texts).all(|(shared, text)| shared == text));
        let starts = shared.windows(2).filter(|two| two[0].as_ptr_range().end == two[1].as_ptr()).count();
        assert!(starts > 300, "most lie beside the one before: {starts}");
        assert!(together.block.capacity() <= BLOCK);
    }

    #[test]
    fn one_text_takes_no_more_than_its_octets() {
        for large in [0, 200, 5000] {
            let mut together = Together::of(large);
            let text = together.octets(&vec![1; large]);
            assert_eq!((text.len(), together.block.capacity()), (large, 0));
        }
    }

    #[test]
    fn names_are_made_once() {
        let mut together = Together::default();
        let first = together.account(b"shop").unwrap();
        let again = together.account(b"shop").unwrap();
        assert!(std::ptr::eq(first.as_str(), again.as_str()));
        for turn in 0..100_u8 {
            let name = format!("lane {}", turn % 20);
            assert_eq!(together.lane(name.as_bytes()), Some(Lane::from(name.as_str())));
            assert!(together.lanes.0.len() <= NAMES);
        }
        assert_eq!(together.lane(&[0xFF]), None);
    }
}
