//! The hand-written yardstick, where it applies.

use bytes::BytesMut;
use smsc_benches::application;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;
use smsc_benches::yardstick::{Message, Tlv, build, decode, decode_checked, encode};

/// Doing what ours does: TLV lengths are checked.
pub(super) fn checked(case: &Case) -> Option<Contestant> {
    let id = case.command_id();
    let asked_for = move |message: &Message<'_>| message.command_id == id;
    applies(case).then(|| reads!(NAME, case, |octets| decode_checked(octets).filter(asked_for).expect("legal")))
}

/// Looking at the TLVs' bounds only.
pub(super) fn lazy(case: &Case) -> Option<Contestant> {
    let id = case.command_id();
    let asked_for = move |message: &Message<'_>| message.command_id == id;
    applies(case).then(|| reads!("yardstick lazy", case, |octets| decode(octets).filter(asked_for).expect("legal")))
}

pub(super) fn encoder(case: &Case) -> Option<Contestant> {
    applies(case).then(|| {
        // The value borrows from its octets, and a contestant owns all it needs.
        let octets: &'static [u8] = case.octets.clone().leak();
        let message = decode(octets).expect("legal");
        let input = (message, list(message.tlvs));
        writes!(NAME, case, input, |input, out: BytesMut| encode(&input.0, &input.1, out))
    })
}

pub(super) fn builder(case: &Case, message: &'static application::Message) -> Contestant {
    let command_id = if case.kind() == "submit_sm" { 4 } else { 5 };
    writes!(NAME, case, message, |message, out: BytesMut| build(message, command_id, out))
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
