//! Fingerprints that the nodes of a cluster share: a repeat of what another node accepted is known.
//!
//! The memory of this process is asked first, and answers repeats of what it accepted itself; only what is new here is
//! looked for there.

use std::time::Duration;

use super::StoreError;
use crate::BoxFuture;
use crate::model::{Message, MessageId, Timestamp};

/// Keeps what nodes accepted of late; used as `Arc<dyn FingerprintStore>`.
pub trait FingerprintStore: Send + Sync + 'static {
    /// Makes a fingerprint, which must be the same on all nodes and not to be guessed outside, of what tells messages apart.
    fn print(&self, octets: &[u8]) -> [u8; 16];

    /// Notes messages that are about to be accepted, those that are not known yet; resolves when that is durable, and
    /// returns the others. What is older than `ttl` is not known any more.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn note<'a>(&'a self, new: &'a [Print], ttl: Duration) -> BoxFuture<'a, Result<Vec<Known>, StoreError>>;

    /// Puts a message in the place of another one that was noted and never accepted; tells whether it still stood there.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn replace(&self, new: Print, former: MessageId) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Forgets messages that are not accepted after all; if that fails, they are found out later.
    fn forget(&self, ids: Vec<Print>) -> BoxFuture<'_, ()>;
}

/// A message that is about to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// What tells it apart.
    pub print: [u8; 16],
    /// Its id.
    pub id: MessageId,
    /// The present.
    pub at: Timestamp,
}

/// A message that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The one that is about to be accepted.
    pub new: Print,
    /// The one that was noted before.
    pub former: MessageId,
    /// When that was.
    pub at: Timestamp,
}

/// What tells a message apart, each part after its length.
pub(super) fn octets(message: &Message) -> Vec<u8> {
    let Message { account, source, destination, data_coding, user_data, tlvs, .. } = message;
    let mut octets = vec![source.ton, source.npi, destination.ton, destination.npi, *data_coding, message.extra().part_number];
    let numbers = [source.digits.octets(), destination.digits.octets()];
    for part in [account.as_str().as_bytes()].into_iter().chain(numbers).chain([&user_data[..], &tlvs[..]]) {
        octets.extend_from_slice(&(part.len() as u64).to_le_bytes());
        octets.extend_from_slice(part);
    }
    octets
}
