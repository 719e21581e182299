//! Transactions that get into each other's way.

use super::SqlError;

/// Does a transaction again, at once, whenever the server undoes it because it got into another one's way: the other one
/// got on. If that goes on for too long, the last error counts.
pub(crate) async fn past_conflicts<T, F>(mut once: impl FnMut() -> F) -> Result<T, SqlError>
where
    F: Future<Output = Result<T, SqlError>>,
{
    for _ in 1..MOST_TRIES {
        match once().await {
            Err(error) if error.is_conflict() => {}
            result => return result,
        }
    }
    once().await
}

/// How often a transaction is tried that gets into another one's way.
pub(crate) const MOST_TRIES: u32 = 20;
