//! What a message says, and how many short messages it takes to say it.

use smpp_pdu::tlv::{SarTotalSegments, TlvType};
use smpp_pdu::{EsmClass, Tlvs};
use sms_codec::charset::{Charset, Coding};
use sms_codec::segment::Segmenter;
use sms_codec::udh::Udh;

use crate::model::Message;

/// The text without user data header; binary content in hexadecimal digits.
pub(crate) fn text(message: &Message) -> String {
    let coding = Coding::DEFAULT;
    if coding.charset(message.data_coding) == Charset::Octets {
        return message.user_data.iter().map(|octet| format!("{octet:02X}")).collect();
    }
    if EsmClass(message.esm_class).has_udh()
        && let Ok((_, text)) = coding.decode_after_udh(message.data_coding, &message.user_data)
    {
        return text;
    }
    coding.decode(message.data_coding, &message.user_data)
}

/// Short messages to be billed: 1 for a part whose sender split the text, else as many as the network needs.
pub(crate) fn segments(message: &Message) -> u32 {
    if is_part(message) {
        return 1;
    }
    let charset = Coding::DEFAULT.charset(message.data_coding);
    let text = match EsmClass(message.esm_class).has_udh() {
        true => Udh::split(&message.user_data).map_or(&message.user_data[..], |(_, text)| text),
        false => &message.user_data,
    };
    let segmenter = Segmenter { charset, ..Segmenter::default() };
    // More than 255 parts are no short message any more; nobody delivers it.
    segmenter.split(text).map_or(u32::from(u8::MAX), |segments| u32::from(segments.total()))
}

/// How many parts the sender made of the text; 1 if it is whole.
pub(crate) fn parts(message: &Message) -> u32 {
    let told = message.extra().parts;
    if told > 1 {
        return u32::from(told);
    }
    if EsmClass(message.esm_class).has_udh()
        && let Ok((udh, _)) = Udh::split(&message.user_data)
        && let Some(concatenation) = udh.concatenation()
    {
        return u32::from(concatenation.total().max(1));
    }
    let tlvs = Tlvs::parse(&message.tlvs).unwrap_or_default();
    tlvs.raw(SarTotalSegments::TAG).and_then(|value| value.first().copied()).map_or(1, |total| u32::from(total.max(1)))
}

fn is_part(message: &Message) -> bool {
    parts(message) > 1
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
        assert_eq!((segments(&part), parts(&part), text(&part)), (1, 3, "Hello".to_owned()));
        let mut sar = message(0, vec![b'x'; 254]);
        sar.tlvs = (&b"\x02\x0E\x00\x01\x02"[..]).into();
        assert_eq!((segments(&sar), parts(&sar)), (1, 2));
        let mut told = message(0, vec![b'x'; 10]);
        told.extra_mut().parts = 4;
        assert_eq!((segments(&told), parts(&told)), (1, 4));
    }

    #[test]
    fn binary_content_is_shown_in_hexadecimal() {
        assert_eq!(text(&message(4, vec![0, 0xAB])), "00AB");
        assert_eq!(text(&message(8, vec![0x20, 0xAC])), "€");
    }
}
