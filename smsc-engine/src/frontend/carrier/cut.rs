//! How a text goes to a carrier: as it is, in another alphabet, or in parts.

use std::collections::VecDeque;

use smpp_pdu::Version;
use sms_codec::charset::Charset;
use sms_codec::join::Sar;
use sms_codec::segment::{Segment, Segmenter, Segments};
use sms_codec::udh::Reference;

use super::super::courier::Unfit;
use super::super::peer::LongText;
use super::recode::Body;
use crate::model::Message;

/// One `submit_sm` of a text that cannot go as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) user_data: Vec<u8>,
    pub(super) has_udh: bool,
    pub(super) data_coding: u8,
    pub(super) sar: Option<Sar>,
    /// Whether it goes in `message_payload` however short it is.
    pub(super) is_payload: bool,
    /// Only the last part asks for a receipt.
    pub(super) is_last: bool,
}

/// How a carrier takes texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taste {
    pub(super) charset: Charset,
    pub(super) long_text: LongText,
    pub(super) version: Version,
}

/// The parts of a message; `None` if it goes as it is. `has_sar` tells that its sender numbered it by TLVs.
///
/// # Errors
/// It needs more parts than can be numbered, or cannot be cut.
pub(super) fn parts(message: &Message, has_sar: bool, taste: Taste) -> Result<Option<VecDeque<Part>>, Unfit> {
    let has_udh = message.esm_class & UDHI != 0;
    let body = Body::new(&message.user_data, has_udh, message.data_coding).for_peer(taste.charset);
    let as_it_is = body.charset != Charset::Gsm7Packed
        && body.octets.len() == message.user_data.len() - header_len(&body)
        && message.user_data.ends_with(&body.octets);
    // A text its sender split is not split again.
    let is_part = has_sar || body.header.concatenation().is_some();
    let elements = body.header.as_bytes();
    let charset = if body.charset == Charset::Gsm7Packed { Charset::Gsm7 } else { body.charset };
    let segmenter = Segmenter { charset, reference: reference(message), elements };
    let segments = if is_part { None } else { Some(segmenter.split(&body.octets)) };
    match segments {
        None => Ok(if as_it_is { None } else { Some([whole(&body)].into()) }),
        Some(Ok(segments)) if segments.total() == 1 => Ok(if as_it_is { None } else { Some([whole(&body)].into()) }),
        Some(Ok(segments)) if taste.form() != LongText::Payload => Ok(Some(several(segments, &body, taste.form()))),
        Some(Err(_)) if taste.version < Version::V3_4 => Err(Unfit("it cannot be cut into parts")),
        Some(_) => Ok(Some([Part { is_payload: true, ..whole(&body) }].into())),
    }
}

impl Taste {
    /// TLVs came with 3.4.
    fn form(self) -> LongText {
        if self.version < Version::V3_4 { LongText::Udh } else { self.long_text }
    }
}

/// All parts of one message share it, also when they are sent again.
fn reference(message: &Message) -> Reference {
    let [.., low] = message.id.0.to_be_bytes();
    Reference::Eight(low)
}

fn header_len(body: &Body<'_>) -> usize {
    let elements = body.header.as_bytes().len();
    if elements == 0 { 0 } else { elements + 1 }
}

fn whole(body: &Body<'_>) -> Part {
    let segment = Segment { octets: &body.octets, concatenation: None, elements: body.header.as_bytes() };
    Part { is_last: true, ..part(segment, body) }
}

fn several(segments: Segments<'_>, body: &Body<'_>, form: LongText) -> VecDeque<Part> {
    let total = segments.total();
    let numbered = segments.zip(1..=total).map(|(segment, number)| {
        let is_last = number == total;
        if form != LongText::Sar {
            return Part { is_last, ..part(segment, body) };
        }
        let sar = segment.concatenation.map(|number| Sar {
            msg_ref_num: match number.reference() {
                Reference::Eight(reference) => reference.into(),
                Reference::Sixteen(reference) => reference,
            },
            total_segments: number.total(),
            segment_seqnum: number.sequence(),
        });
        Part { is_last, sar, ..part(Segment { concatenation: None, ..segment }, body) }
    });
    numbered.collect()
}

fn part(segment: Segment<'_>, body: &Body<'_>) -> Part {
    let mut user_data = Vec::with_capacity(segment.udh_octets() + segment.octets.len());
    if body.charset == Charset::Gsm7Packed {
        segment.write_packed(&mut user_data)
    } else {
        segment.write(&mut user_data)
    }
    Part { user_data, has_udh: segment.udh_octets() > 0, data_coding: body.data_coding, ..Part::default() }
}

// SMPP 3.4 §5.2.12: the user data begins with a header.
pub(super) const UDHI: u8 = 0x40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Lane, MessageId};

    const USUAL: Taste = Taste { charset: Charset::Gsm7, long_text: LongText::Udh, version: Version::V3_4 };

    fn message(text: &[u8], data_coding: u8) -> Message {
        let mut message = Message::new(MessageId(0x14A), Account::from("shop"), Lane::from("uk"));
        message.user_data = text.to_vec().into();
        message.data_coding = data_coding;
        message
    }

    fn lengths(message: &Message, taste: Taste) -> Vec<usize> {
        let parts = parts(message, false, taste).unwrap().unwrap_or_default();
        parts.iter().map(|part| part.user_data.len()).collect()
    }

    #[test]
    fn what_fits_one_message_goes_as_it_is() {
        // R-GW-49.
        assert_eq!(lengths(&message(&[b'x'; 160], 0), USUAL), [0_usize; 0]);
        assert_eq!(lengths(&message(&[0; 140], 8), USUAL), [0_usize; 0]);
        assert_eq!(lengths(&message(&[0; 140], 4), USUAL), [0_usize; 0]);
        assert_eq!(lengths(&message(&[b'x'; 161], 0), USUAL), [159, 14]);
        assert_eq!(lengths(&message(&[0; 142], 8), USUAL), [140, 14]);
        assert_eq!(lengths(&message(&[0; 141], 4), USUAL), [140, 13]);
    }

    #[test]
    fn parts_are_numbered_in_the_way_the_peer_wants() {
        let long = message(&[b'x'; 200], 0);
        let udh = parts(&long, false, USUAL).unwrap().unwrap();
        assert!(udh.iter().all(|part| part.has_udh && part.sar.is_none()));
        assert_eq!(udh[1].user_data[..6], [5, 0, 3, 0x4A, 2, 2]);
        assert_eq!(udh.iter().map(|part| part.is_last).collect::<Vec<_>>(), [false, true]);
        let sar = parts(&long, false, Taste { long_text: LongText::Sar, ..USUAL }).unwrap().unwrap();
        assert_eq!(sar[1].sar, Some(Sar { msg_ref_num: 0x4A, total_segments: 2, segment_seqnum: 2 }));
        assert!(!sar[1].has_udh && sar[1].user_data.len() == 47);
        let payload = parts(&long, false, Taste { long_text: LongText::Payload, ..USUAL }).unwrap().unwrap();
        assert!(payload.len() == 1 && payload[0].is_payload && payload[0].is_last && payload[0].user_data.len() == 200);
        let old = Taste { long_text: LongText::Payload, version: Version::V3_3, ..USUAL };
        assert_eq!(lengths(&long, old), [159, 53], "3.3 has no TLVs");
    }

    #[test]
    fn what_the_sender_split_goes_as_it_is() {
        let mut part = message(&[b"\x05\x00\x03\x01\x02\x01".as_slice(), &[b'x'; 153]].concat(), 0);
        part.esm_class = UDHI;
        assert_eq!(parts(&part, false, USUAL).unwrap(), None);
        assert_eq!(parts(&message(&[b'x'; 200], 0), true, USUAL).unwrap(), None, "numbered by TLVs");
        // A header of another kind is repeated in every part.
        let mut ports = message(&[b"\x06\x05\x04\x0B\x84\x23\xF0".as_slice(), &[0; 200]].concat(), 4);
        ports.esm_class = UDHI;
        let cut = parts(&ports, false, USUAL).unwrap().unwrap();
        assert!(cut.len() == 2 && cut.iter().all(|part| part.user_data.windows(6).any(|at| at == b"\x05\x04\x0B\x84\x23\xF0")));
    }

    #[test]
    fn another_alphabet_is_written_and_cut_in_its_own_units() {
        let latin1 = Taste { charset: Charset::Latin1, ..USUAL };
        assert_eq!(parts(&message(b"plain", 0), false, latin1).unwrap(), None);
        let umlaut = parts(&message(b"\x7E", 0), false, latin1).unwrap().unwrap();
        assert_eq!((umlaut[0].user_data.as_slice(), umlaut[0].data_coding), (b"\xFC".as_slice(), 0));
        assert_eq!(lengths(&message(&[b'x'; 150], 0), latin1), [140, 22]);
        let packed = Taste { charset: Charset::Gsm7Packed, ..USUAL };
        assert_eq!(lengths(&message(&[b'x'; 160], 0), packed), [140]);
        assert_eq!(lengths(&message(&[b'x'; 161], 0), packed), [140, 14], "eight septets and a fill bit");
    }

    #[test]
    fn too_many_parts_cannot_be_numbered() {
        let endless = message(&vec![b'x'; 153 * 256], 0);
        assert!(parts(&endless, false, Taste { version: Version::V3_3, ..USUAL }).is_err());
        assert!(parts(&endless, false, USUAL).unwrap().unwrap()[0].is_payload);
    }
}
