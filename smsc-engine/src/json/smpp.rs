//! The object `smpp` of a message: everything SMPP says that the other fields have no words for.

use serde::{Deserialize, Serialize};
use smpp_pdu::{EsmClass, Tlvs};
use sms_codec::udh::Udh;

use super::hex;
use crate::api::Mode;
use crate::model::{Address, Kind, Message, MessageId, Outcome, Word};

/// A message as SMPP has it, for frontends that must pass it on unchanged. What is left out follows from the other fields.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(default)]
pub(crate) struct SmppForm {
    /// What it is; `receipt` is only returned.
    pub(crate) kind: Option<KindWord>,
    /// `service_type`.
    #[cfg_attr(feature = "http", schema(max_length = 5, pattern = r"^[\x20-\x7E]*$"))]
    pub(crate) service_type: Option<String>,
    /// Type of number of the sender.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) source_ton: Option<u8>,
    /// Numbering plan of the sender.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) source_npi: Option<u8>,
    /// Type of number of the recipient.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) dest_ton: Option<u8>,
    /// Numbering plan of the recipient.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) dest_npi: Option<u8>,
    /// `esm_class`.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) esm_class: Option<u8>,
    /// `protocol_id`.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) protocol_id: Option<u8>,
    /// `data_coding`.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) data_coding: Option<u8>,
    /// `registered_delivery`: which receipts its sender wants.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) registered_delivery: Option<u8>,
    /// The octets of the text with its user data header, in hexadecimal digits; they win over `message_body`.
    #[cfg_attr(feature = "http", schema(pattern = r"^([0-9A-Fa-f]{2})*$"))]
    pub(crate) user_data: Option<String>,
    /// All other TLVs one after the other, in hexadecimal digits.
    #[cfg_attr(feature = "http", schema(pattern = r"^([0-9A-Fa-f]{2})*$"))]
    pub(crate) tlvs: Option<String>,
    /// The message that its receipts name: of several destinations of one text the first, of a receipt the original.
    #[cfg_attr(feature = "http", schema(minimum = 1))]
    pub(crate) about: Option<u64>,
    /// How it is kept, in creating it.
    pub(crate) mode: Option<ModeWord>,
    /// Whether it takes the place of a waiting message like it, in creating it.
    pub(crate) replace_if_present: Option<bool>,
    /// How it stands as SMPP `message_state`; only returned.
    #[cfg_attr(feature = "http", schema(maximum = 255))]
    pub(crate) message_state: Option<u8>,
    /// The network's error, 0 for none; only returned.
    pub(crate) error_code: Option<u32>,
}

/// What a message is, seen from the MC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum KindWord {
    /// To a subscriber.
    Mt,
    /// From a subscriber.
    Mo,
    /// A receipt.
    Receipt,
    /// That the sender, a subscriber, can be reached again.
    Alert,
}

/// SMPP's messaging modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeWord {
    /// Kept until it has an end.
    StoreAndForward,
    /// Tried once, in memory only.
    Datagram,
    /// Tried once, in memory only; the answer tells how it ended.
    Transaction,
}

/// A field and what is wrong with it.
pub(crate) type Fault = (&'static str, &'static str);

impl SmppForm {
    /// Writes all that SMPP says of a message.
    pub(crate) fn of(message: &Message) -> SmppForm {
        SmppForm {
            kind: Some(message.kind.into()),
            service_type: Some(message.service_type.text().into_owned()),
            source_ton: Some(message.source.ton),
            source_npi: Some(message.source.npi),
            dest_ton: Some(message.destination.ton),
            dest_npi: Some(message.destination.npi),
            esm_class: Some(message.esm_class),
            protocol_id: Some(message.protocol_id),
            data_coding: Some(message.data_coding),
            registered_delivery: Some(message.registered_delivery),
            user_data: Some(hex::write(&message.user_data)),
            tlvs: Some(hex::write(&message.tlvs)),
            about: message.about.map(|MessageId(id)| id),
            ..SmppForm::default()
        }
    }

    /// With how the message stands.
    pub(crate) fn standing(self, outcome: Option<Outcome>) -> SmppForm {
        let state = outcome.map_or(ENROUTE, |outcome| outcome.state.message_state());
        SmppForm { message_state: Some(state), error_code: Some(outcome.map_or(0, |outcome| outcome.error)), ..self }
    }

    /// Puts what is said here into a message whose addresses are there already; returns what is wrong.
    pub(crate) fn fill(&self, message: &mut Message) -> Vec<Fault> {
        let mut faults = Vec::new();
        message.kind = self.kind.map_or(message.kind, Into::into);
        place(&mut message.source, (self.source_ton, self.source_npi));
        place(&mut message.destination, (self.dest_ton, self.dest_npi));
        for (octet, given) in [
            (&mut message.esm_class, self.esm_class),
            (&mut message.protocol_id, self.protocol_id),
            (&mut message.data_coding, self.data_coding),
            (&mut message.registered_delivery, self.registered_delivery),
        ] {
            *octet = given.unwrap_or(*octet);
        }
        if let Some(service_type) = &self.service_type {
            if service_type.len() > LONGEST_SERVICE_TYPE || service_type.contains(char::is_control) {
                faults.push(("smpp.service_type", "must be at most 5 octets without control characters"));
            }
            message.service_type = Word::new(service_type);
        }
        if self.about == Some(0) {
            faults.push(("smpp.about", "must be 1 or more"));
        }
        message.about = self.about.map(MessageId).or(message.about);
        faults.extend(self.fill_octets(message).err());
        faults
    }

    /// The octets of text and TLVs.
    fn fill_octets(&self, message: &mut Message) -> Result<(), Fault> {
        if let Some(digits) = &self.tlvs {
            let octets = hex::read(digits).ok_or(("smpp.tlvs", PAIRS))?;
            Tlvs::parse(&octets).ok_or(("smpp.tlvs", "are no whole TLVs: each is a tag, a length and so many octets"))?;
            message.tlvs = octets.into();
        }
        let Some(digits) = &self.user_data else { return Ok(()) };
        let octets = hex::read(digits).ok_or(("smpp.user_data", PAIRS))?;
        if octets.len() > LONGEST_USER_DATA {
            return Err(("smpp.user_data", "has more than 65535 octets"));
        }
        if EsmClass(message.esm_class).has_udh() && Udh::split(&octets).is_err() {
            return Err(("smpp.user_data", "does not begin with the user data header that smpp.esm_class announces"));
        }
        message.user_data = octets.into();
        Ok(())
    }
}

fn place(address: &mut Address, (ton, npi): (Option<u8>, Option<u8>)) {
    address.ton = ton.unwrap_or(address.ton);
    address.npi = npi.unwrap_or(address.npi);
}

impl From<Kind> for KindWord {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Mt => KindWord::Mt,
            Kind::Mo => KindWord::Mo,
            Kind::Receipt => KindWord::Receipt,
            Kind::Alert => KindWord::Alert,
        }
    }
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Self {
        match word {
            KindWord::Mt => Kind::Mt,
            KindWord::Mo => Kind::Mo,
            KindWord::Receipt => Kind::Receipt,
            KindWord::Alert => Kind::Alert,
        }
    }
}

impl From<Mode> for ModeWord {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::StoreAndForward => ModeWord::StoreAndForward,
            Mode::Datagram => ModeWord::Datagram,
            Mode::Transaction => ModeWord::Transaction,
        }
    }
}

impl From<ModeWord> for Mode {
    fn from(word: ModeWord) -> Self {
        match word {
            ModeWord::StoreAndForward => Mode::StoreAndForward,
            ModeWord::Datagram => Mode::Datagram,
            ModeWord::Transaction => Mode::Transaction,
        }
    }
}

const PAIRS: &str = "must be pairs of hexadecimal digits";
// SMPP 3.4 §5.2.11, §5.3.2.32; §5.2.28, message_state.
const LONGEST_SERVICE_TYPE: usize = 5;
const LONGEST_USER_DATA: usize = 65_535;
const ENROUTE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Lane};

    fn message() -> Message {
        let mut message = Message::new(MessageId(7), Account::from("shop"), Lane::from("uk"));
        message.source = Address::new(5, 9, "Shop");
        message.destination = Address::new(2, 8, "7700900000");
        message.service_type = Word::from("WAP");
        (message.esm_class, message.protocol_id, message.data_coding) = (0x43, 0x7F, 0xF5);
        message.registered_delivery = 0x11;
        message.user_data = (&[5, 0, 3, 9, 2, 1, 0xFF, 0][..]).into();
        message.tlvs = (&b"\x02\x04\x00\x02\x12\x34"[..]).into();
        message.about = Some(MessageId(3));
        message.kind = Kind::Mo;
        message
    }

    #[test]
    fn every_field_is_read_back_from_its_json() {
        let json = serde_json::to_string(&SmppForm::of(&message())).unwrap();
        let read: SmppForm = serde_json::from_str(&json).unwrap();
        // As the other fields of the API have it.
        let mut known = Message::new(MessageId(7), Account::from("shop"), Lane::from("uk"));
        known.source = Address::from_number(&message().source.number());
        known.destination = Address::from_number(&message().destination.number());
        assert_eq!(read.fill(&mut known), []);
        assert_eq!(known, message());
    }

    #[test]
    fn what_is_left_out_changes_nothing() {
        let mut same = message();
        assert_eq!(SmppForm::default().fill(&mut same), []);
        assert_eq!(same, message());
    }

    #[test]
    fn what_cannot_be_used_names_its_field() {
        for (json, field) in [
            (r#"{"service_type":"CMT012"}"#, "smpp.service_type"),
            (r#"{"service_type":"A\u0000"}"#, "smpp.service_type"),
            (r#"{"about":0}"#, "smpp.about"),
            (r#"{"tlvs":"0204"}"#, "smpp.tlvs"),
            (r#"{"tlvs":"2"}"#, "smpp.tlvs"),
            (r#"{"user_data":"0x"}"#, "smpp.user_data"),
            (r#"{"esm_class":64,"user_data":"0500"}"#, "smpp.user_data"),
        ] {
            let form: SmppForm = serde_json::from_str(json).unwrap();
            let faults = form.fill(&mut Message::new(MessageId(7), Account::default(), Lane::default()));
            assert_eq!(faults.first().map(|(field, _)| *field), Some(field), "{json}");
        }
        let long = SmppForm { user_data: Some("00".repeat(65_536)), ..SmppForm::default() };
        assert_eq!(long.fill(&mut message()).len(), 1);
    }
}
