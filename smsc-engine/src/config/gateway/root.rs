//! A gateway's settings as a whole: where they are read from, and what nobody should overlook.

use std::path::Path;

use super::check;
use super::{GatewaySettings, PeerFile};
use crate::config::node::Node;
use crate::config::page::Page;
use crate::config::peers;
use crate::config::root::Root;
use crate::config::source::Variable;
use crate::config::{ClientBind, ConfigError, ConfigErrors, ServerBind, load};

/// Reads the settings of a gateway: defaults, then the file, then the environment, the last one given wins.
///
/// `API_BASE_URL`, `SMPP_POLL_INTERVAL`, `VERIFY_SSL_PEER` and `SMSC_NAME` are looked at, and variables such as
/// `GATEWAY_LISTEN__PORT` for all keys that are in a section.
///
/// # Errors
///
/// Everything that is wrong, each with its place; nothing is read from a file that is not TOML.
///
/// ```
/// let variables = [("API_BASE_URL".to_string(), "https://core.example:8443".to_string())];
/// let settings = smsc_engine::config::load_gateway(None, variables.into_iter())?;
/// assert_eq!((settings.smpp_poll_interval, settings.smsc_name.as_str()), (100, "smpp_gateway"));
/// # Ok::<(), smsc_engine::config::ConfigErrors>(())
/// ```
pub fn load_gateway(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<GatewaySettings, ConfigErrors> {
    load::root(file, environment)
}

/// The variables of this process that [`load_gateway`] may want.
pub fn gateway_environment() -> impl Iterator<Item = (String, String)> {
    load::variables::<GatewaySettings>()
}

/// What the owner of a file with settings should know about its rights: others than the owner can open it.
pub fn file_warning(file: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).ok()?.permissions().mode() & 0o777;
        let said = || format!("{} holds passwords and has mode {mode:o}; 600 keeps others out", file.display());
        (mode & 0o077 != 0).then(said)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

impl GatewaySettings {
    /// All settings as TOML, for showing to people: passwords are hidden, but for those that are empty.
    pub fn to_toml(&self) -> String {
        Page::shown(self)
    }

    /// A configuration file that says what every key means and holds all defaults.
    pub fn sample() -> String {
        Page::sample::<GatewaySettings>()
    }

    /// What is allowed and nobody should overlook, one line each; of peers a running gateway warns by itself.
    pub fn warnings(&self) -> Vec<String> {
        check::warnings(self)
    }

    /// What nobody should overlook about peers, one line each.
    pub fn peer_warnings(&self) -> Vec<String> {
        check::peer_warnings(self)
    }
}

impl Root for GatewaySettings {
    const PREFIX: &'static str = "GATEWAY_";
    const HEADER: &'static str = "\
# Every key with its default; leave out what you do not change. Only api_base_url must be given.
# Keys in a section can also be given in the environment, where they win: GATEWAY_LISTEN__PORT for port in [listen],
# GATEWAY_BINDS__0__PASSWORD for the first carrier. What begins with # and no blank is an example of a list that is empty.

";

    fn is_known(name: &str) -> bool {
        NAMES.iter().any(|(known, _)| *known == name)
    }

    fn variables(given: &[(String, String)]) -> Vec<Variable> {
        let variable = |(name, key): &(&str, &str)| {
            let (_, value) = given.iter().rfind(|(given, _)| given == name)?;
            Some(Variable::known(name, &[key], value.clone()))
        };
        NAMES.iter().filter_map(variable).collect()
    }

    fn complete(&mut self, root: &Node<'_>, _: &[(String, String)], faults: &mut Vec<ConfigError>) {
        let (binds, servers) = (root.child("binds"), root.child("server_binds"));
        complete((&mut self.binds, &mut self.server_binds), root, faults);
        if !root.child("smpp_poll_interval").is_given() {
            return;
        }
        let tick = self.smpp_poll_interval.clamp(SHORTEST_CHECK, LONGEST_CHECK);
        let clients = self.binds.iter_mut().map(|bind| &mut bind.queue_check_frequency).enumerate();
        let clients = clients.map(|(index, frequency)| (binds.item(index), frequency));
        let partners = self.server_binds.iter_mut().map(|bind| &mut bind.queue_check_frequency).enumerate();
        let partners = partners.map(|(index, frequency)| (servers.item(index), frequency));
        for (node, frequency) in clients.chain(partners) {
            if !node.child("queue_check_frequency").is_given() {
                *frequency = tick;
            }
        }
    }

    fn check(&self, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
        check::check(self, root, faults);
    }
}

/// One carrier by itself.
impl Root for ClientBind {
    const PREFIX: &'static str = "";

    fn complete(&mut self, root: &Node<'_>, _: &[(String, String)], faults: &mut Vec<ConfigError>) {
        peers::must_say("bind_type", root, faults);
    }

    fn check(&self, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
        peers::client(self, root, faults);
    }
}

/// One partner by itself.
impl Root for ServerBind {
    const PREFIX: &'static str = "";

    fn complete(&mut self, root: &Node<'_>, _: &[(String, String)], faults: &mut Vec<ConfigError>) {
        peers::must_say("allowed_bind_types", root, faults);
    }
}

impl Root for PeerFile {
    const PREFIX: &'static str = "";

    fn complete(&mut self, root: &Node<'_>, _: &[(String, String)], faults: &mut Vec<ConfigError>) {
        complete((&mut self.binds, &mut self.server_binds), root, faults);
    }

    fn check(&self, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
        peers::check((&self.binds, &self.server_binds), root, faults);
    }
}

/// Completes peers one by one.
fn complete((clients, servers): (&mut [ClientBind], &mut [ServerBind]), root: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let (binds, server_binds) = (root.child("binds"), root.child("server_binds"));
    for (index, bind) in clients.iter_mut().enumerate() {
        bind.complete(&binds.item(index), &[], faults);
    }
    for (index, bind) in servers.iter_mut().enumerate() {
        bind.complete(&server_binds.item(index), &[], faults);
    }
}

/// Names that the documents have, and their keys.
const NAMES: [(&str, &str); 4] = [
    ("API_BASE_URL", "api_base_url"),
    ("SMPP_POLL_INTERVAL", "smpp_poll_interval"),
    ("VERIFY_SSL_PEER", "verify_ssl_peer"),
    ("SMSC_NAME", "smsc_name"),
];

// The range of queue_check_frequency.
const SHORTEST_CHECK: u32 = 100;
const LONGEST_CHECK: u32 = 10_000;
