//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch::Sender;

use super::core::Ledger;
use super::limit::Limiter;
use super::options::RestOptions;
use crate::control::Control;

/// The REST API of one centre.
pub struct Rest {
    pub(super) control: Arc<Control>,
    pub(super) limiter: Limiter,
    /// What gateways have reported last.
    pub(super) ledger: Ledger,
    /// True when answers without an end are to end.
    pub(super) stop: Sender<bool>,
    options: ArcSwap<RestOptions>,
}

impl Rest {
    pub(super) fn over(control: Arc<Control>, options: RestOptions) -> Rest {
        let options = ArcSwap::from_pointee(options);
        Rest { control, limiter: Limiter::default(), ledger: Ledger::default(), stop: Sender::new(false), options }
    }

    /// Takes other options; they hold for the next request.
    pub fn set_options(&self, options: RestOptions) {
        self.options.store(Arc::new(options));
    }

    /// Ends answers that have no end of their own, so that the port can be closed without waiting for them.
    pub fn end_streams(&self) {
        self.stop.send_replace(true);
    }

    /// Returns the options in force.
    pub fn options(&self) -> Arc<RestOptions> {
        self.options.load_full()
    }
}
