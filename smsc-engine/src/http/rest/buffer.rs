//! Buffers that answers are written into, used again and again.
//!
//! An answer of a message is just too large for what an allocator keeps at hand, and a fresh piece of such a size costs
//! it as much as everything else that an answer is made of together.

use std::cell::RefCell;

use axum::body::Bytes;

/// A buffer that goes back when nobody reads it any more.
struct Lent(Vec<u8>);

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// What `write` writes.
///
/// # Errors
/// Those of `write`.
pub(super) fn written<E>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Bytes, E> {
    let spare = SPARE.with_borrow_mut(Vec::pop);
    let mut lent = Lent(spare.unwrap_or_else(|| Vec::with_capacity(USUAL)));
    write(&mut lent.0)?;
    Ok(Bytes::from_owner(lent))
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        if buffer.capacity() > LARGEST_KEPT {
            return;
        }
        buffer.clear();
        // At the end of a thread there is nowhere to put it.
        let _ = SPARE.try_with(|spare| {
            if let Ok(mut spare) = spare.try_borrow_mut()
                && spare.len() < MOST_SPARE
            {
                spare.push(buffer);
            }
        });
    }
}

/// Octets of a message as it is shown.
const USUAL: usize = 1 << 11;
/// Long lists are rare; what they took is given back.
const LARGEST_KEPT: usize = 16 << 10;
/// For each thread: half a megabyte at most.
const MOST_SPARE: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Bytes {
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(text.as_bytes());
            Ok::<_, ()>(())
        };
        written(write).unwrap()
    }

    fn spare() -> usize {
        SPARE.with_borrow(Vec::len)
    }

    #[test]
    fn a_buffer_is_used_again_once_nobody_reads_it() {
        let first = answer("first");
        let also = first.clone();
        drop(first);
        let second = answer("second");
        assert_eq!((&also[..], &second[..], spare()), (&b"first"[..], &b"second"[..], 0));
        drop((also, second));
        assert_eq!(spare(), 2);
        assert_eq!(answer("again"), "again");
        drop((0..100).map(|_| answer("many")).collect::<Vec<_>>());
        assert_eq!(spare(), MOST_SPARE);
    }

    #[test]
    fn a_large_one_is_not_kept() {
        drop(answer(&"x".repeat(LARGEST_KEPT + 1)));
        assert_eq!(spare(), 0);
        assert_eq!(written(|_| Err::<(), _>("no")), Err("no"));
        assert_eq!(spare(), 1);
    }
}
