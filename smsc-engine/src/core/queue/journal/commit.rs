//! What became durable is done and answered, part by part, by the thread that wrote it.
//!
//! Another thread would have to be woken for that, which takes about as long as the work; and the next group gathers
//! meanwhile.

use bytes::{Bytes, BytesMut};

use super::super::index::Effect;
use super::super::promises::Promises;
use super::group::{Group, Position};
use super::shared::Shared;
use super::snapshot::Extent;

/// A group that is on the disk.
pub(super) struct Written {
    pub(super) group: Group,
    pub(super) octets: Bytes,
    /// Where it starts in its segment.
    pub(super) start: u32,
    /// Up to where everything is in the index once this is done.
    pub(super) extent: Extent,
}

impl Written {
    /// Keeps what a durable group promised; returns room for a later one: a block if one is free, and promises without any.
    pub(super) fn commit(self, shared: &Shared) -> (Option<BytesMut>, Promises<Position>) {
        let Written { mut group, octets, start, extent } = self;
        let (segment, size) = (extent.segment, octets.len());
        let mut state = shared.lock();
        state.extend(segment, extent.end, group.bodies());
        let spare = state.recent.push(segment, start, octets);
        drop(state);
        let mut arrived = Vec::new();
        group.promises.keep(|part| {
            let mut state = shared.lock_for_part();
            for mut effect in part {
                if let Some(body) = effect.body_mut() {
                    *body = body.based(segment, start);
                }
                if let Effect::Accepted { id, .. } = &effect {
                    arrived.push(*id);
                }
                state.commit(effect);
            }
            state.index.notify();
            shared.gate().arrived(&arrived, &state.index);
            arrived.clear();
        });
        let mut state = shared.lock();
        state.committed = extent;
        state.written += size as u64;
        if state.needs_housework(&shared.options) {
            shared.housework.notify_all();
        }
        drop(state);
        (spare, group.promises.emptied())
    }
}
