//! `smpp34`: named types, owned strings; encoding uses the value up and returns a new `Vec`.

use std::hint::black_box;

use smpp34::{CommandHeader, Tlv, TlvTag, deliver_sm, submit_sm};
use smsc_benches::application::Message;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;

use super::has_id;

/// Calls `$then!(type)` for the case's type; `None` where the crate has it not or not in public.
macro_rules! dispatch {
    ($case:expr, $then:ident) => {
        match $case.kind() {
            "submit_sm" => $then!($case, submit_sm),
            "submit_sm_resp" => $then!($case, smpp34::submit_sm_resp),
            "deliver_sm" => $then!($case, deliver_sm),
            "deliver_sm_resp" => $then!($case, smpp34::deliver_sm_resp),
            "data_sm" => $then!($case, smpp34::data_sm),
            "data_sm_resp" => $then!($case, smpp34::data_sm_resp),
            "submit_multi" => $then!($case, smpp34::submit_sm_multi),
            "submit_multi_resp" => $then!($case, smpp34::submit_sm_multi_resp),
            "bind_receiver" => $then!($case, smpp34::bind_receiver),
            "bind_receiver_resp" => $then!($case, smpp34::bind_receiver_resp),
            "bind_transmitter" => $then!($case, smpp34::bind_transmitter),
            "bind_transmitter_resp" => $then!($case, smpp34::bind_transmitter_resp),
            "bind_transceiver" => $then!($case, smpp34::bind_transceiver),
            "bind_transceiver_resp" => $then!($case, smpp34::bind_transceiver_resp),
            "outbind" => $then!($case, smpp34::outbind),
            "query_sm" => $then!($case, smpp34::query_sm),
            "query_sm_resp" => $then!($case, smpp34::query_sm_resp),
            "cancel_sm" => $then!($case, smpp34::cancel_sm),
            "cancel_sm_resp" => $then!($case, smpp34::cancel_sm_resp),
            "replace_sm" => $then!($case, smpp34::replace_sm),
            "replace_sm_resp" => $then!($case, smpp34::replace_sm_resp),
            "alert_notification" => $then!($case, smpp34::alert_notification),
            "enquire_link" => $then!($case, smpp34::enquire_link),
            "unbind_resp" => $then!($case, smpp34::unbind_resp),
            "generic_nack" => $then!($case, smpp34::generic_nack),
            // `unbind` cannot be decoded from outside the crate, `enquire_link_resp` not at all.
            _ => None,
        }
    };
}

macro_rules! decode {
    ($case:expr, $pdu:ty) => {{
        let id = $case.command_id();
        Some(reads!(NAME, $case, |octets| {
            assert!(has_id(octets, id));
            let header = CommandHeader::decode(octets).expect("header");
            <$pdu>::decode(header, octets).expect(stringify!($pdu))
        }))
    }};
}

macro_rules! encode {
    ($case:expr, $pdu:ty) => {{
        let header = CommandHeader::decode(&$case.octets).expect("header");
        let pdu = <$pdu>::decode(header, &$case.octets).expect(stringify!($pdu));
        assert_eq!(pdu.clone().encode(), $case.octets, "{NAME}: {}", $case.name);
        let batch = $case.batch();
        let run = |pdus: Vec<$pdu>| {
            for pdu in pdus {
                black_box(&pdu.encode());
            }
        };
        Some(Contestant::consuming(NAME, move || vec![pdu.clone(); batch], run))
    }};
}

pub(super) fn decoder(case: &Case) -> Option<Contestant> {
    dispatch!(case, decode)
}

pub(super) fn encoder(case: &Case) -> Option<Contestant> {
    if WRONG.contains(&case.name) {
        return None;
    }
    dispatch!(case, encode)
}

pub(super) fn builder(case: &Case, message: &'static Message) -> Contestant {
    let build = if case.kind() == "submit_sm" { submit } else { deliver };
    assert_eq!(build(message), case.octets, "{NAME}: {}", case.name);
    let batch = case.batch();
    Contestant::reusing(NAME, message, move |message| {
        for _ in 0..batch {
            black_box(&build(black_box(message)));
        }
    })
}

macro_rules! new {
    ($pdu:ident, $message:expr) => {
        $pdu::new(
            $message.sequence_number,
            $message.service_type.to_owned(),
            $message.source.ton,
            $message.source.npi,
            $message.source.value.to_owned(),
            $message.destination.ton,
            $message.destination.npi,
            $message.destination.value.to_owned(),
            $message.esm_class,
            0,
            0,
            String::new(),
            $message.validity_period.to_owned(),
            $message.registered_delivery,
            0,
            $message.data_coding,
            0,
            $message.short_message.to_vec(),
        )
    };
}

fn submit(message: &Message) -> Vec<u8> {
    new!(submit_sm, message).with_tlvs(tlvs(message)).encode()
}

fn deliver(message: &Message) -> Vec<u8> {
    new!(deliver_sm, message).with_tlvs(tlvs(message)).encode()
}

fn tlvs(message: &Message) -> Vec<Tlv> {
    if let Some(part) = &message.part {
        return vec![
            Tlv::from_u16(TlvTag::SarMsgRefNum, part.reference),
            Tlv::from_u8(TlvTag::SarTotalSegments, part.total),
            Tlv::from_u8(TlvTag::SarSegmentSeqnum, part.number),
        ];
    }
    match &message.outcome {
        Some(outcome) => vec![
            Tlv::from_c_string(TlvTag::ReceiptedMessageId, outcome.message_id),
            Tlv::from_u8(TlvTag::MessageStateTlv, outcome.state),
            Tlv::from_tag(TlvTag::NetworkErrorCode, outcome.error.to_vec()),
        ],
        None => Vec::new(),
    }
}

const NAME: &str = "smpp34";
/// Encoded to something else than was decoded, so there is nothing to time: `cancel_sm` becomes two
/// headers and no strings.
const WRONG: [&str; 1] = ["cancel_sm"];
