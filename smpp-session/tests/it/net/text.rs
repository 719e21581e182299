//! Texts in parts, and their receipts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::tlv::{MessagePayload, MessageState, ReceiptedMessageId, Text, TlvType};
use smpp_pdu::{
    Addr, CStr, CommandId, CommandStatus, DataSm, DeliverSm, DeliverSmResp, EsmClass, Frame, Profile, RegisteredDelivery,
    ShortMessage, SubmitSm, SubmitSmResp, Tlvs, Version,
};
use smpp_session::net::{
    CallError, Incoming, Keeper, Link, PartError, Pool, ResponseError, SendTextError, TextError, Texts, Tracker,
};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, Config, ReceiptConfig, Taken, Whole};
use sms_codec::charset::Coding;
use sms_codec::plan::{Numbering, Policy};

use super::client::scripted;
use super::keeper::hasty;
use super::{calm, noted, serve, soon};

fn template() -> SubmitSm<'static> {
    SubmitSm {
        destination_addr: Addr::international("447700900123").unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        ..Default::default()
    }
}

fn recent(window: usize) -> Config {
    Config { window, silent_version: Version::V3_4, ..calm() }
}

/// A text of five parts.
fn long() -> String {
    "x".repeat(153 * 4 + 1)
}

/// Sends a long text from another task.
fn sending(link: &Link, texts: Texts) -> tokio::task::JoinHandle<Result<smpp_session::net::Sent, SendTextError>> {
    let link = link.clone();
    tokio::spawn(async move { link.send_text(&texts, &template(), &long()).await })
}

async fn part(peer: &mut Peer) -> Frame {
    peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await
}

async fn accept(peer: &mut Peer, id: &str, number: u32) {
    peer.put(&SubmitSmResp { message_id: CStr::new(id).unwrap(), ..Default::default() }, number).await;
}

#[tokio::test]
async fn parts_go_out_in_order_as_the_window_has_room_and_their_ids_come_back() {
    let (client, mut peer) = scripted(recent(2)).await;
    let sending = sending(&client, Texts::default());
    let first = [part(&mut peer).await, part(&mut peer).await];
    assert!(peer.until_silent().await.is_empty(), "the window has room for two");
    // The second is answered first.
    accept(&mut peer, "id2", first[1].sequence_number()).await;
    accept(&mut peer, "id1", first[0].sequence_number()).await;
    let mut parts = Vec::from(first);
    for id in ["id3", "id4", "id5"] {
        let frame = part(&mut peer).await;
        accept(&mut peer, id, frame.sequence_number()).await;
        parts.push(frame);
    }
    assert_eq!(soon(sending).await.unwrap().unwrap().message_ids, ["id1", "id2", "id3", "id4", "id5"]);
    for (frame, number) in parts.iter().zip(1..) {
        let pdu: SubmitSm<'_> = frame.read(&Profile::DEFAULT).unwrap();
        assert_eq!(pdu.short_message.as_bytes()[..3], [5, 0, 3]);
        assert_eq!(pdu.short_message.as_bytes()[4..6], [5, number]);
        assert_eq!((pdu.esm_class.has_udh(), pdu.registered_delivery), (true, RegisteredDelivery::ALWAYS));
        assert_eq!(pdu.destination_addr, template().destination_addr);
    }
}

#[tokio::test]
async fn every_part_tells_its_own_fate() {
    let (client, mut peer) = scripted(recent(3)).await;
    let sending = sending(&client, Texts::default());
    for _ in 0..3 {
        part(&mut peer).await;
    }
    accept(&mut peer, "first", 2).await;
    peer.put_with(&SubmitSmResp::default(), CommandStatus::RTHROTTLED, 3).await;
    part(&mut peer).await;
    part(&mut peer).await;
    drop(peer);
    let error = soon(sending).await.unwrap().unwrap_err();
    assert!(error.was_sent());
    assert_eq!(error.to_string(), "1 of 5 parts accepted");
    let SendTextError::Parts(fates) = error else { panic!("{error}") };
    assert_eq!(fates[0].as_deref(), Ok("first"));
    assert_eq!(fates[1], Err(PartError::Response(ResponseError::Refused(CommandStatus::RTHROTTLED))));
    assert!(fates[2..].iter().all(|fate| matches!(fate, Err(PartError::Call(CallError::Unanswered(_))))));
}

#[tokio::test]
async fn a_text_whose_session_ends_is_not_sent_any_further() {
    let (client, mut peer) = scripted(recent(2)).await;
    let sending = sending(&client, Texts::default());
    part(&mut peer).await;
    part(&mut peer).await;
    drop(peer);
    let error = soon(sending).await.unwrap().unwrap_err();
    let SendTextError::Parts(fates) = &error else { panic!("{error}") };
    let was_sent = |fate: &Result<String, PartError>| matches!(fate, Err(PartError::Call(error)) if error.was_sent());
    assert_eq!(fates.iter().map(was_sent).collect::<Vec<_>>(), [true, true, false, false, false]);
    let error = soon(client.send_text(&Texts::default(), &template(), "more")).await.unwrap_err();
    assert!(!error.was_sent(), "{error}");
}

#[tokio::test]
async fn sar_and_payload_need_a_session_with_tlvs() {
    for numbering in [Numbering::Sar, Numbering::Payload] {
        let texts = || Texts::new(Policy { numbering, ..Policy::default() }, Coding::DEFAULT);
        // This MC does not state its version, and is taken for 3.3.
        let (client, mut peer) = scripted(calm()).await;
        let error = soon(sending(&client, texts())).await.unwrap().unwrap_err();
        assert_eq!(error, SendTextError::Text(TextError::NeedsTlvs));
        assert!(peer.until_silent().await.is_empty());
        let (client, mut peer) = scripted(recent(10)).await;
        let sending = sending(&client, texts());
        let frame = part(&mut peer).await;
        let pdu: SubmitSm<'_> = frame.read(&Profile::DEFAULT).unwrap();
        let payload = pdu.tlvs.get::<MessagePayload<'_>>().unwrap();
        assert_eq!(payload.map(|payload| payload.0.len()), (numbering == Numbering::Payload).then_some(long().len()));
        assert_eq!(pdu.short_message.is_empty(), numbering == Numbering::Payload);
        sending.abort();
    }
}

/// Answers with ids that count up.
fn counting() -> impl Fn(Incoming) + Send + Sync + 'static {
    let next = AtomicU32::new(0x1A);
    move |incoming: Incoming| {
        let id = format!("{:x}", next.fetch_add(1, Ordering::Relaxed));
        incoming.answer(&SubmitSmResp { message_id: CStr::new(&id).unwrap(), ..Default::default() }).unwrap();
    }
}

async fn deliver(link: &Link, text: &str) {
    let receipt = DeliverSm {
        esm_class: EsmClass::RECEIPT,
        short_message: ShortMessage::new(text.as_bytes()).unwrap(),
        ..Default::default()
    };
    assert!(soon(link.call(&receipt)).await.unwrap().status().is_ok());
}

#[tokio::test]
async fn receipts_lead_to_the_message_whose_parts_they_are_for() {
    let service = noted(counting());
    let server = serve(calm(), service.clone()).await;
    let tracker = Arc::new(Tracker::new(ReceiptConfig::default()));
    let others = Arc::new(Mutex::new(Vec::new()));
    let esme = {
        let (tracker, others) = (tracker.clone(), others.clone());
        move |incoming: Incoming| {
            match tracker.take(&incoming) {
                None => others.lock().unwrap().push(incoming.command_id()),
                Some(taken) => assert_ne!(taken, Taken::Nameless),
            }
            let _ = if incoming.command_id() == CommandId::DATA_SM {
                incoming.answer(&smpp_pdu::DataSmResp::default())
            } else {
                incoming.answer(&DeliverSmResp::default())
            };
        }
    };
    let keeper = Keeper::start(hasty(&[server.local_addr()], BindKind::Transceiver), Arc::new(esme)).unwrap();
    let texts = Texts::default();
    let sent = soon(keeper.send_text(&texts, &template(), &"y".repeat(300))).await.unwrap();
    assert_eq!(sent.message_ids, ["1a", "1b"]);
    let mc = service.link();
    // One before the application says what it waits for, in decimal; then one in TLVs alone.
    deliver(&mc, "id:0000000027 sub:001 dlvrd:001 stat:DELIVRD err:000 text:y").await;
    tracker.expect("first", &sent.message_ids);
    let update = soon(tracker.next()).await;
    assert_eq!((update.key, update.part, update.whole), ("first", Some(1), Whole::Waiting));
    let tlvs = [ReceiptedMessageId(Text(b"1A")).tlv(), MessageState(smpp_pdu::MessageState::DELIVERED).tlv()];
    let data_sm = DataSm { esm_class: EsmClass::RECEIPT, tlvs: Tlvs::list(&tlvs), ..Default::default() };
    assert!(soon(mc.call(&data_sm)).await.unwrap().status().is_ok());
    assert_eq!(soon(tracker.next()).await.whole, Whole::Delivered);
    // A message is no receipt.
    let message = DeliverSm { short_message: ShortMessage::new("id:1a stat:DELIVRD").unwrap(), ..Default::default() };
    soon(mc.call(&message)).await.unwrap();
    assert_eq!(*others.lock().unwrap(), [CommandId::DELIVER_SM]);
    assert_eq!(tracker.len(), 1, "remembered for the sake of duplicates");
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_receipts_ends() {
    let mut config = ReceiptConfig::default();
    config.max_age = Duration::from_secs(3600);
    let tracker = Arc::new(Tracker::new(config));
    let waiting = tokio::spawn({
        let tracker = tracker.clone();
        async move { (tracker.next().await, tokio::time::Instant::now()) }
    });
    tokio::time::sleep(Duration::from_secs(10)).await;
    let start = tokio::time::Instant::now();
    tracker.expect(7, &["1"]);
    let (update, end) = waiting.await.unwrap();
    assert_eq!((update.key, update.part, update.whole), (7, None, Whole::Expired));
    assert!(end - start >= Duration::from_secs(3600) && end - start < Duration::from_secs(3601));
    assert!(tracker.is_empty());
}

#[tokio::test]
async fn a_pool_sends_all_parts_of_a_text_on_one_session() {
    let services = [noted(counting()), noted(counting())];
    let pool = Pool::new(Arc::new(drop::<Incoming>));
    let mut servers = Vec::new();
    for service in &services {
        servers.push(serve(calm(), service.clone()).await);
        pool.add(hasty(&[servers.last().unwrap().local_addr()], BindKind::Transceiver)).unwrap();
    }
    super::eventually("both are bound", || pool.links().len() == 2).await;
    let texts = Texts::default();
    for _ in 0..10 {
        let before = services.each_ref().map(|service| service.count("request"));
        let sent = soon(pool.send_text(&texts, &template(), &long())).await.unwrap();
        assert_eq!(sent.message_ids.len(), 5);
        let after = services.each_ref().map(|service| service.count("request"));
        assert!([(5, 0), (0, 5)].contains(&(after[0] - before[0], after[1] - before[1])));
    }
}
