//! Messages that are read together share the memory of their texts, and names that are alike.
//!
//! Reading a message by itself takes an allocation for each text; those of one read live about as long as the ones
//! beside them, and mostly name what the one before has named.

use bytes::{Bytes, BytesMut};

use super::{Account, Lane};

/// What the messages of one read have together.
#[derive(Default)]
pub(crate) struct Together {
    /// Octets of texts that are still to come, about.
    rest: usize,
    block: BytesMut,
    /// The names that were read last.
    account: Account,
    lane: Lane,
}

/// Octets of texts that share memory: who keeps one message of them keeps no more than this.
const BLOCK: usize = 4096;

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

    /// Reads a name; `None` when it is no text.
    pub(crate) fn account(&mut self, octets: &[u8]) -> Option<Account> {
        named(&mut self.account, Account::as_str, octets)
    }

    /// The same.
    pub(crate) fn lane(&mut self, octets: &[u8]) -> Option<Lane> {
        named(&mut self.lane, Lane::as_str, octets)
    }
}

fn named<N: Clone + for<'a> From<&'a str>>(latest: &mut N, text: fn(&N) -> &str, octets: &[u8]) -> Option<N> {
    if text(latest).as_bytes() != octets {
        *latest = N::from(str::from_utf8(octets).ok()?);
    }
    Some(latest.clone())
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
    fn names_are_those_that_were_read() {
        let mut together = Together::default();
        for name in ["", "shop", "shop", "a name that is too long to lie in itself", "shop", ""] {
            assert_eq!(together.account(name.as_bytes()), Some(Account::from(name)));
            assert_eq!(together.lane(name.as_bytes()), Some(Lane::from(name)));
        }
        assert_eq!((together.lane(&[0xFF]), together.account(&[0xFF])), (None, None));
    }
}
