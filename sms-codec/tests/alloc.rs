//! What must not allocate does not, counted by the allocator itself.
//!
//! A binary of its own, because the counting allocator is the whole binary's.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use sms_codec::gsm7::{Languages, Tables, pack_into, unpack_into};
use sms_codec::plan::{Numbering, Otherwise, Policy};
use sms_codec::smart::{Rewrite, Smart};
use sms_codec::tpdu::Deliver;

const NOTHING: AllocationInfo =
    AllocationInfo { count_total: 0, count_current: 0, count_max: 0, bytes_total: 0, bytes_current: 0, bytes_max: 0 };

/// Texts of every kind, short and of several parts.
fn texts() -> Vec<String> {
    let short = ["", "plain", "Grüße [€]", "Işık ğğğ", "हिन्दी A", "“Sí” e\u{301}ﬁ", "да 😀", "Işık “हिन्दी”"];
    short.iter().flat_map(|text| [text.to_string(), text.repeat(50)]).collect()
}

fn policies() -> Vec<Policy> {
    let mut policies = Vec::new();
    for languages in [Languages::NONE, Languages::ALL] {
        for smart in [Smart::Off, Smart::Nearest] {
            for otherwise in [Otherwise::Ucs2, Otherwise::QuestionMark, Otherwise::Refuse] {
                for numbering in [Numbering::Udh8, Numbering::Payload] {
                    let policy =
                        Policy { locking: languages, single: languages, smart, otherwise, numbering, ..Policy::default() };
                    policies.push(policy);
                }
            }
        }
    }
    policies
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(black_box(vec![1, 2, 3]))).count_total, 1);
}

#[test]
fn choosing_counting_and_reporting_allocate_nothing() {
    for text in texts() {
        for policy in policies() {
            let info = measure(|| {
                black_box(policy.offending(&text).count());
                if let Ok(plan) = black_box(policy.plan(&text)) {
                    black_box((plan.parts(), plan.units(), plan.left(), plan.changes().count()));
                    black_box(plan.split(1).count());
                }
            });
            assert_eq!(info, NOTHING, "{policy:?}");
        }
    }
}

#[test]
fn writing_into_a_big_enough_buffer_allocates_nothing() {
    let mut out = Vec::with_capacity(70_000);
    for text in texts() {
        for plan in policies().iter().filter_map(|policy| policy.plan(&text).ok()) {
            let info = measure(|| {
                for part in plan.split(1) {
                    out.clear();
                    part.write(&mut out);
                    out.clear();
                    part.write_packed(&mut out);
                }
            });
            assert_eq!(info, NOTHING, "{plan:?}");
        }
    }
}

#[test]
fn septets_go_both_ways_without_allocation() {
    let text = "Grüße [€] ".repeat(16);
    let (mut septets, mut octets) = (Vec::with_capacity(400), Vec::with_capacity(400));
    let (mut unpacked, mut read) = (Vec::with_capacity(400), String::with_capacity(800));
    let info = measure(|| {
        Tables::DEFAULT.encode_into(&text, &mut septets).unwrap();
        pack_into(&septets, 1, &mut octets);
        unpack_into(&octets, 1, septets.len(), &mut unpacked);
        Tables::DEFAULT.decode_into(&unpacked, &mut read);
        let rewrite = Rewrite { smart: Smart::Nearest, ..Rewrite::default() };
        black_box(rewrite.septets("“a” e\u{301}").unwrap());
    });
    assert_eq!((info, read), (NOTHING, text));
}

#[test]
fn tpdus_and_headers_are_read_without_allocation() {
    let octets = b"\x44\x0C\x91\x44\x77\x00\x09\x10\x32\x00\x00\x62\x60\x03\x21\x43\x65\x40\x18\x05\x00\x03\x4A\x02\x01\
                   \xE0\x61\x39\x1D\xF4\x76\x97\x41\x6F\x33\x88\x7E\x7F\xB3\x40";
    let info = measure(|| {
        let (deliver, _) = Deliver::decode(octets).unwrap();
        let udh = deliver.user_data.udh().unwrap();
        black_box((udh.concatenation(), udh.effective().count(), deliver.scts.unix_millis()));
        black_box(Tables::from_udh(udh).chars(deliver.user_data.septets()).count());
    });
    assert_eq!(info, NOTHING);
}
