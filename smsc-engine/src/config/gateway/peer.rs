//! Peers in the words of the file, wherever they are kept: in the file, in a database, in an export.

use crate::config::load;
use crate::config::page::Page;
use crate::config::root::Root;
use crate::config::source::Source;
use crate::config::{ClientBind, ConfigError, ConfigErrors, ServerBind};
use crate::frontend::{ClientPeer, ServerPeer};

settings! {
    /// Peers alone, as a file that can stand beside the settings or be put into them.
    PeerFile {
        /// Carriers.
        binds: Vec<ClientBind> = Vec::new(), in 0..=10_000;
        /// Partners.
        server_binds: Vec<ServerBind> = Vec::new(), in 0..=10_000;
    }
}

impl PeerFile {
    /// Holds these peers.
    pub fn new(clients: &[ClientPeer], servers: &[ServerPeer]) -> PeerFile {
        PeerFile {
            binds: clients.iter().map(ClientBind::from).collect(),
            server_binds: servers.iter().map(ServerBind::from).collect(),
        }
    }

    /// Reads a text in TOML.
    ///
    /// # Errors
    /// Everything that is wrong, each with its line.
    pub fn read(text: &str) -> Result<PeerFile, ConfigErrors> {
        read(text)
    }

    /// The peers it holds.
    pub fn peers(&self) -> (Vec<ClientPeer>, Vec<ServerPeer>) {
        (self.binds.iter().map(ClientPeer::from).collect(), self.server_binds.iter().map(ServerPeer::from).collect())
    }

    /// Writes it for showing to people: passwords are hidden.
    pub fn to_toml(&self) -> String {
        Page::shown(self)
    }

    /// Writes all of it, with the passwords, for whoever may know them.
    pub fn write(&self) -> String {
        Page::whole(self)
    }
}

/// A peer by itself as a text, wherever it is kept.
pub(crate) trait PeerText: Sized {
    /// Writes it with its password.
    fn to_text(&self) -> String;

    /// Reads what [`to_text`](PeerText::to_text) has written, or tells all that is wrong with it.
    fn from_text(text: &str) -> Result<Self, String>;

    /// Tells all that is wrong with it, in words for the operator.
    fn fault(&self) -> Result<(), String> {
        // The table of keys knows every range; who reads it back meets them all.
        Self::from_text(&self.to_text()).map(drop)
    }
}

impl<T: Root> PeerText for T {
    fn to_text(&self) -> String {
        Page::whole(self)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let fault = |ConfigError { fault, .. }: &ConfigError| fault.to_string();
        read(text).map_err(|errors| errors.iter().map(fault).collect::<Vec<_>>().join("; "))
    }
}

fn read<T: Root>(text: &str) -> Result<T, ConfigErrors> {
    load::text(&Source { text: text.into(), ..Source::default() }, std::iter::empty())
}
