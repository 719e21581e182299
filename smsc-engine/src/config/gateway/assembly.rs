//! Settings of a gateway as its parts want them.

use std::net::SocketAddr;

use smpp_session::net::ServerConfig;
use smpp_session::{Config, Timeouts};

use super::{GatewaySettings, Listen};
use crate::config::assembly::{millis, seconds_or_never, size};
use crate::frontend::BindsOptions;
use crate::remote::RemoteOptions;

impl From<&GatewaySettings> for BindsOptions {
    fn from(settings: &GatewaySettings) -> Self {
        let listen = &settings.listen;
        let usual = Config::default();
        let timers = Timeouts { session_init: seconds_or_never(listen.session_init_seconds), ..usual.timers };
        let name = if listen.system_id.is_empty() { &settings.smsc_name } else { &listen.system_id };
        BindsOptions {
            // Not before there are partners.
            listen: None,
            system_id: name.chars().take(LONGEST_SYSTEM_ID).collect(),
            server: ServerConfig {
                session: Config { timers, ..usual },
                max_connections: size(listen.max_connections),
                ..ServerConfig::default()
            },
        }
    }
}

impl Listen {
    /// The address.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

impl From<&GatewaySettings> for RemoteOptions {
    fn from(settings: &GatewaySettings) -> Self {
        RemoteOptions {
            protocol: settings.core.protocol,
            work_list: settings.core.work_list,
            retry: millis(settings.smpp_poll_interval),
        }
    }
}

/// What a bind response has room for.
const LONGEST_SYSTEM_ID: usize = 15;
