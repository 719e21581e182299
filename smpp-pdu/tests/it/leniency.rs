//! What a profile forgives, and that writing never is lenient.

use bytes::{BufMut, Bytes, BytesMut};
use smpp_pdu::tlv::TlvType;
use smpp_pdu::{
    Addr, CStr, CommandId, CommandStatus, DecodeError, DestAddress, Fault, Frame, Header, List, Pdu, Profile, Repairs,
    ShortMessage, Stamp, SubmitMulti, SubmitSm, SubmitSmResp, Tlvs, Version, tlv, write,
};

fn frame(id: CommandId, status: CommandStatus, body: &[u8]) -> Frame {
    let mut octets = BytesMut::new();
    let command_length = 16 + body.len() as u32;
    Header { command_length, command_id: id, command_status: status, sequence_number: 7 }.encode(&mut octets);
    octets.put_slice(body);
    Frame::from_octets(octets.freeze()).unwrap()
}

fn submit_body(short_message: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 1, 1, b'4', b'4', 0, 1, 1, b'4', b'5', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    body.extend_from_slice(short_message);
    body.extend_from_slice(rest);
    body
}

fn only(repair: Repairs) -> Profile {
    let mut profile = Profile::STRICT;
    profile.forgive_in_requests = repair;
    profile.forgive_in_responses = repair;
    profile
}

/// Refused by strict, read by a profile that forgives just this, and the repair is reported.
fn forgiven(frame: &Frame, repair: Repairs) -> (DecodeError, Repairs) {
    let error = frame.decode(&Profile::STRICT).unwrap_err();
    let decoded = frame.decode(&only(repair)).unwrap();
    assert_eq!(decoded.repairs, repair);
    (error, decoded.repairs)
}

#[test]
fn a_missing_nul_can_be_forgiven() {
    let (error, _) = forgiven(&frame(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK, b"abc"), Repairs::MISSING_NUL);
    assert_eq!(error.to_string(), "submit_sm_resp: message_id at octet 16: no terminator");
}

#[test]
fn an_overlong_string_can_be_forgiven_but_not_written() {
    let mut body = vec![b'7'; 70];
    body.push(0);
    let frame = frame(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK, &body);
    forgiven(&frame, Repairs::OVERLONG);
    let read: SubmitSmResp<'_> = frame.read(&Profile::LENIENT).unwrap();
    assert_eq!(read.message_id.as_bytes().len(), 70);
    let mut out = BytesMut::new();
    let refused = write(&read, Stamp::new(1), &mut out).unwrap_err();
    assert_eq!(refused.to_string(), "submit_sm_resp: the value of message_id does not fit its field");
    assert!(out.is_empty());
}

#[test]
fn a_lying_sm_length_can_be_forgiven() {
    let frame = frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[200, b'h', b'i'], &[]));
    let (error, _) = forgiven(&frame, Repairs::SM_LENGTH);
    assert_eq!(error.fault, Fault::LengthOverrun);
    let read: SubmitSm<'_> = frame.read(&Profile::LENIENT).unwrap();
    assert_eq!(read.short_message.as_bytes(), b"hi");
}

#[test]
fn a_damaged_tlv_area_keeps_what_stands_before_the_damage() {
    let frame = frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[0], &[0x02, 0x04, 0, 2, 0, 9, 0x14, 0, 0, 9, 1]));
    let (error, _) = forgiven(&frame, Repairs::TLV_TAIL);
    assert_eq!(error.to_string(), "submit_sm: tlvs at octet 43: TLV runs past the end of the PDU");
    let read: SubmitSm<'_> = frame.read(&Profile::LENIENT).unwrap();
    assert_eq!(read.tlvs.iter().count(), 1);
    assert_eq!(read.tlvs.get::<tlv::UserMessageReference>(), Ok(Some(tlv::UserMessageReference(9))));
    let relayed = Frame::new(&read, Stamp::new(1)).unwrap();
    assert_eq!(relayed.body(), submit_body(&[0], &[0x02, 0x04, 0, 2, 0, 9]));
}

#[test]
fn a_tlv_of_wrong_length_is_kept_raw_when_forgiven() {
    let frame = frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[0], &[0x02, 0x04, 0, 1, 9, 0x02, 0x0E, 0, 1, 3]));
    forgiven(&frame, Repairs::TLV_LENGTH);
    let read: SubmitSm<'_> = frame.read(&Profile::LENIENT).unwrap();
    assert_eq!(read.tlvs.raw(tlv::Tag(0x0204)), Some([9].as_slice()));
    assert!(read.tlvs.get::<tlv::UserMessageReference>().is_err());
    assert_eq!(read.tlvs.get::<tlv::SarTotalSegments>(), Ok(Some(tlv::SarTotalSegments(3))));
    assert_eq!(Frame::new(&read, Stamp::new(1)).map_err(|error| error.field), Err("tlvs"));
    let torn = [0x02, 0x04, 0, 1, 9, 0x02, 0x0E];
    let frame = self::frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[0], &torn));
    let read: SubmitSm<'_> = frame.read(&Profile::LENIENT).unwrap();
    assert_eq!(read.tlvs.octets(), &torn[..5]);
    assert_eq!(Frame::new(&read, Stamp::new(1)).map_err(|error| error.field), Err("tlvs"));
}

#[test]
fn missing_fields_take_their_defaults_when_forgiven() {
    let frame = frame(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK, b"id\0pw\0\0");
    let (error, _) = forgiven(&frame, Repairs::MISSING_FIELDS);
    assert_eq!(error.field, "interface_version");
}

#[test]
fn a_success_without_body_is_forgiven_by_default() {
    let frame = frame(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK, b"");
    forgiven(&frame, Repairs::MISSING_BODY);
    assert_eq!(frame.decode(&Profile::DEFAULT).unwrap().repairs, Repairs::MISSING_BODY);
}

#[test]
fn an_error_without_body_needs_no_forgiveness() {
    let frame = frame(CommandId::SUBMIT_SM_RESP, CommandStatus::RTHROTTLED, b"");
    let decoded = frame.decode(&Profile::STRICT).unwrap();
    assert!(decoded.repairs.is_empty());
    assert_eq!(decoded.pdu, Pdu::SubmitSmResp(SubmitSmResp::default()));
}

#[test]
fn tlvs_on_a_3_3_session_can_be_forgiven_and_are_never_written() {
    let frame = frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[0], &[0x02, 0x04, 0, 2, 0, 9]));
    let strict = Profile::STRICT.with_version(Version::V3_3);
    assert_eq!(frame.decode(&strict).unwrap_err().fault, Fault::Surplus);
    let decoded = frame.decode(&Profile::DEFAULT.with_version(Version::V3_3)).unwrap();
    assert_eq!(decoded.repairs, Repairs::TRAILING);
    let mut out = BytesMut::new();
    decoded.pdu.write(Stamp { version: Version::V3_3, ..Stamp::new(7) }, &mut out).unwrap();
    assert_eq!(out.len(), frame.octets().len() - 6);
}

#[test]
fn surplus_on_a_3_3_session_need_not_look_like_tlvs_to_be_forgiven() {
    let frame = frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[0], &[0x02, 0x04, 0]));
    let strict = Profile::STRICT.with_version(Version::V3_3);
    let error = frame.decode(&strict).unwrap_err();
    assert_eq!((error.fault, error.offset), (Fault::Surplus, 37));
    let profile = only(Repairs::TRAILING).with_version(Version::V3_3);
    let decoded = frame.decode(&profile).unwrap();
    assert_eq!(decoded.repairs, Repairs::TRAILING);
    let Pdu::SubmitSm(read) = decoded.pdu else { panic!("{decoded:?}") };
    assert!(read.tlvs.is_empty());
}

#[test]
fn one_more_than_3_4_allows_is_not_written_to_3_4() {
    let text = [b'x'; 255];
    let submit = |length: usize| SubmitSm { short_message: ShortMessage::new(&text[..length]).unwrap(), ..Default::default() };
    let destinations = [DestAddress::Sme(Addr::default()); 255];
    let multi = |count: usize| SubmitMulti { dest_address: List::new(&destinations[..count]), ..Default::default() };
    let mut out = BytesMut::new();
    for (version, long, many) in [(Version::V3_3, true, true), (Version::V3_4, false, false), (Version::V5_0, true, true)] {
        let stamp = Stamp { version, ..Stamp::new(1) };
        write(&submit(254), stamp, &mut out).unwrap();
        assert_eq!(write(&submit(255), stamp, &mut out).is_ok(), long, "{version}");
        write(&multi(254), stamp, &mut out).unwrap();
        assert_eq!(write(&multi(255), stamp, &mut out).is_ok(), many, "{version}");
    }
}

#[test]
fn an_operation_of_another_version_can_be_forgiven() {
    let frame = frame(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK, b"id\0pw\0\0\x34\0\0\0");
    let profile = only(Repairs::OTHER_VERSION).with_version(Version::V3_3);
    assert_eq!(frame.decode(&profile).unwrap().repairs, Repairs::OTHER_VERSION);
    assert_eq!(frame.decode(&Profile::DEFAULT.with_version(Version::V3_3)).unwrap_err().fault, Fault::OtherVersion);
}

#[test]
fn a_claimed_length_of_4_gigabytes_allocates_nothing() {
    let mut buffer = BytesMut::with_capacity(64);
    buffer.put_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9]);
    let capacity = buffer.capacity();
    let error = Frame::split(&mut buffer, 131_072).unwrap_err();
    assert_eq!(error.sequence_number(), 9);
    assert_eq!(buffer.capacity(), capacity);
    // Below the limit it is waited for, not allocated for.
    let mut buffer = BytesMut::with_capacity(64);
    buffer.put_slice(&[0, 1, 0xFF, 0xFF, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9]);
    assert!(Frame::split(&mut buffer, 131_072).unwrap().is_none());
    assert_eq!(buffer.capacity(), capacity);
}

#[test]
fn values_that_do_not_fit_cannot_be_built() {
    assert!(CStr::<6>::new("longer").is_err());
    assert!(Addr::<21>::international("123456789012345678901").is_err());
    assert!(ShortMessage::new(&[0; 256]).is_err());
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let pdu = SubmitSm { short_message: ShortMessage::new("my secret text").unwrap(), ..Default::default() };
    let bind = smpp_pdu::BindReceiver { password: smpp_pdu::Password::new("pa55word").unwrap(), ..Default::default() };
    let payload = [tlv::TlvType::tlv(&tlv::MessagePayload(b"another secret"))];
    let with_payload = SubmitSm { tlvs: Tlvs::list(&payload), ..Default::default() };
    let text = format!("{pdu:?} {bind:?} {with_payload:?} {:?}", Frame::new(&bind, Stamp::new(1)).unwrap());
    for secret in ["secret", "pa55word"] {
        assert!(!text.contains(secret), "{text}");
    }
    let frame = Frame::new(&with_payload, Stamp::new(1)).unwrap();
    let decoded = frame.decode(&Profile::STRICT).unwrap();
    let dump = serde_json::to_string(&smpp_pdu::dump::Dump::new(&decoded, &tlv::Dictionary::new())).unwrap();
    assert!(dump.contains("(14 octets hidden)"), "{dump}");
    assert!(!dump.contains("616e6f74686572"), "{dump}");
}

#[test]
fn no_way_leads_around_the_hiding_of_message_text() {
    let payload = [TlvType::tlv(&tlv::MessagePayload(b"another secret"))];
    let pdu = SubmitSm { tlvs: Tlvs::list(&payload), ..Default::default() };
    let typed: Option<tlv::MessagePayload<'_>> = pdu.tlvs.get().unwrap();
    assert_eq!(format!("{typed:?}"), "Some(MessagePayload(14 octets hidden))");
    let mut dictionary = tlv::Dictionary::new();
    let name = "payload".into();
    dictionary.define(tlv::Definition { tag: tlv::MessagePayload::TAG, name, kind: tlv::TlvKind::Text });
    let frame = Frame::new(&pdu, Stamp::new(1)).unwrap();
    let decoded = frame.decode(&Profile::STRICT).unwrap();
    assert_eq!(smpp_pdu::dump::Dump::new(&decoded, &dictionary).tlvs[0].value, None);
    let revealed = smpp_pdu::dump::Dump::revealed(&decoded, &dictionary);
    assert_eq!(revealed.tlvs[0].value, Some(smpp_pdu::dump::Shown::Text("another secret".into())));
}

#[test]
fn a_relayed_frame_changes_its_sequence_number_only() {
    let frame = frame(CommandId::SUBMIT_SM, CommandStatus::ROK, &submit_body(&[1, 0xE9], &[0x14, 0x00, 0, 1, 1]));
    let relayed = frame.with_sequence_number(0x1234);
    assert_eq!(relayed.sequence_number(), 0x1234);
    assert_eq!(relayed.body(), frame.body());
    assert_eq!(Frame::from_octets(Bytes::copy_from_slice(relayed.octets())).unwrap(), relayed);
}
