//! What became durable is done and answered, part by part, by the thread that wrote it.
//!
//! Another thread would have to be woken for that, which takes about as long as the work; and the next group gathers
//! meanwhile.

use bytes::Bytes;

use super::super::index::Effect;
use super::super::promises;
use super::group::{Group, HEADER, Stock};
use super::shared::Shared;
use super::snapshot::Extent;

/// A group that is on the disk, as it was gathered in several places.
pub(super) struct Written {
    pub(super) groups: Vec<Group>,
    pub(super) octets: Vec<Bytes>,
    /// Where it starts in its segment.
    pub(super) start: u32,
    /// Up to where everything is in the index once this is done.
    pub(super) extent: Extent,
}

impl Written {
    /// Keeps what a durable group promised; what was used can be used again, and of blocks no more than it took.
    pub(super) fn commit(self, shared: &Shared, stock: &mut Stock) {
        let Written { mut groups, octets, start, extent } = self;
        let (segment, parts) = (extent.segment, groups.len());
        let bodies = groups.iter().map(Group::bodies).sum();
        let mut starts = Vec::with_capacity(parts);
        let mut end = start;
        let mut state = shared.lock();
        state.extend(segment, extent.end, bodies);
        for octets in octets {
            // Where the first one counts from; the others count as if they had a header too.
            starts.push(if starts.is_empty() { end } else { end - HEADER as u32 });
            let size = octets.len() as u32;
            stock.blocks.extend(state.recent.push(segment, end, octets));
            end += size;
        }
        drop(state);
        stock.blocks.truncate(parts);
        let mut arrived = Vec::new();
        promises::keep(groups.iter_mut().map(|group| &mut group.promises), |few| {
            let mut state = shared.lock_for_part();
            for (part, mut effect) in few {
                if let Some(body) = effect.body_mut() {
                    *body = body.based(segment, starts.get(part).copied().unwrap_or_default());
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
        state.written += u64::from(end - start);
        if state.needs_housework(&shared.options) {
            shared.housework.notify_all();
        }
        drop(state);
        stock.promises.extend(groups.into_iter().map(|group| group.promises.emptied()));
    }
}
