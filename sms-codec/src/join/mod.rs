//! Joining the parts of long messages as they come in: any order, repeated, lost, mixed.
//!
//! A [`Joiner`] keeps parts until their message is complete, its deadline passes, or the limits
//! are reached. Whatever it takes in it gives back exactly once, in a message or in pieces, so
//! nothing is lost silently. [`text`] then reads the parts of a message as one.
//!
//! Parts belong together if the caller's key (source, destination, account …), the reference with
//! its kind, and the total are the same. Then these rules hold:
//!
//! * A part that is there already, with the same octets, is a duplicate and handed back. This also
//!   holds for a while after its message was completed ([`Limits::remember`]), because an MC
//!   repeats what was not answered in time. A message of one part is never remembered: if it
//!   comes twice, it comes twice, like any message without parts.
//! * A part that is there already with other octets means that the sender uses the reference
//!   again: the old message is given up, and the part begins a new one.
//! * The deadline counts from the first part and is never moved, so that nobody waits longer.
//! * When the limits are reached the oldest incomplete messages are given up, except the one that
//!   has just got a part; a part that completes its message is always taken.
//!
//! Time is a number of milliseconds from any origin. It never goes back: an earlier `now` counts
//! as the latest one seen. There is no clock here, no I/O, and nothing survives a restart. Two
//! messages of one sender with the same reference and total that are under way at once cannot be
//! told apart by anybody.

mod known;
mod outcome;
mod place;
mod user_data;

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use known::{Done, Id, Seen, Waiting, part_octets};
pub use outcome::{GivenUp, Message, Progress, Pushed, Reason};
pub use place::{Place, PlaceError, Reference, Sar};
pub use user_data::{UserData, text};

/// Collects parts until their messages are complete.
///
/// ```
/// use sms_codec::charset::Coding;
/// use sms_codec::join::{Joiner, Limits, Part, Progress, UserData};
///
/// let mut joiner = Joiner::new(Limits::default());
/// let mut now = 0;
/// let mut receive = |octets: &[u8]| {
///     now += 1_000;
///     let data = UserData { data_coding: 0, udhi: true, octets: octets.to_vec() };
///     match data.place(None) {
///         Ok(Some(place)) => match joiner.push("447700900123", Part { place, data }, now).progress {
///             Progress::Complete(message) => Some(message.text(Coding::default())),
///             _ => None, // waiting, or a duplicate
///         },
///         _ => Some(data.text(Coding::default())), // a message by itself
///     }
/// };
/// assert_eq!(receive(b"\x05\x00\x03\x4A\x02\x02world"), None);
/// assert_eq!(receive(b"\x05\x00\x03\x4A\x02\x01hello ").as_deref(), Some("hello world"));
/// assert_eq!(receive(b"\x05\x00\x03\x4A\x02\x01hello "), None); // sent twice
/// assert_eq!(receive(b"\x05\x00\x03\x4B\x02\x01lonely"), None);
///
/// // Whenever `next_deadline` has come:
/// assert_eq!(joiner.next_deadline(), Some(4_000 + 30 * 60_000));
/// for incomplete in joiner.expire(u64::MAX) {
///     for (_number, part) in &incomplete.parts {
///         assert_eq!(part.text(Coding::default()), "lonely");
///     }
/// }
/// ```
///
/// `K` is what else must agree, and `P` what the caller has of a part: [`UserData`], or anything
/// else that shows its octets. A part costs O(log n) for n messages. Memory is at most twice
/// [`Limits::octets`] (lists grow by doubling), and for each of [`Limits::messages`] two keys,
/// four places for parts and some 200 octets.
pub struct Joiner<K, P> {
    limits: Limits,
    index: BTreeMap<Id<K>, Slot>,
    /// By serial number: the oldest first, which is also the first to expire.
    waiting: BTreeMap<u64, Waiting<K, P>>,
    /// By serial number: the oldest first.
    done: BTreeMap<u64, Done<K>>,
    octets: usize,
    serial: u64,
    clock: u64,
}

impl<K: Ord + Clone, P: AsRef<[u8]>> Joiner<K, P> {
    /// Makes an empty one.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, index: BTreeMap::new(), waiting: BTreeMap::new(), done: BTreeMap::new(), octets: 0, serial: 0, clock: 0 }
    }

    /// Takes a part.
    pub fn push(&mut self, key: K, part: Part<P>, now: u64) -> Pushed<K, P> {
        self.advance(now);
        let mut given_up = Vec::new();
        let id = Id::new(key, part.place);
        let serial = match self.find(&id, &part, &mut given_up) {
            Found::Duplicate => return Pushed { progress: Progress::Duplicate(part.data), given_up },
            Found::Open(serial) => serial,
            Found::Nothing => self.number(&id),
        };
        self.octets += part_octets(&part.data);
        let deadline = self.clock.saturating_add(self.limits.lifetime);
        let waiting = self.waiting.entry(serial).or_insert_with(|| Waiting { id, deadline, parts: Vec::new() });
        waiting.insert(part.place.sequence(), part.data);
        let progress = match waiting.missing() {
            0 => self.complete(serial),
            missing => {
                self.make_room(serial, &mut given_up);
                if self.waiting.contains_key(&serial) { Progress::Waiting { missing } } else { Progress::TooLarge }
            }
        };
        Pushed { progress, given_up }
    }

    /// Gives up the messages whose deadline has come, oldest first; what is not taken from the
    /// iterator stays for the next time.
    pub fn expire(&mut self, now: u64) -> impl Iterator<Item = GivenUp<K, P>> {
        self.advance(now);
        core::iter::from_fn(move || {
            let (&serial, _) = self.waiting.first_key_value().filter(|(_, oldest)| oldest.deadline <= self.clock)?;
            self.give_up(serial, Reason::Expired)
        })
    }

    /// Gives up everything, oldest first: for the end of a program.
    pub fn drain(&mut self) -> impl Iterator<Item = GivenUp<K, P>> {
        core::iter::from_fn(move || {
            let (&serial, _) = self.waiting.first_key_value()?;
            self.give_up(serial, Reason::Drained)
        })
    }

    /// When [`Self::expire`] has something to do.
    pub fn next_deadline(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(_, oldest)| oldest.deadline)
    }

    /// How many messages lack parts.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no message lacks parts.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is held, as [`Limits::octets`] counts it.
    pub const fn octets(&self) -> usize {
        self.octets
    }

    fn advance(&mut self, now: u64) {
        self.clock = self.clock.max(now);
        while self.done.first_key_value().is_some_and(|(_, oldest)| oldest.until <= self.clock) {
            self.forget_oldest();
        }
    }

    /// Finds the message a part belongs to, after giving up one that it cannot belong to.
    fn find(&mut self, id: &Id<K>, part: &Part<P>, given_up: &mut Vec<GivenUp<K, P>>) -> Found {
        let sequence = part.place.sequence();
        match self.index.get(id) {
            None => Found::Nothing,
            Some(&Slot::Done(serial)) => {
                if self.done.get(&serial).is_some_and(|done| done.has(sequence, part.data.as_ref())) {
                    return Found::Duplicate;
                }
                self.forget(serial);
                Found::Nothing
            }
            Some(&Slot::Waiting(serial)) => {
                let Some(waiting) = self.waiting.get(&serial) else { return Found::Nothing };
                let reason = match waiting.compare(sequence, &part.data) {
                    // Or else what comes out would depend on when `expire` is called.
                    _ if waiting.deadline <= self.clock => Reason::Expired,
                    Seen::No => return Found::Open(serial),
                    Seen::Same => return Found::Duplicate,
                    Seen::Different => Reason::Reused,
                };
                given_up.extend(self.give_up(serial, reason));
                Found::Nothing
            }
        }
    }

    /// Gives a new message its serial number.
    fn number(&mut self, id: &Id<K>) -> u64 {
        self.serial += 1;
        self.index.insert(id.clone(), Slot::Waiting(self.serial));
        self.serial
    }

    fn complete(&mut self, serial: u64) -> Progress<K, P> {
        let Some(Waiting { id, parts, .. }) = self.take(serial) else { return Progress::TooLarge };
        // A single part leaves nothing behind that a repetition could disturb.
        if self.limits.remember > 0 && id.total > 1 {
            self.remember(&id, &parts);
        }
        let parts = parts.into_iter().map(|(_, part)| part).collect();
        Progress::Complete(Message { key: id.key, reference: id.reference, parts })
    }

    fn remember(&mut self, id: &Id<K>, parts: &[(u8, P)]) {
        let done = Done::new(id.clone(), parts, self.clock.saturating_add(self.limits.remember));
        self.octets += done.octets();
        // In the order of completion, which is the order of being forgotten.
        self.serial += 1;
        self.index.insert(id.clone(), Slot::Done(self.serial));
        self.done.insert(self.serial, done);
        while self.is_over() && self.forget_oldest() {}
    }

    /// Keeps the limits at the cost of all other messages before this one.
    fn make_room(&mut self, serial: u64, given_up: &mut Vec<GivenUp<K, P>>) {
        while self.is_over() {
            if self.forget_oldest() {
                continue;
            }
            let others = self.waiting.keys().find(|&&other| other != serial);
            let oldest = others.copied().unwrap_or(serial);
            let Some(message) = self.give_up(oldest, Reason::Limit) else { return };
            given_up.push(message);
        }
    }

    fn is_over(&self) -> bool {
        self.octets > self.limits.octets || self.waiting.len() + self.done.len() > self.limits.messages
    }

    fn give_up(&mut self, serial: u64, reason: Reason) -> Option<GivenUp<K, P>> {
        let Waiting { id: Id { key, reference, total }, parts, .. } = self.take(serial)?;
        Some(GivenUp { key, reference, total, parts, reason })
    }

    fn take(&mut self, serial: u64) -> Option<Waiting<K, P>> {
        let waiting = self.waiting.remove(&serial)?;
        self.octets = self.octets.saturating_sub(waiting.octets());
        self.index.remove(&waiting.id);
        Some(waiting)
    }

    /// Forgets the completed message that has been remembered longest; false if there is none.
    fn forget_oldest(&mut self) -> bool {
        let oldest = self.done.first_key_value().map(|(&serial, _)| serial);
        oldest.is_some_and(|serial| self.forget(serial))
    }

    fn forget(&mut self, serial: u64) -> bool {
        let Some(done) = self.done.remove(&serial) else { return false };
        self.octets = self.octets.saturating_sub(done.octets());
        self.index.remove(&done.id);
        true
    }
}

/// Shows neither who wrote nor what.
impl<K, P> fmt::Debug for Joiner<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joiner")
            .field("limits", &self.limits)
            .field("waiting", &self.waiting.len())
            .field("done", &self.done.len())
            .field("octets", &self.octets)
            .finish_non_exhaustive()
    }
}

/// A part as it arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Part<P> {
    /// Which part of which message it is.
    pub place: Place,
    /// What the caller has of it.
    pub data: P,
}

/// Shows no message text.
impl<P> fmt::Debug for Part<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("place", &self.place).finish_non_exhaustive()
    }
}

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages at once, incomplete ones and those remembered.
    pub messages: usize,
    /// Octets at once: those of all parts, and a few for the place of each part in its list.
    pub octets: usize,
    /// Milliseconds from the first part of a message to its deadline.
    pub lifetime: u64,
    /// Milliseconds for which a completed message is remembered, without its parts, so that a
    /// repeated part begins no new message; 0 for senders whose references repeat sooner than that.
    pub remember: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A busy listener has some hundreds under way.
            messages: 10_000,
            octets: 16 << 20,
            // As others do: a handset that loses its network sends the rest later.
            lifetime: 30 * MINUTE,
            // An MC repeats an unanswered `deliver_sm` within minutes.
            remember: 5 * MINUTE,
        }
    }
}

/// Where a message is kept, by serial number.
enum Slot {
    Waiting(u64),
    Done(u64),
}

/// What a part belongs to.
enum Found {
    /// A message that has the part already.
    Duplicate,
    /// A message that lacks the part.
    Open(u64),
    /// No message yet.
    Nothing,
}

/// Milliseconds of a minute.
const MINUTE: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    const LIMITS: Limits = Limits { messages: 3, octets: 1_000, lifetime: 100, remember: 50 };

    type Given = Vec<(Reason, Vec<(u8, &'static str)>)>;

    fn part(reference: u8, total: u8, sequence: u8, data: &'static str) -> Part<&'static str> {
        Part { place: Place::new(Reference::Eight(reference), total, sequence).unwrap(), data }
    }

    fn given(given_up: impl IntoIterator<Item = GivenUp<u8, &'static str>>) -> Given {
        given_up.into_iter().map(|message| (message.reason, message.parts)).collect()
    }

    fn complete(pushed: Pushed<u8, &'static str>) -> Vec<&'static str> {
        match pushed.progress {
            Progress::Complete(message) => message.parts,
            other => panic!("{other:?}"),
        }
    }

    fn is_waiting(pushed: &Pushed<u8, &'static str>) -> bool {
        matches!(pushed.progress, Progress::Waiting { .. }) && pushed.given_up.is_empty()
    }

    #[test]
    fn kinds_of_reference_totals_and_keys_never_mix() {
        let mut joiner = Joiner::new(Limits::default());
        let place = |reference| Place::new(reference, 2, 1).unwrap();
        for reference in [Reference::Eight(7), Reference::Sixteen(7), Reference::Sar(7)] {
            assert!(is_waiting(&joiner.push(1, Part { place: place(reference), data: "a" }, 0)));
        }
        assert!(is_waiting(&joiner.push(2, part(7, 2, 2, "b"), 0)));
        assert!(is_waiting(&joiner.push(1, part(7, 3, 2, "c"), 0)));
        assert_eq!(joiner.len(), 5);
        assert_eq!(complete(joiner.push(2, part(7, 2, 1, "a"), 0)), ["a", "b"]);
    }

    #[test]
    fn a_repeated_part_is_handed_back_before_and_after_completion() {
        let mut joiner = Joiner::new(LIMITS);
        assert!(is_waiting(&joiner.push(1, part(7, 2, 1, "a"), 0)));
        assert!(matches!(joiner.push(1, part(7, 2, 1, "a"), 0).progress, Progress::Duplicate("a")));
        assert_eq!(complete(joiner.push(1, part(7, 2, 2, "b"), 0)), ["a", "b"]);
        for data in [part(7, 2, 1, "a"), part(7, 2, 2, "b")] {
            assert!(matches!(joiner.push(1, data, 49).progress, Progress::Duplicate(_)));
        }
        // No longer remembered.
        assert!(is_waiting(&joiner.push(1, part(7, 2, 1, "a"), 50)));
    }

    #[test]
    fn nothing_is_remembered_unless_wanted() {
        let mut joiner = Joiner::new(Limits { remember: 0, ..LIMITS });
        for _ in 0..2 {
            assert!(is_waiting(&joiner.push(1, part(0, 2, 2, "K"), 0)));
            assert_eq!(complete(joiner.push(1, part(0, 2, 1, "O"), 0)), ["O", "K"]);
        }
        assert_eq!(joiner.octets(), 0);
    }

    #[test]
    fn a_message_of_one_part_may_come_twice() {
        let mut joiner = Joiner::new(LIMITS);
        for _ in 0..2 {
            assert_eq!(complete(joiner.push(1, part(0, 1, 1, "OK"), 0)), ["OK"]);
        }
    }

    #[test]
    fn a_reused_reference_gives_the_old_message_up() {
        let mut joiner = Joiner::new(LIMITS);
        assert!(is_waiting(&joiner.push(1, part(7, 2, 1, "a"), 0)));
        let pushed = joiner.push(1, part(7, 2, 1, "A"), 10);
        assert!(matches!(pushed.progress, Progress::Waiting { missing: 1 }));
        assert_eq!(given(pushed.given_up), [(Reason::Reused, vec![(1, "a")])]);
        assert_eq!(joiner.next_deadline(), Some(110));
        assert_eq!(complete(joiner.push(1, part(7, 2, 2, "B"), 10)), ["A", "B"]);
        // And after completion.
        assert!(is_waiting(&joiner.push(1, part(7, 2, 2, "b"), 10)));
        assert_eq!(complete(joiner.push(1, part(7, 2, 1, "A"), 10)), ["A", "b"]);
    }

    #[test]
    fn what_is_late_is_given_up_with_the_parts_it_has() {
        let mut joiner = Joiner::new(LIMITS);
        assert_eq!(joiner.next_deadline(), None);
        assert!(is_waiting(&joiner.push(1, part(1, 3, 3, "c"), 0)));
        assert!(is_waiting(&joiner.push(1, part(2, 2, 2, "x"), 5)));
        assert!(is_waiting(&joiner.push(1, part(1, 3, 1, "a"), 90)));
        assert_eq!(joiner.next_deadline(), Some(100));
        assert!(given(joiner.expire(99)).is_empty());
        assert_eq!(given(joiner.expire(100)), [(Reason::Expired, vec![(1, "a"), (3, "c")])]);
        assert_eq!(joiner.next_deadline(), Some(105));
        // A part that comes too late completes nothing, though nobody has called `expire`.
        let pushed = joiner.push(1, part(2, 2, 1, "w"), 105);
        assert_eq!(given(pushed.given_up), [(Reason::Expired, vec![(2, "x")])]);
        assert_eq!(given(joiner.drain()), [(Reason::Drained, vec![(1, "w")])]);
        assert_eq!((joiner.len(), joiner.is_empty(), joiner.octets()), (0, true, 0));
    }

    #[test]
    fn time_does_not_go_back() {
        let mut joiner = Joiner::new(LIMITS);
        assert!(is_waiting(&joiner.push(1, part(1, 2, 1, "a"), 1_000)));
        assert!(is_waiting(&joiner.push(1, part(2, 2, 1, "b"), 0)));
        assert_eq!(given(joiner.expire(1_100)).len(), 2);
        let mut end = Joiner::new(LIMITS);
        assert!(is_waiting(&end.push(1, part(1, 2, 1, "a"), u64::MAX)));
        assert_eq!(end.next_deadline(), Some(u64::MAX));
    }

    #[test]
    fn the_oldest_makes_room_when_there_are_too_many() {
        let mut joiner = Joiner::new(LIMITS);
        for reference in 0..3 {
            assert!(is_waiting(&joiner.push(1, part(reference, 3, 1, "a"), 0)));
        }
        let pushed = joiner.push(1, part(3, 2, 1, "d"), 0);
        assert_eq!(given(pushed.given_up), [(Reason::Limit, vec![(1, "a")])]);
        assert_eq!(complete(joiner.push(1, part(3, 2, 2, "e"), 0)), ["d", "e"]);
        // What is only remembered goes first.
        assert!(is_waiting(&joiner.push(1, part(4, 2, 1, "f"), 0)));
        assert_eq!((joiner.len(), joiner.done.len()), (3, 0));
    }

    #[test]
    fn the_oldest_make_room_when_there_are_too_many_octets() {
        let one = part_octets(&"0123456789");
        let mut joiner = Joiner::new(Limits { octets: 3 * one, ..LIMITS });
        assert!(is_waiting(&joiner.push(1, part(1, 9, 1, "0123456789"), 0)));
        assert!(is_waiting(&joiner.push(1, part(2, 9, 1, "0123456789"), 0)));
        assert!(is_waiting(&joiner.push(1, part(1, 9, 2, "0123456789"), 0)));
        // The first is the oldest, but the one that is growing.
        let pushed = joiner.push(1, part(1, 9, 3, "0123456789"), 0);
        assert_eq!(given(pushed.given_up).len(), 1);
        assert_eq!((joiner.len(), joiner.octets()), (1, 3 * one));
        let pushed = joiner.push(1, part(1, 9, 4, "0123456789"), 0);
        assert!(matches!(pushed.progress, Progress::TooLarge));
        assert_eq!(pushed.given_up.last().map(|message| message.parts.len()), Some(4));
        assert_eq!(joiner.octets(), 0);
    }

    #[test]
    fn a_part_that_completes_its_message_is_always_taken() {
        let mut joiner = Joiner::new(Limits { messages: 0, octets: 0, ..LIMITS });
        assert_eq!(complete(joiner.push(1, part(1, 1, 1, "all"), 0)), ["all"]);
        assert!(matches!(joiner.push(1, part(1, 2, 1, "a"), 0).progress, Progress::TooLarge));
        assert_eq!((joiner.octets(), joiner.index.len()), (0, 0));
    }

    #[test]
    fn debug_shows_neither_key_nor_text() {
        let mut joiner = Joiner::new(LIMITS);
        let pushed = joiner.push("447700900123", part(1, 2, 1, "secret"), 0);
        let again = joiner.push("447700900123", part(1, 2, 1, "geheim"), 0);
        let shown = format!("{joiner:?} {pushed:?} {again:?} {:?}", part(1, 2, 1, "secret"));
        assert!(shown.contains("Reused") && !shown.contains("4477"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("geheim"), "{shown}");
    }
}
