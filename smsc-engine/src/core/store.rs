//! What a table that is kept somewhere has to do with others who change it, and what goes wrong with it.

use std::error::Error;

use crate::BoxFuture;

/// A store of routes or locations failed; nothing of what it was asked for counts as stored.
#[derive(Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(#[source] Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps what the store says.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError(cause.into())
    }
}

/// What others made of a shared table since one looked last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum News<T> {
    /// Rows that were added or changed, and the numbers of those that were deleted.
    Rows(Vec<T>, Vec<u64>),
    /// There was too much of it: this is the whole table.
    All(Vec<T>),
}

impl<T> News<T> {
    /// Nothing.
    pub const NONE: News<T> = News::Rows(Vec::new(), Vec::new());

    /// Tells whether nothing happened.
    pub fn is_none(&self) -> bool {
        matches!(self, News::Rows(rows, gone) if rows.is_empty() && gone.is_empty())
    }
}

/// One's turn to change a table that others share: until it is over, nobody else changes it.
///
/// `C` is what a change of the table consists of, `T` is a row. One that is dropped changes nothing.
pub struct Turn<'a, C, T> {
    /// What others changed before; to be taken in before one's own change is planned.
    pub news: News<T>,
    save: Save<'a, C>,
}

/// Makes the change durable and gives it back.
pub type Save<'a, C> = Box<dyn FnOnce(C) -> BoxFuture<'a, Result<C, StoreError>> + Send + 'a>;

impl<'a, C, T> Turn<'a, C, T> {
    /// A turn that ends with `save`.
    pub fn new(news: News<T>, save: Save<'a, C>) -> Self {
        Turn { news, save }
    }

    /// Takes the news out.
    pub fn take_news(&mut self) -> News<T> {
        std::mem::replace(&mut self.news, News::NONE)
    }

    /// Stores a change, all of it or nothing, and ends the turn; resolves when it is durable.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn save(self, change: C) -> Result<C, StoreError> {
        (self.save)(change).await
    }
}
