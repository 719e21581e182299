//! How a gateway is built.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::GatewayError;
use crate::accounts::Secret;
use crate::config::GatewaySettings;
use crate::frontend::{BindsOptions, ClientPeer, ServerPeer};
use crate::program::Host;
use crate::remote::{CoreClientConfig, RemoteOptions};

/// How a gateway is built: settings, and beside them the parts that a program may want finer than settings have them.
///
/// Made from [`GatewaySettings`], the parts are what the settings say; a part that was changed since is as it was changed.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Everything that has no field of its own below.
    pub settings: GatewaySettings,
    /// Sessions and their limits; where partners connect to is said below.
    pub binds: BindsOptions,
    /// Where partners connect to; it is not listened there before there is one. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// How messages are exchanged with the core.
    pub remote: RemoteOptions,
    /// The program around it.
    pub host: Host,
}

impl From<&GatewaySettings> for GatewayConfig {
    fn from(settings: &GatewaySettings) -> Self {
        GatewayConfig {
            binds: settings.into(),
            listen: settings.listen.address(),
            remote: settings.into(),
            host: Host::default(),
            settings: settings.clone(),
        }
    }
}

impl From<GatewaySettings> for GatewayConfig {
    fn from(settings: GatewaySettings) -> Self {
        GatewayConfig::from(&settings)
    }
}

impl GatewayConfig {
    /// Where everything is kept.
    pub(super) fn directory(&self) -> &Path {
        &self.settings.storage.directory
    }

    /// The carriers of the file.
    pub(super) fn clients(&self) -> Vec<ClientPeer> {
        self.settings.binds.iter().map(ClientPeer::from).collect()
    }

    /// The partners of the file.
    pub(super) fn servers(&self) -> Vec<ServerPeer> {
        self.settings.server_binds.iter().map(ServerPeer::from).collect()
    }

    /// How the core is called; reads the files that it takes.
    pub(super) fn core(&self) -> Result<CoreClientConfig, GatewayError> {
        core(&self.settings)
    }

    /// Certificates and keys that are used towards the core.
    pub(super) fn core_files(&self) -> Vec<PathBuf> {
        let core = &self.settings.core;
        let files = [&core.ca_path, &core.cert_path, &core.key_path];
        files.into_iter().filter(|path| !path.as_os_str().is_empty()).cloned().collect()
    }
}

pub(super) fn core(settings: &GatewaySettings) -> Result<CoreClientConfig, GatewayError> {
    let calls = &settings.core;
    let identity = [read(&calls.cert_path)?, read(&calls.key_path)?].concat();
    let fault = |_| GatewayError::Read { path: calls.cert_path.clone(), error: std::io::ErrorKind::InvalidData.into() };
    Ok(CoreClientConfig {
        verify_peer: settings.verify_ssl_peer,
        ca: read(&calls.ca_path)?,
        identity: Secret::new(String::from_utf8(identity).map_err(fault)?),
        api_key: calls.api_key.clone(),
        timeout: std::time::Duration::from_millis(calls.timeout_ms.into()),
        ..CoreClientConfig::new(settings.api_base_url.clone())
    })
}

/// Reads a file, if there is one.
fn read(path: &Path) -> Result<Vec<u8>, GatewayError> {
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    std::fs::read(path).map_err(|error| GatewayError::Read { path: path.into(), error })
}
