//! UCS-2: text to octets and back.

use rusmpp_extra::encoding::ucs2::Ucs2;
use sms_codec::ucs2;
use smsc_benches::contest::Contest;

use crate::entry::{Job, OURS};
use crate::{BARS, sample};

pub(crate) fn all() -> Vec<Contest> {
    let (cyrillic, emoji) = (("70 Cyrillic", sample::cyrillic(70)), ("70 with emoji", sample::emoji(70)));
    vec![
        // rusmpp-extra knows no surrogate pairs.
        encode(cyrillic.clone(), true),
        encode(emoji.clone(), false),
        decode(cyrillic),
        decode(emoji),
    ]
}

fn encode((case, texts): (&'static str, Vec<&'static str>), no_pairs: bool) -> Contest {
    let job = Job::new(texts, utf16)
        .into_buffer(
            OURS,
            |text, octets: &mut Vec<u8>| {
                octets.clear();
                ucs2::encode_into(text, octets);
            },
            Vec::clone,
        )
        .into_value("smpp-codec", smpp_codec::encoding::encode_16bit, |octets| octets);
    let job = match no_pairs {
        true => job.into_value("rusmpp-extra", |text| Ucs2::new().encode_to_vec(text), |octets| octets.expect("one plane")),
        false => job,
    };
    job.contest("encode", case, |text| text.len(), &BARS)
}

fn decode((case, texts): (&'static str, Vec<&'static str>)) -> Contest {
    let octets: Vec<&'static [u8]> = texts.into_iter().map(|text| &*utf16(text).leak()).collect();
    let expected = |octets: &[u8]| {
        let units: Vec<u16> = octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        String::from_utf16(&units).expect("whole")
    };
    Job::new(octets, expected)
        .into_buffer(
            OURS,
            |octets, text: &mut String| {
                text.clear();
                ucs2::decode_into(octets, text);
            },
            String::clone,
        )
        .into_value("smpp-codec", smpp_codec::encoding::decode_16bit, |text| text)
        .into_value("sms-pdu-decoder", sms_pdu_decoder::Ucs2::decode_bytes, |text| text.expect("whole"))
        .contest("decode", case, |octets| octets.len(), &BARS)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
