//! Who competes in which case.
//!
//! A contest is made only of contestants that passed: every decoder must accept the octets, every
//! encoder must give exactly them. A peer that lacks a PDU, or keeps it private, is left out.

/// A contestant that decodes slices of one PDU each.
///
/// Loops are macros, so that loop and codec are compiled as one, whoever's codec it is.
macro_rules! reads {
    ($name:expr, $case:expr, |$octets:ident| $decode:expr) => {{
        let (length, stride) = ($case.octets.len(), $case.stride());
        let decode_once = |$octets: &[u8]| _ = std::hint::black_box(&$decode);
        decode_once(&$case.octets);
        Contestant::reusing($name, $case.stream(), move |stream: &mut Vec<u8>| {
            for slot in stream.chunks_exact(stride) {
                let $octets = &slot[..length];
                std::hint::black_box(&$decode);
            }
        })
    }};
}

/// A contestant that encodes the same value over and over into one buffer, after it was seen to do so rightly.
macro_rules! writes {
    ($name:expr, $case:expr, $input:expr, |$value:ident, $out:ident: $buffer:ty| $encode:expr) => {{
        let (case, input) = ($case, $input);
        let mut out = <$buffer>::new();
        {
            let ($value, $out) = (&input, &mut out);
            $encode.expect(case.name);
        }
        assert_eq!(out, case.octets, "{}: {}", $name, case.name);
        let (batch, mut turn) = (case.batch(), 0);
        Contestant::reusing($name, (input, out), move |(input, $out)| {
            $out.clear();
            // Every turn crosses the borders of cache lines elsewhere.
            turn = (turn + 1) % 64;
            $out.resize(turn, 0);
            for _ in 0..batch {
                let $value = std::hint::black_box(&*input);
                $encode.expect("it worked before");
            }
            std::hint::black_box($out);
        })
    }};
}

mod ours;
mod rusmpp;
mod smpp34;
mod smpp_codec;
mod yardstick;

use smsc_benches::application::Message;
use smsc_benches::case::{Case, MESSAGES};
use smsc_benches::clock::Contestant;
use smsc_benches::contest::Contest;
use smsc_benches::report::Bar;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The octets of one whole PDU to a typed value, its `sequence_number` and, of a response, its
    /// `command_status`.
    ///
    /// That there are `command_length` octets was seen when they were cut from the stream. That
    /// `command_id` is that of the PDU asked for is seen here, by the entry where a crate leaves it
    /// to its caller.
    Decode,
    /// A buffer of PDUs to typed values, finding the borders included.
    Frame,
    /// A typed value to octets in a reused buffer.
    Encode,
    /// Plain strings and integers to octets in a reused buffer.
    Build,
}

impl Way {
    /// For tables and group names.
    fn name(self) -> &'static str {
        match self {
            Way::Decode => "decode",
            Way::Frame => "frame",
            Way::Encode => "encode",
            Way::Build => "build",
        }
    }
}

/// All contests.
pub(crate) fn all() -> Vec<Contest> {
    let cases = Case::all();
    let each =
        |way, entries: fn(&Case) -> Vec<Contestant>| cases.iter().map(move |case| contest(case, case.name, way, entries(case)));
    each(Way::Decode, decoders)
        .chain(each(Way::Frame, framers))
        .chain(each(Way::Encode, encoders))
        .chain(MESSAGES.into_iter().map(|(name, message)| build(&cases, name, message)))
        .collect()
}

fn contest(case: &Case, name: &'static str, way: Way, contestants: Vec<Contestant>) -> Contest {
    let octets = case.octets.len() as f64;
    Contest { case: name, way: way.name(), works: case.batch(), octets, bars: bars(name, way), contestants }
}

fn bars(case: &str, way: Way) -> Vec<Bar> {
    let message = case.starts_with("submit_sm") || case.starts_with("deliver_sm");
    // Where the bar is a multiple of the fastest peer, not just being ahead.
    let multiple = match way {
        Way::Decode | Way::Frame => message && !case.contains("_resp"),
        Way::Encode => false,
        Way::Build => true,
    };
    let mut bars = vec![Bar::Yardstick];
    // Cutting frames shares a buffer, which costs one allocation for each read.
    bars.extend((way != Way::Frame).then_some(Bar::NoAllocation));
    bars.push(Bar::Ahead);
    bars.extend(multiple.then_some(Bar::Multiple(4.0)));
    bars
}

fn decoders(case: &Case) -> Vec<Contestant> {
    [
        Some(ours::decoder(case)),
        yardstick::checked(case),
        yardstick::lazy(case),
        Some(rusmpp::borrowed_decoder(case)),
        smpp34::decoder(case),
        smpp_codec::decoder(case),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What most decoders of smpp34 and smpp-codec leave to their caller.
#[inline(always)]
fn has_id(octets: &[u8], command_id: u32) -> bool {
    octets.get(4..8).is_some_and(|id| id == command_id.to_be_bytes())
}

fn framers(case: &Case) -> Vec<Contestant> {
    vec![ours::framer(case), rusmpp::framer(case)]
}

fn encoders(case: &Case) -> Vec<Contestant> {
    [
        Some(ours::encoder(case)),
        yardstick::encoder(case),
        Some(rusmpp::encoder(case)),
        Some(rusmpp::borrowed_encoder(case)),
        smpp34::encoder(case),
        smpp_codec::encoder(case),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn build(cases: &[Case], name: &'static str, message: &'static Message) -> Contest {
    let case = cases.iter().find(|case| case.name == name).expect("every message has its case");
    let contestants = vec![
        ours::builder(case, message),
        yardstick::builder(case, message),
        rusmpp::builder(case, message),
        smpp34::builder(case, message),
        smpp_codec::builder(case, message),
    ];
    contest(case, name, Way::Build, contestants)
}
