//! A message as any core shows it: read with patience, for cores differ.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use smpp_pdu::EsmClass;
use sms_codec::receipt::MessageState;

use crate::json::coding::{CharacterSet, CodingGroup, Wish};
use crate::json::header::Header;
use crate::json::hex;
use crate::json::smpp::SmppForm;
use crate::model::{Account, Address, FinalState, Lane, Message, MessageId, Timestamp};
use crate::remote::desk::MessageView;

/// One message of an answer.
pub(in crate::remote) struct Row(Map<String, Value>);

impl Row {
    /// Reads a list, bare or in an envelope; what is no object in it is left out.
    pub(in crate::remote) fn list(octets: &[u8]) -> Result<Vec<Row>, String> {
        match unwrapped(octets)? {
            Value::Array(all) => Ok(all.into_iter().filter_map(Row::new).collect()),
            Value::Null => Ok(Vec::new()),
            _ => Err("the answer is no list of messages".to_owned()),
        }
    }

    /// Reads one message, bare or in an envelope.
    pub(in crate::remote) fn one(octets: &[u8]) -> Result<Row, String> {
        Row::new(unwrapped(octets)?).ok_or_else(|| "the answer is no message".to_owned())
    }

    fn new(value: Value) -> Option<Row> {
        if let Value::Object(fields) = value { Some(Row(fields)) } else { None }
    }

    pub(in crate::remote) fn id(&self) -> Option<MessageId> {
        self.number("id").filter(|id| *id > 0).map(MessageId)
    }

    /// The frontend that is to deliver it.
    pub(super) fn dest_smsc(&self) -> Option<&str> {
        self.text("dest_smsc").or_else(|| self.text("destination_smsc")).filter(|name| !name.is_empty())
    }

    /// Tells whether it waits to be delivered, as far as the core says.
    pub(in crate::remote) fn is_pending(&self) -> bool {
        self.end().is_none() && self.time("deliver_time").is_none()
    }

    /// How it ended, by the core's word for it or by one that receipts have.
    pub(super) fn end(&self) -> Option<FinalState> {
        let state = MessageState::from_word(self.text("status")?)?;
        FinalState::from_message_state(state.to_wire()).filter(|end| *end != FinalState::Unknown)
    }

    /// The object that only cores like ours have.
    pub(super) fn smpp(&self) -> Option<SmppForm> {
        self.typed("smpp")
    }

    pub(super) fn is_duplicate(&self) -> bool {
        self.flag("duplicate")
    }

    /// Makes the message of a lane.
    pub(super) fn message(&self, lane: &Lane) -> Result<Message, String> {
        let id = self.id().ok_or("it has no id")?;
        let mut message = Message::new(id, Account::from(self.text("source_smsc").unwrap_or_default()), lane.clone());
        message.source = Address::from_number(self.text("source_msisdn").unwrap_or_default());
        let destination = self.text("destination_msisdn").filter(|number| !number.is_empty());
        message.destination = Address::from_number(destination.ok_or("it has no destination_msisdn")?);
        message.priority = self.number("priority").map_or(0, |priority| u8::try_from(priority).unwrap_or(u8::MAX));
        message.attempts = self.attempts();
        message.submitted = self.time("send_time").or_else(|| self.time("inserted_at")).unwrap_or_default();
        message.deliver_after = self.time("deliver_after").unwrap_or_default();
        message.expires = self.time("expires").unwrap_or(Timestamp::MAX);
        self.put_extra(&mut message);
        match self.smpp() {
            Some(smpp) if smpp.user_data.is_some() => {
                if let Some(fault) = smpp.fill(&mut message).first() {
                    return Err(told(*fault));
                }
            }
            // Only these are said of it: the text has to be encoded.
            smpp => {
                smpp.unwrap_or_default().fill(&mut message);
                self.put_text(&mut message)?;
            }
        }
        Ok(message)
    }

    /// What the dashboard shows.
    pub(in crate::remote) fn view(&self) -> Option<MessageView> {
        let own = |name| self.text(name).map(str::to_owned);
        Some(MessageView {
            id: self.id()?.0,
            source: own("source_msisdn").unwrap_or_default(),
            destination: own("destination_msisdn").unwrap_or_default(),
            body: own("message_body").unwrap_or_default(),
            source_smsc: own("source_smsc"),
            dest_smsc: self.dest_smsc().map(str::to_owned),
            status: own("status").unwrap_or_else(|| "pending".to_owned()),
            attempts: self.attempts(),
            priority: self.number("priority").and_then(|priority| u8::try_from(priority).ok()),
            submitted: self.time("send_time").or_else(|| self.time("inserted_at")),
            deliver_after: self.time("deliver_after"),
            expires: self.time("expires"),
            delivered: self.time("deliver_time"),
        })
    }

    /// When it ended, if it has.
    pub(super) fn done(&self) -> Option<Timestamp> {
        self.time("deliver_time").or_else(|| self.time("updated_at"))
    }

    fn attempts(&self) -> u32 {
        self.number("delivery_attempts").map_or(0, |attempts| u32::try_from(attempts).unwrap_or(u32::MAX))
    }

    fn put_extra(&self, message: &mut Message) {
        let octet = |name| self.number(name).and_then(|number| u8::try_from(number).ok()).unwrap_or(1);
        let (number, parts) = (octet("message_part_number"), octet("message_parts"));
        if parts > 1 && (1..=parts).contains(&number) {
            let extra = message.extra_mut();
            (extra.part_number, extra.parts) = (number, parts);
        }
        if self.flag("raw_data_flag") {
            message.extra_mut().raw_data = true;
        }
    }

    /// Encodes the text as the fields say; a set that lacks some of its characters gives way to one that has them.
    fn put_text(&self, message: &mut Message) -> Result<(), String> {
        let body = self.text("message_body").unwrap_or_default();
        let header = self.typed::<Header>("tp_user_data_header").unwrap_or_default();
        let mut octets = header.write().map_err(|fault| format!("tp_user_data_header {fault}"))?;
        if !octets.is_empty() {
            message.esm_class |= EsmClass::UDHI.0;
        }
        let wish = self.wish();
        let (data_coding, text) = if message.extra().raw_data {
            let raw = hex::read(body).ok_or("message_body is no pairs of hexadecimal digits, though raw_data_flag is set")?;
            (wish.data_coding(CharacterSet::EightBit).map_err(told)?, raw)
        } else {
            let any = Wish { character_set: None, ..wish };
            wish.encode(body).or_else(|_| any.encode(body)).or_else(|_| Wish::default().encode(body)).map_err(told)?
        };
        octets.extend(text);
        (message.data_coding, message.user_data) = (data_coding, Bytes::from(octets));
        Ok(())
    }

    fn wish(&self) -> Wish {
        let class = self.number("tp_dcs_message_class").and_then(|class| u8::try_from(class).ok());
        let has_class = self.0.get("tp_dcs_has_message_class").and_then(Value::as_bool);
        Wish {
            character_set: self.word("tp_dcs_character_set"),
            group: self.word::<CodingGroup>("tp_dcs_coding_group").unwrap_or_default(),
            is_compressed: self.flag("tp_dcs_compressed"),
            class: class.or_else(|| has_class?.then_some(0)).filter(|_| has_class != Some(false)),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A number, or its digits.
    fn number(&self, name: &str) -> Option<u64> {
        let value = self.0.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A moment as ISO 8601, or as seconds since 1970.
    fn time(&self, name: &str) -> Option<Timestamp> {
        match self.0.get(name)? {
            Value::String(text) => crate::calendar::parse_iso(text),
            value => value.as_u64().map(|seconds| Timestamp(seconds.saturating_mul(1000))),
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    fn typed<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let value = self.0.get(name).filter(|value| !value.is_null())?;
        serde_json::from_value(value.clone()).ok()
    }

    /// A word in any case of letters.
    fn word<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.text(name)?.to_ascii_lowercase().into()).ok()
    }
}

/// What is in the envelope, or everything if there is none.
fn unwrapped(octets: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice(octets).map_err(|error| error.to_string())? {
        Value::Object(mut fields) => Ok(fields.remove("data").unwrap_or(Value::Object(fields))),
        other => Ok(other),
    }
}

fn told((field, fault): (&'static str, &'static str)) -> String {
    format!("{field} {fault}")
}

/// How a message is told about that people may read: its id and why it cannot be used.
pub(super) fn complaint(row: &Row, fault: &str) -> Cow<'static, str> {
    match row.id() {
        Some(id) => format!("message {id}: {fault}").into(),
        None => "a message has no id".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(json: &str) -> Result<Message, String> {
        Row::one(json.as_bytes()).unwrap().message(&Lane::from("uk"))
    }

    #[test]
    fn lists_are_read_in_every_envelope() {
        for json in [
            r#"[{"id":1},{"id":"2"}]"#,
            r#"{"data":[{"id":1},{"id":2}]}"#,
            r#"{"status":"success","data":[{"id":1},7,{"id":2}]}"#,
        ] {
            let ids: Vec<_> = Row::list(json.as_bytes()).unwrap().iter().filter_map(Row::id).collect();
            assert_eq!(ids, [MessageId(1), MessageId(2)], "{json}");
        }
        assert!(Row::list(br#"{"data":null}"#).is_ok_and(|rows| rows.is_empty()));
        for json in ["", "<html>", r#"{"data":7}"#, r#"{"messages":1}"#, "7"] {
            assert!(Row::list(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn the_standard_fields_alone_make_a_message() {
        let read = message(
            r#"{"id":5,"source_msisdn":"Shop","destination_msisdn":"+447700900000","message_body":"да","source_smsc":"api",
            "destination_smsc":"uk","expires":"2030-01-01T00:00:00Z","deliver_after":null,"delivery_attempts":2}"#,
        )
        .unwrap();
        assert_eq!((read.id, read.attempts, read.data_coding), (MessageId(5), 2, 8));
        assert_eq!((&read.source, &read.destination), (&Address::new(5, 0, "Shop"), &Address::new(1, 1, "447700900000")));
        assert_eq!((&read.user_data[..], read.deliver_after.0), (&[4, 0x34, 4, 0x30][..], 0));
        assert_eq!(read.expires, Timestamp(1_893_456_000_000));
        let bare = message(r#"{"id":"5","destination_msisdn":"123"}"#).unwrap();
        assert_eq!((bare.expires, bare.user_data.len()), (Timestamp::MAX, 0));
    }

    #[test]
    fn coding_fields_say_how_the_text_is_encoded() {
        let with = |fields: &str, body: &str| {
            let read = message(&format!(r#"{{"id":1,"destination_msisdn":"1","message_body":"{body}",{fields}}}"#));
            read.map(|read| (read.data_coding, read.esm_class, read.user_data.to_vec()))
        };
        assert_eq!(with(r#""tp_dcs_character_set":"LATIN1""#, "é"), Ok((3, 0, vec![0xE9])));
        assert_eq!(with(r#""tp_dcs_character_set":"gsm7""#, "ж"), Ok((8, 0, vec![4, 0x36])), "the set lacks it");
        assert_eq!(with(r#""tp_dcs_has_message_class":true,"tp_dcs_message_class":0"#, "a"), Ok((0x10, 0, vec![b'a'])));
        let header = r#""tp_user_data_header":{"00":"4A0201"}"#;
        assert_eq!(with(header, "a"), Ok((0, 0x40, vec![5, 0, 3, 0x4A, 2, 1, b'a'])));
        assert_eq!(with(r#""raw_data_flag":true"#, "00FF"), Ok((4, 0, vec![0, 0xFF])));
        assert!(with(r#""raw_data_flag":true"#, "xx").is_err());
    }

    #[test]
    fn the_octets_of_smpp_win() {
        let read = message(
            r#"{"id":1,"destination_msisdn":"1","message_body":"other","smpp":{"user_data":"0102","data_coding":4,"dest_ton":2,
            "dest_npi":null,"registered_delivery":1,"kind":"receipt","about":9}}"#,
        )
        .unwrap();
        assert_eq!((&read.user_data[..], read.data_coding, read.registered_delivery), (&[1, 2][..], 4, 1));
        assert_eq!((read.destination, read.about), (Address::new(2, 1, "1"), Some(MessageId(9))));
        assert!(message(r#"{"id":1,"destination_msisdn":"1","smpp":{"user_data":"0"}}"#).is_err());
    }

    #[test]
    fn what_has_ended_or_lacks_the_essential_is_no_work() {
        for json in [
            r#"{"id":1,"status":"Delivered"}"#,
            r#"{"id":1,"status":"failed"}"#,
            r#"{"id":1,"deliver_time":"2026-01-01T00:00:00Z"}"#,
        ] {
            assert!(!Row::one(json.as_bytes()).unwrap().is_pending(), "{json}");
        }
        assert!(Row::one(br#"{"id":1,"status":"pending","deliver_time":null}"#).unwrap().is_pending());
        for json in [r#"{"destination_msisdn":"1"}"#, r#"{"id":1}"#, r#"{"id":0,"destination_msisdn":"1"}"#] {
            assert!(message(json).is_err(), "{json}");
        }
    }
}
