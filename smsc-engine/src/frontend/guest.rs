//! Whom sessions belong to: what differs between the accounts of a centre and the partners of a gateway.

use std::sync::Arc;

use smpp_pdu::CommandStatus;
use smpp_session::net::{BindRequest, Limits, Refusal};
use tokio::time::Instant;

use super::courier::Line;
use super::partner::Partner;
use crate::BoxFuture;
use crate::accounts::Defaults;
use crate::api::CoreApi;
use crate::model::{Account, Lane, Message, Timestamp};

/// Says who may come in and what they may send.
pub(super) trait Guests: Send + Sync + 'static {
    /// Looks at somebody who wants to come in; one who may not has been counted.
    fn ask(&self, request: &BindRequest<'_>) -> Decision;

    /// True while a guest that was let in may stay.
    fn is_welcome(&self, guest: &Guest) -> bool;

    /// Fills in what a guest's message leaves open, checks it and counts it; the error is the status to answer.
    fn admit(&self, account: &Account, message: &mut Message, now: Timestamp) -> Result<(), CommandStatus>;

    /// Somebody was turned away before it was known who it is.
    fn turned_away(&self) {}
}

/// Whether somebody may come in, or how to learn that.
pub(super) enum Decision {
    Now(Result<Welcome, Rebuff>),
    Later(BoxFuture<'static, Result<Welcome, Rebuff>>),
}

/// Somebody may come in.
pub(super) struct Welcome {
    pub(super) guest: Guest,
    pub(super) limits: Limits,
}

/// What a bound session carries with it.
pub(super) struct Guest {
    /// Whose messages it hands in; its sessions are together under this name.
    pub(super) account: Account,
    /// As they were when it was bound.
    pub(super) defaults: Defaults,
    pub(super) since: Instant,
    /// If it is one of a gateway.
    pub(super) partner: Option<Arc<Partner>>,
}

impl Guest {
    /// The lane it is brought messages from, which all sessions of a partner share.
    pub(super) fn line(&self, core: &Arc<dyn CoreApi>) -> Arc<Line> {
        match &self.partner {
            Some(partner) => partner.line.clone(),
            None => Arc::new(Line::new(core.clone(), Lane::esme(&self.account))),
        }
    }
}

/// Why somebody may not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rebuff {
    #[error("authentication error: unknown system_id")]
    Unknown,
    #[error("authentication error: wrong password")]
    WrongPassword,
    #[error("authentication error: the account is disabled")]
    Disabled,
    #[error("the address is not on the list of those allowed")]
    Place,
    #[error("this type of bind is not allowed")]
    Kind,
    #[error("too many sessions under this name")]
    Full,
    #[error("too many passwords are being checked")]
    Busy,
    #[error("the connection was lost")]
    Lost,
}

impl Rebuff {
    /// What the ESME is told.
    pub(super) const fn status(self) -> CommandStatus {
        match self {
            Rebuff::Unknown => CommandStatus::RINVSYSID,
            Rebuff::WrongPassword => CommandStatus::RINVPASWD,
            Rebuff::Disabled | Rebuff::Place | Rebuff::Kind => CommandStatus::RBINDFAIL,
            Rebuff::Full => CommandStatus::RALYBND,
            // Not their fault: they shall come again.
            Rebuff::Busy | Rebuff::Lost => CommandStatus::RTHROTTLED,
        }
    }
}

/// Why a connection was turned away, in words for the operator.
pub(super) const fn reason(why: Refusal) -> &'static str {
    match why {
        Refusal::NotAllowed => "the address is not on the list of those allowed",
        Refusal::TooMany => "too many connections",
        Refusal::TooManyFromAddress => "too many connections from this address",
        Refusal::ShuttingDown => "the listener is shutting down",
        Refusal::NoTls => "it does not speak TLS",
        Refusal::HandshakeFailed => "the TLS handshake failed",
        Refusal::HandshakeTimedOut => "the TLS handshake took too long",
        Refusal::TooManyBinds => "too many binds wait for a decision",
        _ => "turned away",
    }
}
