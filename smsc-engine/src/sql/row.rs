//! A row of an answer, copied out of what the server sent.

use std::sync::Arc;

use super::value::FromValue;
use super::{SqlError, Value};

/// One row of an answer.
#[derive(Clone, Debug)]
pub struct Row {
    pub(super) columns: Arc<[Box<str>]>,
    pub(super) values: Vec<Value<'static>>,
}

impl Row {
    /// Reads a column by its name; `Option` for one that may be null.
    ///
    /// # Errors
    /// [`SqlError::Column`] if there is no such column or it holds something else.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T, SqlError> {
        let place = self.columns.iter().position(|name| **name == *column);
        let value = place.and_then(|place| self.values.get(place));
        value.and_then(T::from_value).ok_or_else(|| SqlError::Column {
            column: column.to_owned(),
            found: value.map_or("no value, for there is no such column", Value::kind),
            wanted: T::WANTED,
        })
    }

    /// The names of the columns, in the order of the values.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(AsRef::as_ref)
    }

    /// The values.
    pub fn values(&self) -> &[Value<'static>] {
        &self.values
    }
}
