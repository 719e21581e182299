//! What no library sends: broken streams, wrong states, torn connections.

use crate::program::Smsc;
use crate::wire::{
    ALREADY_BOUND, BIND_TRANSCEIVER, DELIVER_SM, ENQUIRE_LINK, GENERIC_NACK, INVALID_BIND_STATUS, INVALID_COMMAND_ID,
    INVALID_COMMAND_LENGTH, OK, Pdu, SUBMIT_SM, UNBIND, Wire, response_to,
};

#[test]
fn a_pdu_octet_by_octet_is_one_pdu() {
    let smsc = Smsc::start();
    let mut wire = Wire::connect(smsc.address);
    for pdu in [Pdu::bind(BIND_TRANSCEIVER, 1), Pdu::submit(2), Pdu::new(UNBIND, 3, b"")] {
        for octet in &pdu.0 {
            wire.send(&[*octet]);
        }
        assert_eq!(wire.receive().head(), (response_to(pdu.command_id()), OK, pdu.sequence_number()));
    }
}

#[test]
fn a_hundred_requests_in_one_segment_have_a_hundred_answers() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    let octets: Vec<u8> = (2..102).flat_map(|sequence| Pdu::submit(sequence).0).collect();
    wire.send(&octets);
    let mut answered: Vec<u32> = (2..102)
        .map(|_| {
            let answer = wire.receive();
            assert_eq!((answer.command_id(), answer.command_status()), (response_to(SUBMIT_SM), OK));
            answer.sequence_number()
        })
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, (2..102).collect::<Vec<u32>>());
}

#[test]
fn the_end_of_one_pdu_may_come_with_the_start_of_the_next() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    let (first, second) = (Pdu::submit(2).0, Pdu::new(ENQUIRE_LINK, 3, b"").0);
    wire.send(&first[..20]);
    wire.send(&[&first[20..], &second[..7]].concat());
    assert_eq!(wire.receive().head(), (response_to(SUBMIT_SM), OK, 2));
    wire.send(&second[7..]);
    assert_eq!(wire.receive().head(), (response_to(ENQUIRE_LINK), OK, 3));
}

#[test]
fn a_request_before_the_bind_is_refused() {
    let smsc = Smsc::start();
    let mut wire = Wire::connect(smsc.address);
    wire.send(&Pdu::submit(1).0);
    assert_eq!(wire.receive().head(), (response_to(SUBMIT_SM), INVALID_BIND_STATUS, 1));
}

#[test]
fn a_second_bind_is_refused_and_the_first_stays() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    wire.send(&Pdu::bind(BIND_TRANSCEIVER, 2).0);
    assert_eq!(wire.receive().head(), (response_to(BIND_TRANSCEIVER), ALREADY_BOUND, 2));
    wire.send(&Pdu::submit(3).0);
    assert_eq!(wire.receive().head(), (response_to(SUBMIT_SM), OK, 3));
}

#[test]
fn enquire_link_before_the_bind_is_answered() {
    let smsc = Smsc::start();
    let mut wire = Wire::connect(smsc.address);
    wire.send(&Pdu::new(ENQUIRE_LINK, 1, b"").0);
    assert_eq!(wire.receive().head(), (response_to(ENQUIRE_LINK), OK, 1));
}

#[test]
fn an_unknown_request_is_nacked_and_the_session_goes_on() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    wire.send(&Pdu::new(0x0000_0777, 2, b"whatever").0);
    assert_eq!(wire.receive().head(), (GENERIC_NACK, INVALID_COMMAND_ID, 2));
    wire.send(&Pdu::submit(3).0);
    assert_eq!(wire.receive().head(), (response_to(SUBMIT_SM), OK, 3));
}

#[test]
fn a_stray_response_is_no_reason_to_stop() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    wire.send(&Pdu::new(response_to(0x05), 4711, b"\0").0);
    wire.send(&Pdu::submit(2).0);
    assert_eq!(wire.receive().head(), (response_to(SUBMIT_SM), OK, 2));
}

#[test]
fn a_length_below_a_header_ends_the_session() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    wire.send(&[0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(wire.receive().head(), (GENERIC_NACK, INVALID_COMMAND_LENGTH, 0));
    wire.assert_closed();
}

#[test]
fn a_length_of_four_gigabytes_ends_the_session() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    wire.send(&[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(wire.receive().head(), (GENERIC_NACK, INVALID_COMMAND_LENGTH, 2));
    wire.assert_closed();
}

#[test]
fn a_connection_torn_inside_a_pdu_harms_nobody_else() {
    let smsc = Smsc::start();
    let mut other = Wire::bound(smsc.address);
    let mut torn = Wire::bound(smsc.address);
    torn.send(&Pdu::submit(2).0[..30]);
    drop(torn);
    other.send(&Pdu::submit(2).0);
    assert_eq!(other.receive().head(), (response_to(SUBMIT_SM), OK, 2));
}

#[test]
fn a_delivery_without_an_answer_comes_again() {
    let smsc = Smsc::start();
    let mut wire = Wire::bound(smsc.address);
    wire.send(&Pdu::submit_with_receipt(2).0);
    let first = wire.next_of(DELIVER_SM);
    drop(wire);
    let mut wire = Wire::bound(smsc.address);
    let again = wire.next_of(DELIVER_SM);
    assert_eq!(again.body(), first.body());
    wire.send(&Pdu::new(response_to(DELIVER_SM), again.sequence_number(), b"\0").0);
    // Answered once, it is over: what follows is the receipt of the next message.
    wire.send(&Pdu::submit_with_receipt(3).0);
    assert_ne!(wire.next_of(DELIVER_SM).body(), first.body());
}

#[test]
fn a_peer_that_does_not_answer_enquire_link_is_given_up() {
    let smsc = Smsc::with(&[("SMSC_SMPP__ENQUIRE_LINK_SECONDS", "1"), ("SMSC_SMPP__RESPONSE_SECONDS", "1")]);
    let mut wire = Wire::bound(smsc.address);
    wire.next_of(ENQUIRE_LINK);
    wire.assert_closed();
}

#[test]
fn a_connection_that_never_binds_is_closed() {
    let smsc = Smsc::with(&[("SMSC_SMPP__SESSION_INIT_SECONDS", "1")]);
    Wire::connect(smsc.address).assert_closed();
}
