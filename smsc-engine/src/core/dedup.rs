//! Remembers for a while what was accepted, so that a repeat is known.
//!
//! Two messages are the same if owner, numbers, text, coding and part are. A repeat of a message that is not durable
//! yet waits for it: it must not be answered with an id that a crash could take away.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// What is known of a message that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Nothing; from now on it is known, but not yet durable.
    New(Fingerprint),
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
    pub(super) fn meet(&self, message: &Message, now: Timestamp) -> Meeting {
        let print = self.print(message);
        let mut memory = self.lock();
        self.turn(&mut memory, now);
        if let Some(seen) = memory.find(print).filter(|seen| now.since(seen.at) < self.ttl) {
            return if seen.durable { Meeting::Again(seen.id) } else { Meeting::Soon(print) };
        }
        memory.young.insert(print, Seen { id: message.id, at: now, durable: false });
        Meeting::New(print)
    }

    /// What was asked for is durable.
    pub(super) fn keep(&self, prints: &[Fingerprint]) {
        let mut memory = self.lock();
        for print in prints {
            if let Some(seen) = memory.find_mut(*print) {
                seen.durable = true;
            }
        }
        drop(memory);
        self.decided.notify_waiters();
    }

    /// What was asked for was not accepted after all.
    pub(super) fn forget(&self, prints: &[Fingerprint]) {
        let mut memory = self.lock();
        for print in prints {
            memory.young.remove(print);
            memory.old.remove(print);
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

    fn prints(limit: usize) -> Fingerprints {
        Fingerprints::new(TTL, limit, Timestamp(0))
    }

    fn accept(prints: &Fingerprints, message: &Message, now: u64) -> bool {
        match prints.meet(message, Timestamp(now)) {
            Meeting::New(print) => {
                prints.keep(&[print]);
                true
            }
            _ => false,
        }
    }

    #[test]
    fn a_repeat_is_known_until_its_time_is_over() {
        let prints = prints(1000);
        assert!(accept(&prints, &message(1, "hello"), 1000));
        assert_eq!(prints.meet(&message(2, "hello"), Timestamp(300_999)), Meeting::Again(MessageId(1)));
        assert!(accept(&prints, &message(3, "hello"), 301_000));
        assert_eq!(prints.meet(&message(4, "hello"), Timestamp(302_000)), Meeting::Again(MessageId(3)));
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
        let Meeting::New(print) = prints.meet(&message(1, "hello"), Timestamp(1)) else { panic!() };
        assert_eq!(prints.meet(&message(2, "hello"), Timestamp(1)), Meeting::Soon(print));
        prints.forget(&[print]);
        assert!(matches!(prints.meet(&message(3, "hello"), Timestamp(1)), Meeting::New(_)));
    }

    #[tokio::test]
    async fn a_repeat_waits_for_the_first_to_be_durable() {
        let prints = prints(1000);
        let Meeting::New(print) = prints.meet(&message(1, "hello"), Timestamp(1)) else { panic!() };
        let (known, ()) = tokio::join!(prints.decided(print), async {
            tokio::task::yield_now().await;
            prints.keep(&[print]);
        });
        assert_eq!(known, Some(MessageId(1)));
        prints.forget(&[print]);
        assert_eq!(prints.decided(print).await, None);
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
