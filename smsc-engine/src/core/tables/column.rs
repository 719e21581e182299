//! How a field becomes a column and comes back.

use std::sync::Arc;

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

impl Column for Arc<str> {
    fn value(&self) -> Value<'_> {
        (&**self).into()
    }

    fn read(row: &Row, column: &str) -> Result<Self, SqlError> {
        row.get::<String>(column).map(Into::into)
    }
}

/// As text, which every server has.
impl Column for Option<serde_json::Value> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map(serde_json::Value::to_string).into()
    }

    fn read(row: &Row, column: &str) -> Result<Self, SqlError> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| unknown(column, "JSON"))).transpose()
    }
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
    SqlError::Column { column: column.to_owned(), found: "another text", wanted }
}
