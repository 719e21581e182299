//! Alphabet and parts against split-sms and sms-segments-calculator.

use serde_json::{Value, json};
use sms_codec::charset::{Charset, Coding};
use sms_codec::plan::{Encoding, Policy};
use sms_codec::segment::Segmenter;

use super::program::Package;
use super::texts::Generator;
use crate::common::number;

#[test]
fn split_sms_chooses_and_divides_alike() {
    let texts = texts();
    let Some(answers) = Package::SplitSms.answers(&questions(&texts)) else { return };
    for (text, answer) in texts.iter().zip(&answers) {
        let policy = Policy::default();
        assert_eq!(planned(policy, text), stated(answer), "{text:?}");
        assert_eq!(segmented(text), stated(answer), "{text:?}");
        assert_eq!(policy.plan(text).unwrap().left(), number(&answer["left"]), "{text:?}");
        let foreign = answer["foreign"].as_array().unwrap().iter().map(|character| character.as_str().unwrap());
        let ours = policy.offending(text).map(|(offset, character)| &text[offset..offset + character.len_utf8()]);
        assert!(ours.eq(foreign), "{text:?}");
    }
    both_kinds(&answers);
}

#[cfg(feature = "graphemes")]
#[test]
fn sms_segments_calculator_chooses_and_divides_alike() {
    let policy = Policy { cut: sms_codec::plan::Cut::Graphemes, ..Policy::default() };
    let texts: Vec<_> = texts().iter().map(|text| undisputed(text)).collect();
    let Some(answers) = Package::SmsSegmentsCalculator.answers(&questions(&texts)) else { return };
    let mut not_the_same_without = 0;
    for (text, answer) in texts.iter().zip(&answers) {
        assert_eq!(planned(policy, text), stated(answer), "{text:?}");
        not_the_same_without += usize::from(planned(Policy::default(), text) != stated(answer));
    }
    both_kinds(&answers);
    assert!(not_the_same_without > 20, "clusters at the end of a part");
}

/// Whether GSM 7-bit does, and the units of each part.
type Parts = (bool, Vec<usize>);

fn planned(policy: Policy, text: &str) -> Parts {
    let plan = policy.plan(text).unwrap();
    let parts: Vec<_> = plan.split(0).map(|part| part.units()).collect();
    assert_eq!((parts.len(), parts.iter().sum()), (plan.parts().into(), plan.units()), "{text:?}");
    (matches!(plan.encoding(), Encoding::Gsm7(_)), parts)
}

/// The other way: encoded first, divided then.
fn segmented(text: &str) -> Parts {
    let (data_coding, octets) = Coding::default().encode(text);
    let charset = Coding::default().charset(data_coding);
    let segments = Segmenter { charset, ..Default::default() }.split(&octets).unwrap();
    (charset == Charset::Gsm7, segments.map(|segment| charset.unit().count(segment.octets)).collect())
}

fn stated(answer: &Value) -> Parts {
    (answer["gsm"].as_bool().unwrap(), answer["parts"].as_array().unwrap().iter().map(number).collect())
}

fn texts() -> Vec<String> {
    let mut generator = Generator::new(160);
    (0..15_000).map(|turn| if turn % 3 == 0 { generator.gsm_text() } else { generator.text() }).collect()
}

/// Without the characters around which sms-segments-calculator finds clusters otherwise.
///
/// It is of Unicode 10, and takes two lines' end apart on purpose. Ours is what Unicode says today.
#[cfg(feature = "graphemes")]
fn undisputed(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let disputed = match character {
            '\r' => rest.peek() == Some(&'\n'),
            // Since Unicode 15.1 it joins two Devanagari consonants.
            '\u{94D}' => true,
            // Since Unicode 11 it joins two emoji; before, whatever was before the second.
            '\u{200D}' => !matches!(kept.chars().next_back(), Some('\u{FE0F}' | '\u{1F300}'..='\u{1FAFF}')),
            _ => false,
        };
        if !disputed {
            kept.push(character);
        }
    }
    kept
}

fn questions(texts: &[String]) -> Vec<Value> {
    texts.iter().map(|text| json!({"text": text})).collect()
}

fn both_kinds(answers: &[Value]) {
    let count = |wanted: fn(&Parts) -> bool| answers.iter().map(stated).filter(wanted).count();
    let (gsm, long) = (count(|(gsm, _)| *gsm), count(|(_, parts)| parts.len() > 1));
    println!("{} texts divided alike: {gsm} in GSM 7-bit, {long} in several parts", answers.len());
    for kind in [gsm, long] {
        assert!(answers.len() / 4 < kind && kind < answers.len() * 3 / 4, "texts of both kinds");
    }
}
