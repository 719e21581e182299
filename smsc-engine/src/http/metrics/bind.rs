//! The figures of binds: those of a gateway, and the carriers a core binds to by itself.

use std::fmt::Display;
use std::time::Duration;

use super::table::{ATTEMPTED, BIND_REFUSED, BOUND, DISCONNECTIONS, FAILURES, MESSAGES_RECEIVED, SENT, STATUS, UPTIME};
use super::writer::{Writer, millis};
use crate::frontend::{BindCounts, BindState, BindStatus, kind_word};

/// Writes the figures of one bind.
pub(super) fn bind(out: &mut Writer, status: &BindStatus) {
    let BindStatus { counts, state, .. } = status;
    let is_up = *state == BindState::Connected;
    // A bind of which nothing is known yet is not there.
    if *counts == BindCounts::default() && !is_up {
        return;
    }
    let mode = status.mode.name();
    let place = status.place.as_ref().map(|place| (&place.host, place.port, kind_word(place.kind)));
    let mut labels: Vec<(&'static str, &dyn Display)> =
        vec![("bind_name", &status.name), ("mode", &mode), ("system_id", &status.system_id)];
    if let Some((host, port, bind_type)) = &place {
        labels.extend([("host", host as &dyn Display), ("port", port), ("bind_type", bind_type)]);
    }
    out.put(&STATUS, &labels, u8::from(is_up));
    out.put(&UPTIME, &labels, millis(if is_up { status.uptime } else { Duration::ZERO }) / 1000.0);
    for (family, count) in [
        (&SENT, counts.sent),
        (&MESSAGES_RECEIVED, counts.received),
        (&FAILURES, counts.failures),
        (&BOUND, counts.bind_success),
        (&BIND_REFUSED, counts.bind_failures),
        (&ATTEMPTED, counts.attempts),
        (&DISCONNECTIONS, counts.disconnections),
    ] {
        out.put(family, &labels, count);
    }
}

#[cfg(test)]
mod tests {
    use smpp_session::BindKind;

    use super::super::table::FAMILIES;
    use super::*;
    use crate::frontend::{BindMode, BindPlace};

    fn status(mode: BindMode) -> BindStatus {
        let place = BindPlace { host: "smsc.example".into(), port: 2776, kind: BindKind::Transceiver };
        BindStatus {
            name: "uk".into(),
            mode,
            system_id: "shop".into(),
            place: (mode == BindMode::Client).then_some(place),
            uptime: Duration::from_millis(1_500),
            state: BindState::Disconnected,
            peers: Vec::new(),
            counts: BindCounts::default(),
            unanswered: 0,
            held_back: false,
            dropped: false,
            last_error: None,
        }
    }

    fn written(status: &BindStatus) -> String {
        let mut writer = Writer::default();
        bind(&mut writer, status);
        let text = writer.text(FAMILIES);
        text.lines().filter(|line| line.starts_with("smpp_")).map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn a_bind_appears_with_its_first_event() {
        let mut carrier = status(BindMode::Client);
        assert_eq!(written(&carrier), "");
        carrier.counts.attempts = 1;
        let labels =
            "{bind_name=\"uk\",mode=\"client\",system_id=\"shop\",host=\"smsc.example\",port=\"2776\",bind_type=\"transceiver\"}";
        let text = written(&carrier);
        assert_eq!(text.lines().count(), 9, "{text}");
        for line in [
            "smpp_connection_attempts_total{labels} 1\n",
            "smpp_connection_status{labels} 0\n",
            "smpp_uptime_seconds{labels} 0\n",
        ] {
            let line = line.replace("{labels}", labels);
            assert!(text.contains(&line), "{line}{text}");
        }
    }

    #[test]
    fn a_partner_has_no_place_and_grows_older_while_it_is_connected() {
        let mut partner = status(BindMode::Server);
        partner.state = BindState::Connected;
        let text = written(&partner);
        let labels = "{bind_name=\"uk\",mode=\"server\",system_id=\"shop\"}";
        assert!(text.contains(&format!("smpp_connection_status{labels} 1\n")), "{text}");
        assert!(text.contains(&format!("smpp_uptime_seconds{labels} 1.5\n")), "{text}");
        partner.state = BindState::Disconnected;
        partner.counts.disconnections = 1;
        assert!(written(&partner).contains(&format!("smpp_uptime_seconds{labels} 0\n")));
    }
}
