//! `query_sm`, `cancel_sm` and `replace_sm`: questions and orders about messages already accepted.

use std::sync::Arc;

use bytes::Bytes;
use smpp_pdu::{
    CStr, CancelSm, CancelSmResp, CommandId, CommandStatus, MessageState, QuerySm, QuerySmResp, ReplaceSm, ReplaceSmResp,
    TimeField,
};
use smpp_session::net::Incoming;
use sms_codec::time::Absolute;

use super::draft::{Party, time};
use super::text::{Notation, parse_id};
use crate::api::{Cancel, CoreApi, Question, Refusal, Replacement, Standing};
use crate::model::{Account, Timestamp, Word};

/// An order that was read; it owns all it needs.
pub(super) enum Order {
    Query(Question, Vec<u8>),
    Cancel(Cancel),
    Replace(Replacement),
}

impl Order {
    /// Reads the order; the error is the status to answer, `None` if the PDU answers for itself.
    pub(super) fn read(incoming: &Incoming, account: &Account, notation: Notation) -> Result<Order, Option<CommandStatus>> {
        match incoming.command_id() {
            CommandId::QUERY_SM => Ok(Order::query(incoming.read().map_err(|_| None)?, account, notation)?),
            CommandId::CANCEL_SM => Ok(Order::cancel(incoming.read().map_err(|_| None)?, account, notation)?),
            _ => Ok(Order::replace(incoming.read().map_err(|_| None)?, account, notation)?),
        }
    }

    fn query(pdu: QuerySm<'_>, account: &Account, notation: Notation) -> Result<Order, CommandStatus> {
        let id = parse_id(pdu.message_id.as_bytes(), notation).ok_or(CommandStatus::RINVMSGID)?;
        let question = Question { account: account.clone(), id, source: Party::from(pdu.source_addr).address() };
        Ok(Order::Query(question, pdu.message_id.as_bytes().into()))
    }

    fn cancel(pdu: CancelSm<'_>, account: &Account, notation: Notation) -> Result<Order, CommandStatus> {
        let id = match pdu.message_id.as_bytes() {
            [] if pdu.destination_addr.value.is_empty() => return Err(CommandStatus::RINVDSTADR),
            [] => None,
            id => Some(parse_id(id, notation).ok_or(CommandStatus::RINVMSGID)?),
        };
        Ok(Order::Cancel(Cancel {
            account: account.clone(),
            id,
            source: Party::from(pdu.source_addr).address(),
            destination: Party::from(pdu.destination_addr).address(),
            service_type: Word::new(pdu.service_type.as_bytes()),
        }))
    }

    fn replace(pdu: ReplaceSm<'_>, account: &Account, notation: Notation) -> Result<Order, CommandStatus> {
        let id = parse_id(pdu.message_id.as_bytes(), notation).ok_or(CommandStatus::RINVMSGID)?;
        if pdu.sm_default_msg_id != 0 {
            return Err(CommandStatus::RINVDFTMSGID);
        }
        let now = Timestamp::now();
        let payload = pdu.tlvs.raw(<smpp_pdu::tlv::MessagePayload<'_> as smpp_pdu::tlv::TlvType<'_>>::TAG);
        Ok(Order::Replace(Replacement {
            account: account.clone(),
            id,
            source: Party::from(pdu.source_addr).address(),
            deliver_after: time(pdu.schedule_delivery_time, now).map_err(|()| CommandStatus::RINVSCHED)?,
            expires: time(pdu.validity_period, now).map_err(|()| CommandStatus::RINVEXPIRY)?,
            registered_delivery: pdu.registered_delivery.0,
            sm_default_msg_id: 0,
            user_data: Bytes::copy_from_slice(payload.unwrap_or(pdu.short_message.as_bytes())),
        }))
    }

    /// Carries the order out and answers.
    pub(super) async fn carry_out(self, core: Arc<dyn CoreApi>, incoming: Incoming) {
        // An error of answering means that the session is over: then nobody waits for the answer.
        let _ = match self {
            Order::Query(question, message_id) => match core.query(question).await {
                Ok(standing) => answer_query(incoming, &message_id, standing),
                Err(refusal) => incoming.refuse(status(refusal, CommandStatus::RQUERYFAIL)),
            },
            Order::Cancel(cancel) => match core.cancel(cancel).await {
                Ok(()) => incoming.answer(&CancelSmResp::default()),
                Err(refusal) => incoming.refuse(status(refusal, CommandStatus::RCANCELFAIL)),
            },
            Order::Replace(replacement) => match core.replace(replacement).await {
                Ok(()) => incoming.answer(&ReplaceSmResp::default()),
                Err(refusal) => incoming.refuse(status(refusal, CommandStatus::RREPLACEFAIL)),
            },
        };
    }
}

fn answer_query(incoming: Incoming, message_id: &[u8], standing: Standing) -> Result<(), smpp_session::RespondError> {
    let done = standing.done.and_then(|done| Absolute::from_unix_millis(i64::try_from(done.0).ok()?, UTC));
    let final_date = done.map(|done| done.to_string()).unwrap_or_default();
    incoming.answer(&QuerySmResp {
        message_id: CStr::new(message_id).unwrap_or_default(),
        final_date: TimeField::new(&final_date).unwrap_or_default(),
        message_state: MessageState(standing.state),
        // One octet is all there is for it; receipts carry the whole number.
        error_code: u8::try_from(standing.error).unwrap_or(u8::MAX),
        ..Default::default()
    })
}

/// What is answered to a refused order; `failed` is the operation's own word for "too late".
fn status(refusal: Refusal, failed: CommandStatus) -> CommandStatus {
    match refusal {
        Refusal::Unknown => CommandStatus::RINVMSGID,
        Refusal::TooLate => failed,
        Refusal::Expired => CommandStatus::RINVEXPIRY,
        Refusal::TooLarge => CommandStatus::RINVMSGLEN,
        Refusal::QueueFull => CommandStatus::RMSGQFUL,
        Refusal::Denied(status) => CommandStatus(status),
        // Also while the core is away: whoever asks may ask again.
        _ => CommandStatus::RSYSERR,
    }
}

const UTC: i8 = 0;
