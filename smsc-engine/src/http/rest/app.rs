//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::limit::Limiter;
use super::options::RestOptions;
use crate::control::Control;

/// The REST API of one centre.
pub struct Rest {
    pub(super) control: Arc<Control>,
    pub(super) limiter: Limiter,
    options: ArcSwap<RestOptions>,
}

impl Rest {
    pub(super) fn over(control: Arc<Control>, options: RestOptions) -> Rest {
        let options = ArcSwap::from_pointee(options);
        Rest { control, limiter: Limiter::default(), options }
    }

    /// Takes other options; they hold for the next request.
    pub fn set_options(&self, options: RestOptions) {
        self.options.store(Arc::new(options));
    }

    /// Returns the options in force.
    pub fn options(&self) -> Arc<RestOptions> {
        self.options.load_full()
    }
}
