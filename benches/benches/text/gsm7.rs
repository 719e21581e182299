//! GSM 7-bit: text to septets and back, septets to octets and back, and both in one.

use std::io::Cursor;

use rusmpp_extra::encoding::gsm7bit::Gsm7BitUnpacked;
use sms_codec::gsm7::{self, Tables};
use sms_pdu::gsm_encoding::{GsmMessageData, gsm_decode_string, try_gsm_encode_string};
use sms_pdu::pdu::MessageEncoding;
use smsc_benches::contest::Contest;

use crate::entry::{Job, OURS};
use crate::{BARS, sample};

pub(crate) fn all() -> Vec<Contest> {
    [("160 ASCII", sample::ascii(160)), ("160 with accents", sample::mixed(160))]
        .into_iter()
        .flat_map(|(case, texts)| {
            [
                encode(case, texts.clone()),
                decode(case, texts.clone()),
                pack_only(case, texts.clone()),
                unpack_only(case, texts.clone()),
                encode_and_pack(case, texts.clone()),
                unpack_and_decode(case, texts),
            ]
        })
        .collect()
}

fn encode(case: &'static str, texts: Vec<&'static str>) -> Contest {
    let rusmpp = Gsm7BitUnpacked::new();
    Job::new(texts, septets)
        .into_buffer(OURS, encode_into, Vec::clone)
        .into_value("rusmpp-extra", move |text| rusmpp.encode_to_vec(text), |septets| septets.expect("GSM 7-bit"))
        .into_value("gsm7-alt", gsm7_alt::encode, |septets| septets.expect("GSM 7-bit"))
        .into_value("sms-pdu", try_gsm_encode_string, |septets| septets.expect("GSM 7-bit"))
        .into_value("smpp-codec", smpp_codec::encoding::gsm_7bit_encode, |septets| septets.expect("GSM 7-bit"))
        .contest("encode", case, |text| text.len(), &BARS)
}

fn decode(case: &'static str, texts: Vec<&'static str>) -> Contest {
    Job::new(leaked(texts, septets), |septets| Tables::DEFAULT.chars(septets.iter().copied()).collect::<String>())
        .into_buffer(OURS, decode_into, String::clone)
        .into_value("gsm7-alt", gsm7_alt::decode, |text| text.expect("valid"))
        .into_value("sms-pdu", gsm_decode_string, |text| text)
        .into_value("smpp-codec", smpp_codec::encoding::gsm_7bit_decode, |text| text)
        .contest("decode", case, |septets| septets.len(), &BARS)
}

/// No crate shows this half alone.
fn pack_only(case: &'static str, texts: Vec<&'static str>) -> Contest {
    Job::new(leaked(texts, septets), packed).into_buffer(OURS, pack_into, Vec::clone).contest(
        "pack",
        case,
        |septets| septets.len(),
        &BARS,
    )
}

/// No crate shows this half alone.
fn unpack_only(case: &'static str, texts: Vec<&'static str>) -> Contest {
    let packed = leaked(texts, |text| packed(&septets(text)));
    Job::new(packed, |octets| gsm7::unpack(octets, 0).collect::<Vec<u8>>()).into_buffer(OURS, unpack_into, Vec::clone).contest(
        "unpack",
        case,
        |octets| octets.len(),
        &BARS,
    )
}

fn encode_and_pack(case: &'static str, texts: Vec<&'static str>) -> Contest {
    Job::new(texts, |text| packed(&septets(text)))
        .into_buffer(
            OURS,
            |text, (septets, octets)| {
                encode_into(text, septets);
                pack_into(septets, octets);
            },
            |(_, octets): &(Vec<u8>, Vec<u8>)| octets.clone(),
        )
        .into_value(
            "gsm7",
            |text| {
                let mut writer = ::gsm7::Gsm7Writer::new(Vec::new());
                writer.write_str(text).and_then(|()| writer.into_writer())
            },
            |octets| octets.expect("GSM 7-bit"),
        )
        .into_value("sms-pdu", GsmMessageData::encode_message, |parts| parts[0].bytes.clone())
        // It writes hex digits.
        .into_value(
            "sms-pdu-decoder",
            |text| sms_pdu_decoder::Gsm7Bit::encode(text, false),
            |digits| from_hex(&digits.expect("GSM 7-bit")),
        )
        .contest("send", case, |text| text.len(), &BARS)
}

fn unpack_and_decode(case: &'static str, texts: Vec<&'static str>) -> Contest {
    let packed = leaked(texts, |text| packed(&septets(text)));
    let inputs = packed.into_iter().map(|octets| (octets, &*to_hex(octets).leak())).collect();
    let message = |octets: &[u8]| GsmMessageData {
        encoding: MessageEncoding::Gsm7Bit,
        udh: false,
        bytes: octets.to_vec(),
        user_data_len: 160,
    };
    Job::new(inputs, |(octets, _)| Tables::DEFAULT.chars(gsm7::unpack(octets, 0)).collect::<String>())
        .into_buffer(
            OURS,
            |(octets, _), (septets, text)| {
                unpack_into(octets, septets);
                decode_into(septets, text);
            },
            |(_, text): &(Vec<u8>, String)| text.clone(),
        )
        .into_value(
            "gsm7",
            |(octets, _)| ::gsm7::Gsm7Reader::new(Cursor::new(octets)).collect::<Result<String, _>>(),
            |text| text.expect("valid"),
        )
        .into_value("sms-pdu", move |(octets, _)| message(octets).decode_message(), |message| message.expect("valid").text)
        // It reads hex digits; what it has for octets takes their bits from the wrong end.
        .into_value("sms-pdu-decoder", |(_, digits)| sms_pdu_decoder::Gsm7Bit::decode(digits, false), |text| text.expect("valid"))
        .contest("receive", case, |(octets, _)| octets.len(), &BARS)
}

fn encode_into(text: &str, septets: &mut Vec<u8>) {
    septets.clear();
    Tables::DEFAULT.encode_into(text, septets).expect("GSM 7-bit");
}

fn decode_into(septets: &[u8], text: &mut String) {
    text.clear();
    Tables::DEFAULT.decode_into(septets, text);
}

fn pack_into(septets: &[u8], octets: &mut Vec<u8>) {
    octets.clear();
    gsm7::pack_into(septets, 0, octets);
}

fn unpack_into(octets: &[u8], septets: &mut Vec<u8>) {
    septets.clear();
    gsm7::unpack_into(octets, 0, usize::MAX, septets);
}

/// What ours is checked against is what the tests compare with other implementations.
fn septets(text: &str) -> Vec<u8> {
    Tables::DEFAULT.encode(text).expect("GSM 7-bit")
}

fn packed(septets: &[u8]) -> Vec<u8> {
    gsm7::pack(septets.iter().copied(), 0).collect()
}

fn leaked(texts: Vec<&'static str>, octets: impl Fn(&str) -> Vec<u8>) -> Vec<&'static [u8]> {
    texts.into_iter().map(|text| &*octets(text).leak()).collect()
}

fn from_hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).expect("digits"), 16).expect("digits"))
        .collect()
}

fn to_hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}
