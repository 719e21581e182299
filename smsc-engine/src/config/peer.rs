//! Peers as the frontend wants them, and back as settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sms_codec::receipt::{self, Dialect};

use super::assembly::{dialect, millis, seconds, size};
use super::{BindTls, ClientBind, ClientMode, Habits, ReceiptDialect, RewriteRule, ServerBind};
use crate::frontend::{ClientPeer, PeerProfile, PeerTls, Rewrite, ServerPeer};

impl From<&ClientBind> for ClientPeer {
    fn from(bind: &ClientBind) -> Self {
        ClientPeer {
            name: bind.name.clone(),
            host: bind.host.clone(),
            port: bind.port,
            more_hosts: bind.more_hosts.clone(),
            system_id: bind.system_id.clone(),
            password: bind.password.clone(),
            system_type: bind.system_type.clone(),
            bind_type: bind.bind_type,
            tps_limit: bind.tps_limit,
            queue_check_frequency: millis(bind.queue_check_frequency),
            tls: bind.tls.enabled.then(|| PeerTls::from(&bind.tls)),
            receipts: bind.receipts,
            receipt_ids: bind.receipt_ids,
            receipt_habits: match bind.receipt_habits {
                ReceiptDialect::Standard => receipt::Habits::STANDARD,
                ReceiptDialect::Provider => receipt::Habits::PROVIDER,
            },
            receipts_for: bind.receipts_for.clone(),
            long_text: bind.long_text,
            profile: PeerProfile::from(&bind.profile),
        }
    }
}

impl From<&ClientPeer> for ClientBind {
    fn from(peer: &ClientPeer) -> Self {
        ClientBind {
            name: peer.name.clone(),
            mode: ClientMode::Client,
            bind_type: peer.bind_type,
            host: peer.host.clone(),
            port: peer.port,
            more_hosts: peer.more_hosts.clone(),
            system_id: peer.system_id.clone(),
            password: peer.password.clone(),
            system_type: peer.system_type.clone(),
            tps_limit: peer.tps_limit,
            queue_check_frequency: in_millis(peer.queue_check_frequency),
            receipts: peer.receipts,
            receipt_ids: peer.receipt_ids,
            receipt_habits: wording(peer.receipt_habits == receipt::Habits::PROVIDER),
            receipts_for: peer.receipts_for.clone(),
            long_text: peer.long_text,
            tls: peer.tls.as_ref().map(BindTls::from).unwrap_or_default(),
            profile: Habits::from(&peer.profile),
        }
    }
}

impl From<&ServerBind> for ServerPeer {
    fn from(bind: &ServerBind) -> Self {
        ServerPeer {
            name: bind.name.clone(),
            system_id: bind.system_id.clone(),
            password: bind.password.clone(),
            allowed_bind_types: bind.allowed_bind_types.clone(),
            ip_whitelist: bind.ip_whitelist.clone(),
            tps_limit: bind.tps_limit,
            queue_check_frequency: millis(bind.queue_check_frequency),
            max_sessions: size(bind.max_sessions),
            dialect: dialect(bind.receipts),
            message_ids: bind.message_ids,
            profile: PeerProfile::from(&bind.profile),
        }
    }
}

impl From<&ServerPeer> for ServerBind {
    fn from(peer: &ServerPeer) -> Self {
        ServerBind {
            name: peer.name.clone(),
            system_id: peer.system_id.clone(),
            password: peer.password.clone(),
            allowed_bind_types: peer.allowed_bind_types.clone(),
            ip_whitelist: peer.ip_whitelist.clone(),
            tps_limit: peer.tps_limit,
            queue_check_frequency: in_millis(peer.queue_check_frequency),
            max_sessions: number(peer.max_sessions),
            receipts: wording(peer.dialect == Dialect::PROVIDER),
            message_ids: peer.message_ids,
            profile: Habits::from(&peer.profile),
        }
    }
}

impl From<&Habits> for PeerProfile {
    fn from(habits: &Habits) -> Self {
        PeerProfile {
            version: habits.version,
            window: size(habits.window),
            enquire_link: seconds(habits.enquire_link_seconds),
            response_timeout: seconds(habits.response_seconds),
            charset: habits.charset,
            source: Rewrite::from(&habits.source),
            destination: Rewrite::from(&habits.destination),
            temporary: habits.temporary_statuses.clone(),
            permanent: habits.permanent_statuses.clone(),
        }
    }
}

impl From<&PeerProfile> for Habits {
    fn from(profile: &PeerProfile) -> Self {
        Habits {
            version: profile.version,
            window: number(profile.window),
            enquire_link_seconds: number(profile.enquire_link.as_secs()),
            response_seconds: number(profile.response_timeout.as_secs()),
            charset: profile.charset,
            temporary_statuses: profile.temporary.clone(),
            permanent_statuses: profile.permanent.clone(),
            source: RewriteRule::from(&profile.source),
            destination: RewriteRule::from(&profile.destination),
        }
    }
}

impl From<&RewriteRule> for Rewrite {
    fn from(rule: &RewriteRule) -> Self {
        let RewriteRule { ton, npi, strip, prepend } = rule.clone();
        Rewrite { ton, npi, strip, prepend }
    }
}

impl From<&Rewrite> for RewriteRule {
    fn from(rewrite: &Rewrite) -> Self {
        let Rewrite { ton, npi, strip, prepend } = rewrite.clone();
        RewriteRule { ton, npi, strip, prepend }
    }
}

impl From<&BindTls> for PeerTls {
    fn from(tls: &BindTls) -> Self {
        PeerTls {
            accept_any: tls.accept_any,
            server_name: tls.server_name.clone(),
            ca_path: text(&tls.ca_path),
            cert_path: text(&tls.cert_path),
            key_path: text(&tls.key_path),
        }
    }
}

impl From<&PeerTls> for BindTls {
    fn from(tls: &PeerTls) -> Self {
        BindTls {
            enabled: true,
            accept_any: tls.accept_any,
            server_name: tls.server_name.clone(),
            ca_path: PathBuf::from(&tls.ca_path),
            cert_path: PathBuf::from(&tls.cert_path),
            key_path: PathBuf::from(&tls.key_path),
        }
    }
}

fn wording(is_provider: bool) -> ReceiptDialect {
    if is_provider { ReceiptDialect::Provider } else { ReceiptDialect::Standard }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn in_millis(time: Duration) -> u32 {
    number(time.as_millis())
}

/// A number that is too large is refused when it is checked.
fn number(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}
