//! What may be done to a message after its submission, and the other ways to submit one.

use serde_json::json;

use crate::esme::{Esme, Library};
use crate::program::Smsc;
use crate::wire::{
    CANCEL_FAILED, DELETED, DELIVERED, ENROUTE, INVALID_MESSAGE_ID, OK, QUERY_FAILED, REPLACE_FAILED, UNDELIVERABLE,
};

/// A number whose messages the sandbox delivers; the last three digits choose the outcome.
const NUMBER: &str = "34600000011";

/// A message with this schedule waits in the queue; no carrier has it.
const IN_AN_HOUR: &str = "000000010000000R";
const IN_A_SECOND: &str = "000000000001000R";

/// An id of the right form that is not given out.
const UNKNOWN_ID: &str = "9999999999";

cases_of_both! {
    query_tells_waiting_and_delivered
    query_of_an_unknown_id_fails
    data_sm_is_delivered_with_a_receipt
}

// smpplib cannot write these requests.
cases! { only_node_smpp = NodeSmpp:
    a_cancelled_message_is_deleted
    cancel_without_an_id_takes_all_of_the_pair
    a_final_message_cannot_be_cancelled_or_replaced
    an_unknown_id_cannot_be_cancelled_or_replaced
    a_replaced_text_is_what_is_delivered
    submit_multi_reaches_every_destination
}

fn query_tells_waiting_and_delivered(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let waiting = esme.submit(json!({"to": NUMBER, "schedule": IN_AN_HOUR})).remove(0);
    let answer = esme.ask(json!({"do": "query", "id": waiting}));
    assert_eq!(answer, json!({"status": OK, "id": waiting, "state": ENROUTE, "final": false}));
    let delivered = esme.submit(json!({"to": NUMBER})).remove(0);
    esme.wait_for_state(&delivered, DELIVERED);
    let answer = esme.ask(json!({"do": "query", "id": delivered}));
    assert_eq!(answer, json!({"status": OK, "id": delivered, "state": DELIVERED, "final": true}));
}

fn query_of_an_unknown_id_fails(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let answer = esme.ask(json!({"do": "query", "id": UNKNOWN_ID}));
    assert_refused(&answer, &[QUERY_FAILED, INVALID_MESSAGE_ID]);
    // The message of somebody else is as unknown: the source must be that of the submission.
    let id = esme.submit(json!({"to": NUMBER, "schedule": IN_AN_HOUR})).remove(0);
    let answer = esme.ask(json!({"do": "query", "id": id, "source": "2000"}));
    assert_refused(&answer, &[QUERY_FAILED, INVALID_MESSAGE_ID]);
}

fn data_sm_is_delivered_with_a_receipt(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let answer = esme.ask(json!({"do": "data", "to": NUMBER, "text": "MO:as data", "receipt": 1}));
    assert_eq!(answer["status"], OK, "{answer}");
    let messages = esme.received(2);
    assert!(messages.iter().any(|message| message["text"] == "as data"), "{messages:?}");
    assert!(messages.iter().any(|message| message["receipted_message_id"] == answer["id"]), "{messages:?}");
}

fn a_cancelled_message_is_deleted(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let id = esme.submit(json!({"to": NUMBER, "schedule": IN_AN_HOUR})).remove(0);
    assert_eq!(esme.ask(json!({"do": "cancel", "id": id, "to": NUMBER}))["status"], OK);
    assert_eq!(esme.state_of(&id), DELETED);
}

fn cancel_without_an_id_takes_all_of_the_pair(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let mut submit = |to: &str| esme.submit(json!({"to": to, "schedule": IN_AN_HOUR})).remove(0);
    let (first, second, other) = (submit(NUMBER), submit(NUMBER), submit("34600001011"));
    assert_eq!(esme.ask(json!({"do": "cancel", "id": "", "to": NUMBER}))["status"], OK);
    assert_eq!(esme.state_of(&first), DELETED);
    assert_eq!(esme.state_of(&second), DELETED);
    assert_eq!(esme.state_of(&other), ENROUTE);
}

fn a_final_message_cannot_be_cancelled_or_replaced(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let id = esme.submit(json!({"to": NUMBER})).remove(0);
    esme.wait_for_state(&id, DELIVERED);
    assert_refused(&esme.ask(json!({"do": "cancel", "id": id, "to": NUMBER})), &[CANCEL_FAILED]);
    assert_refused(&esme.ask(json!({"do": "replace", "id": id, "text": "late"})), &[REPLACE_FAILED]);
    assert_eq!(esme.state_of(&id), DELIVERED);
}

fn an_unknown_id_cannot_be_cancelled_or_replaced(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let answer = esme.ask(json!({"do": "cancel", "id": UNKNOWN_ID, "to": NUMBER}));
    assert_refused(&answer, &[CANCEL_FAILED, INVALID_MESSAGE_ID]);
    let answer = esme.ask(json!({"do": "replace", "id": UNKNOWN_ID, "text": "nothing"}));
    assert_refused(&answer, &[REPLACE_FAILED, INVALID_MESSAGE_ID]);
}

fn a_replaced_text_is_what_is_delivered(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let first = json!({"to": NUMBER, "text": "MO:first", "schedule": IN_AN_HOUR, "receipt": 1});
    let id = esme.submit(first).remove(0);
    let second = json!({"do": "replace", "id": id, "text": "MO:second", "schedule": IN_A_SECOND, "receipt": 1});
    assert_eq!(esme.ask(second)["status"], OK);
    let messages = esme.received(2);
    assert!(messages.iter().any(|message| message["text"] == "second"), "{messages:?}");
    assert!(messages.iter().any(|message| message["receipted_message_id"] == id), "{messages:?}");
}

fn submit_multi_reaches_every_destination(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let numbers = [NUMBER, "34600000050"];
    let answer = esme.ask(json!({"do": "submit_multi", "to": numbers, "receipt": 1}));
    assert_eq!(answer["status"], OK, "{answer}");
    assert_eq!(answer["refused"], json!([]), "{answer}");
    let mut outcomes: Vec<_> = esme
        .received(2)
        .iter()
        .map(|receipt| (receipt["source"].as_str().unwrap().to_owned(), receipt["message_state"].as_u64().unwrap()))
        .collect();
    outcomes.sort();
    assert_eq!(outcomes, [(NUMBER.into(), DELIVERED), ("34600000050".into(), UNDELIVERABLE)]);
}

fn assert_refused(answer: &serde_json::Value, statuses: &[u32]) {
    assert!(statuses.iter().any(|status| answer["status"] == *status), "{answer} is none of {statuses:x?}");
}
