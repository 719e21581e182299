//! The whole way and back.

use smpp_pdu::{Addr, DataCoding, Npi, RegisteredDelivery, ShortMessage, SubmitSm, TimeField, Ton};
use sms_harness::site::{SMSC, Site};

use crate::carrier::Carrier;
use crate::chain::{CORE, Chain, Lead, free_address, gateway, until};
use crate::partner::Partner;

fn lead(carrier: &Carrier) -> Lead<'static> {
    Lead { name: "carrier", address: carrier.address, more: "" }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_goes_from_a_partner_to_a_carrier_and_its_receipt_comes_back() {
    let carrier = Carrier::start().await;
    let chain = Chain::start(&[lead(&carrier)]);
    let partner = Partner::bind(chain.partners(), "partner");
    let id = partner.insist("447700900123", b"there and back").await;
    until("the carrier has it", || carrier.ledger.count() == 1).await;
    until("the receipt is there", || partner.got().receipts().contains_key(&id)).await;
    assert_eq!(carrier.ledger.came()[&b"there and back"[..]], 1);
    assert_eq!(partner.got().receipts()[&id], 1);
    until("nothing waits", || chain.pending() == 0).await;
    assert_eq!(chain.ask(&format!("/api/messages/{id}"))["data"]["status"], "delivered");
    assert_eq!(chain.ask(&format!("/api/messages/{id}"))["data"]["source_smsc"], "partner");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_subscriber_writes_reaches_the_partner_its_number_is_routed_to() {
    let carrier = Carrier::start().await;
    let chain = Chain::start(&[lead(&carrier)]);
    let partner = Partner::bind(chain.partners(), "partner");
    partner.bound().await;
    carrier.subscriber_writes("447700900123", "50123", b"STOP");
    until("the partner has it", || partner.got().texts() == [b"STOP".to_vec()]).await;
    until("nothing waits", || chain.pending() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_that_matters_is_carried_to_the_carrier() {
    let carrier = Carrier::start().await;
    let chain = Chain::start(&[lead(&carrier)]);
    let partner = Partner::bind(chain.partners(), "partner");
    partner.bound().await;
    let text = "Привет".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let message = SubmitSm {
        source_addr: Addr::alphanumeric("Shop").unwrap(),
        destination_addr: Addr::new(Ton(2), Npi(8), "7700900123").unwrap(),
        data_coding: DataCoding(8),
        priority_flag: 2,
        validity_period: TimeField::new("000000010000000R").unwrap(),
        registered_delivery: RegisteredDelivery(1),
        short_message: ShortMessage::new(&text).unwrap(),
        ..Default::default()
    };
    partner.call(&message).await.unwrap();
    until("the carrier has it", || carrier.ledger.count() == 1).await;
    let seen = carrier.ledger.last().unwrap();
    assert_eq!(seen.source, (5, 0, "Shop".into()));
    assert_eq!(seen.destination, (2, 8, "7700900123".into()));
    assert_eq!((seen.data_coding, seen.priority, seen.registered_delivery & 1), (8, 2, 1));
    assert_eq!(seen.text, text);
    assert!(!seen.validity.is_empty(), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_share_one_core_and_no_message_goes_twice() {
    let carrier = Carrier::start().await;
    let mut chain = Chain::start(&[lead(&carrier)]);
    let second = gateway(chain.core.api(), free_address(), &[lead(&carrier)]);
    chain.gateways.push(second.running());
    until("both are bound", || carrier.sessions() == 2).await;
    let partners = [0, 1].map(|at| Partner::bind(chain.gateways[at].smpp(), "partner"));
    let mut ids = Vec::new();
    for number in 0..200 {
        let text = format!("shared {number}");
        ids.push(partners[number % 2].insist("447700900123", text.as_bytes()).await);
    }
    until("the carrier has all", || carrier.ledger.count() == 200).await;
    let receipts = || {
        let mut all = partners[0].got().receipts();
        partners[1].got().receipts().into_iter().for_each(|(id, count)| *all.entry(id).or_default() += count);
        all
    };
    until("all receipts are there", || ids.iter().all(|id| receipts().contains_key(id))).await;
    assert!(carrier.ledger.came().values().all(|count| *count == 1));
    assert!(receipts().values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_carriers_work_at_once() {
    let carrier = Carrier::start().await;
    let names: Vec<String> = (0..20).map(|number| format!("c{number}")).collect();
    let leads: Vec<Lead<'_>> = names.iter().map(|name| Lead { name, address: carrier.address, more: "" }).collect();
    let chain = Chain::start(&leads);
    until("all are bound", || carrier.sessions() == 20).await;
    for (number, name) in names.iter().enumerate() {
        send_to(&chain.core, name, &format!("for {name}"), number);
    }
    until("each has its message", || carrier.ledger.count() == 20).await;
    until("nothing waits", || chain.pending() == 0).await;
}

fn send_to(core: &Site, dest_smsc: &str, text: &str, number: usize) {
    let message = serde_json::json!({
        "source_msisdn": "Shop", "destination_msisdn": format!("+4477009{number:05}"), "message_body": text,
        "source_smsc": "test", "dest_smsc": dest_smsc,
    });
    let reply = sms_harness::web::json(core.api(), ("POST", "/api/messages"), &message);
    assert_eq!(reply.status, 201, "{reply:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_core_is_away_sessions_stay_and_nothing_is_acknowledged() {
    let carrier = Carrier::start().await;
    let mut chain = Chain::start(&[lead(&carrier)]);
    let partner = Partner::bind(chain.partners(), "partner");
    partner.insist("447700900123", b"before").await;
    until("the carrier has the first", || carrier.ledger.count() == 1).await;
    chain.core.kill();
    let refused = partner.submit("447700900123", b"meanwhile").await;
    assert!(refused.as_ref().is_err_and(|why| why.contains("ESME_RSYSERR") || why.contains("0x00000008")), "{refused:?}");
    assert_eq!(carrier.sessions(), 1, "the carrier's session stays up");
    partner.bound().await;
    chain.core.start();
    partner.insist("447700900123", b"afterwards").await;
    until("the carrier has the next", || carrier.ledger.count() == 2).await;
    assert!(!carrier.ledger.came().contains_key(&b"meanwhile"[..]), "it was refused, so it must not arrive");
    chain.gateways[0].wait_for_line("connection refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_core_binds_to_carriers_itself_with_the_same_code() {
    let carrier = Carrier::start().await;
    let address = carrier.address;
    let settings = format!(
        "{CORE}[[accounts]]\nsystem_id = \"partner\"\npassword = \"secret\"\n\
         [[binds]]\nname = \"carrier\"\nbind_type = \"transceiver\"\nhost = \"{}\"\nport = {}\n\
         system_id = \"core\"\npassword = \"secret\"\n",
        address.ip(),
        address.port()
    );
    let mut core = Site::of(SMSC, &settings).running();
    until("the carrier is bound", || carrier.sessions() == 1).await;
    let partner = Partner::bind(core.smpp(), "partner");
    let id = partner.insist("447700900123", b"without a gateway").await;
    until("the carrier has it", || carrier.ledger.count() == 1).await;
    until("the receipt is there", || partner.got().receipts().contains_key(&id)).await;
    // What is on its way is answered, and the carrier sees an orderly end.
    core.stop();
    until("the carrier is unbound", || carrier.sessions() == 0).await;
}
