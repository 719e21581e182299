//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use super::limit::Limiter;
use super::options::RestOptions;
use crate::control::Control;
use crate::overlay::AccountBook;

/// The REST API of one centre.
pub struct Rest {
    pub(super) control: Arc<Control>,
    pub(super) limiter: Limiter,
    /// Who may bind, where that can be changed.
    pub(super) accounts: Option<AccountBook>,
    /// Places for large documents, each held whole while it is read.
    pub(super) documents: Arc<Semaphore>,
    options: ArcSwap<RestOptions>,
}

impl Rest {
    pub(super) fn over(control: Arc<Control>, options: RestOptions, accounts: Option<AccountBook>) -> Rest {
        let (limiter, documents) = (Limiter::default(), Arc::new(Semaphore::new(MOST_DOCUMENTS)));
        Rest { control, limiter, accounts, documents, options: ArcSwap::from_pointee(options) }
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

/// They may be large, and whoever imports is somebody at a desk.
const MOST_DOCUMENTS: usize = 4;
