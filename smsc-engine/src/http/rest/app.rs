//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::limit::Limiter;
use super::options::RestOptions;
use crate::control::Control;
use crate::http::counters::ApiCounters;

/// The REST API of one centre.
pub struct Rest {
    pub(super) control: Arc<Control>,
    pub(super) limiter: Limiter,
    pub(super) counters: ApiCounters,
    options: ArcSwap<RestOptions>,
}

impl Rest {
    pub(super) fn over(control: Arc<Control>, options: RestOptions) -> Rest {
        let options = ArcSwap::from_pointee(options);
        Rest { control, limiter: Limiter::default(), counters: ApiCounters::default(), options }
    }

    /// Takes other options; they hold for the next request.
    pub fn set_options(&self, options: RestOptions) {
        self.options.store(Arc::new(options));
    }

    /// What was answered so far, for metrics.
    pub fn counters(&self) -> &ApiCounters {
        &self.counters
    }

    /// Returns the options in force.
    pub fn options(&self) -> Arc<RestOptions> {
        self.options.load_full()
    }
}
