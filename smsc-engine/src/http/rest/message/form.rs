//! A message as the API shows it.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::reply::Envelope;
use crate::core::content;
use crate::core::queue::Record;
use crate::json::coding::{CharacterSet, Coded, CodingGroup};
use crate::json::header::Header;
use crate::json::hex;
use crate::json::smpp::SmppForm;
use crate::model::{Message, Outcome, Status, Timestamp, Word};

/// One message with all its fields, `null` for what is not there.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageForm {
    /// Its name.
    #[schema(minimum = 1)]
    id: u64,
    /// True if the same message was handed in before: this is the first one, and nothing was done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duplicate: Option<bool>,
    /// The sender.
    #[schema(example = "+15551234567")]
    source_msisdn: String,
    /// The recipient.
    #[schema(example = "+447700900000")]
    destination_msisdn: String,
    /// The text; hexadecimal digits if `raw_data_flag` is set.
    #[schema(example = "Hello World")]
    message_body: String,
    /// The system that handed it in.
    #[schema(example = "api_client")]
    source_smsc: String,
    /// The frontend that delivers it, or has.
    dest_smsc: Option<String>,
    /// The same under its older name.
    destination_smsc: Option<String>,
    /// IMSI of the sender.
    source_imsi: Option<String>,
    /// IMSI of the recipient.
    dest_imsi: Option<String>,
    /// How the text is encoded.
    tp_dcs_character_set: CharacterSet,
    /// The group of the data coding scheme.
    tp_dcs_coding_group: CodingGroup,
    /// Whether the text is compressed.
    tp_dcs_compressed: bool,
    /// Whether there is a message class.
    tp_dcs_has_message_class: bool,
    /// The message class.
    #[schema(maximum = 3)]
    tp_dcs_message_class: Option<u8>,
    /// The data coding scheme that results, in hexadecimal digits.
    #[schema(example = "00")]
    tp_data_coding_scheme: String,
    /// The user data header.
    tp_user_data_header: Option<Header>,
    /// Which part of a text it is that its sender split.
    message_part_number: u8,
    /// How many parts its sender made of the text.
    message_parts: u8,
    /// Until when it is tried.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
    /// It is not delivered before.
    #[schema(value_type = String, format = DateTime)]
    deliver_after: Timestamp,
    /// When it was delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_time: Option<Timestamp>,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    send_time: Timestamp,
    /// How it stands.
    status: StatusWord,
    /// Attempts that failed.
    delivery_attempts: u32,
    /// Whether it is among the dead letters.
    deadletter: bool,
    /// Whether charging refused it or was broken.
    charge_failed: bool,
    /// Whether the text is raw data.
    raw_data_flag: bool,
    /// Whether the text is a raw SIP body.
    raw_sip_flag: bool,
    /// The TPDU as it was handed in, in hexadecimal digits.
    raw_pdu: Option<String>,
    /// Higher goes first.
    priority: u8,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    inserted_at: Timestamp,
    /// When it ended; until then, when it was accepted. Its history has the changes in between.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What SMPP says of it, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    smpp: Option<SmppForm>,
}

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http::rest) enum StatusWord {
    /// Accepted and waiting, or waiting for its next attempt.
    Pending,
    /// Delivered.
    Delivered,
    /// Given up for good.
    Failed,
    /// Its deadline passed.
    Expired,
    /// Refused.
    Rejected,
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => StatusWord::Pending,
            Status::Delivered => StatusWord::Delivered,
            Status::Failed => StatusWord::Failed,
            Status::Expired => StatusWord::Expired,
            Status::Rejected => StatusWord::Rejected,
        }
    }
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Pending => Status::Pending,
            StatusWord::Delivered => Status::Delivered,
            StatusWord::Failed => Status::Failed,
            StatusWord::Expired => Status::Expired,
            StatusWord::Rejected => Status::Rejected,
        }
    }
}

impl From<&Record> for MessageForm {
    fn from(record: &Record) -> Self {
        MessageForm::new(&record.message, record.outcome)
    }
}

/// Answers with a message as it stands.
pub(super) fn shown(envelope: Envelope, record: &Record) -> Response {
    envelope.success(StatusCode::OK, MessageForm::from(record))
}

impl MessageForm {
    pub(super) fn new(message: &Message, outcome: Option<Outcome>) -> MessageForm {
        let coded = Coded::read(message.data_coding);
        let status = outcome.map_or(Status::Pending, |outcome| outcome.state.status());
        let extra = message.extra();
        let dest_smsc = message.lane.is_public().then(|| message.lane.as_str().to_owned());
        let (message_part_number, message_parts) = content::place(message);
        MessageForm {
            id: message.id.0,
            duplicate: None,
            source_msisdn: message.source.number().into_owned(),
            destination_msisdn: message.destination.number().into_owned(),
            message_body: body(message),
            source_smsc: message.account.as_str().to_owned(),
            destination_smsc: dest_smsc.clone(),
            dest_smsc,
            source_imsi: word(&extra.source_imsi),
            dest_imsi: word(&extra.dest_imsi),
            tp_dcs_character_set: coded.character_set,
            tp_dcs_coding_group: coded.group,
            tp_dcs_compressed: coded.is_compressed,
            tp_dcs_has_message_class: coded.class.is_some(),
            tp_dcs_message_class: coded.class,
            tp_data_coding_scheme: hex::write(&[coded.dcs]),
            tp_user_data_header: content::divided(message).0.map(Header::read),
            message_part_number,
            message_parts,
            expires: message.expires,
            deliver_after: message.deliver_after,
            deliver_time: outcome.filter(|_| status == Status::Delivered).map(|outcome| outcome.done),
            send_time: message.submitted,
            status: status.into(),
            delivery_attempts: message.attempts,
            deadletter: extra.deadletter || status == Status::Expired,
            charge_failed: extra.charge_failed,
            raw_data_flag: extra.raw_data,
            raw_sip_flag: extra.raw_sip,
            raw_pdu: (!extra.raw_pdu.is_empty()).then(|| hex::write(&extra.raw_pdu)),
            priority: message.priority,
            inserted_at: message.submitted,
            updated_at: outcome.map_or(message.submitted, |outcome| outcome.done),
            smpp: None,
        }
    }

    /// With all that SMPP says of it.
    pub(super) fn with_smpp(self, message: &Message, outcome: Option<Outcome>) -> MessageForm {
        MessageForm { smpp: Some(SmppForm::of(message).standing(outcome)), ..self }
    }
}

fn body(message: &Message) -> String {
    if message.extra().raw_data { hex::write(content::divided(message).1) } else { content::body(message) }
}

fn word(word: &Word) -> Option<String> {
    (!word.is_empty()).then(|| word.text().into_owned())
}
