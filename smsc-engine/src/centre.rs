//! A whole message centre in one process: core, sandbox carrier and SMPP side put together.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::accounts::AccountError;
use crate::api::CoreApi;
use crate::core::lifecycle::Policy;
use crate::core::queue::{JournalOptions, JournalQueue, OpenError, Queue};
use crate::core::route::SingleRoute;
use crate::core::{Core, sweep};
use crate::frontend::{Frontend, FrontendConfig, FrontendError};
use crate::model::Lane;
use crate::sandbox::{Sandbox, SandboxConfig};

/// How a centre is built.
#[derive(Clone, Debug)]
pub struct CentreConfig {
    /// The directory of the journal; created if missing.
    pub directory: PathBuf,
    /// The journal's limits.
    pub journal: JournalOptions,
    /// How long messages that ended can still be asked about.
    pub retention: Duration,
    /// The rules of a message's life.
    pub policy: Policy,
    /// The SMPP side.
    pub frontend: FrontendConfig,
    /// The carrier.
    pub sandbox: SandboxConfig,
}

/// A running message centre.
pub struct Centre {
    queue: Arc<dyn Queue>,
    frontend: Frontend,
    tasks: Vec<JoinHandle<()>>,
}

/// Why a centre did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The journal cannot be opened.
    #[error("cannot open the journal in {}: {error}", directory.display())]
    Journal {
        /// Which directory.
        directory: PathBuf,
        /// What is wrong.
        error: OpenError,
    },
    /// The accounts cannot be used.
    #[error(transparent)]
    Accounts(AccountError),
    /// The address cannot be listened on.
    #[error("cannot listen for SMPP on {address}: {error}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

impl Centre {
    /// Opens the journal, goes on with what was queued, and listens.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: CentreConfig) -> Result<Centre, StartError> {
        let CentreConfig { directory, journal, retention, policy, frontend, sandbox } = config;
        let queue: Arc<dyn Queue> = Arc::new(open(directory, journal).await?);
        let lane = Lane::from(CARRIER);
        let core: Arc<dyn CoreApi> = Arc::new(Core::new(queue.clone(), Arc::new(SingleRoute(lane.clone())), policy));
        let address = frontend.listen;
        let frontend = match Frontend::start(frontend, core.clone()).await {
            Ok(frontend) => frontend,
            Err(error) => {
                // Nothing was accepted; a journal that does not close cleanly is replayed next time.
                let _ = queue.close().await;
                return Err(match error {
                    FrontendError::Accounts(error) => StartError::Accounts(error),
                    FrontendError::Listen(error) => StartError::Listen { address, error },
                });
            }
        };
        let tasks = vec![tokio::spawn(Sandbox::new(core, lane, sandbox).run()), tokio::spawn(sweep(queue.clone(), retention))];
        Ok(Centre { queue, frontend, tasks })
    }

    /// Where SMPP is listened for.
    pub fn smpp_address(&self) -> SocketAddr {
        self.frontend.address()
    }

    /// The SMPP side, for its sessions and accounts.
    pub fn frontend(&self) -> &Frontend {
        &self.frontend
    }

    /// Messages and receipts that wait.
    pub fn queued(&self) -> u64 {
        self.queue.counts().pending
    }

    /// Unbinds every session, stops, and closes the journal; what waits is there at the next start.
    pub async fn shutdown(self) {
        self.frontend.shutdown(GRACE).await;
        for task in &self.tasks {
            task.abort();
        }
        if let Err(error) = self.queue.close().await {
            tracing::error!(%error, "the journal did not close in order; it is replayed at the next start");
        }
    }
}

/// Opens the journal on a thread that may wait for the disk.
async fn open(directory: PathBuf, options: JournalOptions) -> Result<JournalQueue, StartError> {
    let place = directory.clone();
    match tokio::task::spawn_blocking(move || JournalQueue::open(place, options)).await {
        Ok(opened) => opened.map_err(|error| StartError::Journal { directory, error }),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

// The lane of the one carrier there is.
const CARRIER: &str = "sandbox";
// Time for sessions to unbind; operators and service managers wait about this long.
const GRACE: Duration = Duration::from_secs(5);
