//! Texts in every encoding and their receipts, for the scripted clients.

use serde_json::{Value, json};

use crate::esme::{Esme, Library};
use crate::program::Smsc;
use crate::wire::{DELIVERED, EXPIRED, REJECTED, UNDELIVERABLE};

/// A number whose messages the sandbox delivers; the last three digits choose the outcome.
const NUMBER: &str = "34600000011";

/// Characters of the default alphabet that are not ASCII, and escaped ones.
const GSM_TEXT: &str = "@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ ¤¡ÄÖÑÜ¿äöñüà [a]{b}~^|\\ €5";

/// Greek small letters, CJK, and a character outside the first plane.
const UCS2_TEXT: &str = "ταχυδρόμος 郵便 😀";

cases_of_both! {
    gsm_text_comes_back_unchanged
    ucs2_text_comes_back_unchanged
    each_part_by_udh_has_its_own_receipt
    each_part_by_sar_tlvs_has_its_own_receipt
    a_long_payload_comes_back_whole
    a_receipt_comes_when_asked_and_only_then
    a_receipt_on_failure_only_is_not_sent_for_success
    receipts_tell_every_final_state
    a_receipt_reaches_the_receiver_of_the_account
    a_receipt_waits_for_its_esme
    a_waiting_message_survives_a_restart
}

fn gsm_text_comes_back_unchanged(library: Library) {
    text_comes_back(library, "gsm", GSM_TEXT, 0);
}

fn ucs2_text_comes_back_unchanged(library: Library) {
    text_comes_back(library, "ucs2", UCS2_TEXT, 8);
}

/// The sandbox answers `MO:text` with `text` from the destination.
fn text_comes_back(library: Library, encoding: &str, text: &str, data_coding: u8) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    esme.submit(json!({"to": NUMBER, "text": format!("MO:{text}"), "encoding": encoding}));
    let message = esme.received(1).remove(0);
    assert_eq!(message["text"], text);
    assert_eq!(message["data_coding"], data_coding);
    assert_eq!(message["source"], NUMBER);
    assert_eq!(message["destination"], "1000");
    assert_eq!(message["esm_class"].as_u64().unwrap() & 0x3C, 0, "a plain message: {message}");
}

fn each_part_by_udh_has_its_own_receipt(library: Library) {
    for (encoding, text) in [("gsm", "long text. ".repeat(30)), ("ucs2", "μακρύ κείμενο ".repeat(10))] {
        parts_have_receipts(library, json!({"encoding": encoding, "text": text}), 3);
    }
}

fn each_part_by_sar_tlvs_has_its_own_receipt(library: Library) {
    parts_have_receipts(library, json!({"text": "long text. ".repeat(20), "sar": true}), 2);
}

fn parts_have_receipts(library: Library, mut message: Value, parts: usize) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    message["to"] = json!(NUMBER);
    message["receipt"] = json!(1);
    let mut ids = esme.submit(message);
    assert_eq!(ids.len(), parts);
    let mut receipted = Vec::new();
    for receipt in esme.received(parts) {
        let id = receipt["receipted_message_id"].as_str().unwrap().to_owned();
        assert_receipt(&receipt, &id, NUMBER, DELIVERED);
        receipted.push(id);
    }
    ids.sort();
    receipted.sort();
    assert_eq!(receipted, ids);
}

fn a_long_payload_comes_back_whole(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let text: String = (0..50).map(|number| format!("line {number:03}, ")).collect();
    esme.submit(json!({"to": NUMBER, "text": format!("MO:{text}"), "payload": true}));
    assert_eq!(whole_text(&mut esme), text);
}

/// The text of one message, whether it comes as payload or in parts, which may change places.
fn whole_text(esme: &mut Esme) -> String {
    let mut messages = esme.received(1);
    let udh = messages[0]["udh"].as_str().unwrap().to_owned();
    if udh.is_empty() {
        assert_eq!(messages[0]["in_payload"], true);
    } else {
        let total: usize = udh[udh.len() - 4..udh.len() - 2].parse().unwrap();
        messages.extend(esme.received(total - 1));
        messages.sort_by_key(|message| message["udh"].as_str().unwrap().to_owned());
    }
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

fn a_receipt_comes_when_asked_and_only_then(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let silent = esme.submit(json!({"to": NUMBER, "receipt": 0})).remove(0);
    esme.wait_for_state(&silent, DELIVERED);
    let asked = esme.submit(json!({"to": NUMBER, "receipt": 1})).remove(0);
    // A receipt of the first would be queued before the second was submitted.
    assert_receipt(&esme.received(1)[0], &asked, NUMBER, DELIVERED);
}

fn a_receipt_on_failure_only_is_not_sent_for_success(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let delivered = esme.submit(json!({"to": NUMBER, "receipt": 2})).remove(0);
    esme.wait_for_state(&delivered, DELIVERED);
    let failed = esme.submit(json!({"to": "34600000050", "receipt": 2})).remove(0);
    assert_receipt(&esme.received(1)[0], &failed, "34600000050", UNDELIVERABLE);
}

fn receipts_tell_every_final_state(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    for (number, state) in
        [("34600000011", DELIVERED), ("34600000050", UNDELIVERABLE), ("34600000053", EXPIRED), ("34600000054", REJECTED)]
    {
        let id = esme.submit(json!({"to": number, "receipt": 1})).remove(0);
        assert_receipt(&esme.received(1)[0], &id, number, state);
        assert_eq!(esme.state_of(&id), state);
    }
}

fn a_receipt_reaches_the_receiver_of_the_account(library: Library) {
    let smsc = Smsc::start();
    let Some(mut receiver) = Esme::bound(library, smsc.address, "receiver") else {
        return;
    };
    let Some(mut transmitter) = Esme::bound(library, smsc.address, "transmitter") else {
        return;
    };
    let id = transmitter.submit(json!({"to": NUMBER, "receipt": 1})).remove(0);
    assert_receipt(&receiver.received(1)[0], &id, NUMBER, DELIVERED);
}

fn a_receipt_waits_for_its_esme(library: Library) {
    let smsc = Smsc::start();
    let Some(mut transmitter) = Esme::bound(library, smsc.address, "transmitter") else {
        return;
    };
    let id = transmitter.submit(json!({"to": NUMBER, "receipt": 1})).remove(0);
    transmitter.ask(json!({"do": "unbind"}));
    let Some(mut receiver) = Esme::bound(library, smsc.address, "receiver") else {
        return;
    };
    assert_receipt(&receiver.received(1)[0], &id, NUMBER, DELIVERED);
}

fn a_waiting_message_survives_a_restart(library: Library) {
    let smsc = Smsc::start();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    let in_a_second = "000000000001000R";
    let id = esme.submit(json!({"to": NUMBER, "receipt": 1, "schedule": in_a_second})).remove(0);
    esme.ask(json!({"do": "unbind"}));
    let smsc = smsc.restart();
    let Some(mut esme) = Esme::bound(library, smsc.address, "transceiver") else {
        return;
    };
    assert_receipt(&esme.received(1)[0], &id, NUMBER, DELIVERED);
    assert_ne!(esme.submit(json!({"to": NUMBER})).remove(0), id, "an id is never given twice");
}

/// A receipt of a message from 1000: addresses swapped, TLVs, and the text field by field.
fn assert_receipt(receipt: &Value, id: &str, number: &str, state: u64) {
    let (word, delivered) = match state {
        DELIVERED => ("DELIVRD", "001"),
        EXPIRED => ("EXPIRED", "000"),
        REJECTED => ("REJECTD", "000"),
        _ => ("UNDELIV", "000"),
    };
    let error = if state == DELIVERED { "000" } else { &number[number.len() - 3..] };
    assert_eq!(receipt["esm_class"].as_u64().unwrap() & 0x3C, 0x04, "{receipt}");
    assert_eq!(receipt["source"], number, "{receipt}");
    assert_eq!(receipt["destination"], "1000", "{receipt}");
    assert_eq!(receipt["receipted_message_id"], id, "{receipt}");
    assert_eq!(receipt["message_state"], state, "{receipt}");
    let text = receipt["text"].as_str().unwrap();
    // Dates differ from run to run: their digits are compared as 9.
    let dates_off = |text: &str| text.replace(|digit: char| digit.is_ascii_digit(), "9");
    let head = format!("id:{id} sub:001 dlvrd:{delivered} ");
    let tail = format!(" stat:{word} err:{error}");
    let dates = text.strip_prefix(&head).and_then(|rest| Some(rest.split_once(&tail)?.0));
    let dates = dates.unwrap_or_else(|| panic!("{text:?} is not {head:?} dates {tail:?}"));
    assert_eq!(dates_off(dates), "submit date:9999999999 done date:9999999999", "{text:?}");
}
