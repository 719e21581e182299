//! From messages and receipts to `deliver_sm`.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use smpp_pdu::Version;
use smpp_pdu::tlv::{self, Text, Tlv, TlvType};
use smpp_pdu::{
    Addr, AlertNotification, CStr, Class, CommandStatus, DataCoding, DeliverSm, EsmClass, Npi, RegisteredDelivery, ShortMessage,
    Tlvs, Ton, ValueError,
};
use smpp_session::RequestError;
use smpp_session::net::{Link, Response, Unanswered};
use sms_codec::receipt::{Dialect, Receipt};

use super::super::guest::Guest;
use super::super::peer::PeerProfile;
use super::super::text::{IdText, Notation};
use super::flight::{SendError, Unfit, Way, Writer};
use crate::api::Attempt;
use crate::model::{Address, FinalState, Kind, Message, MessageId};

/// How an ESME wants its messages and receipts.
#[derive(Clone)]
pub(super) struct Wishes {
    guest: Arc<Guest>,
    notation: Notation,
}

impl Wishes {
    pub(super) fn of(guest: Arc<Guest>, version: Version) -> Wishes {
        Wishes { notation: Notation::of(guest.defaults.message_id, version), guest }
    }

    /// The habits of a partner.
    fn profile(&self) -> Option<&PeerProfile> {
        self.guest.partner.as_ref().map(|partner| &partner.peer.profile)
    }

    /// Sender and recipient as the ESME wants them.
    fn ends<'a>(&self, message: &'a Message) -> (Cow<'a, Address>, Cow<'a, Address>) {
        match self.profile() {
            Some(profile) => (profile.source.apply(&message.source), profile.destination.apply(&message.destination)),
            None => (Cow::Borrowed(&message.source), Cow::Borrowed(&message.destination)),
        }
    }

    /// The text; a receipt in the account's dialect, which names the message as its responses do.
    fn user_data<'a>(&self, message: &'a Message) -> Cow<'a, [u8]> {
        let dialect = self.guest.defaults.dialect;
        let usual = dialect == Dialect::STANDARD && self.notation == Notation::Decimal;
        let (Kind::Receipt, false, Some(id), Ok(text)) =
            (message.kind, usual, message.about, std::str::from_utf8(&message.user_data))
        else {
            return Cow::Borrowed(&message.user_data);
        };
        let id = IdText::new(id, self.notation);
        let receipt = Receipt { id: Some(id.as_str()), ..Receipt::parse(text) };
        receipt.display(dialect).to_string().into_bytes().into()
    }

    /// The message a receipt is about, if its TLV must name it in another way than the core did.
    fn renamed(&self, message: &Message) -> Option<MessageId> {
        message.about.filter(|_| message.kind == Kind::Receipt && self.notation == Notation::Hexadecimal)
    }
}

impl Writer for Wishes {
    /// What an ESME gets goes out as it is.
    type Part = std::convert::Infallible;

    fn parts(&self, _: &Message) -> Result<Option<VecDeque<Self::Part>>, Unfit> {
        Ok(None)
    }

    fn send(&self, way: Way<'_>, message: &Message, _: Option<&Self::Part>) -> Result<(), SendError> {
        let user_data = self.user_data(message);
        let payload = tlv::MessagePayload(&user_data).tlv();
        let long = user_data.len() > LONGEST_SHORT_MESSAGE;
        let relayed = Tlvs::parse(&message.tlvs).unwrap_or_default();
        let id = self.renamed(message).map(|id| IdText::new(id, self.notation));
        let renamed = id.as_ref().map(|id| tlv::ReceiptedMessageId(Text(id.octets())).tlv());
        let list: Vec<Tlv<'_>> = if long || renamed.is_some() {
            let others = relayed.iter().filter(|(tag, _)| renamed.is_none() || *tag != tlv::ReceiptedMessageId::TAG);
            others.map(|(tag, value)| Tlv::octets(tag, value)).chain(renamed).chain(long.then_some(payload)).collect()
        } else {
            Vec::new()
        };
        let tlvs = if list.is_empty() { relayed } else { Tlvs::list(&list) };
        let short_message: &[u8] = if long { &[] } else { &user_data };
        let (source, destination) = self.ends(message);
        let pdu = DeliverSm {
            source_addr: addr(&source)?,
            destination_addr: addr(&destination)?,
            tlvs,
            ..deliver_sm(message, short_message)?
        };
        way.request(&pdu)
    }

    fn announce(&self, link: &Link, message: &Message) -> Option<Result<(), SendError>> {
        (message.kind == Kind::Alert).then(|| alert(link, message))
    }

    fn attempt(&self, _: &Message, answer: Result<Response, Unanswered>) -> Attempt {
        let Ok(response) = answer else { return Attempt::Unknown };
        let said = self.profile().and_then(|profile| profile.attempt(response.status()));
        said.unwrap_or_else(|| attempt(response.status()))
    }
}

/// Says that the subscriber who is the sender can be reached again (SMPP 3.4 §4.12).
fn alert(link: &Link, message: &Message) -> Result<(), SendError> {
    let (subscriber, esme) = (&message.source, &message.destination);
    let available = [tlv::MsAvailabilityStatus(AVAILABLE).tlv()];
    let pdu = AlertNotification {
        source_addr: Addr::new(Ton(subscriber.ton), Npi(subscriber.npi), subscriber.digits.octets())?,
        esme_addr: Addr::new(Ton(esme.ton), Npi(esme.npi), esme.digits.octets())?,
        tlvs: Tlvs::list(&available),
    };
    link.notify(&pdu).map_err(|error| match error {
        RequestError::NotPermitted { .. } => SendError::Unfit(Unfit("this session takes no alerts")),
        other => other.into(),
    })
}

/// All but the addresses and TLVs.
fn deliver_sm<'a>(message: &'a Message, short_message: &'a [u8]) -> Result<DeliverSm<'a>, ValueError> {
    Ok(DeliverSm {
        service_type: CStr::new(message.service_type.octets())?,
        esm_class: EsmClass(message.esm_class),
        protocol_id: message.protocol_id,
        // Other systems know more levels.
        priority_flag: message.priority.min(HIGHEST_PRIORITY),
        registered_delivery: RegisteredDelivery(message.registered_delivery),
        data_coding: DataCoding(message.data_coding),
        short_message: ShortMessage::new(short_message)?,
        ..Default::default()
    })
}

/// An address as a field; one of more than 20 octets does not fit.
pub(in crate::frontend) fn addr(address: &Address) -> Result<Addr<'_, 21>, ValueError> {
    Addr::new(Ton(address.ton), Npi(address.npi), address.digits.octets())
}

/// What the standard says of a status.
fn attempt(status: CommandStatus) -> Attempt {
    match status.class() {
        Class::Success => Attempt::Delivered,
        Class::Temporary | Class::Throttling | Class::Session => Attempt::TryAgain(status.0),
        // The ESME refuses this message for good (SMPP 3.4 §5.1.3).
        _ if status == CommandStatus::RX_R_APPN => Attempt::Failed(FinalState::Rejected, status.0),
        _ => Attempt::Failed(FinalState::Undeliverable, status.0),
    }
}

// SMPP 3.4 §5.3.2.30
const AVAILABLE: u8 = 0;
// SMPP 3.4 §5.2.14
const HIGHEST_PRIORITY: u8 = 3;
// SMPP 3.4 §4.6.1
const LONGEST_SHORT_MESSAGE: usize = 254;
