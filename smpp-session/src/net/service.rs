//! What an application does for its peers.

use std::net::SocketAddr;

use smpp_pdu::{CommandStatus, Frame};

use super::{Incoming, IncomingBind, Link, Refusal};
use crate::{CloseReason, Stray};

/// Takes what peers ask, on either side.
///
/// The methods are called by the task that serves the connection, one at a time and in the order
/// in which the PDUs came. None of them may block: keep what was given and answer later, from any
/// task or thread.
pub trait Service: Send + Sync + 'static {
    /// The peer wants to bind. Refused unless a service says otherwise.
    fn bind(&self, bind: IncomingBind) {
        bind.refuse(CommandStatus::RBINDFAIL);
    }

    /// The session is bound.
    fn bound(&self, link: &Link) {
        let _ = link;
    }

    /// The peer asks for something. Dropping `request` answers `ESME_RSYSERR`, or what its defect
    /// asks for if it did not decode.
    fn request(&self, request: Incoming);

    /// Every request of one read has been handed over: a good moment to pass them on together.
    fn batch_end(&self) {}

    /// The peer sent `outbind` or `alert_notification`, which have no answer.
    fn notification(&self, link: &Link, frame: Frame) {
        let _ = (link, frame);
    }

    /// The peer sent a response nobody waits for.
    fn stray(&self, link: &Link, frame: Frame, why: Stray) {
        let _ = (link, frame, why);
    }

    /// The server turned a connection away, or a bind on it.
    fn refused(&self, peer: SocketAddr, why: Refusal) {
        let _ = (peer, why);
    }

    /// The session is over. Called exactly once for every connection that was taken.
    fn closed(&self, link: &Link, why: CloseReason) {
        let _ = (link, why);
    }
}

/// A function that takes requests is a service without interest in anything else.
impl<F: Fn(Incoming) + Send + Sync + 'static> Service for F {
    fn request(&self, request: Incoming) {
        self(request);
    }
}
