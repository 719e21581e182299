//! Remembers for a while what was accepted, so that a repeat is known.
//!
//! Two messages are the same if owner, numbers, text, coding and part are. A repeat of a message that is not durable
//! yet waits for it: it must not be answered with an id that a crash could take away.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::{Address, Message, MessageId, Timestamp};

/// What was accepted of late.
pub(super) struct Fingerprints {
    ttl: Duration,
    limit: usize,
    key: RandomState,
    memory: Mutex<Memory>,
    /// Something became durable, or will not.
    decided: Notify,
}

/// 96 bits: one half keyed, so that nobody can make two texts meet; the other independent of it, so that chance cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u64, u32);

/// Two generations: the older one is dropped as a whole.
#[derive(Debug)]
struct Memory {
    young: HashMap<Fingerprint, Seen>,
    old: HashMap<Fingerprint, Seen>,
    turned: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    id: MessageId,
    at: Timestamp,
    durable: bool,
}

/// A message that is being accepted. Dropped before it was kept, whatever the reason, the message may come again.
pub(super) struct Claim {
    fingerprints: Arc<Fingerprints>,
    print: Fingerprint,
    id: MessageId,
    is_kept: bool,
}

impl Claim {
    /// The message's.
    pub(super) fn id(&self) -> MessageId {
        self.id
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let mut memory = self.fingerprints.lock();
        if memory.find(self.print).is_some_and(|seen| seen.id == self.id) {
            memory.young.remove(&self.print);
            memory.old.remove(&self.print);
        }
        drop(memory);
        self.fingerprints.decided.notify_waiters();
    }
}

/// What is known of a message that comes in.
pub(super) enum Meeting {
    /// Nothing; from now on it is known, but not yet durable.
    New(Claim),
    /// It was accepted before.
    Again(MessageId),
    /// It is being accepted right now.
    Soon(Fingerprint),
}

impl Fingerprints {
    /// Remembers at most `limit` messages, each for `ttl`.
    pub(super) fn new(ttl: Duration, limit: usize, now: Timestamp) -> Fingerprints {
        let memory = Memory { young: HashMap::new(), old: HashMap::new(), turned: now };
        Fingerprints { ttl, limit, key: RandomState::new(), memory: Mutex::new(memory), decided: Notify::new() }
    }

    /// Asks for a message and remembers it.
    pub(super) fn meet(self: &Arc<Self>, message: &Message, now: Timestamp) -> Meeting {
        let print = self.print(message);
        let mut memory = self.lock();
        self.turn(&mut memory, now);
        if let Some(seen) = memory.find(print).filter(|seen| now.since(seen.at) < self.ttl) {
            return if seen.durable { Meeting::Again(seen.id) } else { Meeting::Soon(print) };
        }
        memory.young.insert(print, Seen { id: message.id, at: now, durable: false });
        Meeting::New(Claim { fingerprints: Arc::clone(self), print, id: message.id, is_kept: false })
    }

    /// What was asked for is durable.
    pub(super) fn keep(&self, claims: Vec<Claim>) {
        let mut memory = self.lock();
        for mut claim in claims {
            claim.is_kept = true;
            if let Some(seen) = memory.find_mut(claim.print).filter(|seen| seen.id == claim.id) {
                seen.durable = true;
            }
        }
        drop(memory);
        self.decided.notify_waiters();
    }

    /// Waits until it is decided whether a message is accepted, and returns its id if it is.
    pub(super) async fn decided(&self, print: Fingerprint) -> Option<MessageId> {
        loop {
            let decided = self.decided.notified();
            match self.lock().find(print) {
                None => return None,
                Some(seen) if seen.durable => return Some(seen.id),
                Some(_) => {}
            }
            decided.await;
        }
    }

    /// Learns of a message that was accepted before a restart.
    pub(super) fn learn(&self, message: &Message) {
        let print = self.print(message);
        let mut memory = self.lock();
        if let Entry::Vacant(free) = memory.young.entry(print) {
            free.insert(Seen { id: message.id, at: message.submitted, durable: true });
        }
    }

    /// How long a message is remembered.
    pub(super) fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Tells whether more would push others out.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.limit / 2
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        let memory = self.lock();
        memory.young.len() + memory.old.len()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a new generation when the young one is old, or as large as both together may be.
    fn turn(&self, memory: &mut Memory, now: Timestamp) {
        // A clock that goes backwards must not keep a generation for ever.
        let is_old = now.since(memory.turned) >= self.ttl || now < memory.turned;
        if is_old || memory.young.len() >= self.limit / 2 {
            memory.turned = now;
            memory.old = std::mem::take(&mut memory.young);
        }
    }

    fn print(&self, message: &Message) -> Fingerprint {
        let Message { account, source, destination, user_data, tlvs, .. } = message;
        let mut keyed = self.key.build_hasher();
        (account.as_str(), octets(source), octets(destination)).hash(&mut keyed);
        (message.data_coding, message.extra().part_number, &user_data[..], &tlvs[..]).hash(&mut keyed);
        let mut plain = crc32fast::Hasher::new();
        for part in [account.as_str().as_bytes(), source.digits.octets(), destination.digits.octets(), user_data, tlvs] {
            plain.update(part);
        }
        Fingerprint(keyed.finish(), plain.finalize())
    }
}

impl Memory {
    fn find(&self, print: Fingerprint) -> Option<Seen> {
        self.young.get(&print).or_else(|| self.old.get(&print)).copied()
    }

    fn find_mut(&mut self, print: Fingerprint) -> Option<&mut Seen> {
        self.young.get_mut(&print).or_else(|| self.old.get_mut(&print))
    }
}

fn octets(address: &Address) -> (u8, u8, &[u8]) {
    (address.ton, address.npi, address.digits.octets())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Lane};

    const TTL: Duration = Duration::from_secs(300);

    fn message(id: u64, text: &'static str) -> Message {
        let mut message = Message::new(MessageId(id), Account::from("shop"), Lane::default());
        message.destination = Address::new(1, 1, "447700900000");
        message.user_data = text.as_bytes().into();
        message
    }

    fn prints(limit: usize) -> Arc<Fingerprints> {
        Arc::new(Fingerprints::new(TTL, limit, Timestamp(0)))
    }

    fn claim(prints: &Arc<Fingerprints>, message: &Message, now: u64) -> Option<Claim> {
        match prints.meet(message, Timestamp(now)) {
            Meeting::New(claim) => Some(claim),
            _ => None,
        }
    }

    fn accept(prints: &Arc<Fingerprints>, message: &Message, now: u64) -> bool {
        let claim = claim(prints, message, now);
        let is_new = claim.is_some();
        prints.keep(claim.into_iter().collect());
        is_new
    }

    /// The id a repeat is answered with.
    fn known(prints: &Arc<Fingerprints>, message: &Message, now: u64) -> Option<u64> {
        match prints.meet(message, Timestamp(now)) {
            Meeting::Again(id) => Some(id.0),
            _ => None,
        }
    }

    #[test]
    fn a_repeat_is_known_until_its_time_is_over() {
        let prints = prints(1000);
        assert!(accept(&prints, &message(1, "hello"), 1000));
        assert_eq!(known(&prints, &message(2, "hello"), 300_999), Some(1));
        assert!(accept(&prints, &message(3, "hello"), 301_000));
        assert_eq!(known(&prints, &message(4, "hello"), 302_000), Some(3));
    }

    #[test]
    fn messages_that_differ_are_not_repeats() {
        let prints = prints(1000);
        assert!(accept(&prints, &message(1, "hello"), 1));
        let changes: [fn(&mut Message); 6] = [
            |message| message.user_data = "hullo".into(),
            |message| message.account = Account::from("bank"),
            |message| message.source = Address::new(0, 0, "1"),
            |message| message.destination = Address::new(1, 1, "447700900001"),
            |message| message.data_coding = 8,
            |message| message.extra_mut().part_number = 2,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = message(2, "hello");
            change(&mut other);
            assert!(accept(&prints, &other, 1), "change {number}");
        }
    }

    #[test]
    fn what_was_not_accepted_may_come_again() {
        let prints = prints(1000);
        let first = claim(&prints, &message(1, "hello"), 1).unwrap();
        assert!(matches!(prints.meet(&message(2, "hello"), Timestamp(1)), Meeting::Soon(_)));
        drop(first);
        assert!(claim(&prints, &message(3, "hello"), 1).is_some());
    }

    #[test]
    fn a_claim_that_took_too_long_takes_nothing_from_the_next() {
        let prints = prints(1000);
        let slow = claim(&prints, &message(1, "hello"), 1).unwrap();
        assert!(accept(&prints, &message(2, "hello"), 400_000));
        drop(slow);
        assert_eq!(known(&prints, &message(3, "hello"), 400_001), Some(2));
    }

    #[tokio::test]
    async fn a_repeat_waits_until_the_first_is_decided() {
        let prints = prints(1000);
        for accepted in [true, false] {
            let text = if accepted { "kept" } else { "gone" };
            let first = claim(&prints, &message(1, text), 1).unwrap();
            let Meeting::Soon(print) = prints.meet(&message(2, text), Timestamp(1)) else { panic!() };
            let (known, ()) = tokio::join!(prints.decided(print), async {
                tokio::task::yield_now().await;
                if accepted { prints.keep(vec![first]) } else { drop(first) }
            });
            assert_eq!(known, accepted.then_some(MessageId(1)));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let prints = prints(100);
        for id in 0..10_000 {
            let mut message = message(id, "hello");
            message.destination = Address::new(1, 1, id.to_string());
            assert!(accept(&prints, &message, 1));
            assert!(prints.len() <= 100);
        }
    }
}
