//! Who competes in which case.
//!
//! A contest is made only of contestants that passed: every decoder must accept the octets, every
//! encoder must give exactly them. A peer that lacks a PDU, or keeps it private, is left out.

mod ours;
mod rusmpp;
mod smpp34;
mod smpp_codec;
mod yardstick;

use smsc_benches::application::Message;
use smsc_benches::case::{Case, MESSAGES};
use smsc_benches::clock::Contestant;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The octets of one whole PDU, known as such, to a typed value.
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
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Decode => "decode",
            Way::Frame => "frame",
            Way::Encode => "encode",
            Way::Build => "build",
        }
    }
}

/// One case, one way, and all who can do it; ours first.
pub(crate) struct Contest {
    pub(crate) case: &'static str,
    pub(crate) way: Way,
    /// PDUs in one batch.
    pub(crate) pdus: usize,
    pub(crate) contestants: Vec<Contestant>,
}

/// All contests.
pub(crate) fn all() -> Vec<Contest> {
    let cases = Case::all();
    let each = |way, entries: fn(&Case) -> Vec<Contestant>| {
        cases.iter().map(move |case| Contest { case: case.name, way, pdus: case.batch(), contestants: entries(case) })
    };
    each(Way::Decode, decoders)
        .chain(each(Way::Frame, framers))
        .chain(each(Way::Encode, encoders))
        .chain(MESSAGES.into_iter().map(|(name, message)| build(&cases, name, message)))
        .collect()
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
    Contest { case: name, way: Way::Build, pdus: case.batch(), contestants }
}

/// A decoder that starts from a slice holding one PDU.
fn slices(name: &'static str, case: &Case, mut decode: impl FnMut(&[u8]) + 'static) -> Contestant {
    decode(&case.octets);
    let length = case.octets.len();
    Contestant::reusing(name, case.stream(), move |stream| {
        stream.chunks_exact(length).for_each(&mut decode);
    })
}
