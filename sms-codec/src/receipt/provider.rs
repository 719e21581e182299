//! The result codes of one wholesale provider, as they stand in `err`.

use core::fmt;

use super::{MessageState, Word};

/// What a result code says about the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultKind {
    /// Under way.
    Pending,
    /// Delivered.
    Delivered,
    /// Failed for good.
    Failed,
    /// Failed this time; the provider tries again.
    Temporary,
    /// The provider or its network is at fault.
    ProviderError,
    /// Cancelled before it was sent.
    Cancelled,
}

/// One result code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultCode {
    /// The number in `err`.
    pub code: u16,
    /// What it says about the message.
    pub kind: ResultKind,
    /// The state a receipt with this code names.
    pub state: MessageState,
    /// Whether the provider itself tries again, at no extra cost.
    pub retried: bool,
    /// What it means.
    pub meaning: &'static str,
}

impl ResultCode {
    /// The code with this number, if the provider has it.
    ///
    /// ```
    /// use sms_codec::receipt::{ResultCode, ResultKind};
    ///
    /// assert_eq!(ResultCode::find(110).map(|code| code.kind), Some(ResultKind::Failed));
    /// assert_eq!(ResultCode::find(999), None);
    /// ```
    pub fn find(code: u16) -> Option<&'static ResultCode> {
        let at = RESULT_CODES.binary_search_by_key(&code, |row| row.code).ok()?;
        RESULT_CODES.get(at)
    }

    /// What is left to do for the sender.
    pub const fn retry(&self) -> Retry {
        match self.kind {
            ResultKind::Pending | ResultKind::Temporary => Retry::Wait,
            ResultKind::Delivered | ResultKind::Cancelled => Retry::Never,
            ResultKind::Failed => Retry::OtherRoute,
            ResultKind::ProviderError => Retry::Alarm,
        }
    }
}

/// What is left to do for the sender of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Nothing: the message is under way, and sending it again would double it.
    Wait,
    /// Nothing: the message has ended as it should.
    Never,
    /// The message may be sent another way.
    OtherRoute,
    /// Sending it again is no use before somebody has spoken to the provider.
    Alarm,
}

/// What the `err` of a receipt says in this provider's table.
///
/// ```
/// use sms_codec::receipt::{MessageState, Receipt, Retry};
///
/// let result = Receipt::parse("id:7 stat:ENROUTE err:121").provider_result().unwrap();
/// assert_eq!((result.state(), result.retry()), (MessageState::Enroute, Retry::Wait));
/// assert_eq!(result.meaning(), "destination centre congested");
///
/// let unknown = Receipt::parse("id:7 stat:UNDELIV err:9A1").provider_result().unwrap();
/// assert_eq!((unknown.state(), unknown.meaning()), (MessageState::Undeliverable, "9A1"));
///
/// assert_eq!(Receipt::parse("id:7 stat:DELIVRD err:000").provider_result(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProviderResult<'a> {
    /// A code of the table.
    Known(&'static ResultCode),
    /// Another one, as sent; it counts as failed.
    Unknown(&'a str),
}

impl<'a> ProviderResult<'a> {
    /// Looks the text of `err` up, in any number of digits.
    pub fn read(err: &'a str) -> Self {
        let code = super::number(err).and_then(|code| u16::try_from(code).ok());
        code.and_then(ResultCode::find).map_or(Self::Unknown(err), Self::Known)
    }

    /// The state of the message.
    pub const fn state(self) -> MessageState {
        match self {
            Self::Known(code) => code.state,
            Self::Unknown(_) => MessageState::Undeliverable,
        }
    }

    /// What is left to do for the sender.
    pub const fn retry(self) -> Retry {
        match self {
            Self::Known(code) => code.retry(),
            Self::Unknown(_) => Retry::OtherRoute,
        }
    }

    /// What it means; an unknown code is its own text.
    pub const fn meaning(self) -> &'a str {
        match self {
            Self::Known(code) => code.meaning,
            Self::Unknown(err) => err,
        }
    }
}

/// Shows an unknown code only if it looks like one word.
impl fmt::Debug for ProviderResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(code) => f.debug_tuple("Known").field(code).finish(),
            Self::Unknown(err) => f.debug_tuple("Unknown").field(&Word(err)).finish(),
        }
    }
}

/// The word in a row of the table.
macro_rules! is_retried {
    (retried) => {
        true
    };
}

macro_rules! codes {
    ($($code:literal $kind:ident $state:ident $($retried:ident)? $meaning:literal;)*) => {
        /// Every code, in numeric order.
        pub const RESULT_CODES: &[ResultCode] = &[$(ResultCode {
            code: $code, kind: ResultKind::$kind, state: MessageState::$state, retried: false $(| is_retried!($retried))?, meaning: $meaning,
        },)*];
    };
}

codes! {
    0 Pending Enroute "waiting for the handset";
    1 Pending Accepted "scheduled";
    2 Pending Enroute "waiting for the handset";
    10 Pending Enroute "waiting for the handset";
    11 Delivered Delivered "delivered";
    12 Pending Enroute "waiting for the handset";
    13 Delivered Delivered "delivered";
    14 Delivered Delivered "delivered and certified";
    22 ProviderError Undeliverable "operator error";
    23 ProviderError Undeliverable "operator error";
    24 ProviderError Undeliverable "operator error";
    25 ProviderError Undeliverable "sending failed";
    26 ProviderError Undeliverable "sending failed";
    27 ProviderError Undeliverable "sending failed";
    28 ProviderError Undeliverable "sending failed";
    29 Cancelled Deleted "scheduled message cancelled";
    31 Pending Enroute "waiting for the handset";
    50 Failed Undeliverable "number does not exist or is closed";
    51 Failed Undeliverable retried "repeated failure at the handset";
    52 Failed Undeliverable "failure of the serving network";
    53 Failed Expired retried "expired: handset off too long";
    54 Failed Rejected "number on a blacklist";
    55 Failed Rejected "number blocked";
    70 Delivered Delivered "delivered at an unknown time";
    101 Failed Expired retried "expired: handset off too long";
    102 Failed Undeliverable "subscriber closed";
    103 Failed Expired retried "expired: handset off too long";
    104 Failed Undeliverable "number not correct";
    106 Delivered Delivered "delivered at an unknown time";
    110 Failed Undeliverable "number does not exist";
    111 Failed Undeliverable "number closed";
    112 Failed Undeliverable "number without service";
    113 Failed Expired retried "expired: handset off too long";
    120 Temporary Enroute "failure in the destination centre";
    121 Temporary Enroute retried "destination centre congested";
    122 Temporary Enroute "failure in the destination centre";
    130 Failed Undeliverable "handset error";
    131 Failed Undeliverable retried "handset memory full";
    132 Failed Undeliverable retried "handset cannot receive";
    133 Failed Undeliverable "handset failure";
    134 Temporary Enroute retried "handset trouble";
    135 Temporary Enroute retried "network trouble";
    136 Failed Undeliverable "no service or recently closed";
    137 Failed Undeliverable "number closed";
    140 ProviderError Undeliverable "destination error";
    141 ProviderError Undeliverable "destination error";
    150 Temporary Undeliverable "destination network closed for a time";
    200 Failed Rejected "refused by the operator";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(kind: ResultKind) -> impl Iterator<Item = u16> {
        RESULT_CODES.iter().filter(move |row| row.kind == kind).map(|row| row.code)
    }

    #[test]
    fn the_codes_are_those_of_the_provider() {
        assert_eq!(RESULT_CODES.len(), 48);
        assert!(RESULT_CODES.is_sorted_by_key(|row| row.code));
        // R-PP-24 to R-PP-27; code 1 is pending too, but accepted.
        assert!(codes(ResultKind::Pending).eq([0, 1, 2, 10, 12, 31]));
        assert!(codes(ResultKind::Delivered).eq([11, 13, 14, 70, 106]));
        assert!(codes(ResultKind::Temporary).eq([120, 121, 122, 134, 135, 150]));
        let expired = RESULT_CODES.iter().filter(|row| row.state == MessageState::Expired).map(|row| row.code);
        assert!(expired.eq([53, 101, 103, 113]));
        assert_eq!(ResultCode::find(29).map(|row| row.state), Some(MessageState::Deleted));
    }
}
