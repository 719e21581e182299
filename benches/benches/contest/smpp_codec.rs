//! `smpp-codec`: named types, owned strings, any `io::Write`.

use smpp_codec::common::{Npi, Ton};
use smpp_codec::pdus::{self, DeliverSmRequest, SubmitSmRequest};
use smpp_codec::tlv::{Tlv, tags};
use smsc_benches::application::Message;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;

use super::has_id;

macro_rules! dispatch {
    ($case:expr, $then:ident) => {
        match $case.kind() {
            "submit_sm" => $then!($case, SubmitSmRequest),
            "submit_sm_resp" => $then!($case, pdus::SubmitSmResponse),
            "deliver_sm" => $then!($case, DeliverSmRequest),
            "deliver_sm_resp" => $then!($case, pdus::DeliverSmResponse),
            "data_sm" => $then!($case, pdus::DataSm),
            "data_sm_resp" => $then!($case, pdus::DataSmResp),
            "submit_multi" => $then!($case, pdus::SubmitMulti),
            "submit_multi_resp" => $then!($case, pdus::SubmitMultiResp),
            "bind_receiver" | "bind_transmitter" | "bind_transceiver" => {
                $then!($case, pdus::BindRequest)
            }
            "bind_receiver_resp" | "bind_transmitter_resp" | "bind_transceiver_resp" => {
                $then!($case, pdus::BindResponse)
            }
            "outbind" => $then!($case, pdus::OutbindRequest),
            "query_sm" => $then!($case, pdus::QuerySmRequest),
            "query_sm_resp" => $then!($case, pdus::QuerySmResponse),
            "cancel_sm" => $then!($case, pdus::CancelSmRequest),
            "cancel_sm_resp" => $then!($case, pdus::CancelSmResponse),
            "replace_sm" => $then!($case, pdus::ReplaceSm),
            "replace_sm_resp" => $then!($case, pdus::ReplaceSmResp),
            "alert_notification" => $then!($case, pdus::AlertNotification),
            "enquire_link" => $then!($case, pdus::EnquireLinkRequest),
            "enquire_link_resp" => $then!($case, pdus::EnquireLinkResponse),
            "unbind" => $then!($case, pdus::UnbindRequest),
            "unbind_resp" => $then!($case, pdus::UnbindResponse),
            "generic_nack" => $then!($case, pdus::GenericNack),
            _ => None,
        }
    };
}

macro_rules! decode {
    ($case:expr, $pdu:ty) => {{
        let id = $case.command_id();
        Some(reads!(NAME, $case, |octets| {
            assert!(has_id(octets, id));
            <$pdu>::decode(octets).expect(stringify!($pdu))
        }))
    }};
}

macro_rules! encode {
    ($case:expr, $pdu:ty) => {{
        let pdu = <$pdu>::decode(&$case.octets).expect(stringify!($pdu));
        Some(writes!(NAME, $case, pdu, |pdu, out: Vec<u8>| <$pdu>::encode(pdu, out)))
    }};
}

pub(super) fn decoder(case: &Case) -> Option<Contestant> {
    dispatch!(case, decode)
}

pub(super) fn encoder(case: &Case) -> Option<Contestant> {
    dispatch!(case, encode)
}

pub(super) fn builder(case: &Case, message: &'static Message) -> Contestant {
    if case.kind() == "submit_sm" {
        writes!(NAME, case, message, |message, out: Vec<u8>| submit(message).encode(out))
    } else {
        writes!(NAME, case, message, |message, out: Vec<u8>| deliver(message).encode(out))
    }
}

macro_rules! new {
    ($pdu:ident, $message:expr) => {
        $pdu {
            sequence_number: $message.sequence_number,
            service_type: $message.service_type.to_owned(),
            source_addr_ton: Ton::from($message.source.ton),
            source_addr_npi: Npi::from($message.source.npi),
            source_addr: $message.source.value.to_owned(),
            dest_addr_ton: Ton::from($message.destination.ton),
            dest_addr_npi: Npi::from($message.destination.npi),
            dest_addr: $message.destination.value.to_owned(),
            esm_class: $message.esm_class,
            protocol_id: 0,
            priority_flag: 0,
            schedule_delivery_time: String::new(),
            validity_period: $message.validity_period.to_owned(),
            registered_delivery: $message.registered_delivery,
            replace_if_present_flag: 0,
            data_coding: $message.data_coding,
            sm_default_msg_id: 0,
            short_message: $message.short_message.to_vec(),
            optional_params: tlvs($message),
        }
    };
}

fn submit(message: &Message) -> SubmitSmRequest {
    new!(SubmitSmRequest, message)
}

fn deliver(message: &Message) -> DeliverSmRequest {
    new!(DeliverSmRequest, message)
}

fn tlvs(message: &Message) -> Vec<Tlv> {
    if let Some(part) = &message.part {
        return vec![
            Tlv::new_u16(tags::SAR_MSG_REF_NUM, part.reference),
            Tlv::new_u8(tags::SAR_TOTAL_SEGMENTS, part.total),
            Tlv::new_u8(tags::SAR_SEGMENT_SEQNUM, part.number),
        ];
    }
    match &message.outcome {
        Some(outcome) => vec![
            Tlv::new_string(tags::RECEIPTED_MESSAGE_ID, outcome.message_id),
            Tlv::new_u8(tags::MESSAGE_STATE, outcome.state),
            Tlv::new(tags::NETWORK_ERROR_CODE, outcome.error.to_vec()),
        ],
        None => Vec::new(),
    }
}

const NAME: &str = "smpp-codec";
