//! The receipts a core owes the senders of messages.

use bytes::Bytes;
use smpp_pdu::tlv::{self, Pair, Text, TlvType, Tlvs};
use smpp_pdu::{EsmClass, RegisteredDelivery};
use sms_codec::charset::Coding;
use sms_codec::receipt::{Dialect, MessageState, Receipt};
use sms_codec::time::ReceiptDate;
use sms_codec::udh::Udh;

use crate::model::{FinalState, Kind, Lane, Message, MessageId, Outcome, Timestamp};

/// True if the sender wants to hear of this end (SMPP 3.4 §5.2.17; 5.0 adds "on success").
pub(super) fn is_owed(message: &Message, state: FinalState) -> bool {
    if message.kind != Kind::Mt {
        return false;
    }
    match RegisteredDelivery(message.registered_delivery).receipt() {
        RegisteredDelivery::ALWAYS => true,
        RegisteredDelivery::ON_FAILURE => state != FinalState::Delivered,
        RegisteredDelivery::ON_SUCCESS => state == FinalState::Delivered,
        _ => false,
    }
}

/// The receipt for a message that ended: addresses swapped, text and TLVs saying the same.
pub(super) fn write(message: &Message, outcome: &Outcome, id: MessageId) -> Message {
    let mut receipt = addressed(message, id);
    let named = receipt.about.unwrap_or(message.id);
    receipt.esm_class = EsmClass::RECEIPT.0;
    let state = MessageState::from_wire(outcome.state.message_state()).unwrap_or(MessageState::Unknown);
    let standing = Standing { state, error: outcome.error, at: outcome.done };
    receipt.user_data = text(message, standing, named).into();
    receipt.tlvs = tlvs(standing, named);
    receipt.submitted = outcome.done;
    receipt.deliver_after = outcome.done;
    receipt
}

/// An intermediate notification: an attempt failed, and others follow (SMPP 3.4 §5.2.17). `None` if nobody asked for it.
pub(super) fn notice(message: &Message, error: u32, now: Timestamp, id: impl FnOnce() -> MessageId) -> Option<Message> {
    if message.kind != Kind::Mt || message.registered_delivery & INTERMEDIATE == 0 {
        return None;
    }
    let mut notice = addressed(message, id());
    let named = notice.about.unwrap_or(message.id);
    notice.esm_class = EsmClass::INTERMEDIATE.0;
    let standing = Standing { state: MessageState::Enroute, error, at: now };
    notice.user_data = text(message, standing, named).into();
    notice.tlvs = tlvs(standing, named);
    notice.submitted = now;
    notice.deliver_after = now;
    // It is of no use once the message has ended.
    notice.expires = message.expires;
    Some(notice)
}

/// What a receipt says of a message.
#[derive(Clone, Copy)]
struct Standing {
    state: MessageState,
    error: u32,
    at: Timestamp,
}

fn addressed(message: &Message, id: MessageId) -> Message {
    let mut receipt = Message::new(id, message.account.clone(), Lane::esme(&message.account));
    receipt.kind = Kind::Receipt;
    // The messages of one submission to several destinations share the id its sender was told.
    receipt.about = Some(message.about.unwrap_or(message.id));
    receipt.service_type = message.service_type.clone();
    receipt.source = message.destination.clone();
    receipt.destination = message.source.clone();
    receipt
}

fn text(message: &Message, standing: Standing, named: MessageId) -> String {
    let beginning = beginning(message);
    let (id, err) = (named.to_string(), format!("{:03}", standing.error));
    let receipt = Receipt {
        id: Some(&id),
        submit_date: Some(date(message.submitted)),
        done_date: Some(date(standing.at)),
        stat: Some(standing.state.word()),
        err: Some(&err),
        text: Some(&beginning),
        ..Receipt::default()
    };
    receipt.display(Dialect::STANDARD).to_string()
}

/// The first characters of a text message; nothing of a binary or UCS-2 one.
fn beginning(message: &Message) -> String {
    if !matches!(message.data_coding, 0 | 1 | 3) {
        return String::new();
    }
    let text = match EsmClass(message.esm_class).has_udh() {
        true => Udh::split(&message.user_data).map_or(&[][..], |(_, text)| text),
        false => &message.user_data,
    };
    let shown = text.get(..text.len().min(SHOWN)).unwrap_or_default();
    Coding::default().decode(message.data_coding, shown)
}

fn tlvs(standing: Standing, named: MessageId) -> Bytes {
    let id = named.to_string();
    let mut list = vec![
        tlv::ReceiptedMessageId(Text(id.as_bytes())).tlv(),
        tlv::MessageState(smpp_pdu::MessageState(standing.state.to_wire())).tlv(),
    ];
    if let (Ok(number), true) = (u16::try_from(standing.error), standing.error != 0) {
        list.push(tlv::NetworkErrorCode(Pair { kind: GSM, number }).tlv());
    }
    // Nothing in the list can break the standard.
    Tlvs::list(&list).to_vec().unwrap_or_default().into()
}

fn date(time: Timestamp) -> ReceiptDate {
    ReceiptDate::from_unix_millis(i64::try_from(time.0).unwrap_or(i64::MAX), UTC)
}

/// SMPP 3.4 §5.2.17: the bit that asks for intermediate notifications.
const INTERMEDIATE: u8 = 0x10;
const UTC: i16 = 0;
// SMPP 3.4 Appendix B: the first 20 characters.
const SHOWN: usize = 20;
// network_error_code, SMPP 3.4 §5.3.2.31: the code is one of a GSM network.
const GSM: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Address};

    #[test]
    fn a_receipt_says_the_same_in_text_and_tlvs() {
        let mut message = Message::new(MessageId(42), Account::from("shop"), Lane::from("sandbox"));
        message.source = Address::new(5, 0, "Shop");
        message.destination = Address::new(1, 1, "447700900050");
        message.user_data = Bytes::from_static(b"Your parcel has arrived today");
        message.submitted = Timestamp(1_782_820_800_000);
        let outcome = Outcome { state: FinalState::Undeliverable, error: 50, attempts: 1, done: Timestamp(1_782_820_860_000) };
        let receipt = write(&message, &outcome, MessageId(43));
        assert_eq!((&receipt.source, &receipt.destination), (&message.destination, &message.source));
        assert_eq!(receipt.lane, Lane::from("esme:shop"));
        let text = "id:0000000042 sub:001 dlvrd:000 submit date:2606301200 done date:2606301201 stat:UNDELIV err:050 \
                    text:Your parcel has arri";
        assert_eq!(std::str::from_utf8(&receipt.user_data).unwrap(), text);
        let tlvs = smpp_pdu::Tlvs::parse(&receipt.tlvs).unwrap();
        assert_eq!(tlvs.get::<tlv::ReceiptedMessageId<'_>>().unwrap().unwrap().0.as_str(), Some("0000000042"));
        assert_eq!(tlvs.get::<tlv::MessageState>().unwrap().unwrap().0.0, 5);
        assert_eq!(tlvs.get::<tlv::NetworkErrorCode>().unwrap().unwrap().0.number, 50);
    }

    #[test]
    fn a_binary_message_shows_no_text() {
        let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::from("sandbox"));
        message.data_coding = 4;
        message.user_data = Bytes::from_static(b"\x01\x02");
        assert_eq!(beginning(&message), "");
        message.data_coding = 0;
        message.esm_class = 0x40;
        message.user_data = Bytes::from_static(b"\x05\x00\x03\x01\x02\x01hello");
        assert_eq!(beginning(&message), "hello");
    }
}
