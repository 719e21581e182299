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
    let mut all = Vec::new();
    // First as others do it, then with the choice of the alphabet, as nobody else does.
    for (way, is_told) in [("split, alphabet told", true), ("split", false)] {
        let ours = |told: Ours| if is_told { told } else { planned };
        all.extend([
            gsm7((way, "1000 ASCII"), sample::ascii(1000), ours(told_gsm7)),
            gsm7((way, "1000 with accents"), sample::mixed(1000), ours(told_gsm7)),
            ucs2((way, "1000 Cyrillic"), sample::cyrillic(1000), ours(told_ucs2)),
        ]);
    }
    all
}

/// Our way, into a buffer that is reused.
type Ours = fn(&str, &mut Parts);

/// All parts, one after the other, each with its UDH.
#[derive(Default)]
struct Parts {
    user_data: Vec<u8>,
    /// The text in its alphabet.
    encoded: Vec<u8>,
}

fn gsm7((way, case): (&'static str, &'static str), texts: Vec<&'static str>, ours: Ours) -> Contest {
    let rusmpp = Gsm7BitUnpacked::new();
    Job::new(texts, |text| segmented(&Tables::DEFAULT.encode(text).expect("GSM 7-bit"), Charset::Gsm7))
        .into_buffer(OURS, ours, |parts| parts.user_data.clone())
        .into_value("smpp-codec", |text| smpp_codec(text, EncodingType::Gsm7Bit), without_reference)
        .into_value("rusmpp-extra", move |text| rusmpp.concatenate(text, 160, 7).expect("divisible").0, with_headers)
        .contest(way, case, |text| text.len(), &BARS)
}

fn ucs2((way, case): (&'static str, &'static str), texts: Vec<&'static str>, ours: Ours) -> Contest {
    Job::new(texts, |text| segmented(&ucs2::encode(text), Charset::Ucs2))
        .into_buffer(OURS, ours, |parts| parts.user_data.clone())
        .into_value("smpp-codec", |text| smpp_codec(text, EncodingType::Ucs2), without_reference)
        .into_value("rusmpp-extra", |text| Ucs2::new().concatenate(text, 140, 6).expect("divisible").0, with_headers)
        .contest(way, case, |text| text.len(), &BARS)
}

fn planned(text: &str, parts: &mut Parts) {
    parts.user_data.clear();
    let plan = Policy::default().plan(text).expect("at most 255 parts");
    plan.split(0).for_each(|part| part.write(&mut parts.user_data));
}

fn told_gsm7(text: &str, parts: &mut Parts) {
    parts.encoded.clear();
    Tables::DEFAULT.encode_into(text, &mut parts.encoded).expect("GSM 7-bit");
    parts.cut(Charset::Gsm7);
}

fn told_ucs2(text: &str, parts: &mut Parts) {
    parts.encoded.clear();
    ucs2::encode_into(text, &mut parts.encoded);
    parts.cut(Charset::Ucs2);
}

impl Parts {
    fn cut(&mut self, charset: Charset) {
        self.user_data.clear();
        let parts = Segmenter { charset, ..Default::default() }.split(&self.encoded).expect("at most 255 parts");
        parts.for_each(|part| part.write(&mut self.user_data));
    }
}

/// The same octets for all to compare with.
fn segmented(encoded: &[u8], charset: Charset) -> Vec<u8> {
    let mut parts = Parts { encoded: encoded.to_vec(), ..Parts::default() };
    parts.cut(charset);
    parts.user_data
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
