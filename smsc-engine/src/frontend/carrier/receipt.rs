//! What a carrier's receipt says, in the words of the core.

use std::sync::OnceLock;

use smpp_pdu::tlv::{self, TlvType};
use smpp_pdu::{DataSm, DeliverSm, Tlvs};
use sms_codec::receipt::{Cause, Habits, IdNotation, Kind, MessageState, Report, decimal_to_hex, hex_to_decimal, plain_id, text};

use super::super::peer::ClientPeer;
use crate::model::{Timestamp, Word};

/// One receipt.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// What it calls its message: in the TLV, in the text.
    ids: [Option<Word>; 2],
    notation: IdNotation,
    /// All that its message may have been called, once more than the likeliest is asked for.
    names: OnceLock<Vec<Word>>,
    /// SMPP `message_state`.
    pub(super) state: u8,
    pub(super) error: u32,
    pub(super) done: Option<Timestamp>,
}

/// What a receipt and a message have in common on the wire.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    esm_class: u8,
    data_coding: u8,
    user_data: &'a [u8],
    tlvs: Tlvs<'a>,
}

impl<'a> From<DeliverSm<'a>> for Envelope<'a> {
    fn from(pdu: DeliverSm<'a>) -> Self {
        let payload = pdu.tlvs.raw(tlv::MessagePayload::TAG).filter(|_| pdu.short_message.as_bytes().is_empty());
        let user_data = payload.unwrap_or(pdu.short_message.as_bytes());
        Envelope { esm_class: pdu.esm_class.0, data_coding: pdu.data_coding.0, user_data, tlvs: pdu.tlvs }
    }
}

impl<'a> From<DataSm<'a>> for Envelope<'a> {
    fn from(pdu: DataSm<'a>) -> Self {
        let user_data = pdu.tlvs.raw(tlv::MessagePayload::TAG).unwrap_or_default();
        Envelope { esm_class: pdu.esm_class.0, data_coding: pdu.data_coding.0, user_data, tlvs: pdu.tlvs }
    }
}

impl Envelope<'_> {
    /// The receipt in it, in the words of this carrier; `None` if it is a message.
    pub(super) fn receipt(&self, peer: &ClientPeer) -> Option<Heard> {
        let is_marked = self.esm_class & TYPE_BITS != 0;
        let named = self.tlvs.raw(tlv::ReceiptedMessageId::TAG);
        if !is_marked && named.is_none() {
            return None;
        }
        let text = text(self.esm_class, self.data_coding, self.user_data);
        let tlvs = sms_codec::receipt::Tlvs {
            receipted_message_id: named,
            message_state: self.tlvs.raw(tlv::MessageState::TAG).and_then(|value| value.first().copied()),
            network_error_code: self.tlvs.raw(tlv::NetworkErrorCode::TAG),
        };
        // A message that names another one is a receipt, even if it is not marked as one.
        let habits = Habits { by_content: named.is_some(), ..peer.receipt_habits };
        Some(heard((&habits, habits.read(self.esm_class, &text, tlvs)?), peer.receipt_ids))
    }
}

impl Heard {
    /// What the message may have been called in its response: the likeliest first, which nearly always is right.
    pub(super) fn name(&self, place: usize) -> Option<Word> {
        if place == 0 { self.ids.iter().flatten().next().cloned() } else { self.names().get(place).cloned() }
    }

    fn names(&self) -> &[Word] {
        self.names.get_or_init(|| self.spelled())
    }

    fn spelled(&self) -> Vec<Word> {
        let mut names = Vec::new();
        // The id of the text is the second to be tried if the TLV has another one.
        for id in self.ids.iter().flatten() {
            for name in candidates(&id.text(), self.notation) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

fn heard((habits, report): (&Habits<'_>, Report<'_>), notation: IdNotation) -> Heard {
    let error = match report.cause() {
        Some(Cause::Network(error)) => error.code.into(),
        _ => report.receipt.err_number().unwrap_or_default(),
    };
    let done = report.receipt.done_date.and_then(|date| u64::try_from(date.unix_millis(0)).ok());
    let ids = [report.id.map(Word::from), report.receipt.id.map(Word::from)];
    Heard { ids, notation, names: OnceLock::new(), state: state(habits, &report), error, done: done.map(Timestamp) }
}

/// A notification on the way says nothing final, whatever its state, nor does a state that is no end for this carrier; a
/// state that nobody knows is none.
fn state(habits: &Habits<'_>, report: &Report<'_>) -> u8 {
    let is_final = report.kind != Kind::Intermediate && habits.is_final(report);
    match report.state {
        Some(state) if state.is_final() && !is_final => MessageState::Enroute.to_wire(),
        Some(state) => state.to_wire(),
        None => NO_STATE,
    }
}

/// What a response may have called the message that a receipt calls `id`: exactly so, in another letter case or
/// without zeros, and in the other notation.
fn candidates(id: &str, notation: IdNotation) -> Vec<Word> {
    let plain = plain_id(id);
    let mut all = vec![id.to_owned(), id.to_ascii_lowercase(), id.to_ascii_uppercase()];
    all.extend([plain.to_ascii_uppercase(), plain.clone(), padded(&plain)]);
    let is_telling = plain.len() > FEW_DIGITS || plain.bytes().any(|octet| octet.is_ascii_alphabetic());
    let guess = notation == IdNotation::Guess && is_telling;
    if (guess || notation == IdNotation::ReceiptDecimal)
        && let Some(hex) = decimal_to_hex(&plain)
    {
        let padded = format!("{hex:0>8}");
        all.extend([hex.to_ascii_uppercase(), padded.to_ascii_uppercase(), hex, padded]);
    }
    if (guess || notation == IdNotation::ReceiptHex)
        && let Some(decimal) = hex_to_decimal(&plain)
    {
        all.extend([padded(&decimal), decimal]);
    }
    let mut names: Vec<Word> = Vec::with_capacity(all.len());
    for name in all.iter().map(Word::new) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// As ten digits, the usual form.
fn padded(digits: &str) -> String {
    format!("{digits:0>10}")
}

// SMPP 3.4 §5.2.12: receipt or notification of the MC.
const TYPE_BITS: u8 = 0x24;
const NO_STATE: u8 = 0;
// Shorter numbers are too often both.
const FEW_DIGITS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_pdu::tlv::{Text, Tlv};
    use smpp_pdu::{EsmClass, ShortMessage};

    const TEXT: &[u8] = b"id:55 sub:001 dlvrd:000 submit date:2606301200 done date:2606301201 stat:UNDELIV err:027 text:Hi";

    fn read(esm_class: u8, text: &[u8], tlvs: &[Tlv<'_>]) -> Option<Heard> {
        let short_message = ShortMessage::new(text).unwrap();
        let pdu = DeliverSm { esm_class: EsmClass(esm_class), short_message, tlvs: Tlvs::list(tlvs), ..Default::default() };
        Envelope::from(pdu).receipt(&ClientPeer { receipt_ids: IdNotation::Same, ..ClientPeer::new("uk", "127.0.0.1") })
    }

    fn names(id: &str, notation: IdNotation) -> Vec<String> {
        candidates(id, notation).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_receipt_is_read_from_its_text() {
        let heard = read(0x04, TEXT, &[]).unwrap();
        assert_eq!((heard.name(0), heard.state, heard.error), (Some("55".into()), 5, 27));
        assert_eq!(heard.done, Some(Timestamp(1_782_820_860_000)));
    }

    #[test]
    fn tlvs_count_more_than_the_text_and_mark_a_receipt_by_themselves() {
        let tlvs = [tlv::ReceiptedMessageId(Text(b"37")).tlv(), tlv::MessageState(smpp_pdu::MessageState::DELIVERED).tlv()];
        for esm_class in [0x04, 0x00] {
            let heard = read(esm_class, TEXT, &tlvs).unwrap();
            assert_eq!((heard.name(0), heard.state), (Some("37".into()), 2));
            assert_eq!(heard.names().first().cloned(), heard.name(0));
            assert!(heard.names().contains(&"55".into()));
            assert_eq!(heard.name(heard.names().len()), None);
        }
    }

    #[test]
    fn a_message_is_no_receipt_whatever_it_says() {
        assert_eq!(read(0x00, TEXT, &[]), None);
        assert_eq!(read(0x08, TEXT, &[]), None, "an acknowledgement of a subscriber");
    }

    #[test]
    fn a_notification_on_the_way_ends_nothing() {
        assert_eq!(read(0x20, TEXT, &[]).unwrap().state, 1);
        assert_eq!(read(0x04, b"id:1 stat:WHATEVER", &[]).unwrap().state, NO_STATE);
    }

    #[test]
    fn ids_are_looked_for_in_the_notations_a_peer_may_use() {
        assert_eq!(names("55", IdNotation::Same), ["55", "0000000055"]);
        assert_eq!(names("00aB", IdNotation::Same)[..4], ["00aB", "00ab", "00AB", "AB"]);
        assert!(names("0059113978", IdNotation::ReceiptDecimal).contains(&"38601FA".to_owned()));
        assert!(names("59113978", IdNotation::Guess).contains(&"038601fa".to_owned()));
        assert!(names("10", IdNotation::ReceiptHex).contains(&"16".to_owned()));
        assert!(!names("10", IdNotation::Guess).contains(&"16".to_owned()), "too short to be told");
        assert!(!names("59113978", IdNotation::Same).contains(&"38601fa".to_owned()));
    }
}
