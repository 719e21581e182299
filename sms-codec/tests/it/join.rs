//! Long messages through the air: split, mixed, repeated, lost, and joined again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use proptest::prelude::*;

use crate::common::{lines, number};
use sms_codec::charset::{Charset, Coding};
use sms_codec::join::{Joiner, Limits, Part, Place, Progress, Reason, Sar, UserData};
use sms_codec::segment::{Segment, Segmenter};
use sms_codec::udh::Reference;

type Data = UserData<Vec<u8>>;

/// How the parts of a message are marked.
#[derive(Debug, Clone, Copy)]
enum Marking {
    Eight(u8),
    Sixteen(u16),
    Sar(u16),
}

/// The parts of a text, as a peer would send them; none if it needs no parts.
fn parts(text: &str, marking: Marking) -> Vec<Part<Data>> {
    let (data_coding, octets) = Coding::default().encode(text);
    let charset = Coding::default().charset(data_coding);
    let reference = match marking {
        Marking::Eight(reference) => Reference::Eight(reference),
        Marking::Sixteen(reference) | Marking::Sar(reference) => Reference::Sixteen(reference),
    };
    let segments = Segmenter { charset, reference, elements: &[] }.split(&octets).unwrap();
    segments.filter_map(|segment| part(data_coding, segment, marking)).collect()
}

fn part(data_coding: u8, segment: Segment<'_>, marking: Marking) -> Option<Part<Data>> {
    let concatenation = segment.concatenation?;
    let Marking::Sar(msg_ref_num) = marking else {
        let mut octets = Vec::new();
        segment.write(&mut octets);
        let data = UserData { data_coding, udhi: true, octets };
        return Some(Part { place: data.place(None).unwrap().unwrap(), data });
    };
    let sar = Sar { msg_ref_num, total_segments: concatenation.total(), segment_seqnum: concatenation.sequence() };
    let data = UserData { data_coding, udhi: false, octets: segment.octets.to_vec() };
    Some(Part { place: data.place(Some(sar)).unwrap().unwrap(), data })
}

/// Long enough to be cut, in both alphabets, with pairs that must not be.
fn long_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z €{}]{200,700}", "[а-я😀]{100,400}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_with_repetitions_gives_exactly_the_originals(
        texts in proptest::collection::vec(long_text(), 1..7),
        seed in any::<u64>(),
    ) {
        // Every message in every marking and from two senders, all with the same reference number.
        let markings = [Marking::Eight(7), Marking::Sixteen(7), Marking::Sar(7)];
        let mut sent = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let key = (index / markings.len(), 7);
            for part in parts(text, markings[index % markings.len()]) {
                sent.push((key, index, part.clone()));
                if seed >> (sent.len() % 64) & 1 == 1 {
                    sent.push((key, index, part));
                }
            }
        }
        shuffle(&mut sent, seed);
        let mut joiner = Joiner::new(Limits::default());
        let mut joined: Vec<Option<String>> = vec![None; texts.len()];
        let (mut complete, mut twice) = (0, 0);
        let total = sent.len();
        for (at, (key, index, part)) in sent.into_iter().enumerate() {
            let pushed = joiner.push(key, part, at as u64);
            prop_assert!(pushed.given_up.is_empty());
            match pushed.progress {
                Progress::Complete(message) => {
                    complete += message.parts.len();
                    joined[index] = Some(message.text(Coding::default()));
                }
                Progress::Duplicate(_) => twice += 1,
                Progress::Waiting { .. } => {}
                Progress::TooLarge => panic!("too large"),
            }
        }
        prop_assert_eq!(complete + twice, total);
        prop_assert!(joiner.is_empty());
        prop_assert!(joined.iter().flatten().eq(&texts));
    }

    #[test]
    fn a_text_cut_anywhere_is_read_whole(text in "[a-zа-я€\\[😀]{1,80}", cuts in proptest::collection::vec(1..7usize, 1..30)) {
        for (data_coding, charset) in [(0, Charset::Gsm7), (8, Charset::Ucs2)] {
            let Ok(octets) = charset.encode(&text) else { continue };
            let mut rest = &octets[..];
            let mut parts = Vec::new();
            for cut in cuts.iter().copied().cycle() {
                let (head, tail) = rest.split_at(cut.min(rest.len()));
                // Code units are halved only by those who halve them everywhere.
                let (head, tail) = if data_coding == 8 && head.len() % 2 == 1 { rest.split_at(head.len() + 1) } else { (head, tail) };
                parts.push(UserData { data_coding, udhi: false, octets: head });
                rest = tail;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(sms_codec::join::text(&parts, Coding::default()), text.clone());
        }
    }
}

/// Fisher and Yates, with a generator that is good enough for cards.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for last in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (seed >> 33) as usize % (last + 1));
    }
}

#[test]
fn the_published_segmentation_vectors_join_in_reverse() {
    let mut ran = 0;
    for vector in lines(include_str!("../../testdata/segmentation-vectors.jsonl")) {
        if vector["locking"] != 0 || vector["single"] != 0 {
            continue; // Splitting in national tables is tested with the vectors themselves.
        }
        let text = vector["text"].as_str().unwrap();
        let marking = if number(&vector["reference_bits"]) == 8 { Marking::Eight(1) } else { Marking::Sixteen(1) };
        let parts = parts(text, marking);
        let mut joiner = Joiner::new(Limits::default());
        let mut joined = None;
        for part in parts.into_iter().rev() {
            ran += 1;
            if let Progress::Complete(message) = joiner.push((), part, 0).progress {
                joined = Some(message.text(Coding::default()));
            }
        }
        assert_eq!(joined.is_some(), number(&vector["parts"]) > 1, "{vector}");
        assert!(joined.is_none_or(|joined| joined == text), "{vector}");
    }
    assert!(ran > 40, "{ran}");
}

#[test]
fn a_lost_part_leaves_the_rest_to_be_delivered() {
    let mut joiner = Joiner::new(Limits { lifetime: 60_000, ..Limits::default() });
    for part in parts(&"x".repeat(400), Marking::Eight(1)).into_iter().filter(|part| part.place.sequence() != 2) {
        assert!(matches!(joiner.push((), part, 0).progress, Progress::Waiting { .. }));
    }
    assert_eq!(joiner.next_deadline(), Some(60_000));
    let given: Vec<_> = joiner.expire(60_000).collect();
    assert_eq!((given.len(), given[0].reason, given[0].total), (1, Reason::Expired, 3));
    let texts: Vec<_> = given[0].parts.iter().map(|(sequence, part)| (*sequence, part.text(Coding::default()).len())).collect();
    assert_eq!(texts, [(1, 153), (3, 94)]);
}

#[test]
fn binary_parts_give_their_octets_without_headers() {
    let mut joiner = Joiner::new(Limits::default());
    let part = |octets: &'static [u8]| {
        let data = UserData { data_coding: 4, udhi: true, octets };
        Part { place: data.place(None).unwrap().unwrap(), data }
    };
    // Ports and concatenation, as for a ring tone.
    let first = part(b"\x0B\x05\x04\x15\x81\x00\x00\x00\x03\x09\x02\x01\x02\x4A\x3A");
    let second = part(b"\x0B\x05\x04\x15\x81\x00\x00\x00\x03\x09\x02\x02\x51\xE8");
    assert!(matches!(joiner.push(1, second, 0).progress, Progress::Waiting { missing: 1 }));
    let Progress::Complete(message) = joiner.push(1, first, 0).progress else { panic!("incomplete") };
    assert_eq!(message.octets(), b"\x02\x4A\x3A\x51\xE8");
    assert_eq!(message.parts[0].split().0.iter().next().map(|element| element.id), Some(0x05));
}

#[test]
fn a_wrong_number_is_a_message_by_itself() {
    let data = |octets| UserData { data_coding: 0, udhi: true, octets };
    for octets in [&b"\x05\x00\x03\x01\x00\x00x"[..], b"\x05\x00\x03\x01\x02\x03x", b"\x05\x00\x03\x01\x02\x00x"] {
        assert_eq!(data(octets).place(None), Ok(None));
        assert_eq!(data(octets).text(Coding::default()), "x");
    }
    let sar = Sar { msg_ref_num: 1, total_segments: 2, segment_seqnum: 3 };
    assert!(Place::try_from(sar).is_err());
}
