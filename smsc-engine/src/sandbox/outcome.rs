//! What happens to a message in the sandbox.

use std::time::Duration;

use smpp_pdu::EsmClass;
use sms_codec::charset::Coding;
use sms_codec::receipt::{MessageState, ResultCode, ResultKind};
use sms_codec::udh::Udh;

use super::SandboxConfig;
use crate::api::Attempt;
use crate::model::{FinalState, Kind, Lane, Message, MessageId};

/// How messages end unless their number says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// They arrive.
    #[default]
    Delivered,
    /// They cannot be delivered.
    Undeliverable,
    /// They expire.
    Expired,
    /// The network refuses them.
    Rejected,
    /// Nobody ever knows.
    Unknown,
}

impl Outcome {
    /// The outcome with this name in lower case.
    pub fn named(name: &str) -> Option<Outcome> {
        Some(match name {
            "delivered" => Outcome::Delivered,
            "undeliverable" => Outcome::Undeliverable,
            "expired" => Outcome::Expired,
            "rejected" => Outcome::Rejected,
            "unknown" => Outcome::Unknown,
            _ => return None,
        })
    }

    const fn attempt(self) -> Attempt {
        match self {
            Outcome::Delivered => Attempt::Delivered,
            Outcome::Undeliverable => Attempt::Failed(FinalState::Undeliverable, 0),
            Outcome::Expired => Attempt::Failed(FinalState::Expired, 0),
            Outcome::Rejected => Attempt::Failed(FinalState::Rejected, 0),
            Outcome::Unknown => Attempt::Failed(FinalState::Unknown, 0),
        }
    }
}

/// What happens to one message, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What happens.
    pub attempt: Attempt,
    /// After how long.
    pub delay: Duration,
}

impl Fate {
    /// The fate of a message under these settings.
    pub fn of(message: &Message, config: &SandboxConfig) -> Fate {
        let usual = Fate { attempt: config.outcome.attempt(), delay: config.delay };
        if !config.by_number {
            return usual;
        }
        match last_three_digits(message.destination.digits.octets()) {
            Some(UNKNOWN) => Fate { attempt: Outcome::Unknown.attempt(), delay: config.delay },
            Some(number) => ResultCode::find(number).map_or(usual, |code| Fate::of_code(code, message, config)),
            None => usual,
        }
    }

    fn of_code(code: &ResultCode, message: &Message, config: &SandboxConfig) -> Fate {
        let error = u32::from(code.code);
        let (attempt, delay) = match code.kind {
            ResultKind::Delivered => (Attempt::Delivered, config.delay),
            // The handset is off at first.
            ResultKind::Pending => (Attempt::Delivered, config.slow),
            ResultKind::Temporary if message.attempts == 0 => (Attempt::TryAgain(error), config.delay),
            ResultKind::Temporary => (Attempt::Delivered, config.delay),
            ResultKind::Failed | ResultKind::ProviderError | ResultKind::Cancelled => {
                (Attempt::Failed(final_state(code.state), error), config.delay)
            }
        };
        Fate { attempt, delay }
    }
}

const fn final_state(state: MessageState) -> FinalState {
    match state {
        MessageState::Expired => FinalState::Expired,
        MessageState::Rejected => FinalState::Rejected,
        MessageState::Deleted => FinalState::Deleted,
        _ => FinalState::Undeliverable,
    }
}

fn last_three_digits(number: &[u8]) -> Option<u16> {
    let last = number.last_chunk::<3>()?;
    std::str::from_utf8(last).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()))?.parse().ok()
}

/// The answer of the subscriber, if the text asks for one.
pub(super) fn reply(message: &Message) -> Option<Message> {
    if message.kind != Kind::Mt {
        return None;
    }
    let text = match EsmClass(message.esm_class).has_udh() {
        true => Udh::split(&message.user_data).ok()?.1,
        false => &message.user_data,
    };
    let coding = Coding::default();
    let text = coding.decode(message.data_coding, text);
    let (data_coding, octets) = coding.encode(text.strip_prefix(REPLY_MARK)?.trim_start());
    let mut reply = Message::new(MessageId(0), message.account.clone(), Lane::default());
    reply.kind = Kind::Mo;
    reply.source = message.destination.clone();
    reply.destination = message.source.clone();
    reply.service_type = message.service_type.clone();
    reply.data_coding = data_coding;
    reply.user_data = octets.into();
    Some(reply)
}

const REPLY_MARK: &str = "MO:";
// Not a code of the provider: stands for the one state that has none.
const UNKNOWN: u16 = 999;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Address};

    fn message(number: &str, text: &'static str) -> Message {
        let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::from("sandbox"));
        message.source = Address::new(5, 0, "Shop");
        message.destination = Address::new(1, 1, number);
        message.user_data = text.into();
        message
    }

    fn fate(number: &str) -> Attempt {
        Fate::of(&message(number, "hi"), &SandboxConfig::default()).attempt
    }

    #[test]
    fn the_last_three_digits_choose() {
        assert_eq!(fate("447700900123"), Attempt::Delivered);
        assert_eq!(fate("447700900011"), Attempt::Delivered);
        assert_eq!(fate("447700900050"), Attempt::Failed(FinalState::Undeliverable, 50));
        assert_eq!(fate("447700900053"), Attempt::Failed(FinalState::Expired, 53));
        assert_eq!(fate("447700900054"), Attempt::Failed(FinalState::Rejected, 54));
        assert_eq!(fate("447700900029"), Attempt::Failed(FinalState::Deleted, 29));
        assert_eq!(fate("447700900999"), Attempt::Failed(FinalState::Unknown, 0));
        assert_eq!(fate("447700900120"), Attempt::TryAgain(120));
        assert_eq!(fate("50"), Attempt::Delivered);
        assert_eq!(fate("abc"), Attempt::Delivered);
    }

    #[test]
    fn a_temporary_failure_ends_with_the_second_attempt() {
        let mut again = message("447700900121", "hi");
        again.attempts = 1;
        assert_eq!(Fate::of(&again, &SandboxConfig::default()).attempt, Attempt::Delivered);
    }

    #[test]
    fn settings_choose_where_numbers_do_not() {
        let config = SandboxConfig { outcome: Outcome::Rejected, by_number: false, ..SandboxConfig::default() };
        assert_eq!(Fate::of(&message("447700900011", "hi"), &config).attempt, Attempt::Failed(FinalState::Rejected, 0));
        let slow = Fate::of(&message("447700900002", "hi"), &SandboxConfig::default());
        assert_eq!(slow, Fate { attempt: Attempt::Delivered, delay: SandboxConfig::default().slow });
    }

    #[test]
    fn a_subscriber_answers_when_asked_to() {
        assert!(reply(&message("447700900123", "hello")).is_none());
        let reply = reply(&message("447700900123", "MO: hello back")).unwrap();
        assert_eq!(&reply.user_data[..], b"hello back");
        assert_eq!((reply.source.digits.text(), reply.destination.digits.text()), ("447700900123".into(), "Shop".into()));
    }
}
