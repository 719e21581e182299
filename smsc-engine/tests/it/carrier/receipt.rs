//! Receipts of a carrier, in all the ways they come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smpp_pdu::tlv::{self, Text, TlvType};
use smpp_pdu::{Addr, CommandStatus, DeliverSm, EsmClass, MessageState, ShortMessage, Tlvs};
use smpp_session::BindKind;
use smpp_session::net::Link;
use sms_codec::receipt::{Habits, IdNotation};
use smsc_engine::frontend::{Carrier, ClientPeer};
use smsc_engine::model::{Kind, Status};

use super::world::{Lines, Mc, Spy, World, accept, change, connected, peer, text, until, with_receipt};

fn receipt(text: &str) -> DeliverSm<'_> {
    DeliverSm {
        source_addr: Addr::international("447700900123").unwrap(),
        destination_addr: Addr::alphanumeric("Shop").unwrap(),
        esm_class: EsmClass::RECEIPT,
        short_message: ShortMessage::new(text).unwrap(),
        ..Default::default()
    }
}

async fn tell(link: &Link, pdu: &DeliverSm<'_>) {
    assert_eq!(link.call(pdu).await.unwrap().status(), CommandStatus::ROK);
}

#[tokio::test]
async fn receipts_end_messages_and_reach_their_sender() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    let (good, bad) = (world.submit(with_receipt(text("good"))).await, world.submit(with_receipt(text("bad"))).await);
    let (one, other) = (mc.next().await, mc.next().await);
    accept(other, "B2");
    accept(one, "A1");
    world.handed(good, "A1").await;
    world.handed(bad, "B2").await;
    let link = mc.link().await;
    tell(&link, &receipt("id:B2 sub:001 dlvrd:000 submit date:2606301200 done date:2606301201 stat:UNDELIV err:027 text:bad"))
        .await;
    let record = world.record(bad).await;
    assert_eq!((record.status(), record.outcome.unwrap().error), (Status::Failed, 27), "answered after the core took it");
    tell(&link, &receipt("id:A1 stat:ENROUTE")).await;
    assert_eq!(world.record(good).await.status(), Status::Pending, "that was no end");
    tell(&link, &receipt("id:A1 stat:DELIVRD err:000")).await;
    assert_eq!(world.record(good).await.status(), Status::Delivered);
    let receipts = world.lease("esme:shop").await;
    assert!(receipts.len() == 2 && receipts.iter().all(|message| message.kind == Kind::Receipt));
    until(&carrier, "they are counted", |status| status.counts.receipts == 3 && status.counts.received == 3).await;
    assert_eq!(carrier.status().counts.unmatched_receipts, 0);
}

#[tokio::test]
async fn tlvs_say_the_same_without_a_text() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let _carrier = world.carry(peer(&mc));
    let id = world.submit(with_receipt(text("hello"))).await;
    mc.answer("77").await;
    let tlvs = [tlv::ReceiptedMessageId(Text(b"77")).tlv(), tlv::MessageState(MessageState::EXPIRED).tlv()];
    tell(&mc.link().await, &DeliverSm { esm_class: EsmClass::DEFAULT, tlvs: Tlvs::list(&tlvs), ..receipt("") }).await;
    assert_eq!(world.record(id).await.status(), Status::Expired);
}

#[tokio::test]
async fn ids_match_in_the_notations_of_the_carrier() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    for (notation, response, named) in [
        (IdNotation::Guess, "38601fa", "0059113978"),
        (IdNotation::Same, "00AB", "00ab"),
        (IdNotation::ReceiptDecimal, "0000001F", "31"),
        (IdNotation::ReceiptHex, "0000000042", "2A"),
    ] {
        if notation != IdNotation::Guess {
            change(&carrier, ClientPeer { receipt_ids: notation, ..peer(&mc) }).await;
        }
        let id = world.submit(with_receipt(text(response))).await;
        mc.answer(response).await;
        world.handed(id, response).await;
        tell(&mc.link().await, &receipt(&format!("id:{named} stat:DELIVRD err:000"))).await;
        assert_eq!(world.record(id).await.status(), Status::Delivered, "{notation:?}");
    }
}

#[tokio::test]
async fn what_is_no_end_for_the_provider_is_one_for_others() {
    // R-PP-21, R-PP-27, R-PP-46.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(ClientPeer { receipt_habits: Habits::PROVIDER, ..peer(&mc) });
    let id = world.submit(with_receipt(text("patient"))).await;
    mc.answer("A1").await;
    world.handed(id, "A1").await;
    let link = mc.link().await;
    let open = ["ACCEPTD err:001", "UNKNOWN err:000", "UNKNOWN err:120", "ENROUTE err:121", "ENROUTE err:122", "ENROUTE err:134"];
    for said in open.into_iter().chain(["ENROUTE err:135"]) {
        tell(&link, &receipt(&format!("id:A1 sub:001 dlvr:000 submit date:2606301200 done date:2606301201 stat:{said}"))).await;
        assert_eq!(world.record(id).await.status(), Status::Pending, "{said}");
    }
    tell(&link, &receipt("id:A1 sub:001 dlvr:001 submit date:2606301200 done date:2606301201 stat:DELIVRD err:000")).await;
    assert_eq!(world.record(id).await.status(), Status::Delivered);
    change(&carrier, peer(&mc)).await;
    let id = world.submit(with_receipt(text("hasty"))).await;
    mc.answer("A2").await;
    world.handed(id, "A2").await;
    tell(&mc.link().await, &receipt("id:A2 stat:UNKNOWN err:000")).await;
    assert_eq!(world.record(id).await.status(), Status::Failed);
}

#[tokio::test]
async fn a_bind_that_only_receives_hears_of_what_another_has_sent() {
    let (world, mut sending, receiving) = (World::new().await, Mc::start().await, Mc::start().await);
    let _sender = world.carry(ClientPeer { bind_type: BindKind::Transmitter, ..peer(&sending) });
    let alone = ClientPeer { name: "uk_rx".into(), bind_type: BindKind::Receiver, ..peer(&receiving) };
    let receiver = world.carry(ClientPeer { receipts_for: vec!["de".into(), "uk".into()], ..alone });
    let id = world.submit(with_receipt(text("apart"))).await;
    sending.answer("P1").await;
    world.handed(id, "P1").await;
    tell(&receiving.link().await, &receipt("id:P1 stat:DELIVRD err:000")).await;
    assert_eq!(world.record(id).await.status(), Status::Delivered);
    assert_eq!((receiver.status().counts.receipts, receiver.status().counts.unmatched_receipts), (1, 0));
}

#[tokio::test]
async fn a_receipt_right_behind_its_response_waits_for_the_report() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let spy = Arc::new(Spy { report_takes: Duration::from_millis(200), ..Spy::new(&world.core) });
    let carrier = Carrier::start(peer(&mc), spy).unwrap();
    let id = world.submit(with_receipt(text("quick"))).await;
    let incoming = mc.next().await;
    let link = mc.link().await;
    let started = Instant::now();
    accept(incoming, "Q1");
    tell(&link, &receipt("id:Q1 stat:DELIVRD err:000")).await;
    assert_eq!(world.record(id).await.status(), Status::Delivered);
    assert!(started.elapsed() < Duration::from_secs(1), "it was not tried again, it was heard in its turn");
    assert_eq!(carrier.status().counts.unmatched_receipts, 0);
}

#[tokio::test]
async fn a_receipt_before_its_response_is_tried_again() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    let id = world.submit(with_receipt(text("early"))).await;
    let incoming = mc.next().await;
    let link = mc.link().await;
    let told = tokio::spawn(async move { tell(&link, &receipt("id:E1 stat:DELIVRD err:000")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    accept(incoming, "E1");
    told.await.unwrap();
    assert_eq!(world.record(id).await.status(), Status::Delivered);
    assert_eq!((carrier.status().counts.receipts, carrier.status().counts.unmatched_receipts), (1, 0));
}

#[tokio::test]
async fn a_receipt_about_nothing_is_taken_counted_and_logged() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (world, mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    let link = mc.link().await;
    let nameless = receipt("stat:DELIVRD err:000");
    let strange = receipt("id:No\u{7F}body stat:DELIVRD err:000");
    let (one, other) = (link.request(&strange).unwrap(), link.request(&nameless).unwrap());
    assert_eq!((one.await.unwrap().status(), other.await.unwrap().status()), (CommandStatus::ROK, CommandStatus::ROK));
    let counts = carrier.status().counts;
    assert_eq!((counts.unmatched_receipts, counts.receipts, counts.received), (2, 0, 0));
    let log = lines.text();
    assert!(log.contains("a receipt about a message that the core does not know") && !log.contains('\u{7F}'), "{log}");
}

#[tokio::test]
async fn a_receipt_after_a_restart_of_the_bind_still_matches() {
    // R-GW-94.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    let id = world.submit(with_receipt(text("patient"))).await;
    mc.answer("P1").await;
    world.handed(id, "P1").await;
    carrier.stop().await;
    drop(carrier);
    let mc = Mc::start().await;
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    tell(&mc.link().await, &receipt("id:P1 stat:DELIVRD err:000")).await;
    assert_eq!(world.record(id).await.status(), Status::Delivered);
}
