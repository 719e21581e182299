//! A text of 1,000 characters to the user data of its parts.

use rusmpp_extra::concatenation::owned::{Concatenation, Concatenator};
use rusmpp_extra::encoding::gsm7bit::Gsm7BitUnpacked;
use rusmpp_extra::encoding::ucs2::Ucs2;
use smpp_codec::splitter::{EncodingType, MessageSplitter, SplitMode};
use sms_codec::charset::Charset;
use sms_codec::gsm7::Tables;
use sms_codec::plan::Policy;
use sms_codec::segment::Segmenter;
use sms_codec::ucs2;
use smsc_benches::contest::Contest;

use crate::entry::{Job, OURS};
use crate::{BARS, sample};

pub(crate) fn all() -> Vec<Contest> {
    vec![
        gsm7("1000 ASCII", sample::ascii(1000)),
        gsm7("1000 with accents", sample::mixed(1000)),
        ucs2("1000 Cyrillic", sample::cyrillic(1000)),
    ]
}

fn gsm7(case: &'static str, texts: Vec<&'static str>) -> Contest {
    let rusmpp = Gsm7BitUnpacked::new();
    Job::new(texts, |text| segmented(&Tables::DEFAULT.encode(text).expect("GSM 7-bit"), Charset::Gsm7))
        .into_buffer(OURS, planned, Vec::clone)
        .into_value("smpp-codec", |text| smpp_codec(text, EncodingType::Gsm7Bit), without_reference)
        .into_value("rusmpp-extra", move |text| rusmpp.concatenate(text, 160, 7).expect("divisible").0, with_headers)
        .contest("split", case, |text| text.len(), &BARS)
}

fn ucs2(case: &'static str, texts: Vec<&'static str>) -> Contest {
    Job::new(texts, |text| segmented(&ucs2::encode(text), Charset::Ucs2))
        .into_buffer(OURS, planned, Vec::clone)
        .into_value("smpp-codec", |text| smpp_codec(text, EncodingType::Ucs2), without_reference)
        .into_value("rusmpp-extra", |text| Ucs2::new().concatenate(text, 140, 6).expect("divisible").0, with_headers)
        .contest("split", case, |text| text.len(), &BARS)
}

/// All parts, one after the other, each with its UDH; the alphabet is chosen first, as nobody else does.
fn planned(text: &str, user_data: &mut Vec<u8>) {
    user_data.clear();
    let plan = Policy::default().plan(text).expect("at most 255 parts");
    plan.split(0).for_each(|part| part.write(user_data));
}

/// The other way to the same octets.
fn segmented(encoded: &[u8], charset: Charset) -> Vec<u8> {
    let mut user_data = Vec::new();
    let parts = Segmenter { charset, ..Default::default() }.split(encoded).expect("at most 255 parts");
    parts.for_each(|part| part.write(&mut user_data));
    user_data
}

fn smpp_codec(text: &str, encoding: EncodingType) -> Vec<Vec<u8>> {
    MessageSplitter::split(text.to_owned(), encoding, SplitMode::Udh).expect("divisible").0
}

/// It draws a reference; ours is zero.
fn without_reference(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.iter_mut().for_each(|part| part[REFERENCE] = 0);
    parts.concat()
}

/// It leaves the header to whoever writes the PDU.
fn with_headers(concatenation: Concatenation) -> Vec<u8> {
    let Concatenation::Concatenated(parts) = concatenation else { unreachable!("one part is not enough") };
    let total = parts.len() as u8;
    (1..).zip(&parts).flat_map(|(number, part)| [&[5, 0, 3, 0, total, number], &part[..]].concat()).collect()
}

/// Where a concatenation element has its reference.
const REFERENCE: usize = 3;
