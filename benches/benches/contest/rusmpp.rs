//! `rusmpp`: one enum for every PDU; owned form with its codec, borrowed form from its core crate.

use std::hint::black_box;
use std::str::FromStr;

use bytes::BytesMut;
use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::{MessageDeliveryRequestTlvValue, MessageSubmissionRequestTlvValue};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    DataCoding, ErrorCodeNetworkType, EsmClass, MessageState, NetworkErrorCode, Npi, RegisteredDelivery, ServiceType, Ton,
};
use rusmpp::{Command, CommandStatus, Pdu};
use rusmpp_core::command::borrowed;
use rusmpp_core::decode::borrowed::DecodeWithLength;
use rusmpp_core::encode::{Encode, Length};
use smsc_benches::application::Message;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;
use tokio_util::codec::{Decoder, Encoder};

pub(super) fn framer(case: &Case) -> Contestant {
    let stream = case.octets.repeat(case.batch());
    Contestant::consuming(
        OWNED,
        move || BytesMut::from(&stream[..]),
        |mut buffer| {
            let mut codec = CommandCodec::new();
            while let Some(command) = codec.decode(&mut buffer).expect("legal") {
                black_box(&command);
            }
            assert!(buffer.is_empty());
        },
    )
}

pub(super) fn encoder(case: &Case) -> Contestant {
    let command = CommandCodec::new().decode(&mut BytesMut::from(&case.octets[..]));
    let command = command.expect(case.name).expect("one");
    writes!(OWNED, case, command, |command, out: BytesMut| CommandCodec::new().encode(command, out))
}

pub(super) fn builder(case: &Case, message: &'static Message) -> Contestant {
    let build = if case.kind() == "submit_sm" { submit } else { deliver };
    writes!(OWNED, case, message, |message, out: BytesMut| {
        let command = Command::new(CommandStatus::EsmeRok, message.sequence_number, build(message));
        CommandCodec::new().encode(&command, out)
    })
}

pub(super) fn borrowed_decoder(case: &Case) -> Contestant {
    reads!(BORROWED, case, |octets| {
        // The core crate's slice form starts behind `command_length`.
        let body = &octets[4..];
        Borrowed::decode(body, body.len()).expect("legal")
    })
}

pub(super) fn borrowed_encoder(case: &Case) -> Contestant {
    // The value borrows from its octets, and a contestant owns all it needs.
    let octets: &'static [u8] = case.octets.clone().leak();
    let (command, _) = Borrowed::decode(&octets[4..], octets.len() - 4).expect(case.name);
    let mut out = vec![0; case.octets.len()];
    write_borrowed(&command, &mut out);
    assert_eq!(out, case.octets, "{BORROWED}: {}", case.name);
    let (length, out) = (octets.len(), vec![0; octets.len() * case.batch()]);
    Contestant::reusing(BORROWED, (command, out), move |(command, out)| {
        for slot in out.chunks_exact_mut(length) {
            write_borrowed(black_box(command), slot);
        }
        black_box(out);
    })
}

fn write_borrowed(command: &Borrowed<'_>, out: &mut [u8]) {
    let length = 4 + command.length();
    out[..4].copy_from_slice(&(length as u32).to_be_bytes());
    command.encode(&mut out[4..]);
}

fn submit(message: &Message) -> Pdu {
    let mut pdu = SubmitSm::builder()
        .service_type(service_type(message))
        .source_addr_ton(Ton::from(message.source.ton))
        .source_addr_npi(Npi::from(message.source.npi))
        .source_addr(string(message.source.value))
        .dest_addr_ton(Ton::from(message.destination.ton))
        .dest_addr_npi(Npi::from(message.destination.npi))
        .destination_addr(string(message.destination.value))
        .esm_class(EsmClass::from(message.esm_class))
        .validity_period(time(message.validity_period))
        .registered_delivery(RegisteredDelivery::from(message.registered_delivery))
        .data_coding(DataCoding::from(message.data_coding))
        .short_message(OctetString::from_slice(message.short_message).expect("255 or less"))
        .build();
    if let Some(part) = &message.part {
        pdu.set_tlvs(vec![
            MessageSubmissionRequestTlvValue::SarMsgRefNum(part.reference),
            MessageSubmissionRequestTlvValue::SarTotalSegments(part.total),
            MessageSubmissionRequestTlvValue::SarSegmentSeqnum(part.number),
        ]);
    }
    Pdu::from(pdu)
}

fn deliver(message: &Message) -> Pdu {
    let mut pdu = DeliverSm::builder()
        .service_type(service_type(message))
        .source_addr_ton(Ton::from(message.source.ton))
        .source_addr_npi(Npi::from(message.source.npi))
        .source_addr(string(message.source.value))
        .dest_addr_ton(Ton::from(message.destination.ton))
        .dest_addr_npi(Npi::from(message.destination.npi))
        .destination_addr(string(message.destination.value))
        .esm_class(EsmClass::from(message.esm_class))
        .validity_period(time(message.validity_period))
        .registered_delivery(RegisteredDelivery::from(message.registered_delivery))
        .data_coding(DataCoding::from(message.data_coding))
        .short_message(OctetString::from_slice(message.short_message).expect("255 or less"))
        .build();
    if let Some(outcome) = &message.outcome {
        let [network, high, low] = outcome.error;
        pdu.set_tlvs(vec![
            MessageDeliveryRequestTlvValue::ReceiptedMessageId(string(outcome.message_id)),
            MessageDeliveryRequestTlvValue::MessageState(MessageState::from(outcome.state)),
            MessageDeliveryRequestTlvValue::NetworkErrorCode(NetworkErrorCode::new(
                ErrorCodeNetworkType::from(network),
                u16::from_be_bytes([high, low]),
            )),
        ]);
    }
    Pdu::from(pdu)
}

fn service_type(message: &Message) -> ServiceType {
    ServiceType::new(string(message.service_type))
}

/// Empty strings need no allocation; the crate's conversion would make one.
fn string<const MAX: usize>(value: &str) -> COctetString<1, MAX> {
    if value.is_empty() {
        return COctetString::empty();
    }
    COctetString::from_str(value).expect("it fits")
}

fn time(value: &str) -> EmptyOrFullCOctetString<17> {
    if value.is_empty() {
        return EmptyOrFullCOctetString::empty();
    }
    EmptyOrFullCOctetString::from_str(value).expect("it fits")
}

/// Room for as many TLVs as the crate's own tests use.
type Borrowed<'a> = borrowed::Command<'a, 8>;

const OWNED: &str = "rusmpp";
const BORROWED: &str = "rusmpp borrowed";
