//! The published segmentation vectors, counted and split from text; and what a policy promises.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use crate::common::{lines, number};
use crate::gsm7::tables;
use sms_codec::gsm7::{Language, Languages, Tables};
use sms_codec::plan::{Encoding, Numbering, Otherwise, PlanError, Policy};
use sms_codec::smart::Smart;

#[test]
fn all_segmentation_vectors_are_planned_as_stated() {
    let mut ran = 0;
    for vector in lines(include_str!("../../testdata/segmentation-vectors.jsonl")) {
        ran += 1;
        let tables = tables(&vector);
        let numbering = if number(&vector["reference_bits"]) == 8 { Numbering::Udh8 } else { Numbering::Udh16 };
        let of = |language| Languages::of(&[language]);
        let policy = Policy { locking: of(tables.locking()), single: of(tables.single()), numbering, ..Policy::default() };
        let text = vector["text"].as_str().unwrap();
        let plan = policy.plan(text).unwrap();
        let encoding = if vector["encoding"] == "ucs2" { Encoding::Ucs2 } else { Encoding::Gsm7(tables) };
        assert_eq!(plan.encoding(), encoding, "{vector}");
        assert_eq!(usize::from(plan.parts()), number(&vector["parts"]), "{vector}");
        assert_eq!(plan.units(), number(&vector["total_units"]), "{vector}");
        let stated = |key: &str| -> Vec<_> { vector[key].as_array().unwrap().iter().map(number).collect() };
        let units: Vec<_> = plan.split(1).map(|part| part.units()).collect();
        assert_eq!(units, stated("part_units"), "{vector}");
        let characters: Vec<_> = plan.split(1).map(|part| part.text().chars().count()).collect();
        assert_eq!(characters, stated("part_characters"), "{vector}");
    }
    assert_eq!(ran, 42);
}

#[test]
fn a_text_of_160_septets_is_one_part_and_161_are_two_of_153() {
    let policy = Policy::default();
    for (length, parts, left) in [(0, 1, 160), (160, 1, 0), (161, 2, 145), (306, 2, 0), (307, 3, 152)] {
        let text = "x".repeat(length);
        let plan = policy.plan(&text).unwrap();
        assert_eq!((plan.parts(), plan.left()), (parts, left), "{length}");
    }
    let euros = "€".repeat(80);
    assert_eq!(policy.plan(&euros).unwrap().left(), 0);
    assert_eq!(policy.plan("€").unwrap().units(), 2);
}

#[test]
fn octets_that_are_as_many_as_septets_by_chance_count_for_nothing() {
    // A bracket is one octet and two septets, a section sign the other way round.
    let text = format!("{}[§{}", "x".repeat(152), "x".repeat(151));
    let plan = Policy::default().plan(&text).unwrap();
    assert_eq!((plan.units(), plan.parts(), plan.left()), (306, 3, 152));
    assert_eq!(plan.split(0).map(|part| part.units()).collect::<Vec<_>>(), [152, 153, 1]);
    // Turkish has the euro sign as one septet.
    let turkish = Policy { locking: Languages::of(&[Language::Turkish]), ..Policy::default() };
    assert_eq!(turkish.plan(&"€[".repeat(80)).unwrap().parts(), 2);
}

#[test]
fn sar_keeps_the_room_that_the_air_interface_needs() {
    let text = "x".repeat(200);
    let plan = Policy { numbering: Numbering::Sar, ..Policy::default() }.plan(&text).unwrap();
    let mut octets = Vec::new();
    for (sequence, part) in (1..).zip(plan.split(0xBEEF)) {
        octets.clear();
        part.write(&mut octets);
        let sar = part.sar().unwrap();
        assert_eq!((sar.total_segments, sar.segment_seqnum, part.udh_octets()), (2, sequence, 0));
    }
    assert_eq!((plan.room(), octets.len()), (153, 47));
}

#[test]
fn a_payload_is_one_part_with_one_header() {
    let turkish = Languages::of(&[Language::Turkish]);
    let policy = Policy { single: turkish, numbering: Numbering::Payload, ..Policy::default() };
    let text = "ğ".repeat(1000);
    let plan = policy.plan(&text).unwrap();
    let mut octets = Vec::new();
    plan.split(1).for_each(|part| part.write(&mut octets));
    assert_eq!((plan.parts(), octets.len()), (1, 4 + 2000));
    assert_eq!(octets[..6], [3, 0x24, 1, 1, 0x1B, 0x67]);
    let full = "x".repeat(65535);
    assert_eq!(policy.plan(&full).unwrap().left(), 0);
    let over = "x".repeat(65536);
    assert_eq!(policy.plan(&over).unwrap_err(), PlanError::TooLong);
}

#[test]
fn the_256th_part_is_refused() {
    let full = "x".repeat(255 * 153);
    assert_eq!(Policy::default().plan(&full).unwrap().split(0).count(), 255);
    let over = full + "x";
    assert_eq!(Policy::default().plan(&over).unwrap_err(), PlanError::TooLong);
    let pairs = "x".to_string() + &"[".repeat(255 * 76);
    assert_eq!(Policy::default().plan(&pairs).unwrap().parts(), 255);
    assert_eq!(Policy::default().plan(&(pairs + "[")).unwrap_err(), PlanError::TooLong);
}

#[test]
fn wide_and_long_characters_do_not_make_up_for_each_other() {
    // As many septets as octets, though not every character is one of each; found by fuzzing.
    let text = "x".repeat(152) + "€" + &"x".repeat(20) + "[";
    let units = |policy: Policy| policy.plan(&text).unwrap().split(0).map(|part| part.units()).collect::<Vec<_>>();
    assert_eq!(text.len(), 176);
    assert_eq!(units(Policy::default()), [152, 24]);
    let all = Policy { locking: Languages::ALL, single: Languages::ALL, ..Policy::default() };
    let pairs = "[".repeat(10) + &"é".repeat(10) + &"€".repeat(60);
    assert_ne!(all.plan(&pairs).unwrap().encoding(), Encoding::default());
    let left_out = "\u{7}".repeat(100) + &"[".repeat(100);
    let smart = Policy { smart: Smart::Nearest, ..Policy::default() };
    assert!(smart.plan(&left_out).unwrap().split(0).map(|part| part.units()).eq([152, 48]));
}

#[test]
fn tables_of_two_languages_may_be_needed_at_once() {
    let all = Policy { locking: Languages::ALL, single: Languages::ALL, ..Policy::default() };
    let tables = |text: &str| match all.plan(text).unwrap().encoding() {
        Encoding::Gsm7(tables) => tables,
        other => panic!("{other:?}"),
    };
    assert_eq!(tables("plain"), Tables::DEFAULT);
    assert_eq!(tables("ş á"), Tables::new(Language::Turkish, Language::Spanish));
    assert_eq!(tables("हिन्दी"), Tables::new(Language::Hindi, Language::Default));
    assert_eq!(tables("हिन्दी ABC"), Tables::new(Language::Hindi, Language::Bengali));
    assert_eq!(all.plan("ş हि ع").unwrap().encoding(), Encoding::Ucs2);
    assert_eq!(all.offending("ş हि ع").count(), 1);
}

#[test]
fn smart_encoding_is_for_text_that_then_fits_and_for_no_other() {
    let smart = Policy { smart: Smart::Nearest, ..Policy::default() };
    let plan = smart.plan("“Señor”…").unwrap();
    assert_eq!((plan.encoding(), plan.units(), plan.changes().count()), (Encoding::default(), 10, 3));
    let mut octets = Vec::new();
    plan.split(0).for_each(|part| part.write(&mut octets));
    assert_eq!(Tables::DEFAULT.decode(&octets), "\"Señor\"...");
    let plan = smart.plan("“да”").unwrap();
    assert_eq!((plan.encoding(), plan.changes().count()), (Encoding::Ucs2, 0));
    assert!(smart.offending("“да”").eq([(3, 'д'), (5, 'а')]));
}

#[test]
fn what_fits_nowhere_is_refused_or_asked_about_as_wanted() {
    let refuse = Policy { otherwise: Otherwise::Refuse, ..Policy::default() };
    let error = refuse.plan("a’b").unwrap_err();
    assert_eq!(error, PlanError::Unencodable { offset: 1 });
    assert_eq!(error.to_string(), "text: character at octet 1 fits no allowed alphabet");
    let ask = Policy { otherwise: Otherwise::QuestionMark, ..Policy::default() };
    let plan = ask.plan("a’b да").unwrap();
    assert!(plan.changes().all(|change| change.to == "?") && plan.units() == 6);
}

#[test]
fn what_no_message_holds_is_refused_without_a_look() {
    let payload = Policy { numbering: Numbering::Payload, ..Policy::default() };
    // The widest characters of the default alphabet and of UCS-2, as many as fit.
    assert_eq!(payload.plan(&"€".repeat(32_767)).map(|plan| plan.units()), Ok(65_534));
    assert_eq!(payload.plan(&"अ".repeat(32_767)).map(|plan| plan.units()), Ok(32_767));
    let hindi = Policy { locking: Languages::ALL, single: Languages::ALL, ..payload };
    assert_eq!(hindi.plan(&"अ".repeat(65_531)).map(|plan| plan.units()), Ok(65_531));
    // One that would be short if what has no shape went away.
    let smart = Policy { smart: Smart::Nearest, ..payload };
    let text = "a".to_string() + &"\u{AD}".repeat(131_072);
    assert_eq!(smart.plan(&text).map(|_| ()), Err(PlanError::TooLong));
}

#[test]
fn debug_hides_message_text() {
    let plan = Policy::default().plan("secret").unwrap();
    let shown = format!("{plan:?} {:?} {:?}", plan.split(0), plan.split(0).next());
    assert!(shown.contains("parts: 1") && !shown.contains("secret"), "{shown}");
}

#[cfg(feature = "graphemes")]
#[test]
fn what_reads_as_one_character_stays_in_one_part() {
    use sms_codec::plan::Cut;

    let family = "👨‍👩‍👧";
    let text = "я".repeat(60) + family + "!" + &"я".repeat(40);
    let cut = |cut| {
        let plan = Policy { cut, ..Policy::default() }.plan(&text).unwrap();
        plan.split(0).next().unwrap().text().chars().count()
    };
    assert_eq!((cut(Cut::Characters), cut(Cut::Graphemes)), (64, 60));
    // One letter with more accents than a part holds.
    let accents = "я".to_string() + &"\u{301}".repeat(100);
    let plan = Policy { cut: Cut::Graphemes, ..Policy::default() }.plan(&accents).unwrap();
    assert!(plan.split(0).map(|part| part.units()).eq([67, 34]));
}
