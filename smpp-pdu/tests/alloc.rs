//! What allocates and what does not, counted by the allocator itself.
//!
//! A binary of its own, because the counting allocator is the whole binary's; it counts for each
//! thread, so the tests do not disturb each other.
// What clippy.toml allows in tests; it does not take the helpers of an integration test for one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::Value;
use smpp_pdu::tlv::{self, Tag, TlvType};
use smpp_pdu::*;

struct Vector {
    frame: Frame,
    version: Version,
}

fn vectors() -> Vec<Vector> {
    let lines = include_str!("../testdata/vectors.jsonl").lines();
    let vectors: Vec<Vector> = lines
        .map(|line| {
            let json: Value = serde_json::from_str(line).unwrap();
            let version = match json["version"].as_str().unwrap() {
                "3.3" => Version::V3_3,
                "3.4" => Version::V3_4,
                _ => Version::V5_0,
            };
            Vector { frame: Frame::from_octets(octets(&json)).unwrap(), version }
        })
        .collect();
    assert_eq!(vectors.len(), 321);
    vectors
}

fn octets(json: &Value) -> Bytes {
    let hex = json["hex"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(black_box(vec![1, 2, 3]))).count_total, 1);
}

#[test]
fn decoding_allocates_nothing() {
    for Vector { frame, version } in vectors() {
        let profile = Profile::STRICT.with_version(version);
        let mut decoded = None;
        let info = measure(|| decoded = black_box(frame.decode(&profile).ok()));
        assert_eq!(info, NOTHING, "{frame:?}");
        assert!(decoded.is_some(), "{frame:?}");
    }
}

#[test]
fn refusing_and_forgiving_allocate_nothing() {
    let mut refused = 0;
    for line in include_str!("../testdata/vectors-bad.jsonl").lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        let mut stream = BytesMut::from(octets(&json));
        let mut frame = None;
        let info = measure(|| frame = black_box(Frame::split(&mut stream, DEFAULT_MAX_PDU)).ok().flatten());
        assert!(info.count_total <= SHARED_BUFFER, "{json}: {info:?}");
        let Some(frame) = frame else { continue };
        let info = measure(|| {
            if let Err(error) = black_box(frame.decode(&Profile::STRICT)) {
                refused += 1;
                black_box(error.answer());
            }
            let _ = black_box(frame.decode(&Profile::LENIENT));
        });
        assert_eq!(info, NOTHING, "{json}");
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn reading_tlvs_and_lists_allocates_nothing() {
    let (mut tlvs, mut typed, mut entries) = (0, 0, 0);
    for Vector { frame, version } in vectors() {
        let decoded = frame.decode(&Profile::STRICT.with_version(version)).unwrap();
        let info = measure(|| match &decoded.pdu {
            Pdu::SubmitSm(pdu) => (tlvs, typed) = (tlvs + pdu.tlvs.iter().count(), typed + typed_values(&pdu.tlvs)),
            Pdu::DeliverSm(pdu) => (tlvs, typed) = (tlvs + pdu.tlvs.iter().count(), typed + typed_values(&pdu.tlvs)),
            Pdu::DataSm(pdu) => (tlvs, typed) = (tlvs + pdu.tlvs.iter().count(), typed + typed_values(&pdu.tlvs)),
            Pdu::BroadcastSm(pdu) => (tlvs, typed) = (tlvs + pdu.tlvs.iter().count(), typed + typed_values(&pdu.tlvs)),
            Pdu::SubmitMulti(pdu) => entries += pdu.dest_address.iter().count(),
            Pdu::SubmitMultiResp(pdu) => entries += pdu.unsuccess_sme.iter().count(),
            Pdu::QueryLastMsgsResp(pdu) => entries += pdu.message_ids.iter().count(),
            _ => (),
        });
        assert_eq!(info, NOTHING, "{frame:?}");
    }
    assert!(tlvs > 100 && typed > 10 && entries > 500, "{tlvs} TLVs, {typed} typed, {entries} entries");
}

/// One type for each kind of value; the first TLV of that type, if there is one.
fn typed_values<'a>(tlvs: &Tlvs<'a>) -> usize {
    has::<tlv::SarTotalSegments>(tlvs)
        + has::<tlv::UserMessageReference>(tlvs)
        + has::<tlv::QosTimeToLive>(tlvs)
        + has::<tlv::MessageState>(tlvs)
        + has::<tlv::NetworkErrorCode>(tlvs)
        + has::<tlv::ItsSessionInfo>(tlvs)
        + has::<tlv::AlertOnMessageDelivery>(tlvs)
        + has::<tlv::BroadcastRepNum>(tlvs)
        + has::<tlv::SourceNodeId>(tlvs)
        + has::<tlv::ReceiptedMessageId<'a>>(tlvs)
        + has::<tlv::SourceSubaddress<'a>>(tlvs)
        + has::<tlv::CallbackNum<'a>>(tlvs)
        + has::<tlv::MessagePayload<'a>>(tlvs)
}

fn has<'a, T: TlvType<'a>>(tlvs: &Tlvs<'a>) -> usize {
    usize::from(black_box(tlvs.get::<T>()).unwrap().is_some())
}

#[test]
fn writing_into_a_buffer_with_room_allocates_nothing() {
    let mut out = BytesMut::with_capacity(DEFAULT_MAX_PDU as usize);
    for Vector { frame, version } in vectors() {
        let decoded = frame.decode(&Profile::STRICT.with_version(version)).unwrap();
        let Header { command_status, sequence_number, .. } = decoded.header;
        out.clear();
        let info = measure(|| decoded.pdu.write(Stamp { command_status, sequence_number, version }, &mut out).unwrap());
        assert_eq!(info, NOTHING, "{frame:?}");
        assert!(!out.is_empty());
    }
}

#[test]
fn building_and_writing_a_message_allocates_nothing() {
    let mut out = BytesMut::with_capacity(1024);
    let info = measure(|| {
        let list = [
            tlv::SarMsgRefNum(7).tlv(),
            tlv::ReceiptedMessageId(tlv::Text(b"0A1B")).tlv(),
            tlv::Tlv::octets(Tag(0x1400), b"own"),
        ];
        let submit = SubmitSm {
            source_addr: Addr::alphanumeric("MyBrand").unwrap(),
            destination_addr: Addr::international("447700900123").unwrap(),
            short_message: ShortMessage::new("hello").unwrap(),
            tlvs: Tlvs::list(&list),
            ..Default::default()
        };
        write(&submit, Stamp::new(1), &mut out).unwrap();
        let friends = [DestAddress::Sme(submit.destination_addr)];
        let multi = SubmitMulti { dest_address: List::new(&friends), ..Default::default() };
        write(&multi, Stamp::new(2), &mut out).unwrap();
        // Refused before anything is written.
        write(&SubmitMulti::default(), Stamp::new(3), &mut out).unwrap_err();
    });
    assert_eq!(info, NOTHING);
    assert!(out.len() > 100);
}

#[test]
fn splitting_a_buffer_allocates_its_reference_count_and_nothing_per_pdu() {
    let vectors = vectors();
    let mut stream = BytesMut::new();
    vectors.iter().for_each(|vector| stream.extend_from_slice(vector.frame.octets()));
    let mut frames = Vec::with_capacity(vectors.len());
    let info = measure(|| {
        while let Some(frame) = Frame::split(&mut stream, DEFAULT_MAX_PDU).unwrap() {
            frames.push(frame);
        }
    });
    assert_eq!(frames.len(), 321);
    // `bytes` makes the buffer shared when it is split for the first time.
    assert_eq!(info.count_total, SHARED_BUFFER);
    assert_eq!(measure(|| drop(black_box(frames[0].clone()))), NOTHING);
}

#[test]
fn a_connection_whose_frames_are_dropped_goes_on_without_allocating() {
    let vectors = vectors();
    let small = vectors.iter().filter(|vector| vector.frame.octets().len() < 1000);
    let mut buffer = BytesMut::with_capacity(8192);
    let mut pass = |frames: &mut usize| {
        for vector in small.clone() {
            buffer.reserve(vector.frame.octets().len());
            buffer.put_slice(vector.frame.octets());
            while let Some(frame) = Frame::split(&mut buffer, DEFAULT_MAX_PDU).unwrap() {
                *frames += 1;
                drop(black_box(frame));
            }
        }
    };
    let mut frames = 0;
    assert_eq!(measure(|| pass(&mut frames)).count_total, SHARED_BUFFER);
    assert_eq!(measure(|| pass(&mut frames)), NOTHING);
    assert!(frames > 600);
}

#[test]
fn a_claimed_length_allocates_nothing() {
    let mut buffer = BytesMut::from(&[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9][..]);
    assert_eq!(measure(|| drop(black_box(Frame::split(&mut buffer, u32::MAX - 1)))), NOTHING);
    assert_eq!(measure(|| drop(black_box(Frame::split(&mut buffer, u32::MAX)))), NOTHING);
}

const NOTHING: AllocationInfo =
    AllocationInfo { count_total: 0, count_current: 0, count_max: 0, bytes_total: 0, bytes_current: 0, bytes_max: 0 };

/// The reference count `bytes` allocates once for a buffer that is split.
const SHARED_BUFFER: u64 = 1;
