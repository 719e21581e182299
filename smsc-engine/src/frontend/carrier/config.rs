//! From a peer as the operator describes it to a bind that is kept.

use std::sync::Arc;
use std::time::Duration;

use smpp_session::net::{Endpoint, KeeperConfig, Witness};
use smpp_session::{Config, Credentials, Timeouts};

use super::super::peer::ClientPeer;

/// What is to be kept bound; without a witness only to find out whether it can be.
///
/// # Errors
/// It could never be bound, in words for the operator. Passwords are not among them.
pub(super) fn keeper(peer: &ClientPeer, witness: Option<Arc<dyn Witness>>) -> Result<KeeperConfig, String> {
    if peer.host.is_empty() {
        return Err("host: must not be empty".to_owned());
    }
    let first = endpoint(peer, peer.address())?;
    let mut config = KeeperConfig::new(first, peer.bind_type, credentials(peer));
    for address in &peer.more_hosts {
        config.endpoints.push(endpoint(peer, address.clone())?);
    }
    config.backoff.first_refused = FIRST_AFTER_REFUSAL;
    config.backoff.longest_refused = LONGEST_AFTER_REFUSAL;
    config.witness = witness;
    config.check().map_err(|error| error.to_string())?;
    Ok(config)
}

fn credentials(peer: &ClientPeer) -> Credentials {
    let credentials = Credentials::new(&peer.system_id, peer.password.expose());
    Credentials { system_type: peer.system_type.clone(), ..credentials }
}

fn endpoint(peer: &ClientPeer, address: String) -> Result<Endpoint, String> {
    let mut endpoint = Endpoint::new(address);
    endpoint.config = session(peer);
    if let Some(tls) = &peer.tls {
        speak_tls(&mut endpoint, tls)?;
    }
    Ok(endpoint)
}

fn session(peer: &ClientPeer) -> Config {
    let profile = &peer.profile;
    let enquire_link = Some(profile.enquire_link).filter(|silence| !silence.is_zero());
    Config {
        version: profile.version,
        // Many MCs do not state their version and understand TLVs all the same; the operator knows this one.
        silent_version: profile.version,
        window: profile.window,
        timers: Timeouts { enquire_link, response: profile.response_timeout, ..Timeouts::default() },
        ..Config::default()
    }
}

#[cfg(feature = "charging-tls")]
fn speak_tls(endpoint: &mut Endpoint, tls: &super::super::peer::PeerTls) -> Result<(), String> {
    endpoint.tls = Some(super::tls::client(tls)?);
    Ok(())
}

#[cfg(not(feature = "charging-tls"))]
fn speak_tls(_: &mut Endpoint, _: &super::super::peer::PeerTls) -> Result<(), String> {
    Err("tls: this program was built without TLS".to_owned())
}

// Somebody must mend it, and may do so any moment; asking every second would lock the account.
const FIRST_AFTER_REFUSAL: Duration = Duration::from_secs(10);
const LONGEST_AFTER_REFUSAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Secret;

    #[test]
    fn what_can_never_be_bound_is_said_without_the_password() {
        let peer = ClientPeer { system_id: "me".into(), ..ClientPeer::new("carrier", "::1") };
        let config = keeper(&peer, None).unwrap();
        assert_eq!(config.endpoints.first().unwrap().address, "[::1]:2775");
        let long = keeper(&ClientPeer { password: Secret::new("much too long"), ..peer.clone() }, None).unwrap_err();
        assert!(long.contains("password") && !long.contains("much"), "{long}");
        let nameless = keeper(&ClientPeer { system_id: "x".repeat(16), ..peer.clone() }, None).unwrap_err();
        assert!(nameless.contains("system_id"), "{nameless}");
        assert!(keeper(&ClientPeer { host: String::new(), ..peer }, None).is_err());
    }
}
