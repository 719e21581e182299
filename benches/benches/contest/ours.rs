//! smpp-pdu: views of a frame's octets, values that borrow what they are made of.

use std::hint::black_box;

use bytes::BytesMut;
use smpp_pdu::tlv::{self, Pair, Text, Tlv, TlvType};
use smpp_pdu::{
    Addr, CStr, Command, CommandStatus, DEFAULT_MAX_PDU, DataCoding, DeliverSm, EncodeError, EsmClass, Frame, HEADER_LEN, Header,
    Kind, List, Npi, Profile, RegisteredDelivery, ShortMessage, Stamp, SubmitSm, TimeField, Tlvs, Ton, ValueError, read_body,
    write,
};
use smsc_benches::application::Message;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;

/// Calls `$then!(case, type, tail)`; the tail says what follows the mandatory fields.
macro_rules! dispatch {
    ($case:expr, $then:ident) => {
        match $case.kind() {
            "submit_sm" => $then!($case, SubmitSm, tlvs),
            "submit_sm_resp" => $then!($case, smpp_pdu::SubmitSmResp, tlvs),
            "deliver_sm" => $then!($case, DeliverSm, tlvs),
            "deliver_sm_resp" => $then!($case, smpp_pdu::DeliverSmResp, tlvs),
            "data_sm" => $then!($case, smpp_pdu::DataSm, tlvs),
            "data_sm_resp" => $then!($case, smpp_pdu::DataSmResp, tlvs),
            "submit_multi" => $then!($case, smpp_pdu::SubmitMulti, tlvs dest_address),
            "submit_multi_resp" => $then!($case, smpp_pdu::SubmitMultiResp, tlvs unsuccess_sme),
            "bind_receiver" => $then!($case, smpp_pdu::BindReceiver, tlvs),
            "bind_receiver_resp" => $then!($case, smpp_pdu::BindReceiverResp, tlvs),
            "bind_transmitter" => $then!($case, smpp_pdu::BindTransmitter, tlvs),
            "bind_transmitter_resp" => $then!($case, smpp_pdu::BindTransmitterResp, tlvs),
            "bind_transceiver" => $then!($case, smpp_pdu::BindTransceiver, tlvs),
            "bind_transceiver_resp" => $then!($case, smpp_pdu::BindTransceiverResp, tlvs),
            "outbind" => $then!($case, smpp_pdu::Outbind, tlvs),
            "query_sm" => $then!($case, smpp_pdu::QuerySm, tlvs),
            "query_sm_resp" => $then!($case, smpp_pdu::QuerySmResp, tlvs),
            "cancel_sm" => $then!($case, smpp_pdu::CancelSm, tlvs),
            "cancel_sm_resp" => $then!($case, smpp_pdu::CancelSmResp, tlvs),
            "replace_sm" => $then!($case, smpp_pdu::ReplaceSm, tlvs),
            "replace_sm_resp" => $then!($case, smpp_pdu::ReplaceSmResp, tlvs),
            "alert_notification" => $then!($case, smpp_pdu::AlertNotification, tlvs),
            "enquire_link" => $then!($case, smpp_pdu::EnquireLink, tlvs),
            "enquire_link_resp" => $then!($case, smpp_pdu::EnquireLinkResp, tlvs),
            "unbind" => $then!($case, smpp_pdu::Unbind, tlvs),
            "unbind_resp" => $then!($case, smpp_pdu::UnbindResp, tlvs),
            "generic_nack" => $then!($case, smpp_pdu::GenericNack,),
            other => unreachable!("{other} is no case"),
        }
    };
}

macro_rules! decode {
    ($case:expr, $pdu:ident $(:: $name:ident)?, $($rest:ident)*) => {{
        let profile = Profile::default();
        match <$pdu $(:: $name)? <'static> as Command<'static>>::INFO.kind {
            Kind::Response => reads!(NAME, $case, |octets| read::<$pdu $(:: $name)? <'_>>(octets, &profile)),
            Kind::Request | Kind::OneWay => reads!(NAME, $case, |octets| {
                // The status of a request means nothing.
                let (sequence_number, _, pdu) = read::<$pdu $(:: $name)? <'_>>(octets, &profile);
                (sequence_number, pdu)
            }),
        }
    }};
}

macro_rules! encode {
    ($case:expr, $pdu:ident $(:: $name:ident)?, $($list:ident)*) => {{
        let (header, body) = leak($case);
        let read = read_body(body, header.command_status, &Profile::STRICT);
        #[allow(unused_mut)] // not every PDU has a list
        let (mut pdu, _): ($pdu $(:: $name)? <'static>, _) = read.expect("legal");
        // What was read is one run of octets; what is written is usually a list of values.
        $(pdu.$list = pdu.$list.written_out();)*
        let stamp = Stamp { command_status: header.command_status, ..Stamp::new(header.sequence_number) };
        writes!(NAME, $case, pdu, |pdu, out: BytesMut| write(pdu, stamp, out))
    }};
}

pub(super) fn decoder(case: &Case) -> Contestant {
    dispatch!(case, decode)
}

pub(super) fn encoder(case: &Case) -> Contestant {
    dispatch!(case, encode)
}

/// From a buffer of PDUs to any PDU, as a session does it.
pub(super) fn framer(case: &Case) -> Contestant {
    let stream = case.octets.repeat(case.batch());
    let profile = Profile::default();
    Contestant::consuming(
        NAME,
        move || BytesMut::from(&stream[..]),
        move |mut buffer| {
            while let Some(frame) = Frame::split(&mut buffer, DEFAULT_MAX_PDU).expect("legal") {
                black_box(&frame.decode(&profile).expect("legal"));
            }
            assert!(buffer.is_empty());
        },
    )
}

pub(super) fn builder(case: &Case, message: &'static Message) -> Contestant {
    if case.kind() == "submit_sm" {
        writes!(NAME, case, message, |message, out: BytesMut| submit(message, out))
    } else {
        writes!(NAME, case, message, |message, out: BytesMut| deliver(message, out))
    }
}

/// What a frame does, without its handle on shared octets: the others have none either.
///
/// The length is what framing has checked, the id is checked here as [`Frame::read`] does it; what else
/// the header says comes back with the body.
#[inline(always)]
fn read<'a, P: Command<'a>>(octets: &'a [u8], profile: &Profile) -> (u32, CommandStatus, P) {
    let header = Header::peek(octets).expect("a header");
    assert!(header.command_id == P::INFO.id);
    let (pdu, _) = read_body(&octets[HEADER_LEN..], header.command_status, profile).expect("legal");
    (header.sequence_number, header.command_status, pdu)
}

/// A contestant owns all it needs, and a PDU borrows from its octets.
fn leak(case: &Case) -> (Header, &'static [u8]) {
    let octets: &'static [u8] = case.octets.clone().leak();
    (Header::peek(octets).expect("a header"), &octets[HEADER_LEN..])
}

trait WrittenOut {
    fn written_out(self) -> Self;
}

impl WrittenOut for Tlvs<'static> {
    fn written_out(self) -> Self {
        if self.is_empty() {
            return Tlvs::EMPTY;
        }
        let list: Vec<_> = self.iter().map(|(tag, value)| Tlv::octets(tag, value)).collect();
        Tlvs::list(list.leak())
    }
}

impl<T: smpp_pdu::Entry<'static>, const MIN: u8> WrittenOut for List<'static, T, MIN> {
    fn written_out(self) -> Self {
        List::new(self.iter().collect::<Vec<_>>().leak())
    }
}

fn submit(message: &Message, out: &mut BytesMut) -> Result<(), Refused> {
    let list;
    let tlvs = match &message.part {
        Some(part) => {
            list = [
                tlv::SarMsgRefNum(part.reference).tlv(),
                tlv::SarTotalSegments(part.total).tlv(),
                tlv::SarSegmentSeqnum(part.number).tlv(),
            ];
            Tlvs::list(&list)
        }
        None => Tlvs::EMPTY,
    };
    let pdu = SubmitSm {
        service_type: CStr::new(message.service_type)?,
        source_addr: Addr::new(Ton(message.source.ton), Npi(message.source.npi), message.source.value)?,
        destination_addr: Addr::new(Ton(message.destination.ton), Npi(message.destination.npi), message.destination.value)?,
        esm_class: EsmClass(message.esm_class),
        validity_period: TimeField::new(message.validity_period)?,
        registered_delivery: RegisteredDelivery(message.registered_delivery),
        data_coding: DataCoding(message.data_coding),
        short_message: ShortMessage::new(message.short_message)?,
        tlvs,
        ..Default::default()
    };
    Ok(write(&pdu, Stamp::new(message.sequence_number), out)?)
}

fn deliver(message: &Message, out: &mut BytesMut) -> Result<(), Refused> {
    let list;
    let tlvs = match &message.outcome {
        Some(outcome) => {
            let [network, high, low] = outcome.error;
            list = [
                tlv::ReceiptedMessageId(Text(outcome.message_id.as_bytes())).tlv(),
                tlv::MessageState(smpp_pdu::MessageState(outcome.state)).tlv(),
                tlv::NetworkErrorCode(Pair { kind: network, number: u16::from_be_bytes([high, low]) }).tlv(),
            ];
            Tlvs::list(&list)
        }
        None => Tlvs::EMPTY,
    };
    let pdu = DeliverSm {
        service_type: CStr::new(message.service_type)?,
        source_addr: Addr::new(Ton(message.source.ton), Npi(message.source.npi), message.source.value)?,
        destination_addr: Addr::new(Ton(message.destination.ton), Npi(message.destination.npi), message.destination.value)?,
        esm_class: EsmClass(message.esm_class),
        validity_period: TimeField::new(message.validity_period)?,
        registered_delivery: RegisteredDelivery(message.registered_delivery),
        data_coding: DataCoding(message.data_coding),
        short_message: ShortMessage::new(message.short_message)?,
        tlvs,
        ..Default::default()
    };
    Ok(write(&pdu, Stamp::new(message.sequence_number), out)?)
}

/// Why an application's data did not become a PDU.
#[derive(Debug)]
#[allow(dead_code)] // shown by `expect` only
enum Refused {
    Value(ValueError),
    Encode(EncodeError),
}

impl From<ValueError> for Refused {
    fn from(error: ValueError) -> Self {
        Refused::Value(error)
    }
}

impl From<EncodeError> for Refused {
    fn from(error: EncodeError) -> Self {
        Refused::Encode(error)
    }
}

const NAME: &str = "ours";
