//! Handing in a message as a TPDU.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use smpp_pdu::EsmClass;
use sms_codec::charset::Coding;
use sms_codec::dcs::{Alphabet, Dcs};
use sms_codec::tpdu::{self, Deliver, Submit, UserData, service_centre};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Rest;
use super::super::body::Body;
use super::super::faults::Faults;
use super::super::guard::Caller;
use super::super::problem::{Errors, Problem};
use super::super::reply::{Data, Envelope, EnvelopeParams, Success};
use super::create::{Queued, queue, queued, submit};
use super::form::MessageForm;
use crate::api::Submission;
use crate::json::hex;
use crate::model::{Account, Address, Lane, Message, MessageId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(create_raw)).routes(routes!(create_raw_async))
}

/// A TPDU to be handed in.
#[derive(Default, Deserialize, ToSchema)]
struct NewRaw {
    /// An SMS-SUBMIT, or an SMS-DELIVER, in hexadecimal digits, with or without the address of a service centre before it.
    #[schema(required = true, example = "0001000B916407007009F0000004D4F29C0E")]
    pdu: Option<String>,
    /// The system that hands it in; for a caller with a key or a certificate, its name if left out.
    #[schema(example = "api_client")]
    source_smsc: Option<String>,
    /// The sender, who is not in an SMS-SUBMIT.
    #[schema(example = "+15551234567")]
    source_msisdn: Option<String>,
    /// The recipient, who is not in an SMS-DELIVER.
    destination_msisdn: Option<String>,
    /// Who delivers it; routing decides if left out.
    dest_smsc: Option<String>,
}

/// Hands in a message as a TPDU; it is stored when the answer comes.
#[utoipa::path(
    post, path = "/api/messages_raw", tag = "messages", params(EnvelopeParams), request_body = NewRaw,
    responses(
        (status = 201, body = Success<MessageForm>),
        (status = 200, body = Success<MessageForm>, description = "it was handed in before"),
        (status = 400, body = Errors), (status = 422, body = Errors), (status = 429, body = Errors), (status = 503, body = Errors),
    ),
)]
async fn create_raw(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    envelope: Envelope,
    Body(new): Body<NewRaw>,
) -> Result<Response, Problem> {
    let message = new.checked(&caller)?.message(rest.control.now())?;
    submit(&rest, envelope, Submission::new(message)).await
}

/// Hands in a TPDU without waiting; one that cannot be read is logged.
#[utoipa::path(
    post, path = "/api/messages_raw/async", tag = "messages", params(EnvelopeParams), request_body = NewRaw,
    responses(
        (status = 202, body = Data<Queued>), (status = 400, body = Errors), (status = 422, body = Errors),
        (status = 429, body = Errors), (status = 503, body = Errors, description = "too many wait"),
    ),
)]
async fn create_raw_async(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    envelope: Envelope,
    Body(new): Body<NewRaw>,
) -> Result<Response, Problem> {
    match new.checked(&caller)?.message(rest.control.now()) {
        Ok(message) => queue(&rest, Submission::new(message)).await?,
        Err(problem) => tracing::warn!(%problem, "a TPDU of batch processing cannot be read"),
    }
    Ok(queued(envelope, "PDU queued for batch processing"))
}

/// What stands around a TPDU, in order.
struct Raw {
    digits: String,
    source_smsc: String,
    source: Option<String>,
    destination: Option<String>,
    lane: Lane,
}

impl NewRaw {
    fn checked(self, caller: &Caller) -> Result<Raw, Problem> {
        let mut faults = Faults::default();
        let digits = faults.required("pdu", self.pdu);
        let source_smsc = caller.or_named(self.source_smsc, &mut faults);
        faults.sender("source_msisdn", self.source_msisdn.as_deref().unwrap_or_default());
        faults.number("destination_msisdn", self.destination_msisdn.as_deref().unwrap_or_default());
        let lane = faults.lane("dest_smsc", self.dest_smsc.as_deref());
        faults.none()?;
        let given = |number: Option<String>| number.filter(|number| !number.is_empty());
        let (source, destination) = (given(self.source_msisdn), given(self.destination_msisdn));
        Ok(Raw { digits, source_smsc, source, destination, lane })
    }
}

impl Raw {
    fn message(self, now: Timestamp) -> Result<Message, Problem> {
        let octets = hex::read(&self.digits).ok_or_else(|| Problem::field("pdu", "must be pairs of hexadecimal digits"))?;
        let mut read = Read::of(&octets)?;
        let mut faults = Faults::default();
        let source = self.source.as_deref().map(Address::from_number).or(read.source.take());
        let destination = self.destination.as_deref().map(Address::from_number).or(read.destination.take());
        for (field, address) in [("source_msisdn", &source), ("destination_msisdn", &destination)] {
            if address.as_ref().is_none_or(|address| address.digits.is_empty()) {
                faults.add(field, "is required: the TPDU does not have it");
            }
        }
        faults.none()?;
        let mut message = Message::new(MessageId(0), Account::from(self.source_smsc.as_str()), self.lane);
        message.source = source.unwrap_or_default();
        message.destination = destination.unwrap_or_default();
        message.protocol_id = read.protocol_id;
        let data_coding = data_coding(read.dcs);
        message.data_coding = data_coding.ok_or_else(|| Problem::field("pdu", "has a data coding scheme that SMPP lacks"))?;
        if read.user_data.has_header() {
            message.esm_class |= EsmClass::UDHI.0;
        }
        message.user_data = unpacked(&read.user_data).into();
        if let Some(expires) = read.expires(now) {
            message.expires = expires;
        }
        message.extra_mut().raw_pdu = octets.into();
        Ok(message)
    }
}

/// What both kinds of TPDU have.
struct Read<'a> {
    source: Option<Address>,
    destination: Option<Address>,
    protocol_id: u8,
    dcs: Dcs,
    validity: Option<tpdu::Validity>,
    user_data: UserData<'a>,
}

impl<'a> Read<'a> {
    /// Reads the TPDU as what fits it best: an SMS-SUBMIT before an SMS-DELIVER, and what is sound before what is odd.
    fn of(octets: &'a [u8]) -> Result<Read<'a>, Problem> {
        let after = service_centre::split(octets).map(|(_, tpdu)| tpdu).ok();
        let candidates = [after, Some(octets)].map(Option::unwrap_or_default);
        let is = |tpdu: &&[u8], kind: u8| tpdu.first().is_some_and(|first| first & MESSAGE_TYPE == kind);
        let submits = candidates.into_iter().filter(|tpdu| is(tpdu, SUBMIT));
        let delivers = candidates.into_iter().filter(|tpdu| is(tpdu, DELIVER));
        let submits = submits.map(|tpdu| Submit::decode(tpdu).map(|(submit, odd)| (Read::from(submit), odd)));
        let delivers = delivers.map(|tpdu| Deliver::decode(tpdu).map(|(deliver, odd)| (Read::from(deliver), odd)));
        let (mut odd_one, mut fault) = (None, None);
        for read in submits.chain(delivers) {
            match read {
                Ok((read, odd)) if odd.is_empty() => return Ok(read),
                Ok((read, _)) => drop(odd_one.get_or_insert(read)),
                Err(error) => drop(fault.get_or_insert(error)),
            }
        }
        odd_one.ok_or_else(|| match fault {
            Some(error) => Problem::field("pdu", &format!("cannot be read: {error}")),
            None => Problem::field("pdu", "is neither an SMS-SUBMIT nor an SMS-DELIVER"),
        })
    }

    fn expires(&self, now: Timestamp) -> Option<Timestamp> {
        let expires = self.validity?.resolve(i64::try_from(now.0).ok()?)?;
        u64::try_from(expires).ok().map(Timestamp)
    }
}

impl<'a> From<Submit<'a>> for Read<'a> {
    fn from(submit: Submit<'a>) -> Self {
        Read {
            source: None,
            destination: Some(address(&submit.destination_address)),
            protocol_id: submit.pid.0,
            dcs: submit.dcs,
            validity: submit.validity_period,
            user_data: submit.user_data,
        }
    }
}

impl<'a> From<Deliver<'a>> for Read<'a> {
    fn from(deliver: Deliver<'a>) -> Self {
        Read {
            source: Some(address(&deliver.originating_address)),
            destination: None,
            protocol_id: deliver.pid.0,
            dcs: deliver.dcs,
            validity: None,
            user_data: deliver.user_data,
        }
    }
}

fn address(address: &tpdu::Address) -> Address {
    let kind = address.type_of_address();
    Address::new(kind.ton(), kind.npi(), address.to_string())
}

/// SMPP's word for a scheme; a class or an indication it lacks is left out, the alphabet is not.
fn data_coding(dcs: Dcs) -> Option<u8> {
    let plain = match dcs.alphabet() {
        Alphabet::Gsm7 => Dcs(0x00),
        Alphabet::EightBit => Dcs(0x04),
        Alphabet::Ucs2 => Dcs(0x08),
    };
    Coding::DEFAULT.from_dcs(dcs).or_else(|| Coding::DEFAULT.from_dcs(plain).filter(|_| !dcs.is_compressed()))
}

/// The user data as SMPP has it: a septet in each octet.
fn unpacked(user_data: &UserData<'_>) -> Vec<u8> {
    let octets = user_data.octets();
    if user_data.alphabet() != Alphabet::Gsm7 {
        return octets.to_vec();
    }
    let header = octets.len().saturating_sub(user_data.body().len());
    let mut unpacked = octets.get(..header).unwrap_or_default().to_vec();
    unpacked.extend(user_data.septets());
    unpacked
}

// 3GPP TS 23.040 §9.2.3.1, TP-MTI.
const MESSAGE_TYPE: u8 = 0x03;
const DELIVER: u8 = 0x00;
const SUBMIT: u8 = 0x01;
