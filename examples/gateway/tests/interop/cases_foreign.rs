//! ESMEs nobody here wrote, as partners of the gateway; a second `smsc` with its sandbox as the carrier.

use serde_json::json;
use sms_harness::esme::{Esme, Library};
use sms_harness::kannel::{Binds, Kannel};
use sms_harness::site::{SMSC, Site};

use crate::chain::{Chain, Lead};

/// A chain whose carrier is a whole SMS centre that plays the network.
fn chain() -> (Chain, Site) {
    let account = "[[accounts]]\nsystem_id = \"gateway\"\npassword = \"secret\"\n";
    let carrier = Site::of(SMSC, account).running();
    let chain = Chain::start(&[Lead { name: "carrier", address: carrier.smpp(), more: "" }]);
    (chain, carrier)
}

fn a_text_and_its_receipt(library: Library) {
    let (chain, _carrier) = chain();
    let Some(mut esme) = Esme::start(library) else { return };
    let bind = json!({"do": "bind", "port": chain.partners().port(), "kind": "transceiver", "system_id": "partner", "password": "secret"});
    let answer = esme.ask(bind);
    assert_eq!(answer["status"], 0, "{answer}");
    let ids = esme.submit(json!({"to": "447700900400", "text": "through two gateways", "receipt": 1}));
    let came = esme.received(1);
    assert_eq!(ids.len(), 1);
    let text = came[0]["text"].as_str().unwrap_or_default();
    assert!(text.contains(&ids[0]) && text.contains("stat:DELIVRD"), "{came:?}");
}

#[test]
fn smpplib_gets_its_receipt_through_the_whole_chain() {
    a_text_and_its_receipt(Library::Smpplib);
}

#[test]
fn node_smpp_gets_its_receipt_through_the_whole_chain() {
    a_text_and_its_receipt(Library::NodeSmpp);
}

#[test]
fn kannel_gets_its_receipt_and_an_answer_through_the_whole_chain() {
    let (chain, _carrier) = chain();
    let Some(kannel) = Kannel::start_as(chain.partners(), Binds::Transceiver, ("partner", "secret")) else { return };
    kannel.send_with_receipt("447700900400", "from Kannel", "one");
    let receipt = &kannel.callbacks().wait("/dlr", 1)[0];
    assert_eq!((receipt.text("mark"), receipt.text("kind")), ("one".into(), "1".into()));
}
