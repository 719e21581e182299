//! What a message says, and how many short messages it takes to say it.

use smpp_pdu::tlv::{SarSegmentSeqnum, SarTotalSegments, TlvType};
use smpp_pdu::{EsmClass, Tlvs};
use sms_codec::charset::{Charset, Coding};
use sms_codec::segment::Segmenter;
use sms_codec::udh::Udh;

use crate::model::Message;

/// The text without user data header, for people; binary content in hexadecimal digits.
pub(super) fn text(message: &Message) -> String {
    if Coding::DEFAULT.charset(message.data_coding) == Charset::Octets {
        return message.user_data.iter().map(|octet| format!("{octet:02X}")).collect();
    }
    body(message)
}

/// The text without user data header; of binary content a character for each octet, so that nothing is lost.
pub(crate) fn body(message: &Message) -> String {
    let coding = Coding::DEFAULT;
    if EsmClass(message.esm_class).has_udh()
        && let Ok((_, text)) = coding.decode_after_udh(message.data_coding, &message.user_data)
    {
        return text;
    }
    coding.decode(message.data_coding, &message.user_data)
}

/// The user data header, if there is a sound one, and the octets after it.
pub(crate) fn divided(message: &Message) -> (Option<Udh<'_>>, &[u8]) {
    match EsmClass(message.esm_class).has_udh().then(|| Udh::split(&message.user_data)) {
        Some(Ok((header, octets))) => (Some(header), octets),
        _ => (None, &message.user_data),
    }
}

/// Short messages to be billed: 1 for a part whose sender split the text, else as many as the network needs.
pub(super) fn segments(message: &Message) -> u32 {
    // More than 255 parts are no short message any more; nobody delivers it.
    needed(message).map_or(u32::from(u8::MAX), u32::from)
}

/// As many short messages as the network needs; `None` if no number of them is enough.
pub(crate) fn needed(message: &Message) -> Option<u8> {
    if is_part(message) {
        return Some(1);
    }
    let charset = Coding::DEFAULT.charset(message.data_coding);
    let segmenter = Segmenter { charset, ..Segmenter::default() };
    segmenter.split(divided(message).1).ok().map(|segments| segments.total())
}

/// How many parts the sender made of the text; 1 if it is whole.
pub(super) fn parts(message: &Message) -> u32 {
    u32::from(place(message).1)
}

/// The number of this part, 1 for the first, and how many parts the sender made of the text; 1 of 1 if it is whole.
pub(crate) fn place(message: &Message) -> (u8, u8) {
    let told = message.extra();
    if told.parts > 1 {
        return (told.part_number, told.parts);
    }
    if let (Some(header), _) = divided(message)
        && let Some(concatenation) = header.concatenation()
    {
        return (concatenation.sequence(), concatenation.total().max(1));
    }
    let tlvs = Tlvs::parse(&message.tlvs).unwrap_or_default();
    let one = |tag| tlvs.raw(tag).and_then(|value| value.first().copied()).map_or(1, |value: u8| value.max(1));
    (one(SarSegmentSeqnum::TAG), one(SarTotalSegments::TAG))
}

fn is_part(message: &Message) -> bool {
    place(message).1 > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Lane, MessageId};

    fn message(data_coding: u8, user_data: Vec<u8>) -> Message {
        let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::default());
        message.data_coding = data_coding;
        message.user_data = user_data.into();
        message
    }

    #[test]
    fn long_texts_take_more_than_one() {
        for (data_coding, octets, expected) in [(0, 160, 1), (0, 161, 2), (8, 140, 1), (8, 142, 2), (4, 140, 1), (4, 141, 2)] {
            assert_eq!(segments(&message(data_coding, vec![b' '; octets])), expected, "{data_coding} {octets}");
        }
    }

    #[test]
    fn a_part_of_the_senders_own_is_one() {
        let mut part = message(0, b"\x05\x00\x03\x4A\x03\x01Hello".to_vec());
        part.esm_class = 0x40;
        assert_eq!((segments(&part), place(&part), text(&part)), (1, (1, 3), "Hello".to_owned()));
        let mut sar = message(0, vec![b'x'; 254]);
        sar.tlvs = (&b"\x02\x0E\x00\x01\x02"[..]).into();
        assert_eq!((segments(&sar), place(&sar)), (1, (1, 2)));
        let mut told = message(0, vec![b'x'; 10]);
        told.extra_mut().parts = 4;
        told.extra_mut().part_number = 2;
        assert_eq!((segments(&told), place(&told), parts(&told)), (1, (2, 4), 4));
    }

    #[test]
    fn binary_content_is_shown_in_hexadecimal() {
        assert_eq!(text(&message(4, vec![0, 0xAB])), "00AB");
        assert_eq!(body(&message(4, vec![0, 0xAB])), "\0«");
        assert_eq!(text(&message(8, vec![0x20, 0xAC])), "€");
    }
}
