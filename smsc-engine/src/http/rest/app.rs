//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use tokio::sync::watch::Sender;

use super::core::Ledger;
use super::limit::Limiter;
use super::options::RestOptions;
use crate::control::Control;
use crate::overlay::AccountBook;

/// The REST API of one centre.
pub struct Rest {
    pub(super) control: Arc<Control>,
    pub(super) limiter: Limiter,
    /// What gateways have reported last.
    pub(super) ledger: Ledger,
    /// True when answers without an end are to end.
    pub(super) stop: Sender<bool>,
    /// Who may bind, where that can be changed.
    pub(super) accounts: Option<AccountBook>,
    /// Places for large documents, each held whole while it is read.
    pub(super) documents: Arc<Semaphore>,
    options: ArcSwap<RestOptions>,
}

impl Rest {
    pub(super) fn over(control: Arc<Control>, options: RestOptions, accounts: Option<AccountBook>) -> Rest {
        let (limiter, documents) = (Limiter::default(), Arc::new(Semaphore::new(MOST_DOCUMENTS)));
        let (ledger, stop) = (Ledger::default(), Sender::new(false));
        Rest { control, limiter, ledger, stop, accounts, documents, options: ArcSwap::from_pointee(options) }
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

/// They may be large, and whoever imports is somebody at a desk.
const MOST_DOCUMENTS: usize = 4;
