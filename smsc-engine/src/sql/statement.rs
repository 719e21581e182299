//! A statement: its text, written once for all servers, and its values.

use std::borrow::Cow;

use super::Value;

/// The text of a statement, with a question mark for each value, and the values.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    pub(super) text: Cow<'static, str>,
    pub(super) values: Vec<Value<'a>>,
    pub(super) kept: bool,
}

impl<'a> Statement<'a> {
    /// Makes a statement without values yet; the text must be ours alone, whatever comes from outside is bound.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Statement { text: text.into(), values: Vec::new(), kept: true }
    }

    /// Makes an `INSERT` of as many rows as `rows` yields; each must have as many values as there are `columns`.
    ///
    /// The server does not keep it prepared unless `usual` says that statements of just this many rows come often.
    pub fn insert<R>(table: &str, columns: &[&str], rows: impl IntoIterator<Item = R>, usual: bool) -> Self
    where
        R: IntoIterator<Item = Value<'a>>,
    {
        let mut values = Vec::new();
        values.extend(rows.into_iter().flatten());
        let row = format!("({})", vec!["?"; columns.len()].join(", "));
        let count = values.len() / columns.len().max(1);
        let text = format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), vec![row.as_str(); count].join(", "));
        Statement { text: text.into(), values, kept: usual }
    }

    /// Adds more text, such as [`Dialect::on_duplicate`](super::Dialect::on_duplicate).
    #[must_use]
    pub fn push(mut self, text: &str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Adds a list `(?, ?, …)` of these values.
    #[must_use]
    pub fn push_list(mut self, values: impl IntoIterator<Item = impl Into<Value<'a>>>) -> Self {
        let before = self.values.len();
        self.values.extend(values.into_iter().map(Into::into));
        let marks = vec!["?"; self.values.len() - before].join(", ");
        // The number of values changes from call to call.
        self.kept = false;
        self.push("(").push(&marks).push(")")
    }

    /// Lets the server plan it anew each time, by the values and by how large the tables are then.
    #[must_use]
    #[cfg(feature = "postgres")]
    pub(crate) fn planned_anew(self) -> Self {
        Statement { kept: false, ..self }
    }

    /// Binds the value of the next question mark.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value<'a>>) -> Self {
        self.values.push(value.into());
        self
    }
}
