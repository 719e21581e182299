//! Plans: what is counted is what is written, nothing is lost, and no other tables are cheaper.

use alloc::{string::String, vec::Vec};

use crate::charset::{Charset, Coding};
use crate::gsm7::{Language, Languages, Tables, fill_bits, udh_septets, unpack, unpack_padded};
use crate::join::{self, Sar, UserData};
use crate::plan::{Cut, Encoding, Numbering, Otherwise, Part, Plan, PlanError, Policy};
use crate::segment::{Segmenter, Unit};
use crate::smart::Smart;
use crate::ucs2;
use crate::udh::{Concatenation, Reference, Udh};

/// Plans: the first three octets choose a policy, the rest is text.
pub fn plan(octets: &[u8]) {
    let Some((&[locking, single, choice], text)) = octets.split_first_chunk() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let policy = Policy { locking: languages(locking), single: languages(single), ..policy(choice) };
    let offending: Vec<_> = policy.offending(&text).collect();
    match policy.plan(&text) {
        Ok(plan) => {
            assert!(offending.is_empty() || !matches!((plan.encoding(), policy.otherwise), (Encoding::Gsm7(_), Otherwise::Ucs2)));
            parts(plan, policy, &text);
            changes(plan, &text);
            if policy.numbering != Numbering::Payload && policy.cut == Cut::Characters {
                cheapest(plan, policy, &text);
            }
        }
        Err(PlanError::Unencodable { offset }) => {
            assert_eq!(policy.otherwise, Otherwise::Refuse, "refused");
            assert_eq!(offending.first().map(|&(offset, _)| offset), Some(offset), "offset");
        }
        Err(PlanError::TooLong) => assert!(text.len() > 5000, "too long"),
    }
    for (offset, character) in offending {
        assert!(text.get(offset..).is_some_and(|rest| rest.starts_with(character)), "offending");
    }
}

fn policy(choice: u8) -> Policy {
    Policy {
        smart: match choice & 3 {
            1 => Smart::Nearest,
            2 => Smart::Bare,
            _ => Smart::Off,
        },
        otherwise: match choice >> 2 & 3 {
            1 => Otherwise::QuestionMark,
            2 => Otherwise::Refuse,
            _ => Otherwise::Ucs2,
        },
        numbering: match choice >> 4 & 3 {
            0 => Numbering::Udh8,
            1 => Numbering::Udh16,
            2 => Numbering::Sar,
            _ => Numbering::Payload,
        },
        #[cfg(feature = "graphemes")]
        cut: if choice & 0x40 == 0 { Cut::Characters } else { Cut::Graphemes },
        ..Policy::default()
    }
}

/// None, all, or two of them.
fn languages(choice: u8) -> Languages {
    match choice {
        0..=0x3F => Languages::NONE,
        0xC0..=0xFF => Languages::ALL,
        _ => Languages::of(&[Language::from_identifier(choice & 7), Language::from_identifier(choice >> 3 & 15)]),
    }
}

/// What is written is what was counted, and reads as the text with its changes.
fn parts(plan: Plan<'_>, policy: Policy, text: &str) {
    let parts: Vec<Part<'_>> = plan.split(0x1234).collect();
    assert_eq!((parts.len(), plan.split(0).len()), (plan.parts().into(), plan.parts().into()), "parts");
    assert_eq!(parts.iter().map(Part::text).collect::<Vec<_>>().concat(), text, "text");
    assert_eq!(parts.iter().map(Part::units).sum::<usize>(), plan.units(), "units");
    assert!(parts.iter().all(|part| part.units() <= plan.room()), "room");
    assert_eq!(parts.last().map(|part| plan.room() - part.units()), Some(plan.left()), "left");
    let read: Vec<String> = (1..=u8::MAX).zip(&parts).map(|(sequence, part)| read(plan, policy, *part, sequence)).collect();
    assert_eq!(read.concat(), changed(plan, text), "read");
    if policy.numbering != Numbering::Sar {
        assert_eq!(joined(plan, &parts), changed(plan, text), "joined");
    }
    #[cfg(feature = "graphemes")]
    if policy.cut == Cut::Graphemes {
        whole_graphemes(&parts, text);
    }
}

/// Reads one part as its receiver does.
fn read(plan: Plan<'_>, policy: Policy, part: Part<'_>, sequence: u8) -> String {
    let reference = if policy.numbering == Numbering::Udh8 { Reference::Eight(0x34) } else { Reference::Sixteen(0x1234) };
    let number = Concatenation::new(reference, plan.parts(), sequence).filter(|_| plan.parts() > 1);
    assert_eq!(part.number(), number, "number");
    let mut user_data = Vec::new();
    part.write(&mut user_data);
    let (udh, octets) = match part.udh_octets() {
        0 => (Udh::default(), user_data.as_slice()),
        _ => Udh::split(&user_data).unwrap_or_default(),
    };
    assert_eq!(udh.encoded_len(), part.udh_octets(), "header");
    let in_header = matches!(policy.numbering, Numbering::Udh8 | Numbering::Udh16);
    assert_eq!(udh.concatenation(), number.filter(|_| in_header), "in the header");
    let sar = number.map(|number| Sar { msg_ref_num: 0x1234, total_segments: number.total(), segment_seqnum: sequence });
    assert_eq!(part.sar(), sar.filter(|_| policy.numbering == Numbering::Sar), "SAR");
    let mut packed = Vec::new();
    part.write_packed(&mut packed);
    match plan.encoding() {
        Encoding::Ucs2 => {
            assert_eq!((octets.len(), packed.as_slice()), (2 * part.units(), user_data.as_slice()), "UCS-2");
            ucs2::decode(octets)
        }
        Encoding::Gsm7(tables) => {
            assert_eq!((octets.len(), Tables::from_udh(udh)), (part.units(), tables), "GSM 7-bit");
            assert!(packed.len() <= 140 || policy.numbering == Numbering::Payload, "user data");
            let (fill, full) = (fill_bits(part.udh_octets()), Unit::Septet.room(part.udh_octets()));
            let (header, septets) = packed.split_at_checked(part.udh_octets()).unwrap_or_default();
            assert!(user_data.starts_with(header), "header of packed octets");
            // A return that ends a full part reads as padding.
            if part.units() == full && octets.ends_with(b"\r") {
                assert!(unpack(septets, fill).eq(octets.iter().copied()), "full");
            } else {
                assert!(unpack_padded(septets, fill).take(part.units()).eq(octets.iter().copied()), "packed");
            }
            tables.decode(octets)
        }
    }
}

/// The parts as they arrive, read together.
fn joined(plan: Plan<'_>, parts: &[Part<'_>]) -> String {
    let data_coding = if plan.encoding() == Encoding::Ucs2 { 8 } else { 0 };
    let user_data = parts.iter().map(|part| {
        let mut octets = Vec::new();
        part.write(&mut octets);
        UserData { data_coding, udhi: part.udh_octets() > 0, octets }
    });
    join::text(&user_data.collect::<Vec<_>>(), Coding::default())
}

fn changed(plan: Plan<'_>, text: &str) -> String {
    let mut out = String::new();
    let mut copied = 0;
    for change in plan.changes() {
        out.push_str(text.get(copied..change.offset).unwrap_or_default());
        out.push_str(change.to);
        copied = change.offset + change.from.len();
    }
    out + text.get(copied..).unwrap_or_default()
}

/// Changes are where they say, only in GSM 7-bit, and leave nothing to change.
fn changes(plan: Plan<'_>, text: &str) {
    for change in plan.changes() {
        assert!(matches!(plan.encoding(), Encoding::Gsm7(_)), "UCS-2 is never changed");
        let rest = text.get(change.offset..).unwrap_or_default();
        assert!(rest.starts_with(change.from) && change.from != change.to, "change");
    }
}

/// Counted by other code, part by part: no tables that have every character are cheaper.
fn cheapest(plan: Plan<'_>, policy: Policy, text: &str) {
    let reference = if policy.numbering == Numbering::Udh16 { Reference::Sixteen(0) } else { Reference::Eight(0) };
    let cost = |charset: Charset, octets: &[u8], elements: &[u8]| {
        let segments = Segmenter { charset, reference, elements }.split(octets).ok()?;
        let headers: usize = segments.clone().map(|segment| udh_septets(segment.udh_octets())).sum();
        Some((segments.total(), charset.unit().count(octets) + headers))
    };
    let in_tables =
        |tables: Tables| tables.encode(text).ok().map(|septets| cost(Charset::Gsm7, &septets, tables.elements().as_bytes()));
    let allowed = |set: Languages| Language::ALL.into_iter().filter(move |&one| one == Language::Default || set.contains(one));
    let all = allowed(policy.locking).flat_map(|one| allowed(policy.single).map(move |other| Tables::new(one, other)));
    let best = all.filter_map(in_tables).map(|cost| cost.unwrap_or((u8::MAX, usize::MAX))).min();
    match (plan.encoding(), best) {
        (Encoding::Gsm7(tables), Some(best)) => {
            assert_eq!((in_tables(tables).flatten(), plan.changes().count()), (Some(best), 0), "cheapest");
            assert_eq!(best.0, plan.parts(), "counted twice");
        }
        (Encoding::Gsm7(_), None) => assert!(plan.changes().next().is_some(), "changed"),
        (Encoding::Ucs2, best) => {
            assert_eq!(best, None, "fits GSM 7-bit");
            assert_eq!(cost(Charset::Ucs2, &ucs2::encode(text), &[]).map(|(parts, _)| parts), Some(plan.parts()), "UCS-2");
        }
    }
}

#[cfg(feature = "graphemes")]
fn whole_graphemes(parts: &[Part<'_>], text: &str) {
    use unicode_segmentation::UnicodeSegmentation;

    let ends: Vec<usize> = text.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len()).collect();
    let mut start = 0;
    for part in parts {
        let end = start + part.text().len();
        let inside = ends.iter().any(|boundary| (start + 1..end).contains(boundary));
        assert!(ends.binary_search(&end).is_ok() || end == 0 || !inside, "grapheme");
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let pieces = vec![
            "a",
            "A 1",
            "plain text, that is ",
            "€",
            "[",
            "\r\n",
            "é",
            "ç",
            "á",
            "ğ",
            "ı",
            "õ",
            "Ω",
            "हि",
            "न्",
            "அ",
            "ع",
            "।",
            "“",
            "…",
            "ﬁ",
            "™",
            "e\u{301}",
            "g\u{306}",
            "x\u{302}",
            "\u{200D}",
            "\u{A0}",
            "Ａ",
            "`",
            "😀",
            "👨‍👩‍👧",
            "да",
        ];
        let few = proptest::sample::subsequence(pieces, 1..5);
        few.prop_flat_map(|pieces| proptest::collection::vec(proptest::sample::select(pieces), 0..400))
            .prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn plan_keeps_its_properties(choices in any::<[u8; 3]>(), text in text(), any in "\\PC{0,90}") {
            plan(&[&choices[..], &text].concat());
            plan(&[&choices[..], any.as_bytes()].concat());
        }
    }
}
