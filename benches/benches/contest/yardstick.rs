//! The hand-written yardstick, where it applies.

use std::hint::black_box;

use bytes::BytesMut;
use smsc_benches::application::Message;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;
use smsc_benches::yardstick::{Tlv, build, decode, decode_checked, encode};

/// Doing what ours does: TLV lengths are checked.
pub(super) fn checked(case: &Case) -> Option<Contestant> {
    applies(case).then(|| {
        super::slices(NAME, case, |octets| {
            black_box(&decode_checked(octets).expect("legal"));
        })
    })
}

/// Looking at the TLVs' bounds only.
pub(super) fn lazy(case: &Case) -> Option<Contestant> {
    applies(case).then(|| {
        super::slices("yardstick lazy", case, |octets| {
            black_box(&decode(octets).expect("legal"));
        })
    })
}

pub(super) fn encoder(case: &Case) -> Option<Contestant> {
    applies(case).then(|| {
        // The value borrows from its octets, and a contestant owns all it needs.
        let octets: &'static [u8] = case.octets.clone().leak();
        let message = decode(octets).expect("legal");
        let input = (message, list(message.tlvs));
        writer(case, input, |(message, tlvs), out| encode(message, tlvs, out))
    })
}

pub(super) fn builder(case: &Case, message: &'static Message) -> Contestant {
    let command_id = if case.kind() == "submit_sm" { 4 } else { 5 };
    writer(case, message, move |message, out| build(message, command_id, out))
}

/// Writes a batch of the same thing into one reused buffer.
fn writer<T: 'static>(case: &Case, input: T, mut write: impl FnMut(&T, &mut BytesMut) -> Option<()> + 'static) -> Contestant {
    let mut out = BytesMut::new();
    write(&input, &mut out).expect(case.name);
    assert_eq!(out, case.octets, "{NAME}: {}", case.name);
    let batch = case.batch();
    Contestant::reusing(NAME, (input, out), move |(input, out)| {
        out.clear();
        for _ in 0..batch {
            write(black_box(input), out).expect("it worked before");
        }
        black_box(out);
    })
}

fn list(mut area: &'static [u8]) -> Vec<Tlv<'static>> {
    let mut tlvs = Vec::new();
    while let Some((&[tag, kind, high, low], rest)) = area.split_first_chunk::<4>() {
        let (value, rest) = rest.split_at(usize::from(u16::from_be_bytes([high, low])));
        tlvs.push(Tlv { tag: u16::from_be_bytes([tag, kind]), value });
        area = rest;
    }
    tlvs
}

fn applies(case: &Case) -> bool {
    matches!(case.kind(), "submit_sm" | "deliver_sm")
}

const NAME: &str = "yardstick";
