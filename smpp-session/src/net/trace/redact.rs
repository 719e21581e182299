//! Overwrites in a PDU's octets what must not be seen, and keeps its length.
//!
//! A password is overwritten always, user data unless it was asked for; a user data header stays.
//! Where the octets do not say clearly what is where, more is overwritten rather than less.

use std::ops::Range;
use std::string::{String, ToString};
use std::vec::Vec;

use bytes::{Bytes, BytesMut};
use smpp_pdu::tlv::{MessagePayload, TlvType};
use smpp_pdu::{CommandId, Frame, HEADER_LEN, Header, Pdu, Profile, Tlvs};

use crate::BindKind;

/// The octets with secrets overwritten.
pub(super) fn redact(octets: &Bytes, is_pdu: bool, (profile, shows_text): (&Profile, bool)) -> Bytes {
    let frame = Frame::from_octets(octets.clone()).ok().filter(|_| is_pdu);
    let secrets = match &frame {
        Some(frame) => secrets_of(frame, profile, shows_text),
        None => hide_body(octets, shows_text),
    };
    if secrets.is_empty() {
        return octets.clone();
    }
    let mut octets = BytesMut::from(&octets[..]);
    for (range, filler) in secrets {
        octets.get_mut(range).unwrap_or_default().fill(filler);
    }
    octets.freeze()
}

/// Who asks to bind.
pub(super) fn system_id(bind: &Frame, profile: &Profile) -> Option<String> {
    Some(match bind.decode(profile).ok()?.pdu {
        Pdu::BindTransmitter(pdu) => pdu.system_id.to_string(),
        Pdu::BindReceiver(pdu) => pdu.system_id.to_string(),
        Pdu::BindTransceiver(pdu) => pdu.system_id.to_string(),
        _ => return None,
    })
}

type Secrets = Vec<(Range<usize>, u8)>;

fn secrets_of(frame: &Frame, profile: &Profile, shows_text: bool) -> Secrets {
    // The most forgiving reading finds the most fields.
    let Ok(decoded) = frame.decode(&Profile::LENIENT.with_version(profile.version)) else {
        return hide_body(frame.octets(), shows_text);
    };
    let mut secrets = Vec::new();
    let mut hide = |part: &[u8], filler| {
        let mut range = place(frame.octets(), part);
        // What had to be repaired may be longer than it says.
        if !decoded.repairs.is_empty() && !range.is_empty() {
            range.end = frame.octets().len();
        }
        secrets.push((range, filler));
    };
    match decoded.pdu {
        Pdu::BindTransmitter(pdu) => hide(pdu.password.expose(), PASSWORD),
        Pdu::BindReceiver(pdu) => hide(pdu.password.expose(), PASSWORD),
        Pdu::BindTransceiver(pdu) => hide(pdu.password.expose(), PASSWORD),
        Pdu::Outbind(pdu) => hide(pdu.password.expose(), PASSWORD),
        pdu if !shows_text => user_data(&pdu, |part| hide(part, TEXT)),
        _ => {}
    }
    secrets
}

/// Every piece of user data in a PDU, without its header.
fn user_data(pdu: &Pdu<'_>, mut hide: impl FnMut(&[u8])) {
    let (udh, short_message, tlvs) = match pdu {
        Pdu::SubmitSm(pdu) => (pdu.esm_class.has_udh(), pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::DeliverSm(pdu) => (pdu.esm_class.has_udh(), pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::SubmitMulti(pdu) => (pdu.esm_class.has_udh(), pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::DataSm(pdu) => (pdu.esm_class.has_udh(), &[][..], pdu.tlvs),
        Pdu::ReplaceSm(pdu) => (false, pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::BroadcastSm(pdu) => (false, &[][..], pdu.tlvs),
        _ => (false, &[][..], Tlvs::EMPTY),
    };
    let payloads = tlvs.iter().filter(|(tag, _)| *tag == MessagePayload::TAG).map(|(_, value)| value);
    for part in std::iter::once(short_message).chain(payloads) {
        hide(if udh { behind_udh(part) } else { part });
    }
}

fn behind_udh(part: &[u8]) -> &[u8] {
    let length = part.first().map_or(0, |length| usize::from(*length) + 1);
    part.get(length..).unwrap_or(part)
}

/// Octets nobody understands: their head tells what they were meant to be.
fn hide_body(octets: &[u8], shows_text: bool) -> Secrets {
    let asks_to_bind = |header: Header| BindKind::of(header.command_id).is_some() || header.command_id == CommandId::OUTBIND;
    let body = HEADER_LEN..octets.len();
    if body.is_empty() || (shows_text && !Header::peek(octets).is_some_and(asks_to_bind)) {
        return Vec::new();
    }
    std::iter::once((body, TEXT)).collect()
}

/// Where in `whole` its `part` is; nowhere if it is empty or made up.
fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    if part.is_empty() || start.saturating_add(part.len()) > whole.len() { 0..0 } else { start..start + part.len() }
}

const PASSWORD: u8 = b'*';
const TEXT: u8 = b'x';

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_pdu::check::{Entropy, generate, profile_for};
    use smpp_pdu::dump::Dump;
    use smpp_pdu::tlv::Dictionary;
    use smpp_pdu::{
        BindTransceiver, Command, DataSm, DestAddress, EsmClass, List, Password, PduInfo, ShortMessage, Stamp, SubmitMulti,
        SubmitSm, Version, tlv,
    };

    fn octets<'a>(pdu: &impl Command<'a>) -> Bytes {
        Frame::new(pdu, Stamp::new(1)).unwrap().octets().clone()
    }

    fn shown(octets: &Bytes, shows_text: bool) -> String {
        let profile = Profile::DEFAULT.with_version(Version::V3_4);
        String::from_utf8_lossy(&redact(octets, true, (&profile, shows_text))).into_owned()
    }

    #[test]
    fn a_password_is_never_shown_and_the_rest_of_the_bind_is() {
        let bind = BindTransceiver {
            system_id: smpp_pdu::CStr::new("somebody").unwrap(),
            password: Password::new("hush").unwrap(),
            ..Default::default()
        };
        let octets = octets(&bind);
        for shows_text in [false, true] {
            let shown = shown(&octets, shows_text);
            assert!(shown.contains("somebody\0****\0") && !shown.contains("hush") && shown.len() == octets.len());
        }
    }

    #[test]
    fn text_is_shown_on_request_only_wherever_it_is() {
        let payload = [tlv::MessagePayload(b"secret").tlv(), tlv::MessagePayload(b"secret").tlv()];
        let tlvs = Tlvs::list(&payload);
        let short_message = ShortMessage::new("secret").unwrap();
        let addressees = [DestAddress::Sme(smpp_pdu::Addr::default())];
        let all = [
            octets(&SubmitSm { short_message, tlvs, ..Default::default() }),
            octets(&DataSm { tlvs, ..Default::default() }),
            octets(&smpp_pdu::DeliverSm { short_message, tlvs, ..Default::default() }),
            octets(&smpp_pdu::ReplaceSm { short_message, ..Default::default() }),
            octets(&SubmitMulti { dest_address: List::new(&addressees), short_message, tlvs, ..Default::default() }),
        ];
        for octets in all {
            assert!(!shown(&octets, false).contains("secret") && shown(&octets, true).contains("secret"));
        }
    }

    #[test]
    fn a_user_data_header_stays() {
        let short_message = ShortMessage::new(b"\x05\x00\x03\x07\x02\x01secret").unwrap();
        let octets = octets(&SubmitSm { esm_class: EsmClass(0x40), short_message, ..Default::default() });
        assert!(shown(&octets, false).ends_with("\x05\x00\x03\x07\x02\x01xxxxxx"));
    }

    #[test]
    fn what_does_not_decode_shows_its_header_only() {
        let mut octets =
            BytesMut::from(&octets(&BindTransceiver { password: Password::new("hush").unwrap(), ..Default::default() })[..]);
        octets.truncate(octets.len() - 6);
        let length = octets.len() as u8;
        octets.get_mut(3).into_iter().for_each(|last| *last = length);
        let octets = octets.freeze();
        assert!(!shown(&octets, false).contains("hush") && !shown(&octets, true).contains("hush"));
        assert_eq!(redact(&octets, true, (&Profile::STRICT, true))[..16], octets[..16]);
        assert!(!String::from_utf8_lossy(&redact(&octets, false, (&Profile::STRICT, true))).contains("hush"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_it_is_length_and_header_stay(octets: Vec<u8>, is_pdu: bool, shows_text: bool) {
            let octets = Bytes::from(octets);
            let redacted = redact(&octets, is_pdu, (&Profile::DEFAULT, shows_text));
            let head = octets.len().min(HEADER_LEN);
            proptest::prop_assert_eq!(redacted.len(), octets.len());
            proptest::prop_assert_eq!(redacted.get(..head), octets.get(..head));
        }

        #[test]
        fn any_pdu_reads_the_same_redacted_but_for_its_secrets(kind: proptest::sample::Index, seed: Vec<u8>) {
            let info = &PduInfo::TABLE[kind.index(PduInfo::TABLE.len())];
            let profile = profile_for(info, Profile::STRICT);
            let octets = generate(info, &mut Entropy::new(&seed));
            let dump = |octets| {
                let frame = Frame::from_octets(octets).unwrap();
                Dump::new(&frame.decode(&profile).unwrap(), &Dictionary::default())
            };
            proptest::prop_assert_eq!(dump(redact(&octets, true, (&profile, false))), dump(octets));
        }
    }
}
