//! Whose PDUs are traced, and how much of them is shown.

use std::net::SocketAddr;
use std::string::String;
use std::vec::Vec;

use ipnet::IpNet;

/// Selects sessions. By default all of them, without message text.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Where the peer is; anywhere if empty.
    pub networks: Vec<IpNet>,
    /// The account, as named in the bind; any if empty.
    ///
    /// What comes before a bind belongs to no account and is not selected, the bind itself is.
    pub system_ids: Vec<String>,
    /// Message text is shown too. Passwords never are.
    pub shows_text: bool,
}

impl Filter {
    /// An account that is not known yet may become any.
    pub(super) fn selects(&self, peer: SocketAddr, system_id: Option<&str>) -> bool {
        // A socket for both families shows IPv4 addresses as IPv6.
        let address = peer.ip().to_canonical();
        let here = self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address));
        let account = |system_id| self.system_ids.iter().any(|wanted| wanted == system_id);
        here && (self.system_ids.is_empty() || system_id.is_none_or(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn both_conditions_must_hold() {
        let filter =
            Filter { networks: vec!["192.0.2.0/24".parse().unwrap()], system_ids: vec!["me".into()], ..Filter::default() };
        let here = "192.0.2.7:5000".parse().unwrap();
        assert!(filter.selects(here, Some("me")) && filter.selects("[::ffff:192.0.2.7]:5000".parse().unwrap(), None));
        assert!(!filter.selects(here, Some("you")));
        assert!(!filter.selects("198.51.100.7:5000".parse().unwrap(), Some("me")));
        assert!(Filter::default().selects(here, None));
    }
}
