//! Tables that everybody reads as a snapshot while somebody changes them: copies share what was not changed.

mod book;
mod trie;

pub(super) use book::{Book, Numbered};
pub(super) use trie::{Cursor, Trie};

/// Runs a change to its end though the caller may not wait for it: half a change would be in the store and not here.
pub(crate) async fn finish<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    joined(tokio::spawn(work).await)
}

/// Runs what may take long for a large table where it holds up no session.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(tokio::task::spawn_blocking(work).await)
}

fn joined<T>(result: Result<T, tokio::task::JoinError>) -> T {
    result.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
}
