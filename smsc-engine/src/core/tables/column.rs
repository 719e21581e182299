//! How a field becomes a column and comes back.

use crate::model::{Charged, SourceType, Status, Timestamp};
use crate::sql::{Row, SqlError, Value};

/// A field that is kept in a column of its own.
pub(super) trait Column: Sized {
    fn value(&self) -> Value<'_>;
    fn read(row: &Row, column: &str) -> Result<Self, SqlError>;
}

macro_rules! columns {
    ($($type:ty, $field:ident => $value:expr;)*) => {$(
        impl Column for $type {
            fn value(&self) -> Value<'_> {
                let $field = self;
                $value.into()
            }

            fn read(row: &Row, column: &str) -> Result<Self, SqlError> {
                row.get(column)
            }
        }
    )*};
}

columns! {
    bool, flag => *flag;
    u8, number => *number;
    u32, number => *number;
    u64, number => *number;
    Option<u64>, number => *number;
    String, text => text;
    Option<String>, text => text.as_deref();
    Option<bool>, flag => *flag;
    Timestamp, time => *time;
    Option<Timestamp>, time => *time;
}

macro_rules! words {
    ($($type:ty, $wanted:literal;)*) => {$(
        impl Column for $type {
            fn value(&self) -> Value<'_> {
                self.name().into()
            }

            fn read(row: &Row, column: &str) -> Result<Self, SqlError> {
                let word: String = row.get(column)?;
                Self::from_name(&word).ok_or_else(|| unknown(column, $wanted))
            }
        }

        impl Column for Option<$type> {
            fn value(&self) -> Value<'_> {
                self.map(|word| word.name()).into()
            }

            fn read(row: &Row, column: &str) -> Result<Self, SqlError> {
                let word: Option<String> = row.get(column)?;
                word.map(|word| <$type>::from_name(&word).ok_or_else(|| unknown(column, $wanted))).transpose()
            }
        }
    )*};
}

words! {
    SourceType, "IMS, CS or SMPP";
    Charged, "yes, no or default";
    Status, "the word of a status";
}

fn unknown(column: &str, wanted: &'static str) -> SqlError {
    SqlError::Column { column: column.to_owned(), found: "another word", wanted }
}
