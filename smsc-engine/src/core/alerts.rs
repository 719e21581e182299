//! Who wants to hear when a subscriber can be reached again: the delivery pending flag (SMPP 3.4 §2.10.3, §4.12).
//!
//! A transaction that asks for it with `set_dpf` and finds its recipient out of reach leaves a flag. As soon as
//! somebody else comes to serve that number, or a message to it is delivered, each sender with a flag gets one
//! `alert_notification`. Flags and alerts are kept in memory only, as the transactions are that they come from.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::inner::Inner;
use super::locating::digits;
use crate::model::{Account, Address, FinalState, Kind, Lane, Message, Outcome, Timestamp, Word};

/// The flags of all subscribers, by the digits of their numbers.
#[derive(Debug, Default)]
pub(super) struct Flags {
    by_number: Mutex<HashMap<Word, Vec<Flag>>>,
    /// How many there are: most cores have none and need no lock to know it.
    count: AtomicUsize,
}

/// One sender who waits for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flag {
    account: Account,
    esme: Address,
    subscriber: Address,
    until: Timestamp,
}

impl Flags {
    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Sets a flag, once for each sender; when there is no room, those that are too old go.
    fn set(&self, number: Word, flag: Flag, now: Timestamp) {
        let mut flags = self.lock();
        if self.count.load(Ordering::Acquire) >= MOST_FLAGS {
            flags.retain(|_, flags| {
                flags.retain(|flag| flag.until > now);
                !flags.is_empty()
            });
            self.count.store(flags.values().map(Vec::len).sum(), Ordering::Release);
            if self.count.load(Ordering::Acquire) >= MOST_FLAGS {
                tracing::warn!(most = MOST_FLAGS, "too many wait for an alert; one more is not told");
                return;
            }
        }
        let of_number = flags.entry(number).or_default();
        match of_number.iter_mut().find(|other| other.account == flag.account && other.esme == flag.esme) {
            Some(other) => other.until = flag.until,
            None => {
                of_number.push(flag);
                self.count.fetch_add(1, Ordering::AcqRel);
            }
        }
    }

    /// Takes away the flags of a number.
    fn take(&self, number: &Word, now: Timestamp) -> Vec<Flag> {
        let mut taken = self.lock().remove(number).unwrap_or_default();
        self.count.fetch_sub(taken.len(), Ordering::AcqRel);
        taken.retain(|flag| flag.until > now);
        taken
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Word, Vec<Flag>>> {
        self.by_number.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Remembers that the sender of a transaction waits for its recipient.
    pub(super) fn flag(&self, message: &Message) {
        let now = self.now();
        let flag = Flag {
            account: message.account.clone(),
            esme: message.source.clone(),
            subscriber: message.destination.clone(),
            until: now.after(self.policy().dead_letter),
        };
        self.flags.set(message.destination.digits.clone(), flag, now);
    }

    /// Tells those who wait for it that a number, with or without `+`, can be reached.
    pub(super) async fn alert(&self, number: &str) {
        if self.flags.is_empty() {
            return;
        }
        for flag in self.flags.take(&digits(number), self.now()) {
            let Flag { account, esme, subscriber, until } = flag;
            let mut alert = Message::new(self.queue.next_id(), account.clone(), Lane::esme(&account));
            alert.kind = Kind::Alert;
            (alert.source, alert.destination) = (subscriber, esme);
            alert.submitted = self.now();
            alert.expires = until;
            if let Err(refusal) = self.fleeting.append(alert, None).await {
                tracing::warn!(%account, %refusal, "an alert was not kept");
            }
        }
    }

    /// The same for the recipients of those of these messages that were delivered.
    pub(super) async fn alert_recipients(&self, ended: impl Iterator<Item = (&Message, &Outcome)>) {
        if self.flags.is_empty() {
            return;
        }
        let is_reached =
            |(message, outcome): &(&Message, &Outcome)| message.kind == Kind::Mt && outcome.state == FinalState::Delivered;
        for (message, _) in ended.filter(is_reached) {
            self.alert(&message.destination.digits.text()).await;
        }
    }
}

/// About 200 octets each.
const MOST_FLAGS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(account: &str, until: u64) -> Flag {
        let address = Address::from_number("+447700900123");
        Flag { account: account.into(), esme: Address::from_number("12345"), subscriber: address, until: Timestamp(until) }
    }

    #[test]
    fn each_sender_has_one_flag_for_a_number() {
        let flags = Flags::default();
        let number = Word::new("447700900123");
        flags.set(number.clone(), flag("shop", 100), Timestamp(0));
        flags.set(number.clone(), flag("shop", 200), Timestamp(1));
        flags.set(number.clone(), flag("bank", 100), Timestamp(1));
        assert_eq!(flags.take(&number, Timestamp(150)), [flag("shop", 200)], "the other one is too old");
        assert!(flags.is_empty() && flags.take(&number, Timestamp(150)).is_empty());
    }

    #[test]
    fn what_is_too_old_makes_room_and_nothing_else_does() {
        let flags = Flags::default();
        let number = |n: usize| Word::new(n.to_string());
        for n in 0..MOST_FLAGS {
            let until = if n % 2 == 0 { 10 } else { 1_000 };
            flags.set(number(n), flag("shop", until), Timestamp(0));
        }
        flags.set(number(MOST_FLAGS), flag("shop", 1_000), Timestamp(5));
        assert!(flags.take(&number(MOST_FLAGS), Timestamp(5)).is_empty(), "nobody had to go yet");
        flags.set(number(MOST_FLAGS), flag("shop", 1_000), Timestamp(10));
        assert_eq!(flags.take(&number(MOST_FLAGS), Timestamp(10)).len(), 1);
        assert_eq!(flags.count.load(Ordering::Acquire), MOST_FLAGS / 2);
    }
}
