//! The SMPP side of a centre: its accounts come in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_session::net::{Link, ServerConfig};

use super::listener::{Listen, Listener};
use crate::accounts::{AccountError, AccountRecord, Accounts};
use crate::api::CoreApi;

/// How the SMPP side works.
#[derive(Clone, Debug)]
pub struct FrontendConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The name this MC gives itself in bind responses, at most 15 characters.
    pub system_id: String,
    /// Who may bind.
    pub accounts: Vec<AccountRecord>,
    /// Sessions and limits.
    pub server: ServerConfig,
}

/// A running SMPP side.
pub struct Frontend {
    accounts: Arc<Accounts>,
    listener: Listener,
}

/// Why an SMPP side did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrontendError {
    /// The accounts cannot be used.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] io::Error),
}

impl Frontend {
    /// Listens, and serves what comes from `core`.
    ///
    /// # Errors
    /// See [`FrontendError`].
    pub async fn start(config: FrontendConfig, core: Arc<dyn CoreApi>) -> Result<Frontend, FrontendError> {
        let accounts = Arc::new(Accounts::new(config.accounts)?);
        let listen = Listen { address: config.listen, system_id: config.system_id, server: config.server };
        let listener = Listener::start(listen, accounts.clone(), core).await?;
        Ok(Frontend { accounts, listener })
    }

    /// The accounts, for other ways in and to keep their counters; replace them by
    /// [`replace_accounts`](Self::replace_accounts), which also ends sessions.
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// Takes other accounts at once, and unbinds the sessions of those that are gone or disabled.
    ///
    /// # Errors
    /// They cannot be used; then the old ones stay.
    pub fn replace_accounts(&self, records: Vec<AccountRecord>) -> Result<(), AccountError> {
        self.accounts.replace(records)?;
        self.listener.see_off();
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Every session, bound or not.
    pub fn links(&self) -> Vec<Link> {
        self.listener.links()
    }

    /// Unbinds every session, waits for at most `grace`, and stops.
    pub async fn shutdown(&self, grace: Duration) {
        self.listener.shutdown(grace).await;
    }
}
