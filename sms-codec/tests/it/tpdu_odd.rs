//! TPDUs that break rules: what is forgiven, what is refused, and what must not be written.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use sms_codec::dcs::Dcs;
use sms_codec::receipt::MessageState;
use sms_codec::tpdu::{
    Command, CommandData, Deliver, DeliverReport, Direction, EncodeError, FailureCause, Fault, Odd, Outcome, Parameters, Pid,
    PidKind, Rp, Status, StatusClass, StatusReport, Submit, SubmitReport, Timestamp, Tpdu, UserData, service_centre,
};

/// An SMS-DELIVER from 12345, 8-bit data, no user data.
const DELIVER: &[u8] = b"\x04\x05\x91\x21\x43\xF5\x00\x04\x62\x60\x03\x21\x43\x65\x40\x00";
/// An SMS-STATUS-REPORT without optional fields.
const STATUS_REPORT: &[u8] = b"\x06\x2A\x05\x91\x21\x43\xF5\x62\x60\x03\x21\x43\x65\x40\x62\x60\x03\x21\x53\x01\x40\x00";

fn changed(octets: &[u8], at: usize, octet: u8) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[at] = octet;
    octets
}

fn deliver_odd(octets: &[u8]) -> Odd {
    let (deliver, odd) = Deliver::decode(octets).unwrap();
    assert_eq!(deliver.originating_address.to_string(), "12345");
    odd
}

#[test]
fn what_is_forgiven_is_named() {
    assert_eq!(deliver_odd(DELIVER), Odd::NONE);
    assert_eq!(deliver_odd(&changed(DELIVER, 0, 0x07)), Odd::MESSAGE_TYPE);
    assert_eq!(deliver_odd(&changed(DELIVER, 0, 0x14)), Odd::RESERVED_BITS);
    assert_eq!(deliver_odd(&changed(DELIVER, 5, 0x05)), Odd::ADDRESS);
    assert_eq!(deliver_odd(&changed(DELIVER, 9, 0x31)), Odd::TIMESTAMP);
    assert_eq!(deliver_odd(&changed(DELIVER, 0, 0x44)), Odd::HEADER);
    assert_eq!(deliver_odd(&[DELIVER, b"\0\0"].concat()), Odd::TRAILING);
    let long = [&changed(DELIVER, 15, 141)[..], &[0; 141]].concat();
    assert_eq!(deliver_odd(&long), Odd::LENGTH);
    let all = [&changed(&changed(DELIVER, 0, 0x57), 15, 1)[..], &[9, 9]].concat();
    assert_eq!(deliver_odd(&all).to_string(), "message_type reserved_bits header trailing");
}

#[test]
fn a_broken_time_stamp_keeps_its_octets_and_the_rest_of_the_message() {
    let octets = changed(STATUS_REPORT, 8, 0xFF);
    let (report, odd) = StatusReport::decode(&octets).unwrap();
    assert_eq!((report.scts.0, report.scts.to_string().as_str()), ([0x62, 0xFF, 3, 0x21, 0x43, 0x65, 0x40], "62FF0321436540"));
    assert_eq!((odd, report.discharge_time.unix_millis().is_some()), (Odd::TIMESTAMP, true));
    let mut written = Vec::new();
    report.encode(&mut written).unwrap();
    assert_eq!(written, octets);
}

#[test]
fn errors_name_the_tpdu_the_field_and_the_octet() {
    let error = |octets: &[u8], direction| Tpdu::decode(octets, direction).unwrap_err().to_string();
    let deliver = |octets: &[u8]| error(octets, Direction::ScToMs);
    assert_eq!(deliver(b""), "TPDU: first_octet at octet 0: ends too early");
    assert_eq!(deliver(&DELIVER[..2]), "SMS-DELIVER: originating_address at octet 1: ends too early");
    assert_eq!(deliver(&changed(DELIVER, 1, 21)), "SMS-DELIVER: originating_address at octet 1: address too long");
    assert_eq!(deliver(&DELIVER[..14]), "SMS-DELIVER: scts at octet 8: ends too early");
    assert_eq!(deliver(&changed(DELIVER, 15, 1)), "SMS-DELIVER: user_data at octet 15: ends too early");
    assert_eq!(error(b"\x03", Direction::MsToSc), "TPDU: first_octet at octet 0: not the message type asked for");
    let submit = Submit::decode(DELIVER).unwrap_err();
    assert_eq!(submit.to_string(), "SMS-SUBMIT: first_octet at octet 0: not the message type asked for");
    assert_eq!(
        service_centre::split(b"\x03\x91\x44").unwrap_err().to_string(),
        "AT PDU: service_centre at octet 0: ends too early"
    );
    assert_eq!(service_centre::split(&[13; 14]).unwrap_err().fault, Fault::AddressLength);
}

#[test]
fn only_the_rp_message_tells_a_failure_cause_from_an_extended_indicator() {
    let cause = |octets, rp| DeliverReport::decode_in(rp, octets).map(|(report, odd)| (report.outcome, odd));
    let guess = |octets| DeliverReport::decode(octets).map(|(report, odd)| (report.outcome, odd));
    let full = Outcome::Error(FailureCause(0xD3));
    assert_eq!(guess(b"\x00\xD3\x00"), Ok((full, Odd::NONE)));
    assert_eq!(cause(b"\x00\xD3\x00", Rp::Error), Ok((full, Odd::NONE)));
    assert_eq!(guess(b"\x00\x00"), Ok((Outcome::Ack, Odd::NONE)));
    assert_eq!(cause(b"\x00\x80\x00", Rp::Ack), Ok((Outcome::Ack, Odd::RESERVED_BITS)));
    assert_eq!(cause(b"\x00\x22\x00", Rp::Error), Ok((Outcome::Error(FailureCause(0x22)), Odd::FAILURE_CAUSE)));
    assert_eq!(cause(b"\x00\x00", Rp::Error).unwrap_err().fault, Fault::Truncated);
    let submit = SubmitReport::decode_in(Rp::Ack, b"\x01\x81\x00\x62\x60\x03\x21\x43\x65\x40\x7F").unwrap();
    assert_eq!((submit.0.parameters.pid, submit.1), (Some(Pid(0x7F)), Odd::RESERVED_BITS));
}

#[test]
fn a_status_report_may_end_before_its_indicator() {
    let (report, odd) = StatusReport::decode(STATUS_REPORT).unwrap();
    assert_eq!((report.parameters, odd), (None, Odd::NONE));
    let nothing_announced = [STATUS_REPORT, b"\x00"].concat();
    let (report, _) = StatusReport::decode(&nothing_announced).unwrap();
    assert_eq!(report.parameters, Some(Parameters::default()));
    let header_without_text = changed(STATUS_REPORT, 0, 0x46);
    assert_eq!(StatusReport::decode(&header_without_text).unwrap().1, Odd::HEADER);
}

#[test]
fn what_a_receiver_would_misread_is_not_written() {
    let mut out = Vec::new();
    let mut refused = |tpdu: Tpdu<'_>| {
        let EncodeError { field, fault, .. } = tpdu.encode(&mut out).unwrap_err();
        assert!(out.is_empty());
        (field, fault)
    };
    let octets = [0; 200];
    let data = UserData::new(Dcs(4), 3, &octets[..3], false).unwrap();
    assert_eq!(refused(Submit { user_data: data, ..Submit::default() }.into()), ("user_data", Fault::Alphabet));
    let data = UserData::new(Dcs(4), 141, &octets[..141], false).unwrap();
    assert_eq!(refused(Deliver { dcs: Dcs(4), user_data: data, ..Deliver::default() }.into()), ("user_data", Fault::TooLong));
    let command_data = CommandData { has_header: false, octets: &octets[..158] };
    assert_eq!(refused(Command { command_data, ..Command::default() }.into()), ("command_data", Fault::TooLong));
    let outcome = Outcome::Error(FailureCause(0x7F));
    assert_eq!(refused(DeliverReport { outcome, ..DeliverReport::default() }.into()), ("outcome", Fault::Reserved));
    let parameters = Parameters { user_data: Some(data), ..Parameters::default() };
    let error = SubmitReport { parameters, ..SubmitReport::default() }.encode(&mut out).unwrap_err();
    assert_eq!(error.to_string(), "SMS-SUBMIT-REPORT: parameters: more than fits a short message");
}

#[test]
fn text_of_a_report_without_dcs_is_7_bit() {
    let (report, _) = DeliverReport::decode(b"\x00\x04\x02\xEF\x35").unwrap();
    assert_eq!(report.parameters.user_data.unwrap().text().as_deref(), Some("ok"));
}

#[test]
fn command_data_may_have_a_header() {
    let octets = b"\x42\x01\x00\xE0\x2A\x05\x91\x21\x43\xF5\x05\x03\x24\x01\x01\xAA";
    let (command, odd) = Command::decode(octets).unwrap();
    assert!(odd.is_empty() && command.command_type.is_sc_specific());
    assert_eq!(command.command_data.udh().map(|udh| udh.as_bytes()), Some(&b"\x24\x01\x01"[..]));
    let mut written = Vec::new();
    command.encode(&mut written).unwrap();
    assert_eq!(written, octets);
}

#[test]
fn every_status_has_a_class_and_a_state() {
    use MessageState::{Deleted, Delivered, Enroute, Expired, Undeliverable, Unknown};
    use StatusClass::{Completed, Permanent, Stopped, Trying};
    let rows = [
        (0x00..=0x1F, Completed, Delivered),
        (0x20..=0x3F, Trying, Enroute),
        (0x40..=0x45, Permanent, Undeliverable),
        (0x46..=0x46, Permanent, Expired),
        (0x47..=0x48, Permanent, Deleted),
        (0x49..=0x49, Permanent, Unknown),
        (0x4A..=0x5F, Permanent, Undeliverable),
        (0x60..=0x7F, Stopped, Undeliverable),
        (0x80..=0xFF, Permanent, Undeliverable),
    ];
    let mut seen = 0;
    for (values, class, state) in rows {
        for status in values.map(Status) {
            assert_eq!((status.class(), status.message_state()), (class, state), "{status:?}");
            assert_eq!(status.is_final(), class != Trying);
            seen += 1;
        }
    }
    assert_eq!(seen, 256);
    assert!(Status(0).is_confirmed() && !Status(1).is_confirmed() && Status(0x5A).is_sc_specific());
    assert_eq!(Status(0x22).to_string(), "no response from the recipient, still trying");
    assert_eq!(Status(0x62).to_string(), "no response from the recipient, stopped trying");
    assert_eq!(Status(0xFF).to_string(), "reserved reason");
}

#[test]
fn every_pid_has_a_kind() {
    let count = |kind: fn(PidKind) -> bool| (0..=255).filter(|&pid| kind(Pid(pid).kind())).count();
    assert_eq!(count(|kind| matches!(kind, PidKind::Protocol(1..=31))), 31);
    assert_eq!(count(|kind| matches!(kind, PidKind::Telematic(0..=31))), 32);
    assert_eq!(count(|kind| matches!(kind, PidKind::Replace(1..=7))), 7);
    assert_eq!(count(|kind| kind == PidKind::ScSpecific), 64);
    assert_eq!(count(|kind| kind == PidKind::Reserved), 256 - 1 - 31 - 32 - 1 - 7 - 1 - 2 - 4 - 64);
    assert_eq!((Pid(0x48).kind(), Pid(0x5F).kind()), (PidKind::DeviceTriggering, PidKind::ReturnCall));
}

#[test]
fn debug_shows_no_message_text() {
    let mut buffer = Vec::new();
    let user_data = UserData::of_text(Dcs(0), "secret", &mut buffer).unwrap();
    let scts = Timestamp([0x62, 0x60, 0x03, 0x21, 0x43, 0x65, 0x40]);
    let shown = format!("{:?}", Deliver { user_data, scts, ..Deliver::default() });
    assert!(shown.contains("udl: 6") && !shown.contains("secret") && !shown.contains("115"), "{shown}");
}
