//! The PDUs tshark gets to see.

use bytes::BytesMut;
use smpp_pdu::check::{Entropy, generate, profile_for};
use smpp_pdu::dump::Dump;
use smpp_pdu::tlv::{self, Dictionary, Text, TlvType};
use smpp_pdu::*;

use super::{Case, parameter};
use crate::every_tlv::every_tlv;
use crate::vectors::VECTORS;
use crate::{json_lines, unhex, version};

/// Every good vector, generated PDUs of every kind, and PDUs nobody decoded before.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    vectors(&mut cases);
    generated(&mut cases);
    sessions(&mut cases);
    messages(&mut cases);
    operations(&mut cases);
    assert!(cases.len() > 321 + 500);
    cases
}

impl Case {
    fn written(what: String, decoded: &Decoded<'_>, version: Version) -> Case {
        let Header { command_status, sequence_number, .. } = decoded.header;
        let mut octets = BytesMut::new();
        decoded.pdu.write(Stamp { command_status, sequence_number, version }, &mut octets).unwrap();
        let mut dump = Dump::revealed(decoded, &Dictionary::new());
        dump.header.command_length = octets.len() as u32;
        let mut octets = octets.to_vec();
        mask(&mut octets, &dump);
        Case { what, octets, dump }
    }
}

/// Gives the TLVs tshark misreads a tag whose value it shows as it is.
fn mask(octets: &mut [u8], dump: &Dump) {
    let area: usize = dump.tlvs.iter().map(|tlv| 4 + tlv.length).sum();
    let mut at = octets.len() - area;
    for shown in &dump.tlvs {
        if parameter::misreading(shown.tag, &unhex(&shown.hex)).is_some() {
            octets[at..at + 2].copy_from_slice(&parameter::MASK.0.to_be_bytes());
        }
        at += 4 + shown.length;
    }
}

fn vectors(cases: &mut Vec<Case>) {
    for vector in json_lines(VECTORS) {
        let version = version(vector["version"].as_str().unwrap());
        let frame = Frame::from_octets(unhex(vector["hex"].as_str().unwrap())).unwrap();
        let decoded = frame.decode(&Profile::STRICT.with_version(version)).unwrap();
        cases.push(Case::written(format!("vector {}", vector["name"]), &decoded, version));
    }
}

fn generated(cases: &mut Vec<Case>) {
    let mut random = Random(0x5EED);
    for round in 0..ROUNDS {
        for info in PduInfo::TABLE {
            let entropy: Vec<u8> = (0..8000).map(|_| random.octet()).collect();
            let frame = Frame::from_octets(generate(info, &mut Entropy::new(&entropy))).unwrap();
            let profile = profile_for(info, Profile::STRICT);
            let mut decoded = frame.decode(&profile).unwrap();
            keep_promise(&mut decoded.pdu);
            cases.push(Case::written(format!("{} {round}", info.name), &decoded, profile.version));
        }
    }
}

/// Random text is no user data header: `esm_class` says so, or tshark calls the text malformed.
fn keep_promise(pdu: &mut Pdu<'_>) {
    let (esm_class, text, tlvs) = match pdu {
        Pdu::SubmitSm(pdu) => (&mut pdu.esm_class, pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::DeliverSm(pdu) => (&mut pdu.esm_class, pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::SubmitMulti(pdu) => (&mut pdu.esm_class, pdu.short_message.as_bytes(), pdu.tlvs),
        Pdu::DataSm(pdu) => (&mut pdu.esm_class, &[] as &[u8], pdu.tlvs),
        _ => return,
    };
    let fits = |text: &[u8]| text.first().is_none_or(|length| usize::from(*length) < text.len());
    let payloads = tlvs.iter().filter(|(tag, _)| *tag == tlv::MessagePayload::TAG);
    if !payloads.map(|(_, value)| value).chain([text]).all(fits) {
        *esm_class = EsmClass(esm_class.0 & !EsmClass::UDHI.0);
    }
}

/// 39 kinds of PDUs: 507 in all.
const ROUNDS: usize = 13;

/// The generator of Marsaglia, 64 bits: the same octets in every run.
struct Random(u64);

impl Random {
    fn octet(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }
}

/// A case made of a struct alone: nothing was decoded to get it.
fn built<'a>(cases: &mut Vec<Case>, command_status: CommandStatus, pdu: impl Into<Pdu<'a>>) {
    let pdu = pdu.into();
    let sequence_number = 1 + cases.len() as u32;
    let header = Header { command_length: u32::MAX, command_id: pdu.info().id, command_status, sequence_number };
    let decoded = Decoded { header, pdu, repairs: Repairs::NONE };
    cases.push(Case::written(format!("built {}", pdu.info().name), &decoded, Version::V5_0));
}

fn sessions(cases: &mut Vec<Case>) {
    let (system_id, password) = (CStr::new("esme").unwrap(), Password::new("s3cret08").unwrap());
    let system_type = CStr::new("VMS").unwrap();
    let address_range = Addr::new(Ton::NATIONAL, Npi::PRIVATE, "^1234").unwrap();
    let bind = BindTransceiver { system_id, password, system_type, interface_version: 0x34, address_range, ..Default::default() };
    built(cases, ROK, bind);
    built(cases, ROK, BindReceiver { system_id, interface_version: 0x50, ..Default::default() });
    built(cases, ROK, BindTransmitter { password, interface_version: 0x33, ..Default::default() });
    let version = [tlv::ScInterfaceVersion(0x34).tlv()];
    built(cases, ROK, BindTransceiverResp { system_id, tlvs: Tlvs::list(&version) });
    built(cases, CommandStatus::RINVPASWD, BindTransmitterResp::default());
    built(cases, ROK, Outbind { system_id, password, ..Default::default() });
    built(cases, ROK, EnquireLink::default());
    built(cases, ROK, EnquireLinkResp::default());
    built(cases, ROK, Unbind::default());
    built(cases, CommandStatus::RINVCMDID, GenericNack::default());
}

fn messages(cases: &mut Vec<Case>) {
    let submit = submit_sm();
    built(cases, ROK, submit);
    let every = every_tlv();
    assert_eq!(every.len(), tlv::TABLE.len());
    built(cases, ROK, SubmitSm { tlvs: Tlvs::list(&every), ..submit });
    let message_id = CStr::new("0A1B2C3D").unwrap();
    built(cases, ROK, SubmitSmResp { message_id, ..Default::default() });
    built(cases, CommandStatus::RTHROTTLED, SubmitSmResp::default());
    let receipt = [tlv::ReceiptedMessageId(Text(b"0A1B2C3D")).tlv(), tlv::MessageState(MessageState::DELIVERED).tlv()];
    let SubmitSm { source_addr, destination_addr, short_message, .. } = submit;
    let esm_class = EsmClass::RECEIPT;
    let tlvs = Tlvs::list(&receipt);
    built(cases, ROK, DeliverSm { source_addr, destination_addr, esm_class, short_message, tlvs, ..Default::default() });
    built(cases, CommandStatus::RX_T_APPN, DeliverSmResp::default());
    let tlvs = Tlvs::list(&every);
    built(cases, ROK, DataSm { data_coding: DataCoding::OCTETS, tlvs, ..Default::default() });
    let explained = [tlv::DeliveryFailureReason(3).tlv()];
    built(cases, CommandStatus::RDELIVERYFAILURE, DataSmResp { message_id, tlvs: Tlvs::list(&explained) });
}

fn submit_sm() -> SubmitSm<'static> {
    SubmitSm {
        service_type: CStr::new("CMT").unwrap(),
        source_addr: Addr::alphanumeric("MyBrand").unwrap(),
        destination_addr: Addr::international("447700900123").unwrap(),
        esm_class: EsmClass(0xC3),
        protocol_id: 0x41,
        priority_flag: 3,
        schedule_delivery_time: TimeField::new("260630120130500+").unwrap(),
        validity_period: TimeField::new("000002000000000R").unwrap(),
        registered_delivery: RegisteredDelivery(0x1D),
        replace_if_present_flag: 1,
        data_coding: DataCoding::UCS2,
        sm_default_msg_id: 7,
        short_message: ShortMessage::new(b"\x05\x00\x03\x07\x02\x01\x00\0\xFF").unwrap(),
        ..Default::default()
    }
}

fn operations(cases: &mut Vec<Case>) {
    let SubmitSm { source_addr, destination_addr, short_message, .. } = submit_sm();
    let message_id = CStr::new("0A1B2C3D").unwrap();
    let friends = DestAddress::DistributionList(CStr::new("friends").unwrap());
    let destinations = [DestAddress::Sme(destination_addr), friends, DestAddress::Sme(Addr::default())];
    let dest_address = List::new(&destinations);
    built(cases, ROK, SubmitMulti { source_addr, dest_address, short_message, ..Default::default() });
    let refused = [UnsuccessSme { destination_addr, error_status_code: CommandStatus::RINVDSTADR }];
    let unsuccess_sme = List::new(&refused);
    built(cases, ROK, SubmitMultiResp { message_id, unsuccess_sme, ..Default::default() });
    built(cases, ROK, SubmitMultiResp { message_id, ..Default::default() });
    built(cases, ROK, QuerySm { message_id, source_addr, ..Default::default() });
    let final_date = TimeField::new("260630120130000-").unwrap();
    let message_state = MessageState::EXPIRED;
    built(cases, ROK, QuerySmResp { message_id, final_date, message_state, error_code: 9, ..Default::default() });
    built(cases, ROK, CancelSm { message_id, source_addr, destination_addr, ..Default::default() });
    let validity_period = final_date;
    built(cases, ROK, ReplaceSm { message_id, source_addr, validity_period, short_message, ..Default::default() });
    let source_addr = Addr::international("447700900123").unwrap();
    let esme_addr = Addr::new(Ton::NETWORK_SPECIFIC, Npi::UNKNOWN, "4711").unwrap();
    let status = [tlv::MsAvailabilityStatus(2).tlv()];
    built(cases, ROK, AlertNotification { source_addr, esme_addr, tlvs: Tlvs::list(&status) });
    let every = every_tlv();
    let tlvs = Tlvs::list(&every);
    built(cases, ROK, BroadcastSm { message_id, priority_flag: 4, tlvs, ..Default::default() });
    built(cases, ROK, QueryBroadcastSmResp { message_id, tlvs });
    built(cases, ROK, ParamRetrieve { param_name: CStr::new("max_msgs").unwrap(), ..Default::default() });
}

const ROK: CommandStatus = CommandStatus::ROK;
