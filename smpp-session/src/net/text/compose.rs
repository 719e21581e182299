//! A text as the `submit_sm`s of its parts.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU16, Ordering};
use std::vec::Vec;

use smpp_pdu::tlv::{MessagePayload, SarMsgRefNum, SarSegmentSeqnum, SarTotalSegments, TlvType};
use smpp_pdu::{DataCoding, EsmClass, ShortMessage, SubmitSm, Tlvs};
use sms_codec::charset::{Charset, Coding};
use sms_codec::dcs::Indication;
use sms_codec::join::Sar;
use sms_codec::plan::{Encoding, Numbering, Plan, PlanError, Policy};
use sms_codec::segment::{Segment, SegmentError, Segmenter};
use sms_codec::udh::Reference;
use thiserror::Error;

/// How texts are written for one peer.
///
/// ```
/// use smpp_pdu::{Addr, SubmitSm};
/// use smpp_session::net::Texts;
///
/// let texts = Texts::default();
/// let template = SubmitSm { destination_addr: Addr::international("447700900123")?, ..Default::default() };
/// let parts = texts.compose(&template, &"long ".repeat(50))?;
/// assert_eq!(parts.len(), 2);
/// assert_eq!(parts[1].submit_sm().short_message.as_bytes()[..3], [5, 0, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Texts {
    /// Which alphabets may be used, and how the parts of a long text are numbered.
    pub policy: Policy,
    /// What the peer means by each `data_coding`.
    pub coding: Coding,
    /// A message class, such as flash, or a waiting indication.
    pub indication: Indication,
    /// The number of the next long text.
    reference: AtomicU16,
}

impl Texts {
    /// The usual alphabets, parts numbered in the UDH unless the policy says otherwise.
    pub fn new(policy: Policy, coding: Coding) -> Self {
        // By chance: another process of the same ESME may send to the same receiver.
        let [.., high, low] = RandomState::new().hash_one(0).to_be_bytes();
        let reference = AtomicU16::new(u16::from_be_bytes([high, low]));
        Texts { policy, coding, indication: Indication::None, reference }
    }

    /// The parts of a text; all but the text, its coding and its numbering is taken from `template`.
    ///
    /// # Errors
    /// The policy or the coding has no way to write this text, or a TLV of `template` breaks the standard.
    pub fn compose<'t>(&self, template: &SubmitSm<'t>, text: &str) -> Result<Vec<TextPart<'t>>, TextError> {
        let plan = self.policy.plan(text)?;
        let draft = Draft { template: *template, numbering: self.policy.numbering, reference: self.next_reference() };
        let charsets = match plan.encoding() {
            Encoding::Gsm7(_) => [Charset::Gsm7, Charset::Gsm7Packed].as_slice(),
            _ => &[Charset::Ucs2],
        };
        for &charset in charsets {
            if let Some(data_coding) = self.coding.data_coding(charset, self.indication) {
                return draft.planned(plan, charset, data_coding);
            }
        }
        self.compose_otherwise(draft, text)
    }

    /// A peer without GSM 7-bit has some other default alphabet; what that lacks goes out as UCS-2.
    fn compose_otherwise<'t>(&self, draft: Draft<'t>, text: &str) -> Result<Vec<TextPart<'t>>, TextError> {
        for charset in [self.coding.charset(0), Charset::Ucs2] {
            if let Ok((data_coding, octets)) = self.coding.encode_as(charset, self.indication, text) {
                return draft.segmented(charset, data_coding, &octets);
            }
        }
        Err(TextError::NoDataCoding)
    }

    fn next_reference(&self) -> u16 {
        self.reference.fetch_add(1, Ordering::Relaxed)
    }
}

impl Default for Texts {
    fn default() -> Self {
        Texts::new(Policy::default(), Coding::DEFAULT)
    }
}

/// One part of a text, ready to be sent.
#[derive(Debug, Clone)]
pub struct TextPart<'t> {
    template: SubmitSm<'t>,
    user_data: Vec<u8>,
    /// The TLV area, if it is not that of the template.
    area: Option<Vec<u8>>,
}

impl TextPart<'_> {
    /// The PDU.
    pub fn submit_sm(&self) -> SubmitSm<'_> {
        SubmitSm {
            // Never longer than a short message.
            short_message: ShortMessage::new(&self.user_data).unwrap_or_default(),
            tlvs: self.area.as_deref().map_or(self.template.tlvs, |area| Tlvs::parse(area).unwrap_or_default()),
            ..self.template
        }
    }

    /// True if the text or its number is in a TLV, which SMPP 3.3 does not have.
    pub fn needs_tlvs(&self) -> bool {
        self.area.is_some()
    }
}

/// Why a text cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// The policy has no way to send it.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// It cannot be cut into parts.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The peer has no `data_coding` for a suitable alphabet, with this message class.
    #[error("data_coding: none for an alphabet that has this text")]
    NoDataCoding,
    /// A TLV of the template has a value it cannot have.
    #[error("a TLV breaks the standard")]
    Tlv,
    /// The text or the numbers of its parts would be in TLVs, and the session speaks SMPP 3.3.
    #[error("SMPP 3.3 has no TLVs: number the parts in the UDH")]
    NeedsTlvs,
}

/// What all parts share.
#[derive(Clone, Copy)]
struct Draft<'t> {
    template: SubmitSm<'t>,
    numbering: Numbering,
    reference: u16,
}

impl<'t> Draft<'t> {
    fn planned(self, plan: Plan<'_>, charset: Charset, data_coding: u8) -> Result<Vec<TextPart<'t>>, TextError> {
        let unit = plan.encoding().unit();
        let parts = plan.split(self.reference).map(|part| {
            let mut user_data = Vec::with_capacity(LARGEST_PART);
            match charset {
                Charset::Gsm7Packed => part.write_packed(&mut user_data),
                _ => part.write(&mut user_data),
            }
            let fits = part.units() <= unit.room(part.udh_octets());
            self.part(data_coding, user_data, part.udh_octets() > 0, if fits { Ok(part.sar()) } else { Err(Payload) })
        });
        parts.collect()
    }

    fn segmented(self, charset: Charset, data_coding: u8, octets: &[u8]) -> Result<Vec<TextPart<'t>>, TextError> {
        let [_, low] = self.reference.to_be_bytes();
        let reference = match self.numbering {
            Numbering::Udh16 => Reference::Sixteen(self.reference),
            _ => Reference::Eight(low),
        };
        let segments = Segmenter { charset, reference, elements: &[] }.split(octets)?;
        if segments.total() > 1 && self.numbering == Numbering::Payload {
            return Ok([self.part(data_coding, octets.to_vec(), false, Err(Payload))?].into());
        }
        segments.map(|segment| self.segment(data_coding, segment)).collect()
    }

    fn segment(self, data_coding: u8, segment: Segment<'_>) -> Result<TextPart<'t>, TextError> {
        let number = segment.concatenation.filter(|_| self.numbering == Numbering::Sar);
        if let Some(number) = number {
            let (msg_ref_num, segment_seqnum) = (self.reference, number.sequence());
            let sar = Sar { msg_ref_num, total_segments: number.total(), segment_seqnum };
            return self.part(data_coding, segment.octets.to_vec(), false, Ok(Some(sar)));
        }
        let mut user_data = Vec::with_capacity(LARGEST_PART);
        segment.write(&mut user_data);
        self.part(data_coding, user_data, segment.udh_octets() > 0, Ok(None))
    }

    fn part(
        self,
        data_coding: u8,
        user_data: Vec<u8>,
        has_udh: bool,
        extra: Result<Option<Sar>, Payload>,
    ) -> Result<TextPart<'t>, TextError> {
        let mut template = SubmitSm { data_coding: DataCoding(data_coding), ..self.template };
        if has_udh {
            template.esm_class = EsmClass(template.esm_class.0 | EsmClass::UDHI.0);
        }
        match extra {
            Ok(None) => Ok(TextPart { template, user_data, area: None }),
            Ok(Some(Sar { msg_ref_num, total_segments, segment_seqnum })) => {
                let number = SarMsgRefNum(msg_ref_num).tlv();
                let list = [number, SarTotalSegments(total_segments).tlv(), SarSegmentSeqnum(segment_seqnum).tlv()];
                Ok(TextPart { template, user_data, area: Some(area(template.tlvs, Tlvs::list(&list))?) })
            }
            Err(Payload) => {
                let list = [MessagePayload(&user_data).tlv()];
                let area = area(template.tlvs, Tlvs::list(&list))?;
                Ok(TextPart { template, user_data: Vec::new(), area: Some(area) })
            }
        }
    }
}

/// The user data is too long for `short_message`.
struct Payload;

fn area(first: Tlvs<'_>, then: Tlvs<'_>) -> Result<Vec<u8>, TextError> {
    let (mut area, then) = (first.to_vec().ok_or(TextError::Tlv)?, then.to_vec().ok_or(TextError::Tlv)?);
    area.extend(then);
    Ok(area)
}

// 160 septets, one an octet.
const LARGEST_PART: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;
    use sms_codec::dcs::Class;
    use std::string::String;

    fn texts(numbering: Numbering, coding: Coding) -> Texts {
        Texts::new(Policy { numbering, ..Policy::default() }, coding)
    }

    fn long() -> String {
        "0123456789".repeat(20)
    }

    /// What the receiver reads.
    fn read(texts: &Texts, parts: &[TextPart<'_>]) -> String {
        let text = |part: &TextPart<'_>| {
            let pdu = part.submit_sm();
            let payload = pdu.tlvs.get::<MessagePayload<'_>>().unwrap();
            let octets = payload.map_or(pdu.short_message.as_bytes(), |payload| payload.0);
            match pdu.esm_class.has_udh() {
                true => texts.coding.decode_after_udh(pdu.data_coding.0, octets).unwrap().1,
                false => texts.coding.decode(pdu.data_coding.0, octets),
            }
        };
        parts.iter().map(text).collect()
    }

    #[test]
    fn every_numbering_and_alphabet_says_the_whole_text() {
        let latin1 = (0..0x40).chain(0xC0..=0xFF).fold(Coding::DEFAULT, |coding, data_coding| coding.without(data_coding));
        let latin1 = latin1.with(0, Charset::Latin1).with(8, Charset::Ucs2);
        for coding in [Coding::DEFAULT, Coding::PROVIDER, Coding::DEFAULT.packed(), latin1] {
            for numbering in [Numbering::Udh8, Numbering::Udh16, Numbering::Sar, Numbering::Payload] {
                for text in ["", "short", &long(), &"Привет".repeat(30), &"é".repeat(200)] {
                    let texts = texts(numbering, coding);
                    let parts = texts.compose(&SubmitSm::default(), text).unwrap();
                    assert_eq!(read(&texts, &parts), text, "{numbering:?} {coding:?}");
                    let needs_tlvs = match numbering {
                        Numbering::Sar => parts.len() > 1,
                        Numbering::Payload => parts[0].submit_sm().short_message.as_bytes().len() != octets(&parts),
                        _ => false,
                    };
                    assert!(parts.iter().all(|part| part.needs_tlvs() == needs_tlvs));
                    assert_eq!(parts.len() > 1, text.len() > 5 && numbering != Numbering::Payload);
                }
            }
        }
    }

    /// Octets of the user data.
    fn octets(parts: &[TextPart<'_>]) -> usize {
        let octets = |part: &TextPart<'_>| {
            let pdu = part.submit_sm();
            pdu.short_message.as_bytes().len() + pdu.tlvs.raw(MessagePayload::TAG).map_or(0, <[u8]>::len)
        };
        parts.iter().map(octets).sum()
    }

    #[test]
    fn the_parts_of_one_text_share_a_number_and_those_of_the_next_have_another() {
        let texts = texts(Numbering::Sar, Coding::DEFAULT);
        let numbers = || -> Vec<_> {
            let parts = texts.compose(&SubmitSm::default(), &long()).unwrap();
            let sar = |part: &TextPart<'_>| {
                let tlvs = part.submit_sm().tlvs;
                let get = tlvs.get::<SarMsgRefNum>().unwrap().unwrap().0;
                (get, tlvs.get::<SarTotalSegments>().unwrap().unwrap().0, tlvs.get::<SarSegmentSeqnum>().unwrap().unwrap().0)
            };
            parts.iter().map(sar).collect()
        };
        let (first, second) = (numbers(), numbers());
        assert!(first.iter().map(|(_, total, number)| (*total, *number)).eq([(2, 1), (2, 2)]));
        assert_eq!(first[0].0, first[1].0);
        assert_eq!(second[0].0, first[0].0.wrapping_add(1));
    }

    #[test]
    fn the_template_keeps_what_is_not_the_texts() {
        let own = [smpp_pdu::tlv::UserMessageReference(7).tlv()];
        let (validity, own) = (smpp_pdu::TimeField::default(), Tlvs::list(&own));
        let template =
            SubmitSm { esm_class: EsmClass(3), priority_flag: 2, validity_period: validity, tlvs: own, ..Default::default() };
        for numbering in [Numbering::Udh8, Numbering::Sar, Numbering::Payload] {
            let texts = texts(numbering, Coding::DEFAULT);
            for part in texts.compose(&template, &long()).unwrap() {
                let pdu = part.submit_sm();
                assert_eq!((pdu.priority_flag, pdu.esm_class.0 & 0x3F), (2, 3));
                assert_eq!(pdu.tlvs.get::<smpp_pdu::tlv::UserMessageReference>().unwrap().unwrap().0, 7);
            }
        }
    }

    #[test]
    fn a_text_that_fits_needs_no_payload() {
        let parts = texts(Numbering::Payload, Coding::DEFAULT).compose(&SubmitSm::default(), &"x".repeat(160)).unwrap();
        assert_eq!((parts[0].submit_sm().short_message.as_bytes().len(), parts[0].needs_tlvs()), (160, false));
    }

    #[test]
    fn a_flash_message_has_its_class_in_data_coding_or_is_refused() {
        let flash = |coding| {
            let mut texts = texts(Numbering::Udh8, coding);
            texts.indication = Indication::Class(Class::Immediate);
            texts.compose(&SubmitSm::default(), "now").map(|parts| parts[0].submit_sm().data_coding.0)
        };
        assert_eq!(flash(Coding::DEFAULT), Ok(0xF0));
        assert_eq!(flash(Coding::PROVIDER), Err(TextError::NoDataCoding));
    }

    #[test]
    fn a_text_beyond_255_parts_is_refused() {
        let text = "x".repeat(153 * 255 + 1);
        let refused = texts(Numbering::Udh8, Coding::DEFAULT).compose(&SubmitSm::default(), &text);
        assert_eq!(refused.unwrap_err(), TextError::Plan(PlanError::TooLong));
    }
}
