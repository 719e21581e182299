//! Handing in a message.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use smpp_pdu::EsmClass;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Rest;
use super::super::body::Body;
use super::super::faults::Faults;
use super::super::guard::Caller;
use super::super::options::{LongText, RestOptions};
use super::super::problem::{Errors, Problem};
use super::super::reply::{Data, Envelope, EnvelopeParams, Success};
use super::form::MessageForm;
use crate::api::{Refusal, Submission};
use crate::core::{HandleError, content};
use crate::json::coding::{self, CharacterSet, CodingGroup, Wish};
use crate::json::header::Header;
use crate::json::hex;
use crate::json::smpp::SmppForm;
use crate::model::{Account, Address, Message, MessageId, SourceType, Timestamp, Word};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(create_async))
}

/// A message to be handed in.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct NewMessage {
    /// The sender: a number or a name.
    #[schema(required = true, example = "+15551234567")]
    source_msisdn: Option<String>,
    /// The recipient.
    #[schema(required = true, example = "+447700900000")]
    destination_msisdn: Option<String>,
    /// The text; hexadecimal digits if `raw_data_flag` is set.
    #[schema(required = true, example = "Hello World")]
    message_body: Option<String>,
    /// The system that hands it in; for a caller with a key or a certificate, its name if left out.
    #[schema(example = "api_client")]
    source_smsc: Option<String>,
    /// Who delivers it; routing decides if left out.
    dest_smsc: Option<String>,
    /// The same under its older name.
    destination_smsc: Option<String>,
    /// IMSI of the sender.
    source_imsi: Option<String>,
    /// IMSI of the recipient.
    dest_imsi: Option<String>,
    /// How to encode the text; GSM 7-bit, or UCS-2 if the text needs it, if left out.
    tp_dcs_character_set: Option<CharacterSet>,
    /// The group of the data coding scheme.
    tp_dcs_coding_group: Option<CodingGroup>,
    /// Whether the text is compressed.
    tp_dcs_compressed: Option<bool>,
    /// Whether there is a message class.
    tp_dcs_has_message_class: Option<bool>,
    /// The message class.
    #[schema(maximum = 3)]
    tp_dcs_message_class: Option<u8>,
    /// The user data header.
    tp_user_data_header: Option<Header>,
    /// Which part of a text it is that the sender split.
    #[schema(minimum = 1)]
    message_part_number: Option<u8>,
    /// How many parts the sender made of the text.
    #[schema(minimum = 1)]
    message_parts: Option<u8>,
    /// Until when it is tried; the dead-letter time from now if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
    /// It is not delivered before.
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_after: Option<Timestamp>,
    /// Whether it is among the dead letters.
    deadletter: Option<bool>,
    /// Whether the text is raw data.
    raw_data_flag: Option<bool>,
    /// Whether the text is a raw SIP body.
    raw_sip_flag: Option<bool>,
    /// Higher goes first.
    priority: Option<u8>,
    /// What SMPP says of it beside all this.
    // Few have it, and it would take a third of the room.
    smpp: Option<Box<SmppForm>>,
}

/// That a message waits to be accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Queued {
    /// Always `accepted`.
    #[schema(example = "accepted")]
    status: &'static str,
    /// What happens next.
    #[schema(example = "message queued for batch processing")]
    message: &'static str,
}

/// A message that was handed in before and is gone since.
#[derive(Debug, Serialize)]
struct Repeated {
    id: u64,
    duplicate: bool,
}

/// Hands in a message; it is stored when the answer comes.
///
/// Numbers are translated, a route is found, charging is asked if the route wants it, and the message is stored, in
/// this order. The same message again within the time duplicates are known gives 200 with the first one.
#[utoipa::path(
    post, path = "/api/messages", tag = "messages", params(EnvelopeParams), request_body = NewMessage,
    responses(
        (status = 201, body = Success<MessageForm>),
        (status = 200, body = Success<MessageForm>, description = "it was handed in before"),
        (status = 400, body = Errors), (status = 422, body = Errors), (status = 429, body = Errors),
        (status = 503, body = Errors, description = "it cannot be stored now"),
    ),
)]
async fn create(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    envelope: Envelope,
    Body(new): Body<NewMessage>,
) -> Result<Response, Problem> {
    let submission = new.submission(&caller, &rest.options(), rest.control.now())?;
    submit(&rest, envelope, submission).await
}

/// Hands in a message without waiting until it is stored; what is found wrong later is logged.
#[utoipa::path(
    post, path = "/api/messages/create_async", tag = "messages", params(EnvelopeParams), request_body = NewMessage,
    responses(
        (status = 202, body = Data<Queued>), (status = 400, body = Errors), (status = 422, body = Errors),
        (status = 429, body = Errors), (status = 503, body = Errors, description = "too many wait"),
    ),
)]
async fn create_async(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    envelope: Envelope,
    Body(new): Body<NewMessage>,
) -> Result<Response, Problem> {
    let submission = new.submission(&caller, &rest.options(), rest.control.now())?;
    queue(&rest, submission).await?;
    Ok(queued(envelope, "message queued for batch processing"))
}

/// Has the core accept a message and shows what became of it.
pub(super) async fn submit(rest: &Rest, envelope: Envelope, submission: Submission) -> Result<Response, Problem> {
    let (accepted, record) = rest.control.handle.submit_and_show(submission).await?;
    let status = if accepted.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    match record {
        Ok(record) => {
            let mut form = MessageForm::from(&record);
            form.duplicate = accepted.duplicate.then_some(true);
            Ok(envelope.success(status, form))
        }
        // Deleted or forgotten, but a repeat all the same.
        Err(HandleError::Unknown(MessageId(id))) => Ok(envelope.success(status, Repeated { id, duplicate: accepted.duplicate })),
        Err(error) => Err(error.into()),
    }
}

/// Gives a message to those that nobody waits for.
pub(super) async fn queue(rest: &Rest, submission: Submission) -> Result<(), Problem> {
    if !rest.options().async_durable {
        return rest.control.batch.offer(submission).map_err(|full| Problem::unavailable(full.to_string()));
    }
    match rest.control.handle.submit(submission).await {
        Err(refusal @ (Refusal::QueueFull | Refusal::Busy | Refusal::Broken | Refusal::Away)) => Err(refusal.into()),
        Err(refusal) => {
            tracing::warn!(error = %refusal, "a message of batch processing was refused");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

pub(super) fn queued(envelope: Envelope, message: &'static str) -> Response {
    envelope.data(StatusCode::ACCEPTED, Queued { status: "accepted", message })
}

impl NewMessage {
    /// Checks everything; whatever is wrong is told at once.
    fn submission(mut self, caller: &Caller, options: &RestOptions, now: Timestamp) -> Result<Submission, Problem> {
        let smpp = self.smpp.take();
        let Some(form) = smpp.as_deref() else { return Ok(Submission::new(self.message(caller, options, (now, None))?)) };
        let message = self.message(caller, options, (now, Some(form)))?;
        Ok(Submission {
            replace_if_present: form.replace_if_present == Some(true),
            mode: form.mode.map(Into::into).unwrap_or_default(),
            source_type: Some(SourceType::Smpp),
            ..Submission::new(message)
        })
    }

    fn message(
        mut self,
        caller: &Caller,
        options: &RestOptions,
        (now, smpp): (Timestamp, Option<&SmppForm>),
    ) -> Result<Message, Problem> {
        let mut faults = Faults::default();
        let mut message = self.addressed(caller, smpp.is_some(), &mut faults);
        message.priority = self.priority.unwrap_or_default();
        (message.deliver_after, message.expires) = self.times(now, &mut faults);
        let rare = Rare {
            imsis: [("source_imsi", self.source_imsi.take()), ("dest_imsi", self.dest_imsi.take())],
            part: (self.message_part_number, self.message_parts),
            flags: [self.deadletter, self.raw_data_flag, self.raw_sip_flag].map(Option::unwrap_or_default),
        };
        rare.put(&mut message, &mut faults);
        if self.tp_dcs_coding_group.is_some_and(|group| !group.can_be_asked_for()) {
            faults.add("tp_dcs_coding_group", "must be general_data_coding or data_coding_message_class");
        }
        self.put_text(&mut message, smpp, &mut faults);
        faults.none()?;
        check_length(&message, options.long_text)?;
        Ok(message)
    }

    /// What SMPP says beside all else, and the text unless its octets are among that.
    fn put_text(mut self, message: &mut Message, smpp: Option<&SmppForm>, faults: &mut Faults) {
        if let Some(smpp) = smpp {
            smpp.fill(message).into_iter().for_each(|(field, fault)| faults.add(field, fault));
            if !message.kind.is_message() {
                faults.add("smpp.kind", "must be mt or mo: receipts and alerts are written by the core");
            }
            if smpp.user_data.is_some() {
                return;
            }
        }
        let text = Text {
            body: faults.required("message_body", self.message_body.take()),
            is_raw: self.raw_data_flag == Some(true),
            wish: self.wish(),
            header: self.tp_user_data_header,
            data_coding: smpp.and_then(|smpp| smpp.data_coding),
        };
        text.put(message, faults);
    }

    /// From whom and to whom. SMPP knows senders without a number, and recipients that are no numbers.
    fn addressed(&mut self, caller: &Caller, is_smpp: bool, faults: &mut Faults) -> Message {
        let source = match self.source_msisdn.take() {
            Some(nobody) if is_smpp && nobody.is_empty() => nobody,
            source => faults.required("source_msisdn", source),
        };
        let destination = faults.required("destination_msisdn", self.destination_msisdn.take());
        let source_smsc = caller.or_named(self.source_smsc.take(), faults);
        faults.sender("source_msisdn", &source);
        match is_smpp {
            true => faults.sender("destination_msisdn", &destination),
            false => faults.number("destination_msisdn", &destination),
        }
        let dest_smsc = self.dest_smsc.take().or(self.destination_smsc.take());
        let lane = faults.lane("dest_smsc", dest_smsc.as_deref());
        // The core fills in the id.
        let mut message = Message::new(MessageId(0), Account::from(source_smsc.as_str()), lane);
        message.source = Address::from_number(&source);
        message.destination = Address::from_number(&destination);
        message
    }

    /// Delivery time and deadline; zero and the far future where the sender leaves them open.
    fn times(&self, now: Timestamp, faults: &mut Faults) -> (Timestamp, Timestamp) {
        let (deliver_after, expires) = (self.deliver_after.unwrap_or_default(), self.expires.unwrap_or(Timestamp::MAX));
        if expires <= now {
            faults.add("expires", "is in the past");
        } else if expires <= deliver_after {
            faults.add("deliver_after", "is later than expires");
        }
        (deliver_after, expires)
    }

    /// A class counts unless the sender says that there is none.
    fn wish(&self) -> Wish {
        let class = self.tp_dcs_message_class.or_else(|| self.tp_dcs_has_message_class?.then_some(0));
        Wish {
            character_set: self.tp_dcs_character_set,
            group: self.tp_dcs_coding_group.unwrap_or_default(),
            is_compressed: self.tp_dcs_compressed == Some(true),
            class: class.filter(|_| self.tp_dcs_has_message_class != Some(false)),
        }
    }
}

/// What most messages do not have.
struct Rare {
    imsis: [(&'static str, Option<String>); 2],
    part: (Option<u8>, Option<u8>),
    flags: [bool; 3],
}

impl Rare {
    fn put(self, message: &mut Message, faults: &mut Faults) {
        let [source_imsi, dest_imsi] = self.imsis.map(|(field, imsi)| {
            let imsi = imsi.unwrap_or_default();
            if imsi.len() > LONGEST_IMSI || !imsi.bytes().all(|octet| octet.is_ascii_digit()) {
                faults.add(field, "must be at most 15 digits");
            }
            Word::new(imsi)
        });
        let (number, parts) = (self.part.0.unwrap_or(1), self.part.1.unwrap_or(1));
        if number == 0 || number > parts {
            faults.add("message_part_number", "must be 1 to message_parts");
        }
        let [deadletter, raw_data, raw_sip] = self.flags;
        let nothing = source_imsi.is_empty() && dest_imsi.is_empty() && parts == 1 && !(deadletter || raw_data || raw_sip);
        if !nothing {
            let extra = message.extra_mut();
            (extra.source_imsi, extra.dest_imsi, extra.part_number, extra.parts) = (source_imsi, dest_imsi, number, parts);
            (extra.deadletter, extra.raw_data, extra.raw_sip) = (deadletter, raw_data, raw_sip);
        }
    }
}

/// A text and how it is to be encoded.
struct Text {
    body: String,
    is_raw: bool,
    header: Option<Header>,
    wish: Wish,
    /// Wins over the wish.
    data_coding: Option<u8>,
}

impl Text {
    fn put(&self, message: &mut Message, faults: &mut Faults) {
        let header = self.header.as_ref().map_or(Ok(Vec::new()), Header::write);
        let mut user_data = header.unwrap_or_else(|fault| {
            faults.add("tp_user_data_header", fault);
            Vec::new()
        });
        if !user_data.is_empty() {
            message.esm_class |= EsmClass::UDHI.0;
        }
        let encoded = match (self.is_raw.then(|| hex::read(&self.body)), self.data_coding) {
            (Some(None), _) => Err(("message_body", "must be pairs of hexadecimal digits if raw_data_flag is set")),
            (Some(Some(octets)), Some(data_coding)) => Ok((data_coding, octets)),
            (Some(Some(octets)), None) => self.wish.data_coding(CharacterSet::EightBit).map(|data_coding| (data_coding, octets)),
            (None, Some(data_coding)) => coding::exactly(data_coding, &self.body),
            (None, None) => self.wish.encode(&self.body),
        };
        match encoded {
            Ok((data_coding, octets)) => {
                user_data.extend(octets);
                message.data_coding = data_coding;
                message.user_data = user_data.into();
            }
            Err((field, fault)) => faults.add(field, fault),
        }
    }
}

/// Refuses a text that is too long for what is done with long texts.
pub(super) fn check_length(message: &Message, long_text: LongText) -> Result<(), Problem> {
    match (content::needed(message), long_text) {
        (Some(1), _) | (Some(_), LongText::Split) => Ok(()),
        _ => Err(Refusal::TooLarge.into()),
    }
}

const LONGEST_IMSI: usize = 15;
