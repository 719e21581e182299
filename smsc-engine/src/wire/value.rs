//! Values, and how they are put together.

use std::time::Duration;

use bytes::Bytes;

use super::error::WireError;
use crate::model::{Account, Address, FinalState, FormFault, Lane, Message, MessageId, Part, Timestamp, Word};
use crate::model::{put_len, take_octets};

/// A value that knows its octets.
pub(crate) trait Wire: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(rest: &mut &[u8]) -> Result<Self, WireError>;
}

/// Reads a value that there is nothing after.
pub(super) fn whole<T: Wire>(octets: &[u8]) -> Result<T, WireError> {
    let mut rest = octets;
    let value = T::take(&mut rest)?;
    match rest {
        [] => Ok(value),
        _ => Err(WireError::from(FormFault::Surplus).named("end")),
    }
}

/// Reads a field and names it if it cannot be read.
pub(super) fn field<T: Wire>(rest: &mut &[u8], name: &'static str) -> Result<T, WireError> {
    T::take(rest).map_err(|error| error.named(name))
}

/// A struct is its fields in this order.
macro_rules! fields {
    ($($name:ident { $($field:ident)* })*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
            fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
                Ok($name { $($field: $crate::wire::value::field(rest, stringify!($field))?,)* })
            }
        }
    )*};
}

/// An enumeration without values is a number.
macro_rules! codes {
    ($($name:ident { $($variant:ident = $code:literal)* })*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self {
                    $($name::$variant => $code,)*
                });
            }
            fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
                match <u8 as Wire>::take(rest)? {
                    $($code => Ok($name::$variant),)*
                    _ => Err(FormFault::Value.into()),
                }
            }
        }
    )*};
}

pub(super) use {codes, fields};

/// What has a stored form goes over the wire in it.
macro_rules! parts {
    ($($name:ident)*) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                Part::put(self, out);
            }
            fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
                Ok(Part::take(rest)?)
            }
        }
    )*};
}

parts! { u8 u32 u64 bool Word Bytes Account Lane MessageId Timestamp Address }

impl Wire for Message {
    fn put(&self, out: &mut Vec<u8>) {
        put_len(self.encoded_len(), out);
        self.encode(out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        Ok(Message::decode(take_octets(rest)?)?)
    }
}

impl Wire for () {
    fn put(&self, _: &mut Vec<u8>) {}
    fn take(_: &mut &[u8]) -> Result<Self, WireError> {
        Ok(())
    }
}

/// A count or a place.
impl Wire for usize {
    fn put(&self, out: &mut Vec<u8>) {
        Part::put(&u32::try_from(*self).unwrap_or(u32::MAX), out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        usize::try_from(<u32 as Part>::take(rest)?).map_err(|_| FormFault::Value.into())
    }
}

/// Milliseconds.
impl Wire for Duration {
    fn put(&self, out: &mut Vec<u8>) {
        Part::put(&u64::try_from(self.as_millis()).unwrap_or(u64::MAX), out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        Ok(Duration::from_millis(Part::take(rest)?))
    }
}

impl Wire for FinalState {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.message_state());
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        FinalState::from_message_state(Part::take(rest)?).ok_or(FormFault::Value.into())
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        Part::put(&self.is_some(), out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        <bool as Part>::take(rest)?.then(|| T::take(rest)).transpose()
    }
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn put(&self, out: &mut Vec<u8>) {
        Part::put(&self.is_ok(), out);
        match self {
            Ok(value) => value.put(out),
            Err(error) => error.put(out),
        }
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        Ok(match <bool as Part>::take(rest)? {
            true => Ok(T::take(rest)?),
            false => Err(E::take(rest)?),
        })
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        Ok((A::take(rest)?, B::take(rest)?))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        self.iter().for_each(|item| item.put(out));
    }
    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        let count = field::<usize>(rest, "count")?;
        if count > MOST_ITEMS {
            return Err(WireError::from(FormFault::TooMany(MOST_ITEMS)).named("count"));
        }
        // Whoever announces more than there is gets no memory for it.
        let mut items = Vec::with_capacity(count.min(rest.len()));
        for item in 0..count {
            items.push(T::take(rest).map_err(|error| error.within(item))?);
        }
        Ok(items)
    }
}

/// Items of any list.
pub(crate) const MOST_ITEMS: usize = 20_000;
