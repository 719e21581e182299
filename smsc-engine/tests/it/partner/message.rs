//! What partners hand in, and what they are brought.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::slow::Slow;
use super::world::{World, bind, deliver, eventually, message, partner, soon, text, try_bind};
use futures_util::FutureExt;
use smpp_pdu::{
    Addr, CommandStatus, DataCoding, EsmClass, Npi, QuerySm, QuerySmResp, RegisteredDelivery, ShortMessage, SubmitSm, TimeField,
    Ton,
};
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};
use smsc_engine::accounts::MessageIdForm;
use smsc_engine::api::{Attempt, CoreApi, Report, Submission};
use smsc_engine::frontend::Rewrite;
use smsc_engine::model::{Account, Lane, Message, MessageId, Status, Timestamp};

const HOLD: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_submit_is_answered_with_success_only_after_the_core_took_it() {
    let (world, slow) = Slow::world(false).await;
    let bound = bind(&world, "shop").await;
    let mut pending = bound.client.request(&message("447700900123", "hello")).unwrap();
    bound.client.call(&smpp_pdu::EnquireLink::default()).await.unwrap();
    assert!((&mut pending).now_or_never().is_none() && world.counts("shop").received == 0);
    slow.open.add_permits(1);
    assert!(soon(pending).await.unwrap().status().is_ok());
    assert_eq!((world.counts("shop").received, world.handle.counts().pending), (1, 1));
}

#[tokio::test]
async fn a_core_that_refuses_or_is_away_is_an_error_and_not_silence() {
    let (world, away) = Slow::world(true).await;
    away.open.add_permits(100);
    let bound = bind(&world, "shop").await;
    assert_eq!(bound.submit(&message("447700900123", "hello")).await, Err(CommandStatus::RSYSERR));
    let query = QuerySm { source_addr: Addr::alphanumeric("Shop").unwrap(), ..query("1") };
    assert_eq!(soon(bound.client.call(&query)).await.unwrap().status(), CommandStatus::RSYSERR);
    let late = SubmitSm { validity_period: TimeField::new("200101000000000+").unwrap(), ..message("447700900123", "late") };
    assert_eq!(bound.submit(&late).await, Err(CommandStatus::RINVEXPIRY));
    assert_eq!(world.counts("shop").received, 0);
    assert!(bound.client.close_reason().is_none(), "the session stays");
}

#[tokio::test]
async fn what_a_partner_hands_in_keeps_its_fields() {
    let world = World::new(&[("44", "uk")], vec![partner("shop")]).await;
    let bound = bind(&world, "shop").await;
    let submitted = SubmitSm {
        source_addr: Addr::new(Ton(2), Npi(8), "15550100").unwrap(),
        destination_addr: Addr::new(Ton::INTERNATIONAL, Npi::ISDN, "447700900123").unwrap(),
        esm_class: EsmClass(0x40),
        protocol_id: 0x41,
        priority_flag: 3,
        validity_period: TimeField::new("000000001000000R").unwrap(),
        data_coding: DataCoding(4),
        registered_delivery: RegisteredDelivery(0),
        short_message: ShortMessage::new(&[5, 0, 3, 1, 2, 1, 0xFF]).unwrap(),
        ..Default::default()
    };
    let before = Timestamp::now();
    let id = bound.submit(&submitted).await.unwrap();
    let kept = world.handle.message(id.parse().unwrap()).await.unwrap().message;
    assert_eq!((kept.account.as_str(), kept.lane.as_str()), ("shop", "uk"), "its name is the source");
    assert_eq!((kept.source.ton, kept.source.npi, kept.destination.ton, kept.destination.npi), (2, 8, 1, 1));
    assert_eq!((kept.esm_class, kept.protocol_id, kept.priority, kept.data_coding), (0x40, 0x41, 3, 4));
    assert_eq!(&kept.user_data[..], [5, 0, 3, 1, 2, 1, 0xFF]);
    let validity = kept.expires.since(before);
    assert!(validity >= Duration::from_secs(600) && validity < Duration::from_secs(630), "{validity:?}");
}

#[tokio::test]
async fn what_a_partner_is_brought_keeps_its_fields() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let mut bound = bind(&world, "shop").await;
    let mut sent = Message::new(MessageId(0), Account::from("north"), Lane::from("shop"));
    (sent.source, sent.destination) = (address(2, 8, "15550100"), address(1, 1, "447700900123"));
    (sent.esm_class, sent.protocol_id, sent.priority, sent.data_coding) = (0x40, 0x41, 2, 4);
    sent.user_data = vec![5, 0, 3, 1, 2, 1, 0xFF].into();
    let id = world.handle.submit(Submission::new(sent)).await.unwrap().id;
    let frame = bound.next().await;
    let got = deliver(&frame);
    assert_eq!(
        (got.source_addr, got.destination_addr.value.as_bytes()),
        (Addr::new(Ton(2), Npi(8), "15550100").unwrap(), &b"447700900123"[..])
    );
    assert_eq!((got.esm_class.0, got.protocol_id, got.priority_flag, got.data_coding.0), (0x40, 0x41, 2, 4));
    assert_eq!(got.short_message.as_bytes(), [5, 0, 3, 1, 2, 1, 0xFF]);
    delivered(&world, id).await;
    assert_eq!(world.counts("shop").sent, 1);
}

#[tokio::test]
async fn receipts_come_to_the_partner_in_its_own_writing() {
    let mut hex = partner("hex");
    hex.message_ids = MessageIdForm::Hexadecimal;
    let world = World::new(&[("44", "uk")], vec![partner("shop"), hex]).await;
    for name in ["shop", "hex"] {
        let mut bound = bind(&world, name).await;
        let id = bound.submit(&message("447700900123", "hello")).await.unwrap();
        let leased = world.core.lease(&Lane::from("uk"), 1, HOLD).await;
        let shown = if name == "hex" { format!("{:08X}", leased[0].id.0) } else { leased[0].id.to_string() };
        assert_eq!(id, shown);
        world.core.report(vec![Report { message: leased[0].clone(), attempt: Attempt::Delivered }]).await;
        let receipt = bound.next().await;
        assert!(
            text(&receipt).starts_with(&format!("id:{id} ")) && text(&receipt).contains("stat:DELIVRD"),
            "{}",
            text(&receipt)
        );
    }
}

#[tokio::test]
async fn a_partner_may_ask_about_its_own_messages_only() {
    let world = World::new(&[("44", "uk")], vec![partner("shop"), partner("bank")]).await;
    let (shop, bank) = (bind(&world, "shop").await, bind(&world, "bank").await);
    let id = shop.submit(&message("447700900123", "hello")).await.unwrap();
    let question = QuerySm { source_addr: Addr::alphanumeric("Shop").unwrap(), ..query(&id) };
    let answer = soon(shop.client.call(&question)).await.unwrap();
    assert_eq!(answer.read::<QuerySmResp<'_>>().unwrap().message_state.0, 1, "en route");
    assert_eq!(soon(bank.client.call(&question)).await.unwrap().status(), CommandStatus::RINVMSGID);
}

#[tokio::test]
async fn several_sessions_of_a_partner_share_its_messages() {
    let world = World::new(&[], vec![partner("shop"), partner("bank")]).await;
    let mut sessions = [bind(&world, "shop").await, bind(&world, "shop").await, bind(&world, "shop").await];
    let mut bank = bind(&world, "bank").await;
    let (mut to_shop, mut seen) = (HashSet::new(), HashSet::new());
    for number in 0..60 {
        to_shop.insert(format!("{number}"));
        world.send_to("shop", &format!("{number}")).await;
    }
    world.send_to("bank", "for the bank").await;
    let [one, two, three] = &mut sessions;
    while seen.len() < 60 {
        let frame = soon(async {
            tokio::select! {
                frame = one.delivered.recv() => frame,
                frame = two.delivered.recv() => frame,
                frame = three.delivered.recv() => frame,
            }
        });
        assert!(seen.insert(text(&frame.await.unwrap())), "each is brought once");
    }
    assert_eq!(seen, to_shop);
    assert_eq!(text(&bank.next().await), "for the bank");
    eventually("all is counted", || world.counts("shop").sent == 60).await;
}

#[tokio::test]
async fn a_partner_is_brought_no_more_than_its_limit_over_all_its_sessions() {
    let mut slow = partner("slow");
    slow.tps_limit = 20;
    let world = World::new(&[], vec![slow]).await;
    let mut sessions = [bind(&world, "slow").await, bind(&world, "slow").await];
    let start = Instant::now();
    for number in 0..50 {
        world.send_to("slow", &format!("{number}")).await;
    }
    eventually("it is shown that they wait", || world.status("slow").held_back).await;
    eventually("all are sent", || world.counts("slow").sent == 50).await;
    // Twenty in the first second, twenty in the next one, and the rest after that.
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(sessions.iter_mut().all(|session| session.delivered.try_recv().is_ok()), "both take their share");
    eventually("nothing waits", || !world.status("slow").held_back).await;
}

#[tokio::test]
async fn numbers_go_out_as_the_profile_of_the_partner_says() {
    let mut shop = partner("shop");
    shop.profile.source = Rewrite { ton: Some(2), strip: "1".into(), prepend: "0".into(), ..Rewrite::default() };
    shop.profile.destination = Rewrite { npi: Some(8), ..Rewrite::default() };
    let world = World::new(&[], vec![shop]).await;
    let mut bound = bind(&world, "shop").await;
    world.send_to("shop", "hello").await;
    let frame = bound.next().await;
    let got = deliver(&frame);
    assert_eq!(got.source_addr, Addr::new(Ton(2), Npi(1), "05550100").unwrap());
    assert_eq!(got.destination_addr, Addr::new(Ton(1), Npi(8), "447700900123").unwrap());
}

#[tokio::test]
async fn a_status_means_what_the_profile_of_the_partner_says() {
    let (mut strict, mut patient) = (partner("strict"), partner("patient"));
    strict.profile.permanent = vec![CommandStatus::RX_T_APPN];
    patient.profile.temporary = vec![CommandStatus::RINVDSTADR];
    let world = World::new(&[], vec![strict, patient]).await;
    let refuse = |name: &'static str, status: CommandStatus| {
        let world = &world;
        async move {
            let service = move |incoming: Incoming| incoming.refuse(status).unwrap();
            let client = Client::connect(world.address(), Config::default(), service).await.unwrap();
            client.bind(BindKind::Receiver, &Credentials::new(name, "secret")).await.unwrap();
            let id = world.send_to(name, "hello").await;
            eventually("it is counted", || world.counts(name).failures == 1).await;
            (client, id)
        }
    };
    let (_strict, refused) = refuse("strict", CommandStatus::RX_T_APPN).await;
    let (_patient, waiting) = refuse("patient", CommandStatus::RINVDSTADR).await;
    reached(&world, (refused, Status::Failed)).await;
    let attempts = async {
        while world.handle.message(waiting).await.unwrap().message.attempts == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    soon(attempts).await;
    assert_eq!(world.handle.message(waiting).await.unwrap().status(), Status::Pending);
}

#[tokio::test]
async fn a_transmitter_is_brought_nothing() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let mut sender = try_bind(world.address(), BindKind::Transmitter, ("shop", "secret")).await.unwrap();
    let id = world.send_to("shop", "hello").await;
    let mut receiver = try_bind(world.address(), BindKind::Receiver, ("shop", "secret")).await.unwrap();
    assert_eq!(text(&receiver.next().await), "hello");
    delivered(&world, id).await;
    assert!(sender.delivered.try_recv().is_err());
}

#[tokio::test]
async fn what_waits_for_a_partner_comes_when_it_binds() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let id = world.send_to("shop", "hello").await;
    let mut bound = bind(&world, "shop").await;
    assert_eq!(text(&bound.next().await), "hello");
    delivered(&world, id).await;
}

async fn delivered(world: &World, id: MessageId) {
    reached(world, (id, Status::Delivered)).await;
}

async fn reached(world: &World, (id, status): (MessageId, Status)) {
    let has_it = async {
        while world.handle.message(id).await.unwrap().status() != status {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    soon(has_it).await;
}

fn query(id: &str) -> QuerySm<'_> {
    QuerySm { message_id: smpp_pdu::CStr::new(id).unwrap(), ..Default::default() }
}

fn address(ton: u8, npi: u8, digits: &str) -> smsc_engine::model::Address {
    smsc_engine::model::Address::new(ton, npi, digits)
}
