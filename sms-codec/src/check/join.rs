//! The joiner against a model that is too simple to be wrong.

#![allow(clippy::indexing_slicing, reason = "a model that fails must fail loudly")]

use alloc::{vec, vec::Vec};

use crate::join::{GivenUp, Joiner, Limits, Part, Place, Progress, Pushed, Reason, Reference};

/// Joining: any parts at any time give what the rules say, each comes back exactly once, the
/// limits hold. Three octets are one step: what to do, which part, which octets.
pub fn join(octets: &[u8]) {
    let limits = Limits { messages: 4, octets: 8 * size_of::<(u8, Tagged)>(), lifetime: 40, remember: 20 };
    let mut joiner = Joiner::new(limits);
    let mut model = Model { limits, now: 0, waiting: Vec::new(), done: Vec::new() };
    let mut pushed = Vec::new();
    let mut back = Vec::new();
    for (tag, step) in octets.chunks_exact(3).enumerate() {
        let &[what, which, content] = step else { continue };
        let now = model.now + u64::from(what >> 5);
        if what & 0x1F == 0 {
            let given: Vec<_> = joiner.expire(now).map(Given::from).collect();
            back.extend(given.iter().flat_map(|given| given.tags.clone()));
            assert_eq!(given, model.expire(now), "expired");
        } else if let Some((key, place)) = place(what, which) {
            let part = || Part { place, data: Tagged { octets: vec![content & 3; usize::from(content >> 3)], tag } };
            pushed.push(tag);
            let seen = Seen::from(joiner.push(key, part(), now));
            back.extend(seen.tags());
            assert_eq!(seen, model.push(key, part(), now), "pushed");
        }
        assert!(joiner.octets() <= limits.octets && joiner.len() <= limits.messages, "limits");
        assert_eq!(joiner.octets(), model.octets(), "octets");
        assert_eq!((joiner.len(), joiner.next_deadline()), (model.waiting.len(), model.next_deadline()), "deadline");
    }
    back.extend(joiner.drain().flat_map(|given| Given::from(given).tags));
    back.sort_unstable();
    assert_eq!(back, pushed, "every part comes back once");
}

/// Few keys, references and totals, so that they meet.
fn place(what: u8, which: u8) -> Option<(u8, Place)> {
    let reference = match what & 3 {
        0 => Reference::Eight(1),
        1 => Reference::Sixteen(1),
        2 => Reference::Sar(1),
        _ => Reference::Sar(2),
    };
    let place = Place::new(reference, which & 7, which >> 3 & 7).ok()?;
    Some((which >> 6 & 1, place))
}

/// A part that can be told from its twin.
struct Tagged {
    octets: Vec<u8>,
    tag: usize,
}

impl AsRef<[u8]> for Tagged {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    progress: &'static str,
    tags: Vec<usize>,
    missing: u8,
    given: Vec<Given>,
}

impl Seen {
    fn tags(&self) -> impl Iterator<Item = usize> {
        self.tags.iter().chain(self.given.iter().flat_map(|given| &given.tags)).copied()
    }
}

impl From<Pushed<u8, Tagged>> for Seen {
    fn from(pushed: Pushed<u8, Tagged>) -> Self {
        let given = pushed.given_up.into_iter().map(Given::from).collect();
        let (progress, tags, missing) = match pushed.progress {
            Progress::Complete(message) => ("complete", message.parts.iter().map(|part| part.tag).collect(), 0),
            Progress::Waiting { missing } => ("waiting", Vec::new(), missing),
            Progress::Duplicate(part) => ("duplicate", vec![part.tag], 0),
            Progress::TooLarge => ("too large", Vec::new(), 0),
        };
        Self { progress, tags, missing, given }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Given {
    reason: Reason,
    tags: Vec<usize>,
}

impl From<GivenUp<u8, Tagged>> for Given {
    fn from(given: GivenUp<u8, Tagged>) -> Self {
        assert!(given.parts.is_sorted_by(|(left, _), (right, _)| left < right), "order");
        assert!(given.parts.iter().all(|&(sequence, _)| sequence <= given.total), "numbers");
        Self { reason: given.reason, tags: given.parts.iter().map(|(_, part)| part.tag).collect() }
    }
}

/// The rules in the words of the documentation: lists, searched from the front.
struct Model {
    limits: Limits,
    now: u64,
    waiting: Vec<Entry>,
    done: Vec<Entry>,
}

struct Entry {
    id: (u8, Reference, u8),
    /// When it expires or is forgotten.
    until: u64,
    parts: Vec<(u8, Tagged)>,
}

impl Entry {
    fn give_up(mut self, reason: Reason) -> Given {
        self.parts.sort_by_key(|(sequence, _)| *sequence);
        Given { reason, tags: self.parts.iter().map(|(_, part)| part.tag).collect() }
    }
}

impl Model {
    fn push(&mut self, key: u8, part: Part<Tagged>, now: u64) -> Seen {
        self.forget(now);
        let Part { place, data } = part;
        let (id, sequence) = ((key, place.reference(), place.total()), place.sequence());
        let mut seen = Seen { progress: "waiting", tags: Vec::new(), missing: 0, given: Vec::new() };
        let same = |(there, part): &(u8, Tagged)| *there == sequence && part.octets == data.octets;
        if let Some(at) = self.done.iter().position(|entry| entry.id == id) {
            if self.done[at].parts.iter().any(same) {
                return Seen { progress: "duplicate", tags: vec![data.tag], ..seen };
            }
            self.done.remove(at);
        }
        if let Some(at) = self.waiting.iter().position(|entry| entry.id == id) {
            if self.waiting[at].until <= self.now {
                seen.given.push(self.waiting.remove(at).give_up(Reason::Expired));
            } else if self.waiting[at].parts.iter().any(same) {
                return Seen { progress: "duplicate", tags: vec![data.tag], ..seen };
            } else if self.waiting[at].parts.iter().any(|(there, _)| *there == sequence) {
                seen.given.push(self.waiting.remove(at).give_up(Reason::Reused));
            }
        }
        let at = self.waiting.iter().position(|entry| entry.id == id).unwrap_or_else(|| {
            let until = self.now + self.limits.lifetime;
            self.waiting.push(Entry { id, until, parts: Vec::new() });
            self.waiting.len() - 1
        });
        self.waiting[at].parts.push((sequence, data));
        self.finish(at, seen)
    }

    /// Completes the message or keeps the limits.
    fn finish(&mut self, at: usize, mut seen: Seen) -> Seen {
        let id = self.waiting[at].id;
        seen.missing = id.2 - self.waiting[at].parts.len() as u8;
        if seen.missing == 0 {
            let mut entry = self.waiting.remove(at);
            entry.parts.sort_by_key(|(sequence, _)| *sequence);
            seen.tags = entry.parts.iter().map(|(_, part)| part.tag).collect();
            entry.until = self.now + self.limits.remember;
            if entry.id.2 > 1 {
                self.done.push(entry);
            }
            while self.is_over() && !self.done.is_empty() {
                self.done.remove(0);
            }
            return Seen { progress: "complete", ..seen };
        }
        while self.is_over() {
            if !self.done.is_empty() {
                self.done.remove(0);
                continue;
            }
            let victim = self.waiting.iter().position(|entry| entry.id != id);
            seen.given.push(self.waiting.remove(victim.unwrap_or(0)).give_up(Reason::Limit));
            if victim.is_none() {
                return Seen { progress: "too large", missing: 0, ..seen };
            }
        }
        seen
    }

    fn expire(&mut self, now: u64) -> Vec<Given> {
        self.forget(now);
        let (late, rest) = self.waiting.drain(..).partition(|entry| entry.until <= now);
        self.waiting = rest;
        let late: Vec<Entry> = late;
        late.into_iter().map(|entry| entry.give_up(Reason::Expired)).collect()
    }

    fn forget(&mut self, now: u64) {
        self.now = now;
        self.done.retain(|entry| entry.until > now);
    }

    fn is_over(&self) -> bool {
        self.waiting.len() + self.done.len() > self.limits.messages || self.octets() > self.limits.octets
    }

    fn octets(&self) -> usize {
        let parts = |entry: &Entry| entry.parts.len() * size_of::<(u8, Tagged)>();
        let texts = |entry: &Entry| entry.parts.iter().map(|(_, part)| part.octets.len()).sum::<usize>();
        let waiting: usize = self.waiting.iter().map(|entry| parts(entry) + texts(entry)).sum();
        let done: usize = self.done.iter().map(|entry| entry.parts.len() * size_of::<u64>()).sum();
        waiting + done
    }

    fn next_deadline(&self) -> Option<u64> {
        self.waiting.iter().map(|entry| entry.until).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn join_keeps_its_properties(octets in proptest::collection::vec(any::<u8>(), 0..3_000)) {
            join(&octets);
        }

        /// Small totals, so that messages are completed.
        #[test]
        fn short_messages_are_joined(
            steps in proptest::collection::vec((any::<u8>(), 1..4u8, 1..4u8, 0..80u8), 0..600)
        ) {
            let octets = steps.iter().flat_map(|&(what, total, sequence, content)| [what, total | sequence << 3, content]);
            join(&octets.collect::<Vec<_>>());
        }
    }
}
