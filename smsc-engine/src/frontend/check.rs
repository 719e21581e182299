//! What peers must be like to be of any use.

use std::ops::RangeInclusive;
use std::time::Duration;

use smpp_pdu::CStr;
use smpp_session::MAX_WINDOW;

use super::binds::STRANGERS;
use super::peer::{ClientPeer, PeerProfile, Rewrite, ServerPeer};
use crate::model::Lane;

impl ClientPeer {
    /// Checks it by itself.
    ///
    /// # Errors
    /// The field and what is wrong with it, in words for the operator.
    pub fn validate(&self) -> Result<(), String> {
        name(&self.name)?;
        within("host", self.host.len(), 1..=LONGEST_NAME, "octets")?;
        within("port", self.port.into(), 1..=usize::from(u16::MAX), "")?;
        for other in &self.more_hosts {
            let port = other.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
            if port.and_then(|port| port.parse::<u16>().ok()).is_none_or(|port| port == 0) {
                return Err(format!("more_hosts: {other:?} is not host:port"));
            }
        }
        field::<16>("system_id", &self.system_id)?;
        field::<9>("password", self.password.expose())?;
        field::<13>("system_type", &self.system_type)?;
        pace(self.tps_limit, self.queue_check_frequency)?;
        profile(&self.profile)
    }
}

impl ServerPeer {
    /// Checks it by itself.
    ///
    /// # Errors
    /// The field and what is wrong with it, in words for the operator.
    pub fn validate(&self) -> Result<(), String> {
        name(&self.name)?;
        field::<16>("system_id", &self.system_id)?;
        within("system_id", self.system_id.len(), 1..=15, "octets")?;
        // What a partner cannot send can never be right.
        field::<9>("password", self.password.expose())?;
        if self.password.expose().is_empty() {
            return Err("password: there is none".into());
        }
        if self.allowed_bind_types.is_empty() {
            return Err("allowed_bind_types: at least one of transmitter, receiver, transceiver".into());
        }
        pace(self.tps_limit, self.queue_check_frequency)?;
        profile(&self.profile)
    }
}

fn name(name: &str) -> Result<(), String> {
    within("name", name.len(), 1..=LONGEST_NAME, "octets")?;
    if name.chars().any(char::is_control) {
        return Err("name: it has control characters".into());
    }
    if name == STRANGERS || !Lane::from(name).is_name() {
        return Err(format!("name: {name:?} has a meaning of its own; choose another one"));
    }
    Ok(())
}

fn pace(tps_limit: u32, queue_check_frequency: Duration) -> Result<(), String> {
    within("tps_limit", usize::try_from(tps_limit).unwrap_or(usize::MAX), 1..=10_000, "messages in a second")?;
    let millis = usize::try_from(queue_check_frequency.as_millis()).unwrap_or(usize::MAX);
    within("queue_check_frequency", millis, 100..=10_000, "milliseconds")
}

fn profile(profile: &PeerProfile) -> Result<(), String> {
    within("window", profile.window, 1..=MAX_WINDOW, "requests")?;
    if profile.response_timeout.is_zero() {
        return Err("response_timeout: more than nothing".into());
    }
    rewrite("source", &profile.source)?;
    rewrite("destination", &profile.destination)
}

fn rewrite(which: &str, rewrite: &Rewrite) -> Result<(), String> {
    field::<21>(which, &rewrite.strip)?;
    field::<21>(which, &rewrite.prepend)
}

/// A text for a field of SMPP of `N` octets, its end included.
fn field<const N: usize>(which: &str, text: &str) -> Result<(), String> {
    // The text itself may be a secret.
    CStr::<N>::new(text).map(drop).map_err(|_| format!("{which}: at most {} octets, none of them zero", N - 1))
}

fn within(which: &str, value: usize, range: RangeInclusive<usize>, unit: &str) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(format!("{which}: {value} is not {least} to {most} {unit}").trim_end().into())
}

const LONGEST_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about a peer that was changed so.
    type Fault<T> = (&'static str, fn(&mut T));

    fn client(change: impl FnOnce(&mut ClientPeer)) -> Result<(), String> {
        let mut peer = ClientPeer::new("north", "smsc.example");
        change(&mut peer);
        peer.validate()
    }

    fn server(change: impl FnOnce(&mut ServerPeer)) -> Result<(), String> {
        let mut peer = ServerPeer::new("shop", "shop", "secret");
        change(&mut peer);
        peer.validate()
    }

    #[test]
    fn usual_peers_are_in_order() {
        assert_eq!((client(|_| {}), server(|_| {})), (Ok(()), Ok(())));
    }

    #[test]
    fn a_carrier_with_a_fault_is_told_which_field_and_why() {
        let faults: [Fault<ClientPeer>; 13] = [
            ("name: 0 is not 1 to 255 octets", |peer| peer.name.clear()),
            ("name: \"!at\" has a meaning of its own; choose another one", |peer| peer.name = "!at".into()),
            ("name: \"esme:a\" has a meaning of its own; choose another one", |peer| peer.name = "esme:a".into()),
            ("name: it has control characters", |peer| peer.name = "a\nb".into()),
            ("host: 0 is not 1 to 255 octets", |peer| peer.host.clear()),
            ("port: 0 is not 1 to 65535", |peer| peer.port = 0),
            ("more_hosts: \"other\" is not host:port", |peer| peer.more_hosts.push("other".into())),
            ("system_id: at most 15 octets, none of them zero", |peer| peer.system_id = "1234567890123456".into()),
            ("password: at most 8 octets, none of them zero", |peer| peer.password = crate::accounts::Secret::new("123456789")),
            ("system_type: at most 12 octets, none of them zero", |peer| peer.system_type = "a\0".into()),
            ("tps_limit: 0 is not 1 to 10000 messages in a second", |peer| peer.tps_limit = 0),
            ("queue_check_frequency: 99 is not 100 to 10000 milliseconds", |peer| {
                peer.queue_check_frequency = Duration::from_millis(99);
            }),
            ("window: 65536 is not 1 to 65535 requests", |peer| peer.profile.window = 65_536),
        ];
        for (fault, change) in faults {
            assert_eq!(client(change), Err(fault.to_owned()));
        }
    }

    #[test]
    fn a_partner_with_a_fault_is_told_which_field_and_why() {
        let faults: [Fault<ServerPeer>; 7] = [
            ("name: \"(unknown)\" has a meaning of its own; choose another one", |peer| peer.name = "(unknown)".into()),
            ("system_id: 0 is not 1 to 15 octets", |peer| peer.system_id.clear()),
            ("password: there is none", |peer| peer.password = crate::accounts::Secret::default()),
            ("allowed_bind_types: at least one of transmitter, receiver, transceiver", |peer| peer.allowed_bind_types.clear()),
            ("tps_limit: 10001 is not 1 to 10000 messages in a second", |peer| peer.tps_limit = 10_001),
            ("response_timeout: more than nothing", |peer| peer.profile.response_timeout = Duration::ZERO),
            ("source: at most 20 octets, none of them zero", |peer| peer.profile.source.strip = "1".repeat(21)),
        ];
        for (fault, change) in faults {
            assert_eq!(server(change), Err(fault.to_owned()));
        }
    }
}
