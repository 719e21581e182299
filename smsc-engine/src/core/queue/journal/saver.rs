//! The thread that writes a snapshot every so often, so that a start after a crash reads only what came after it.

use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};

use super::shared::{Shared, State};
use super::snapshot::{self, Extent};

/// The thread and what it must remember.
pub(super) struct Saver {
    pub(super) shared: Arc<Shared>,
    /// How much the journal had been written when the last snapshot was begun.
    pub(super) begun: u64,
    /// Octets of the last snapshot.
    pub(super) size: u64,
}

/// Segments between two snapshots at least.
const SEGMENTS: u64 = 4;
/// The journal grows by this many times the last snapshot before the next one, which so adds a third at most to what is written.
const TIMES: u64 = 3;

impl Saver {
    /// Saves until the journal stops.
    pub(super) fn run(mut self) {
        while let Some((extent, written)) = self.next() {
            self.begun = written;
            match snapshot::save(&self.shared, extent, |state| state.stop.is_some()) {
                Ok(size) => self.size = size,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => tracing::warn!(%error, "no snapshot was written; the next start takes longer"),
            }
        }
    }

    /// Waits until it is time for the next one; `None` when the journal has stopped.
    fn next(&self) -> Option<(Extent, u64)> {
        let mut state = self.shared.lock();
        loop {
            if state.stop.is_some() {
                return None;
            }
            if self.is_due(&state) {
                return Some((state.committed, state.written));
            }
            state = self.shared.housework.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_due(&self, state: &State) -> bool {
        let least = SEGMENTS * u64::from(self.shared.options.segment_octets);
        state.written - self.begun >= least.max(self.size * TIMES)
    }
}
