//! The compact binary form of a message, for stores.
//!
//! One version octet, then the fields in the order of the list below: numbers in little endian, strings after
//! their length. It is not a wire format: no other product reads it. Reading is total: any octets give a
//! message or a [`FormError`], and what is read back is what was written.

use bytes::Bytes;

use super::together::Together;
use super::{Account, Address, Extra, FinalState, Kind, Lane, Message, MessageId, Outcome, Timestamp, Word};

/// Says why octets are no message and at which field that showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored message: {field}: {fault}")]
pub struct FormError {
    /// The field that could not be read.
    pub field: &'static str,
    /// What was wrong with it.
    pub fault: FormFault,
}

/// What can be wrong with a field of a stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormFault {
    /// The octets end too early.
    #[error("octets missing")]
    Truncated,
    /// The octets mean nothing here.
    #[error("no such value")]
    Value,
    /// The form is of a version that this program does not know.
    #[error("version {0} is not known")]
    Version(u8),
    /// There are octets after the last field.
    #[error("octets left over")]
    Surplus,
    /// There is more of it than so much.
    #[error("more than {0}")]
    TooMany(usize),
}

/// Counts up with every change of the list of fields. Version 1 had no extra fields, version 2 no node.
const VERSION: u8 = 3;
/// What is written for a message that names no node: older programs read it too.
const WITHOUT_ORIGIN: u8 = 2;

/// A value that knows its octets.
pub(crate) trait Part: Sized {
    fn size(&self) -> usize;
    fn put(&self, out: &mut Vec<u8>);
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault>;

    /// The same beside others that are read together: what is alike is kept once.
    fn take_beside(rest: &mut &[u8], others: &mut Together) -> Result<Self, FormFault> {
        let _ = others;
        Self::take(rest)
    }
}

macro_rules! form {
    ($($field:ident)*) => {
        impl Message {
            /// Returns how many octets [`Message::encode`] appends.
            pub fn encoded_len(&self) -> usize {
                1 $(+ self.$field.size())* + self.extra.size() + self.origin().map_or(0, Word::size)
            }

            /// Appends the stored form to `out`.
            pub fn encode(&self, out: &mut Vec<u8>) {
                out.push(self.origin().map_or(WITHOUT_ORIGIN, |_| VERSION));
                $(self.$field.put(out);)*
                self.extra.put(out);
                if let Some(origin) = self.origin() {
                    origin.put(out);
                }
            }

            /// Reads a stored form; the message owns its octets and keeps `octets` alive in no way.
            ///
            /// # Errors
            /// When `octets` are not exactly one message of a known version.
            pub fn decode(octets: &[u8]) -> Result<Self, FormError> {
                Self::decode_beside(octets, &mut Together::default())
            }

            /// The same for one of several that are read together.
            pub(crate) fn decode_beside(octets: &[u8], others: &mut Together) -> Result<Self, FormError> {
                let mut rest = octets;
                let version = read_version(&mut rest).map_err(|fault| FormError { field: "version", fault })?;
                $(
                    let $field = Part::take_beside(&mut rest, others);
                    let $field = $field.map_err(|fault| FormError { field: stringify!($field), fault })?;
                )*
                let mut extra: Option<Box<Extra>> = match version {
                    1 => None,
                    _ => Part::take(&mut rest).map_err(|fault| FormError { field: "extra", fault })?,
                };
                if version > WITHOUT_ORIGIN {
                    let origin = Part::take(&mut rest).map_err(|fault| FormError { field: "origin", fault })?;
                    extra.get_or_insert_default().origin = origin;
                }
                if !rest.is_empty() {
                    return Err(FormError { field: "end", fault: FormFault::Surplus });
                }
                Ok(Message { $($field,)* extra })
            }
        }
    };
}

form! {
    id kind submitted deliver_after expires attempts priority lane account source destination service_type
    about esm_class protocol_id data_coding registered_delivery sm_default_msg_id user_data tlvs
}

impl Message {
    /// The node that accepted it, if it names one.
    fn origin(&self) -> Option<&Word> {
        self.extra.as_ref().map(|extra| &extra.origin).filter(|origin| !origin.is_empty())
    }
}

fn read_version(rest: &mut &[u8]) -> Result<u8, FormFault> {
    match u8::take(rest)? {
        version @ 1..=VERSION => Ok(version),
        other => Err(FormFault::Version(other)),
    }
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        impl Part for $number {
            fn size(&self) -> usize {
                size_of::<$number>()
            }
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
                let (head, tail) = rest.split_first_chunk().ok_or(FormFault::Truncated)?;
                *rest = tail;
                Ok($number::from_le_bytes(*head))
            }
        }
    )*};
}

numbers! { u8 u32 u64 }

fn octets_len(octets: &[u8]) -> usize {
    let bits = usize::BITS - octets.len().leading_zeros();
    bits.div_ceil(7).max(1) as usize + octets.len()
}

/// Writes octets after their length: seven bits per octet, lowest first, so that a short string costs one octet more.
pub(crate) fn put_octets(octets: &[u8], out: &mut Vec<u8>) {
    put_len(octets.len(), out);
    out.extend_from_slice(octets);
}

/// Writes the length of what follows.
pub(crate) fn put_len(mut len: usize, out: &mut Vec<u8>) {
    while len >= 0x80 {
        out.push((len & 0x7F) as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
}

/// Reads octets after their length. Four octets of length are more than any store takes in one message.
pub(crate) fn take_octets<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], FormFault> {
    let mut len = 0;
    for shift in [0, 7, 14, 21] {
        let octet = u8::take(rest)?;
        len |= usize::from(octet & 0x7F) << shift;
        if octet < 0x80 {
            let (head, tail) = rest.split_at_checked(len).ok_or(FormFault::Truncated)?;
            *rest = tail;
            return Ok(head);
        }
    }
    Err(FormFault::Value)
}

macro_rules! strings {
    ($($string:ty, $octets:expr, $make:expr;)*) => {$(
        impl Part for $string {
            fn size(&self) -> usize {
                let octets: fn(&$string) -> &[u8] = $octets;
                octets_len(octets(self))
            }
            fn put(&self, out: &mut Vec<u8>) {
                let octets: fn(&$string) -> &[u8] = $octets;
                put_octets(octets(self), out);
            }
            fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
                Self::take_beside(rest, &mut Together::default())
            }
            fn take_beside(rest: &mut &[u8], others: &mut Together) -> Result<Self, FormFault> {
                let make: fn(&[u8], &mut Together) -> Option<$string> = $make;
                make(take_octets(rest)?, others).ok_or(FormFault::Value)
            }
        }
    )*};
}

strings! {
    Word, Word::octets, |octets, _| Some(Word::new(octets));
    Bytes, |bytes| bytes, |octets, others| Some(others.octets(octets));
    Account, |name| name.as_str().as_bytes(), |octets, others| others.account(octets);
    Lane, |name| name.as_str().as_bytes(), |octets, others| others.lane(octets);
}

macro_rules! newtypes {
    ($($name:ident)*) => {$(
        impl Part for $name {
            fn size(&self) -> usize {
                self.0.size()
            }
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }
            fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
                Part::take(rest).map($name)
            }
        }
    )*};
}

newtypes! { MessageId Timestamp }

impl<T: Part> Part for Option<T> {
    fn size(&self) -> usize {
        1 + self.as_ref().map_or(0, Part::size)
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        match u8::take(rest)? {
            0 => Ok(None),
            1 => T::take(rest).map(Some),
            _ => Err(FormFault::Value),
        }
    }
}

impl<T: Part> Part for Box<T> {
    fn size(&self) -> usize {
        T::size(self)
    }
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        T::take(rest).map(Box::new)
    }
}

impl Part for Extra {
    fn size(&self) -> usize {
        self.source_imsi.size() + self.dest_imsi.size() + self.raw_pdu.size() + 3
    }
    fn put(&self, out: &mut Vec<u8>) {
        self.source_imsi.put(out);
        self.dest_imsi.put(out);
        self.raw_pdu.put(out);
        out.extend_from_slice(&[self.part_number, self.parts, self.flags()]);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        let extra = Extra {
            source_imsi: Part::take(rest)?,
            dest_imsi: Part::take(rest)?,
            raw_pdu: Part::take(rest)?,
            part_number: Part::take(rest)?,
            parts: Part::take(rest)?,
            ..Extra::NONE
        };
        extra.with_flags(u8::take(rest)?).ok_or(FormFault::Value)
    }
}

impl Part for bool {
    fn size(&self) -> usize {
        1
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        match u8::take(rest)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(FormFault::Value),
        }
    }
}

impl Part for Kind {
    fn size(&self) -> usize {
        1
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Kind::Mt => 0,
            Kind::Mo => 1,
            Kind::Receipt => 2,
            Kind::Alert => 3,
        });
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        match u8::take(rest)? {
            0 => Ok(Kind::Mt),
            1 => Ok(Kind::Mo),
            2 => Ok(Kind::Receipt),
            3 => Ok(Kind::Alert),
            _ => Err(FormFault::Value),
        }
    }
}

impl Part for Address {
    fn size(&self) -> usize {
        2 + self.digits.size()
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.ton, self.npi]);
        self.digits.put(out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        Ok(Address { ton: u8::take(rest)?, npi: u8::take(rest)?, digits: Word::take(rest)? })
    }
}

impl Part for Outcome {
    fn size(&self) -> usize {
        1 + self.error.size() + self.attempts.size() + self.done.size()
    }
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.state.message_state());
        self.error.put(out);
        self.attempts.put(out);
        self.done.put(out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        let state = FinalState::from_message_state(u8::take(rest)?).ok_or(FormFault::Value)?;
        Ok(Outcome { state, error: Part::take(rest)?, attempts: Part::take(rest)?, done: Part::take(rest)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn octets(max: usize) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..max)
    }

    fn address() -> impl Strategy<Value = Address> {
        (any::<u8>(), any::<u8>(), octets(70)).prop_map(|(ton, npi, digits)| Address::new(ton, npi, digits))
    }

    fn extra() -> impl Strategy<Value = Extra> {
        let small = (any::<u8>(), any::<u8>(), 0_u8..32);
        (octets(30), octets(30), octets(200), small, octets(30)).prop_map(|(source, dest, pdu, small, origin)| {
            let (source_imsi, dest_imsi, raw_pdu) = (Word::new(source), Word::new(dest), pdu.into());
            let ((part_number, parts, flags), origin) = (small, Word::new(origin));
            Extra { source_imsi, dest_imsi, raw_pdu, part_number, parts, origin, ..Extra::NONE }.with_flags(flags).unwrap()
        })
    }

    fn message() -> impl Strategy<Value = Message> {
        (plain(), proptest::option::of(extra())).prop_map(|(plain, extra)| Message { extra: extra.map(Box::new), ..plain })
    }

    fn plain() -> impl Strategy<Value = Message> {
        let texts = ("[a-z:é]{0,200}", "[a-z]{0,10}", octets(7));
        let numbers = (any::<[u8; 6]>(), any::<[u64; 4]>(), any::<u32>(), any::<Option<u64>>());
        let kind = prop_oneof![Just(Kind::Mt), Just(Kind::Mo), Just(Kind::Receipt), Just(Kind::Alert)];
        (texts, numbers, kind, address(), address(), octets(20_000), octets(300)).prop_map(
            |((account, lane, service), (small, big, attempts, about), kind, source, destination, data, tlvs)| Message {
                id: MessageId(big[0]),
                kind,
                account: Account::new(account),
                lane: Lane::new(lane),
                about: about.map(MessageId),
                service_type: Word::new(service),
                source,
                destination,
                esm_class: small[0],
                protocol_id: small[1],
                priority: small[2],
                data_coding: small[3],
                registered_delivery: small[4],
                sm_default_msg_id: small[5],
                user_data: data.into(),
                tlvs: tlvs.into(),
                submitted: Timestamp(big[1]),
                deliver_after: Timestamp(big[2]),
                expires: Timestamp(big[3]),
                attempts,
                extra: None,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_every_prefix_is_refused(message in message(), cut in any::<prop::sample::Index>()) {
            let mut stored = Vec::new();
            message.encode(&mut stored);
            prop_assert_eq!(stored.len(), message.encoded_len());
            let read = Message::decode(&stored).unwrap();
            prop_assert!(read == message);
            let mut others = Together::of(4 * stored.len());
            for _ in 0..3 {
                prop_assert!(Message::decode_beside(&stored, &mut others).unwrap() == message);
            }
            let cut = cut.index(stored.len());
            prop_assert!(Message::decode(&stored[..cut]).is_err());
            stored.push(0);
            prop_assert_eq!(Message::decode(&stored), Err(FormError { field: "end", fault: FormFault::Surplus }));
        }

        #[test]
        fn the_first_version_is_read(message in plain()) {
            let mut stored = Vec::new();
            message.encode(&mut stored);
            stored.pop();
            stored[0] = 1;
            prop_assert!(Message::decode(&stored).unwrap() == message);
        }

        #[test]
        fn any_octets_are_read_or_refused(mut stored in octets(200)) {
            let _ = Message::decode(&stored);
            if let Some(first) = stored.first_mut() {
                *first = VERSION;
            }
            if let Ok(message) = Message::decode(&stored) {
                prop_assert!(message.encoded_len() <= stored.len());
            }
        }
    }

    #[test]
    fn an_error_names_the_field() {
        let mut stored = Vec::new();
        Message::new(MessageId(1), "a".into(), "b".into()).encode(&mut stored);
        assert_eq!(Message::decode(&[]).unwrap_err().to_string(), "stored message: version: octets missing");
        assert_eq!(Message::decode(&stored[..12]).unwrap_err().field, "submitted");
        stored[9] = 9;
        assert_eq!(Message::decode(&stored), Err(FormError { field: "kind", fault: FormFault::Value }));
        stored[0] = 77;
        assert_eq!(Message::decode(&stored).unwrap_err().fault, FormFault::Version(77));
    }
}
