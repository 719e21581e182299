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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// A refusal with this code.
    #[derive(Debug)]
    struct Refusal(&'static str);

    impl fmt::Display for Refusal {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Refusal {}

    impl DatabaseError for Refusal {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    /// Fails with this code until the given attempt; tells how it ended and after how many attempts.
    async fn tried(code: &'static str, succeeds: u32) -> (bool, u32) {
        let mut tries = 0;
        let result = past_conflicts(|| {
            tries += 1;
            let refused = || SqlError::Refused(sqlx::Error::Database(Box::new(Refusal(code))));
            std::future::ready(if tries < succeeds { Err(refused()) } else { Ok(()) })
        });
        (result.await.is_ok(), tries)
    }

    #[tokio::test]
    async fn who_gets_into_anothers_way_tries_again_but_not_for_ever() {
        assert_eq!(tried("40P01", 3).await, (true, 3));
        assert_eq!(tried("40001", MOST_TRIES).await, (true, MOST_TRIES));
        assert_eq!(tried("40001", u32::MAX).await, (false, MOST_TRIES));
        assert_eq!(tried("23505", 3).await, (false, 1), "another refusal stays one");
    }
}
