//! How many messages pass in a time: a bucket of tokens, in whole numbers, told the time.
//!
//! A message takes one token; tokens come back steadily until the bucket is full. Levels are
//! counted in millionths of a token, which a microsecond adds without a remainder: no rate drifts.

use smpp_pdu::{CommandId, CommandStatus, Profile, SubmitMulti};

use crate::Time;

/// So many messages in a second, and so many at once.
///
/// ```
/// use smpp_session::{Config, Rate};
///
/// let rate = Rate::per_second(80).with_burst(20);
/// let config = Config { rate: Some(rate), ..Config::default() };
/// assert_eq!(config.rate.map(Rate::messages), Some(80));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    messages: u32,
    burst: u32,
}

impl Rate {
    /// `messages` in a second, at least 1; a tenth of them may come at once.
    pub const fn per_second(messages: u32) -> Rate {
        Rate { messages: at_least_one(messages), burst: at_least_one(messages / 10) }
    }

    /// The same rate, but after a quiet time `messages` may come at once, at least 1.
    ///
    /// Clocks tick in milliseconds: for the full rate allow at least a thousandth of it.
    #[must_use]
    pub const fn with_burst(self, messages: u32) -> Rate {
        Rate { burst: at_least_one(messages), ..self }
    }

    /// Messages in a second.
    pub const fn messages(self) -> u32 {
        self.messages
    }

    /// Messages at once.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// A hundredth of this rate, `percent` times, and never nothing.
    pub(crate) fn share(self, percent: u32) -> Rate {
        let part = |whole: u32| at_least_one((u64::from(whole) * u64::from(percent) / 100) as u32);
        Rate { messages: part(self.messages), burst: part(self.burst) }
    }
}

const fn at_least_one(number: u32) -> u32 {
    if number == 0 { 1 } else { number }
}

/// The tokens of one direction.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    /// In millionths; below zero after a request that carried more messages than there were tokens.
    level: i64,
    at: Time,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: Rate, now: Time) -> Self {
        Bucket { rate, level: full(rate), at: now }
    }

    /// Changes whether there is a rate, how fast tokens come back, and how many fit.
    pub(crate) fn set(bucket: &mut Option<Bucket>, rate: Option<Rate>, now: Time) {
        *bucket = match (bucket.take(), rate) {
            (Some(old), Some(rate)) => Some(Bucket { rate, level: old.level_at(now).min(most(rate)), at: old.at.max(now) }),
            (_, rate) => rate.map(|rate| Bucket::new(rate, now)),
        }
    }

    /// Whole tokens.
    pub(crate) fn tokens(&self, now: Time) -> usize {
        usize::try_from(self.level_at(now) / TOKEN).unwrap_or_default()
    }

    /// Takes a token for each message, also those that are not there yet.
    pub(crate) fn spend(&mut self, messages: u32, now: Time) {
        self.level = self.level_at(now) - i64::from(messages) * TOKEN;
        self.at = self.at.max(now);
    }

    /// When there will be so many tokens, or as many as ever; `None` if they are there.
    pub(crate) fn due(&self, tokens: usize, now: Time) -> Option<Time> {
        let wanted = i64::try_from(tokens).unwrap_or(i64::MAX).saturating_mul(TOKEN).min(full(self.rate));
        let missing = u64::try_from(wanted - self.level_at(now)).unwrap_or_default();
        let micros = missing.div_ceil(u64::from(self.rate.messages));
        (micros > 0).then(|| now + core::time::Duration::from_micros(micros))
    }

    pub(crate) const fn rate(&self) -> Rate {
        self.rate
    }

    fn level_at(&self, now: Time) -> i64 {
        let micros = now.as_micros().saturating_sub(self.at.as_micros());
        let gained = i64::try_from(micros.saturating_mul(u64::from(self.rate.messages))).unwrap_or(i64::MAX);
        self.level.saturating_add(gained).min(most(self.rate))
    }
}

fn full(rate: Rate) -> i64 {
    i64::from(rate.burst) * TOKEN
}

/// Tokens come at whole microseconds: what such a wait brings too much is part of the next token.
fn most(rate: Rate) -> i64 {
    full(rate) + i64::from(rate.messages).min(TOKEN - 1)
}

/// True if a request of this kind carries a message, so that rates count it.
pub(crate) const fn carries_message(command_id: CommandId) -> bool {
    matches!(
        command_id,
        CommandId::SUBMIT_SM | CommandId::SUBMIT_MULTI | CommandId::DATA_SM | CommandId::DELIVER_SM | CommandId::BROADCAST_SM
    )
}

/// How many messages a request carries: one, or one for each address of a `submit_multi`.
pub(crate) fn messages_in(command_id: CommandId, body: &[u8], profile: &Profile) -> u32 {
    if command_id != CommandId::SUBMIT_MULTI {
        return 1;
    }
    let read = smpp_pdu::read_body::<SubmitMulti<'_>>(body, CommandStatus::ROK, profile);
    read.map_or(1, |(pdu, _)| (pdu.dest_address.len() as u32).max(1)) // the count is one octet
}

// A message in a second for a microsecond.
const TOKEN: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::from_micros(micros)
    }

    /// Takes a token as soon as there is one, so many times; tells when that was done.
    fn drain(bucket: &mut Bucket, messages: u32) -> Time {
        let mut now = Time::ZERO;
        for _ in 0..messages {
            now = bucket.due(1, now).unwrap_or(now);
            assert!(bucket.tokens(now) > 0, "the time it named was too early");
            bucket.spend(1, now);
        }
        now
    }

    #[test]
    fn no_rate_drifts() {
        for rate in [1, 3, 7, 30, 999, 1_000_003, u32::MAX] {
            let mut bucket = Bucket::new(Rate::per_second(rate).with_burst(1), Time::ZERO);
            let messages = rate.saturating_mul(2).min(30_000);
            // Above a million in a second one token at a time is all the clock can tell apart.
            let exact = (u64::from(messages - 1) * 1_000_000).div_ceil(u64::from(rate.min(1_000_000)));
            assert_eq!(drain(&mut bucket, messages).as_micros(), exact, "{rate}");
        }
    }

    #[test]
    fn a_quiet_time_saves_up_to_the_burst() {
        let mut bucket = Bucket::new(Rate::per_second(10).with_burst(5), Time::ZERO);
        assert_eq!((bucket.tokens(at(0)), bucket.tokens(at(u64::MAX))), (5, 5));
        bucket.spend(5, at(0));
        assert_eq!((bucket.tokens(at(99_999)), bucket.tokens(at(100_000)), bucket.due(1, at(0))), (0, 1, Some(at(100_000))));
        assert_eq!(bucket.due(9, at(0)), Some(at(500_000)), "more than it holds is as many as it holds");
    }

    #[test]
    fn what_was_borrowed_is_paid_back() {
        let mut bucket = Bucket::new(Rate::per_second(10).with_burst(1), Time::ZERO);
        bucket.spend(101, at(0));
        assert_eq!((bucket.tokens(at(10_099_999)), bucket.due(1, at(0))), (0, Some(at(10_100_000))));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut bucket = Some(Bucket::new(Rate::per_second(10).with_burst(1), at(1_000_000)));
        bucket.as_mut().unwrap().spend(1, at(1_000_000));
        Bucket::set(&mut bucket, Some(Rate::per_second(10).with_burst(2)), at(0));
        let bucket = bucket.unwrap();
        assert_eq!((bucket.tokens(at(1_000_000)), bucket.tokens(at(1_100_000))), (0, 1));
    }

    #[test]
    fn rates_are_never_nothing() {
        assert_eq!(Rate::per_second(0), Rate::per_second(1).with_burst(0));
        assert_eq!(Rate::per_second(1000).share(25), Rate::per_second(250));
        assert_eq!(Rate::per_second(5).share(1), Rate::per_second(1));
    }
}
