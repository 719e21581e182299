//! Kannel's bearerbox as ESME: sessions judged by what passed on the wire, messages by what
//! Kannel calls back.

use std::thread;

use crate::kannel::{Binds, Kannel};
use crate::program::Smsc;
use crate::tap::{From, Segments, Tap};
use crate::wire::{
    BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER, DELIVER_SM, ENQUIRE_LINK, INVALID_PASSWORD, OK, SUBMIT_SM, UNBIND,
    response_to,
};

/// A number whose messages the sandbox delivers; the last three digits choose the outcome.
const NUMBER: &str = "34600000011";

/// What Kannel calls the kinds of receipt.
const DELIVERED: &str = "1";
const FAILED: &str = "2";

#[test]
fn it_binds_as_transceiver_and_unbinds() {
    it_binds_and_unbinds(Binds::Transceiver, &[BIND_TRANSCEIVER]);
}

#[test]
fn it_binds_as_transmitter_and_receiver_and_unbinds() {
    it_binds_and_unbinds(Binds::TransmitterAndReceiver, &[BIND_TRANSMITTER, BIND_RECEIVER]);
}

fn it_binds_and_unbinds(binds: Binds, expected: &[u32]) {
    let smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(mut kannel) = Kannel::start(tap.address, binds, "test") else {
        return;
    };
    for bind in expected {
        assert_eq!(tap.wait(From::Mc, response_to(*bind), 1)[0].command_status(), OK);
    }
    kannel.begin_shutdown();
    tap.wait(From::Esme, UNBIND, expected.len());
    for answer in tap.wait(From::Mc, response_to(UNBIND), expected.len()) {
        assert_eq!(answer.command_status(), OK);
    }
    kannel.ended();
}

#[test]
fn its_wrong_password_is_refused() {
    let smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(_kannel) = Kannel::start(tap.address, Binds::Transceiver, "wrong") else {
        return;
    };
    let answer = tap.wait(From::Mc, response_to(BIND_TRANSCEIVER), 1).remove(0);
    assert_eq!(answer.command_status(), INVALID_PASSWORD);
}

#[test]
fn enquire_link_goes_both_ways() {
    let smsc = Smsc::with(&[("SMSC_SMPP__ENQUIRE_LINK_SECONDS", "1")]);
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(kannel) = Kannel::start(tap.address, Binds::Transceiver, "test") else {
        return;
    };
    for side in [From::Esme, From::Mc] {
        let other = if side == From::Esme { From::Mc } else { From::Esme };
        let asked = tap.wait(side, ENQUIRE_LINK, 2).remove(0);
        let answers = tap.wait(other, response_to(ENQUIRE_LINK), 2);
        assert!(answers.iter().any(|answer| answer.sequence_number() == asked.sequence_number()));
    }
    kannel.send_with_receipt(NUMBER, "still here", "a");
    assert_eq!(kannel.callbacks().wait("/dlr", 1)[0].text("kind"), DELIVERED);
}

#[test]
fn the_mc_unbinds_it_at_shutdown() {
    let mut smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(_kannel) = Kannel::start(tap.address, Binds::Transceiver, "test") else {
        return;
    };
    tap.wait(From::Mc, response_to(BIND_TRANSCEIVER), 1);
    smsc.begin_shutdown();
    tap.wait(From::Mc, UNBIND, 1);
    assert_eq!(tap.wait(From::Esme, response_to(UNBIND), 1)[0].command_status(), OK);
    assert!(smsc.ended().success());
}

#[test]
fn its_receipts_tell_delivered_from_failed() {
    let smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(kannel) = Kannel::start(tap.address, Binds::TransmitterAndReceiver, "test") else {
        return;
    };
    kannel.send(NUMBER, "no receipt, please", &[]);
    kannel.send_with_receipt(NUMBER, "good", "good");
    kannel.send_with_receipt("34600000050", "bad", "bad");
    let mut calls: Vec<_> =
        kannel.callbacks().wait("/dlr", 2).iter().map(|call| (call.text("mark"), call.text("kind"), call.text("text"))).collect();
    calls.sort();
    let kinds: Vec<_> = calls.iter().map(|(mark, kind, _)| (mark.as_str(), kind.as_str())).collect();
    assert_eq!(kinds, [("bad", FAILED), ("good", DELIVERED)]);
    assert!(calls[0].2.contains("stat:UNDELIV err:050"), "{:?}", calls[0]);
    assert!(calls[1].2.contains("stat:DELIVRD err:000"), "{:?}", calls[1]);
    assert_eq!(tap.wait(From::Esme, SUBMIT_SM, 3).len(), 3);
    assert_eq!(tap.wait(From::Mc, DELIVER_SM, 2).len(), 2, "two receipts were asked for");
}

#[test]
fn its_texts_come_back_unchanged() {
    let smsc = Smsc::start();
    let Some(kannel) = Kannel::start(smsc.address, Binds::Transceiver, "test") else {
        return;
    };
    kannel.send(NUMBER, "MO:@£è [a]{b} €5 ÑñÜ", &[("coding", "0")]);
    let call = kannel.callbacks().wait("/mo", 1).remove(0);
    assert_eq!(call.text("text"), "@£è [a]{b} €5 ÑñÜ", "{call:?}");
    assert_eq!((call.text("source"), call.text("destination")), (format!("+{NUMBER}"), "+1000".into()));
    kannel.send(NUMBER, "MO:ταχυδρόμος 郵便 😀", &[("coding", "2")]);
    let call = kannel.callbacks().wait("/mo", 2).remove(1);
    assert_eq!(call.text("charset"), "UTF-16BE", "{call:?}");
    let units: Vec<u16> = call.octets("text").chunks(2).map(|unit| u16::from_be_bytes(unit.try_into().unwrap())).collect();
    assert_eq!(String::from_utf16(&units).unwrap(), "ταχυδρόμος 郵便 😀");
}

#[test]
fn its_long_text_goes_in_parts() {
    let smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(kannel) = Kannel::start(tap.address, Binds::Transceiver, "test") else {
        return;
    };
    kannel.send_with_receipt(NUMBER, &"long text. ".repeat(30), "long");
    let answers = tap.wait(From::Mc, response_to(SUBMIT_SM), 3);
    assert!(answers.iter().all(|answer| answer.command_status() == OK));
    assert_eq!(kannel.callbacks().wait("/dlr", 1)[0].text("kind"), DELIVERED);
}

#[test]
fn its_stream_may_be_cut_and_joined() {
    for segments in [Segments::Single, Segments::Joined(100)] {
        let smsc = Smsc::start();
        let tap = Tap::new(smsc.address, segments, segments);
        let Some(kannel) = Kannel::start(tap.address, Binds::Transceiver, "test") else {
            return;
        };
        thread::scope(|scope| {
            for sender in 0..4 {
                let kannel = &kannel;
                scope.spawn(move || {
                    for number in 0..25 {
                        kannel.send_with_receipt(NUMBER, "hello", &format!("{sender}-{number}"));
                    }
                });
            }
        });
        let mut marks: Vec<_> = kannel.callbacks().wait("/dlr", 100).iter().map(|call| call.text("mark")).collect();
        marks.sort();
        marks.dedup();
        assert_eq!(marks.len(), 100, "{segments:?}: one receipt for each");
        assert!(segments == Segments::Single || tap.largest_join() > 10, "joined {}", tap.largest_join());
    }
}
