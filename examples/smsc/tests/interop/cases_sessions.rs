//! Binding, proof of life, unbinding, and how the stream is cut, for the scripted clients.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::esme::{Esme, Library, accepted};
use crate::program::Smsc;
use crate::tap::{From, Segments, Tap};
use crate::wire::{INVALID_BIND_STATUS, INVALID_COMMAND_ID, INVALID_PASSWORD, INVALID_SYSTEM_ID, OK, SUBMIT_SM, response_to};

/// A number whose messages the sandbox delivers.
const NUMBER: &str = "34600000011";

/// Less than the program waits for answers to its unbinds before it closes anyway.
const GRACE: Duration = Duration::from_secs(4);

cases_of_both! {
    every_kind_of_bind_succeeds_and_unbinds
    a_wrong_password_is_refused
    an_unknown_account_is_refused
    enquire_link_is_answered
    enquire_link_of_the_mc_keeps_a_quiet_session
    the_mc_unbinds_at_shutdown
    a_lost_connection_leaves_room_for_the_next
    a_stream_octet_by_octet_is_understood
    many_pdus_in_one_segment_are_understood
    a_window_of_100_is_served
}

// smpplib checks the state itself and always says version 3.4.
cases! { only_node_smpp = NodeSmpp:
    a_session_of_smpp_3_3_sees_no_tlv
    a_session_of_smpp_5_0_is_served
    a_receiver_may_not_submit
    an_unknown_command_is_nacked
}

fn every_kind_of_bind_succeeds_and_unbinds(library: Library) {
    let smsc = Smsc::start();
    for kind in ["transmitter", "receiver", "transceiver"] {
        let Some(mut esme) = Esme::start(library) else {
            return;
        };
        let answer = esme.ask(json!({"do": "bind", "port": smsc.address.port(), "kind": kind}));
        assert_eq!(answer["status"], OK, "{kind}: {answer}");
        assert_ne!(answer["system_id"], "", "{kind}: the MC names itself");
        assert!(answer["sc_interface_version"].as_u64() >= Some(0x34), "{kind}: {answer}");
        assert_eq!(esme.ask(json!({"do": "unbind"}))["status"], OK, "{kind}");
    }
}

fn a_wrong_password_is_refused(library: Library) {
    let smsc = Smsc::start();
    for kind in ["transmitter", "receiver", "transceiver"] {
        let Some(mut esme) = Esme::start(library) else {
            return;
        };
        let port = smsc.address.port();
        let answer = esme.ask(json!({"do": "bind", "port": port, "kind": kind, "password": "wrong"}));
        assert_eq!(answer["status"], INVALID_PASSWORD, "{kind}: {answer}");
    }
}

fn an_unknown_account_is_refused(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::start(library) else {
        return;
    };
    let port = smsc.address.port();
    let answer = esme.ask(json!({"do": "bind", "port": port, "kind": "transceiver", "system_id": "nobody"}));
    assert_eq!(answer["status"], INVALID_SYSTEM_ID, "{answer}");
}

fn enquire_link_is_answered(library: Library) {
    let smsc = Smsc::start();
    for kind in ["transmitter", "receiver", "transceiver"] {
        let Some(mut esme) = Esme::bound(library, smsc.address, kind) else {
            return;
        };
        assert_eq!(esme.ask(json!({"do": "enquire"}))["status"], OK, "{kind}");
    }
}

fn enquire_link_of_the_mc_keeps_a_quiet_session(library: Library) {
    let smsc = Smsc::with(&[("SMSC_SMPP__ENQUIRE_LINK_SECONDS", "1")]);
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    // A second one proves that the answer to the first was taken.
    for _ in 0..2 {
        assert_eq!(esme.ask(json!({"do": "enquired"}))["enquired"], true);
    }
    assert_eq!(esme.submit(json!({"to": NUMBER})).len(), 1);
}

fn the_mc_unbinds_at_shutdown(library: Library) {
    let mut smsc = Smsc::start();
    let mut sessions = Vec::new();
    for kind in ["transmitter", "receiver", "transceiver"] {
        let Some(esme) = Esme::bound(library, smsc.address, kind) else {
            return;
        };
        sessions.push(esme);
    }
    smsc.begin_shutdown();
    let begun = Instant::now();
    let wait = json!({"do": "unbound"});
    for esme in &mut sessions {
        esme.tell(&wait);
    }
    for esme in &mut sessions {
        assert_eq!(esme.answer(&wait)["closed"], true);
    }
    assert!(begun.elapsed() < GRACE, "closed by the limit, not by the answers");
    assert!(smsc.ended().success());
}

fn a_lost_connection_leaves_room_for_the_next(library: Library) {
    let smsc = Smsc::start();
    for _ in 0..3 {
        let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
            return;
        };
        assert_eq!(esme.submit(json!({"to": NUMBER})).len(), 1);
        esme.ask(json!({"do": "drop"}));
    }
}

fn a_stream_octet_by_octet_is_understood(library: Library) {
    let smsc = Smsc::start();
    for (from_esme, from_mc) in [(Segments::Single, Segments::AsTheyCome), (Segments::AsTheyCome, Segments::Single)] {
        let tap = Tap::new(smsc.address, from_esme, from_mc);
        let Some(mut esme) = Esme::bound(library, tap.address, "transceiver") else {
            return;
        };
        let id = esme.submit(json!({"to": NUMBER, "text": "MO:cut to pieces", "receipt": 1})).remove(0);
        let messages = esme.received(2);
        assert!(messages.iter().any(|message| message["text"] == "cut to pieces"), "{messages:?}");
        assert!(messages.iter().any(|message| message["receipted_message_id"] == id), "{messages:?}");
        assert_eq!(esme.ask(json!({"do": "unbind"}))["status"], OK);
    }
}

fn many_pdus_in_one_segment_are_understood(library: Library) {
    let smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::Joined(100), Segments::Joined(100));
    let Some(mut esme) = Esme::bound(library, tap.address, "transceiver") else {
        return;
    };
    let burst = json!({"do": "burst", "to": NUMBER, "receipt": 1, "count": 100, "window": 100});
    let mut ids = accepted(&esme.ask(burst));
    assert!(tap.largest_join() > 50, "joined {} at most", tap.largest_join());
    assert_eq!(tap.wait(From::Mc, response_to(SUBMIT_SM), 100).len(), 100);
    let receipts = esme.received(100);
    let mut receipted: Vec<_> = receipts.iter().map(|receipt| receipt["receipted_message_id"].as_str().unwrap()).collect();
    ids.sort();
    receipted.sort_unstable();
    assert_eq!(receipted, ids);
}

fn a_window_of_100_is_served(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let answer = esme.ask(json!({"do": "burst", "to": NUMBER, "count": 1000, "window": 100}));
    assert_eq!(answer["peak"], 100);
    assert_eq!(accepted(&answer).len(), 1000);
}

fn a_session_of_smpp_3_3_sees_no_tlv(library: Library) {
    let smsc = Smsc::start();
    let mut bound = Vec::new();
    for kind in ["transmitter", "receiver"] {
        let Some(mut esme) = Esme::start(library) else {
            return;
        };
        let port = smsc.address.port();
        let answer = esme.ask(json!({"do": "bind", "port": port, "kind": kind, "version": 0x33}));
        assert_eq!(answer["status"], OK, "{kind}: {answer}");
        assert!(answer["sc_interface_version"].is_null(), "{kind}: {answer}");
        bound.push(esme);
    }
    let id = bound[0].submit(json!({"to": NUMBER, "receipt": 1})).remove(0);
    let receipt = bound[1].received(1).remove(0);
    assert!(receipt["text"].as_str().unwrap().starts_with(&format!("id:{id} ")), "{receipt}");
    assert!(receipt["receipted_message_id"].is_null(), "{receipt}");
    assert!(receipt["message_state"].is_null(), "{receipt}");
}

fn a_session_of_smpp_5_0_is_served(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::start(library) else { return };
    let port = smsc.address.port();
    let answer = esme.ask(json!({"do": "bind", "port": port, "kind": "transceiver", "version": 0x50}));
    assert_eq!(answer["status"], OK, "{answer}");
    let id = esme.submit(json!({"to": NUMBER, "receipt": 1})).remove(0);
    assert_eq!(esme.received(1)[0]["receipted_message_id"], id);
}

fn a_receiver_may_not_submit(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "receiver") else {
        return;
    };
    let answer = esme.ask(json!({"do": "submit", "to": NUMBER}));
    assert_eq!(answer["statuses"], json!([INVALID_BIND_STATUS]));
    assert_eq!(esme.ask(json!({"do": "enquire"}))["status"], OK, "the session goes on");
}

fn an_unknown_command_is_nacked(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let answer = esme.ask(json!({"do": "unknown_request"}));
    assert_eq!(answer, json!({"command": "generic_nack", "status": INVALID_COMMAND_ID}));
    assert_eq!(esme.ask(json!({"do": "enquire"}))["status"], OK, "the session goes on");
}
