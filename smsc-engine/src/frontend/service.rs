//! What ESMEs ask of this side.

use std::net::SocketAddr;
use std::sync::Arc;

use smpp_pdu::{CommandId, CommandStatus, DataSm, DecodeError, DestAddress, SubmitMulti, SubmitSm, Version};
use smpp_session::net::{Incoming, IncomingBind, Link, Refusal, Service};
use smpp_session::{BindKind, CloseReason, Timer};

use super::bind::kind_word;
use super::courier;
use super::door::Door;
use super::draft::{Draft, Party, Sender};
use super::guest::{Guest, Guests, reason};
use super::intake::{Form, Intake, Owed};
use super::operate::Order;
use super::text::Notation;
use crate::api::{CoreApi, Submission};
use crate::model::{Address, Timestamp};

/// The service behind every session.
pub(super) struct Esmes {
    pub(super) core: Arc<dyn CoreApi>,
    pub(super) door: Arc<Door>,
    pub(super) intake: Arc<Intake>,
}

impl Esmes {
    fn submit(&self, incoming: Incoming) {
        let Some((guest, version)) = bound(&incoming) else { return refuse_unbound(incoming) };
        let owed = Owed::to(guest, version);
        let sender = Sender { account: &guest.account, version, octets: incoming.frame().octets(), now: Timestamp::now() };
        let guests = &*self.door.guests;
        match incoming.command_id() {
            CommandId::SUBMIT_SM => {
                let one = incoming.read::<SubmitSm<'_>>();
                let one = one.map(|pdu| admit(guests, sender, Draft::from(pdu).submission(sender)?));
                self.hand_in(incoming, owed, one.map(|one| one.map(|one| (Form::Submit, one))));
            }
            CommandId::DATA_SM => {
                let one = incoming.read::<DataSm<'_>>();
                let one = one.map(|pdu| admit(guests, sender, Draft::of_data(pdu)?.submission(sender)?));
                self.hand_in(incoming, owed, one.map(|one| one.map(|one| (Form::Data, one))));
            }
            _ => {
                let many = incoming.read::<SubmitMulti<'_>>().map(|pdu| submit_multi(guests, &pdu, sender));
                self.hand_in(incoming, owed, many);
            }
        }
    }

    fn hand_in(&self, incoming: Incoming, owed: Owed, read: Result<Result<(Form, Submission), CommandStatus>, DecodeError>) {
        match read {
            Ok(Ok(submitted)) => self.intake.take(incoming, owed, submitted),
            // An error of answering means that the session is over.
            Ok(Err(status)) => _ = incoming.refuse(status),
            // Dropped, it answers what its defect asks for.
            Err(_) => drop(incoming),
        }
    }

    fn operate(&self, incoming: Incoming) {
        let Some((guest, version)) = bound(&incoming) else { return refuse_unbound(incoming) };
        match Order::read(&incoming, &guest.account, Notation::of(guest.defaults.message_id, version)) {
            Ok(order) => drop(tokio::spawn(order.carry_out(self.core.clone(), incoming))),
            Err(Some(status)) => _ = incoming.refuse(status),
            Err(None) => drop(incoming),
        }
    }
}

/// Whose session it is, and the version spoken there.
fn bound(incoming: &Incoming) -> Option<(&Guest, Version)> {
    Some((incoming.account::<Guest>()?, incoming.version()?))
}

/// The session hands over nothing before a bind.
fn refuse_unbound(incoming: Incoming) {
    let _ = incoming.refuse(CommandStatus::RINVBNDSTS);
}

/// Asks whether its sender may send this; the error is the status to answer.
fn admit(guests: &dyn Guests, sender: Sender<'_>, mut submission: Submission) -> Result<Submission, CommandStatus> {
    guests.admit(sender.account, &mut submission.message, sender.now)?;
    Ok(submission)
}

/// One message for each address; those that are refused are named in the response.
fn submit_multi(guests: &dyn Guests, pdu: &SubmitMulti<'_>, sender: Sender<'_>) -> Result<(Form, Submission), CommandStatus> {
    if sender.version < Version::V5_0 && pdu.dest_address.len() > MOST_DESTINATIONS {
        return Err(CommandStatus::RINVNUMDESTS);
    }
    // One id for several messages could not say which of them was replaced.
    if pdu.replace_if_present_flag == 1 {
        return Err(CommandStatus::RINVSUBREP);
    }
    let (mut addresses, mut all, mut refused) = (Vec::new(), None::<Submission>, Vec::<(Address, CommandStatus)>::new());
    for destination in pdu.dest_address.iter() {
        // There are no distribution lists, and the response cannot name one.
        let DestAddress::Sme(destination) = destination else { return Err(CommandStatus::RINVDLNAME) };
        let address = Party::from(destination).address();
        match Draft::of_multi(pdu, destination).submission(sender).and_then(|one| admit(guests, sender, one)) {
            Ok(submission) => {
                addresses.push(address);
                match &mut all {
                    Some(all) => all.more.push(submission.message),
                    None => all = Some(submission),
                }
            }
            Err(status) => refused.push((address, status)),
        }
    }
    match (all, refused.first()) {
        (Some(all), _) => Ok((Form::Multi(addresses, refused), all)),
        (None, Some((_, status))) => Err(*status),
        (None, None) => Err(CommandStatus::RINVNUMDESTS),
    }
}

impl Service for Esmes {
    fn bind(&self, bind: IncomingBind) {
        self.door.ask(bind);
    }

    fn bound(&self, link: &Link) {
        let Some(guest) = link.account::<Guest>() else { return };
        tracing::info!(peer = %link.peer(), system_id = link.system_id(), name = %guest.account, kind = link.kind().map(kind_word), "bound");
        if let Some(partner) = &guest.partner {
            partner.line.meter.bind_success.add(1);
        }
        if link.kind().is_some_and(BindKind::receives) {
            tokio::spawn(courier::deliver(link.clone(), guest.line(&self.core), guest));
        }
    }

    fn request(&self, request: Incoming) {
        match request.command_id() {
            CommandId::SUBMIT_SM | CommandId::SUBMIT_MULTI | CommandId::DATA_SM => self.submit(request),
            CommandId::QUERY_SM | CommandId::CANCEL_SM | CommandId::REPLACE_SM => self.operate(request),
            _ => _ = request.unsupported(),
        }
    }

    fn batch_end(&self) {
        self.intake.flush();
    }

    fn refused(&self, peer: SocketAddr, why: Refusal) {
        tracing::warn!(%peer, reason = reason(why), "bind failed");
        self.door.guests.turned_away();
    }

    fn closed(&self, link: &Link, why: CloseReason) {
        // Only then was it bound.
        let (Some(guest), Some(_)) = (link.account::<Guest>(), link.kind()) else { return };
        if let CloseReason::TimedOut(Timer::EnquireLink) = why {
            // Operators search for these words.
            tracing::warn!(peer = %link.peer(), name = %guest.account, "enquire_link timeout");
        }
        tracing::info!(peer = %link.peer(), system_id = link.system_id(), name = %guest.account, %why, "closed");
        if let Some(partner) = &guest.partner {
            partner.leave(why);
        }
    }
}

// SMPP 3.4 §5.2.24
const MOST_DESTINATIONS: usize = 254;
