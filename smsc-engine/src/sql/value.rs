//! What goes into a statement and comes out of a row.

use std::borrow::Cow;

use crate::calendar;
use crate::model::{Account, Lane, MessageId, Timestamp};

/// One value, or none of its type: PostgreSQL wants to know the type of nothing, too.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A flag.
    Bool(Option<bool>),
    /// A whole number.
    Int(Option<i64>),
    /// A number with a floating point.
    Real(Option<f64>),
    /// A text.
    Text(Option<Cow<'a, str>>),
    /// Octets.
    Blob(Option<Cow<'a, [u8]>>),
    /// A moment, for `{time}` columns: milliseconds, but whole seconds in MariaDB.
    Time(Option<Timestamp>),
    /// The day of a moment, for `DATE` columns.
    Date(Option<Timestamp>),
    /// Many values as one, for `UNNEST`; PostgreSQL only.
    List(List<'a>),
}

/// Values of one type that PostgreSQL takes as one array.
#[derive(Clone, Debug, PartialEq)]
pub enum List<'a> {
    /// Flags.
    Bools(Vec<bool>),
    /// Whole numbers, some perhaps missing.
    Ints(Vec<Option<i64>>),
    /// Texts.
    Texts(Vec<&'a str>),
    /// Octets.
    Blobs(Vec<&'a [u8]>),
}

impl Value<'_> {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Bool(None)
            | Value::Int(None)
            | Value::Real(None)
            | Value::Text(None)
            | Value::Blob(None)
            | Value::Time(None)
            | Value::Date(None) => "nothing",
            Value::Bool(_) => "a flag",
            Value::Int(_) => "a whole number",
            Value::Real(_) => "a number",
            Value::Text(_) => "a text",
            Value::Blob(_) => "octets",
            Value::Time(_) => "a time",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
        }
    }
}

impl<'a> From<List<'a>> for Value<'a> {
    fn from(list: List<'a>) -> Self {
        Value::List(list)
    }
}

macro_rules! values {
    ($(<$life:lifetime> $from:ty => $variant:ident, $value:ident => $convert:expr;)*) => {$(
        impl<$life> From<$from> for Value<$life> {
            fn from($value: $from) -> Self {
                Value::$variant(Some($convert))
            }
        }

        impl<$life> From<Option<$from>> for Value<$life> {
            fn from(value: Option<$from>) -> Self {
                Value::$variant(value.map(|$value| $convert))
            }
        }
    )*};
}

values! {
    <'a> bool => Bool, value => value;
    <'a> u8 => Int, value => value.into();
    <'a> u16 => Int, value => value.into();
    <'a> u32 => Int, value => value.into();
    <'a> i32 => Int, value => value.into();
    <'a> i64 => Int, value => value;
    // Servers have no unsigned columns: the octets are kept and read back as they were.
    <'a> u64 => Int, value => value as i64;
    <'a> usize => Int, value => value as i64;
    <'a> MessageId => Int, value => value.0 as i64;
    <'a> f64 => Real, value => value;
    <'a> &'a str => Text, value => Cow::Borrowed(value);
    <'a> &'a String => Text, value => Cow::Borrowed(value.as_str());
    <'a> String => Text, value => Cow::Owned(value);
    <'a> &'a Account => Text, value => Cow::Borrowed(value.as_str());
    <'a> &'a Lane => Text, value => Cow::Borrowed(value.as_str());
    <'a> &'a [u8] => Blob, value => Cow::Borrowed(value);
    <'a> Vec<u8> => Blob, value => Cow::Owned(value);
    <'a> Timestamp => Time, value => value;
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// What it is, for people: "a text".
    const WANTED: &'static str;

    /// Reads a value; `None` if it is of another kind or out of range.
    fn from_value(value: &Value<'static>) -> Option<Self>;
}

macro_rules! from_values {
    ($($type:ty, $wanted:literal, $($pattern:pat => $read:expr),+;)*) => {$(
        impl FromValue for $type {
            const WANTED: &'static str = $wanted;

            fn from_value(value: &Value<'static>) -> Option<Self> {
                match value {
                    $($pattern => $read,)+
                    _ => None,
                }
            }
        }
    )*};
}

from_values! {
    bool, "a flag", Value::Bool(flag) => *flag, Value::Int(Some(number)) => Some(*number != 0);
    i64, "a whole number", Value::Int(number) => *number, Value::Bool(Some(flag)) => Some((*flag).into()),
        // MariaDB's sums are decimals.
        Value::Text(Some(digits)) => digits.parse().ok();
    f64, "a number", Value::Real(number) => *number, Value::Int(Some(number)) => Some(*number as f64),
        Value::Text(Some(digits)) => digits.parse().ok();
    String, "a text", Value::Text(text) => text.as_deref().map(str::to_owned),
        Value::Date(Some(day)) => Some(calendar::date(*day)),
        // SQLite knows no types but those of the values.
        Value::Int(Some(number)) => Some(number.to_string());
    Vec<u8>, "octets", Value::Blob(octets) => octets.as_deref().map(<[u8]>::to_vec),
        Value::Text(Some(text)) => Some(text.as_bytes().to_vec());
    Timestamp, "a time", Value::Time(time) => *time, Value::Date(day) => *day,
        Value::Text(Some(text)) => calendar::parse(text);
    // Kept as their octets, see above.
    u64, "a whole number", Value::Int(Some(number)) => Some(*number as u64),
        Value::Text(Some(digits)) => digits.parse().ok();
}

macro_rules! narrower {
    ($($type:ty)*) => {$(
        impl FromValue for $type {
            const WANTED: &'static str = concat!("a whole number that is a ", stringify!($type));

            fn from_value(value: &Value<'static>) -> Option<Self> {
                Self::try_from(i64::from_value(value)?).ok()
            }
        }
    )*};
}

narrower!(u8 u16 u32 i32 usize);

impl FromValue for MessageId {
    const WANTED: &'static str = u64::WANTED;

    fn from_value(value: &Value<'static>) -> Option<Self> {
        u64::from_value(value).map(MessageId)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;

    fn from_value(value: &Value<'static>) -> Option<Self> {
        if value.kind() == "nothing" { Some(None) } else { T::from_value(value).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_above_the_signed_range_survive() {
        let Value::Int(Some(kept)) = Value::from(MessageId(u64::MAX)) else { panic!("an id is a number") };
        assert_eq!(MessageId::from_value(&Value::Int(Some(kept))), Some(MessageId(u64::MAX)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(u8::from_value(&Value::Int(Some(256))), None);
        assert_eq!(i64::from_value(&Value::Real(Some(1.5))), None);
        assert_eq!(Option::<i64>::from_value(&Value::Text(None)), Some(None));
        assert_eq!(i64::from_value(&Value::Int(None)), None);
        assert_eq!(i64::from_value(&Value::Text(Some("12".into()))), Some(12));
    }
}
