//! A second opinion: tshark, which nobody here wrote, reads what our encoder writes.
//!
//! Every field is compared in both directions: name, order, place, octets and number. What tshark
//! does not show, or is known to misread, stands in the table of [`gap`] with the reason; every row
//! of it is met, and the counts are printed.

mod cases;
mod compare;

mod gap;
mod parameter;
mod pcap;
mod pdml;

use std::path::Path;
use std::{env, fs};

use smpp_pdu::dump::Dump;
use smpp_pdu::{HEADER_LEN, PduInfo, Version};

/// One PDU our encoder wrote.
struct Case {
    /// Where it comes from.
    what: String,
    /// The octets, with the tags masked that tshark misreads.
    octets: Vec<u8>,
    /// What the fields are meant to be.
    dump: Dump,
}

impl Case {
    fn info(&self) -> &'static PduInfo {
        PduInfo::of(self.dump.header.command_id).expect("we write known PDUs only")
    }

    fn is_only_in_3_3(&self) -> bool {
        self.info().until == Some(Version::V3_3)
    }
}

#[test]
fn tshark_reads_the_same_fields() {
    let Some(version) = pdml::version() else {
        assert!(env::var("SMSC_TEST_REQUIRE").as_deref() != Ok("1"), "tshark not installed (apt-get install tshark)");
        eprintln!("SKIPPED: tshark not installed (apt-get install tshark)");
        return;
    };
    let cases = cases::all();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smpp.pcap");
    fs::write(&file, pcap::capture(&[one_by_one(&cases), torn_anyhow(&cases)])).unwrap();
    let seen = pdml::dissect(&file);
    assert_eq!(seen.len(), 2 * cases.len(), "PDUs found by tshark");
    let mut gaps = compare::Gaps::new();
    let mut differences = Vec::new();
    for (case, seen) in cases.iter().chain(&cases).zip(&seen) {
        if let Err(difference) = compare::compare(case, seen, &mut gaps) {
            differences.push(format!("{}: {difference}", case.what));
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    println!("{} PDUs, twice each, in {version}", cases.len());
    print_gaps(&gaps, version.contains(KNOWN_VERSION));
}

fn print_gaps(gaps: &compare::Gaps, known_version: bool) {
    for gap in gap::Gap::ALL {
        let (what, why) = gap.text();
        let count = gaps.get(&gap).copied().unwrap_or(0);
        println!("not compared, {count} times: {what}: {why}");
        assert!(count > 0 || !known_version, "the row has become untrue");
    }
}

// What the table of gaps was made with, Debian 12's. Another version may show more, never less.
const KNOWN_VERSION: &str = " 4.0.";

/// Each PDU begins a segment.
fn one_by_one(cases: &[Case]) -> Vec<Vec<u8>> {
    let mut segments: Vec<Vec<u8>> = vec![Vec::new()];
    for case in cases {
        match segments.last_mut() {
            Some(last) if last.is_empty() || case.is_only_in_3_3() => last.extend(&case.octets),
            _ => segments.push(case.octets.clone()),
        }
    }
    segments.iter().flat_map(|segment| segment.chunks(LONGEST_SEGMENT)).map(<[u8]>::to_vec).collect()
}

/// Segments of many sizes: several PDUs in one, one PDU in many.
fn torn_anyhow(cases: &[Case]) -> Vec<Vec<u8>> {
    let places = places_to_cut(cases);
    let mut rest: Vec<u8> = cases.iter().flat_map(|case| case.octets.clone()).collect();
    let mut segments = Vec::new();
    let mut at = 0;
    for size in [1448, 1, 16, 100, 3, 4096, 17, 9000, 64].into_iter().cycle() {
        at = (at + size..places.len()).find(|at| places[*at]).unwrap_or(places.len());
        let sent: usize = segments.iter().map(Vec::len).sum();
        segments.push(rest.drain(..at - sent).collect());
        if rest.is_empty() {
            return segments;
        }
    }
    unreachable!("the sizes never end");
}

/// For each octet of the stream, whether a segment may begin with it.
///
/// tshark 4.0 gives a stream up when the first thing it is handed is less than a header, or an
/// operation that only SMPP 3.3 has; what follows a reassembled PDU is handed to it anew. That
/// says nothing about our octets.
fn places_to_cut(cases: &[Case]) -> Vec<bool> {
    let mut places = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let next_is_unknown = cases.get(at + 1).is_some_and(Case::is_only_in_3_3);
        places.extend((0..case.octets.len()).map(|octet| match octet {
            0 => !case.is_only_in_3_3(),
            1..HEADER_LEN => false,
            _ => !case.is_only_in_3_3() && !next_is_unknown,
        }));
    }
    places
}

// What fits an IPv4 packet beside its headers, rounded down.
const LONGEST_SEGMENT: usize = 65_000;
