//! What a core makes of messages, with every part of it in memory: no socket, no disk.

mod batch;
mod location;
mod outside;
mod record;
mod retention;

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::api::{Accepted, Answer, Attempt, CoreApi, Mode, NetworkReport, Refusal, Report, Submission};
use smsc_engine::core::events::MemoryEvents;
use smsc_engine::core::queue::{MemoryQueue, Queue, Record};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::{Core, Handle, HandleError, Hook, Order, Policy, Setup, Unrouted, Update, sweep};
use smsc_engine::model::{
    Account, Address, EventName, FinalState, Kind, Lane, Message, MessageId, Route, SourceType, Status, Timestamp, Word,
};

const HOLD: Duration = Duration::from_secs(60);

/// A core, and short words for what the tests do with it.
struct Bench {
    core: Core,
    handle: Handle,
    queue: Arc<dyn Queue>,
}

impl Bench {
    async fn new(routes: Vec<Route>) -> Bench {
        Bench::with(routes, |_| {}).await
    }

    async fn with(routes: Vec<Route>, change: impl FnOnce(&mut Setup)) -> Bench {
        let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        for route in routes {
            table.add(route).await.unwrap();
        }
        let mut setup = Setup::with_routes(Arc::new(MemoryQueue::new(10_000, 10_000)), table);
        setup.events = Some(Arc::new(MemoryEvents::new(10_000)));
        change(&mut setup);
        let queue = setup.queue.clone();
        let core = Core::start(setup).await.unwrap();
        Bench { handle: core.handle(), core, queue }
    }

    async fn submit(&self, message: Message) -> Result<Accepted, Refusal> {
        self.handle.submit(Submission { source_type: Some(SourceType::Smpp), ..Submission::new(message) }).await
    }

    async fn accepted(&self, message: Message) -> MessageId {
        self.submit(message).await.unwrap().id
    }

    async fn submit_to(&self, message: Message, more: Vec<Message>) {
        self.handle.submit(Submission { more, ..Submission::new(message) }).await.unwrap();
    }

    async fn lease(&self, lane: &str) -> Vec<Message> {
        self.core.lease(&Lane::from(lane), 100, HOLD).await
    }

    async fn report(&self, message: &Message, attempt: Attempt) {
        self.core.report(vec![Report { message: message.clone(), attempt }]).await;
    }

    async fn record(&self, id: MessageId) -> Record {
        self.handle.message(id).await.unwrap()
    }

    async fn status(&self, id: MessageId) -> Status {
        self.record(id).await.status()
    }

    async fn names(&self, id: MessageId) -> Vec<String> {
        self.handle.events(id).await.unwrap().into_iter().map(|event| event.name.to_string()).collect()
    }
}

fn message(text: &str) -> Message {
    let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
    message.source = Address::from_number("Shop");
    message.destination = Address::from_number("+447700900123");
    message.user_data = text.to_owned().into();
    message
}

fn route(called_prefix: &str, dest_smsc: &str) -> Route {
    Route { called_prefix: Some(called_prefix.into()), dest_smsc: Some(dest_smsc.into()), ..Route::default() }
}

#[tokio::test]
async fn a_message_is_routed_delivered_and_its_history_told() {
    let bench = Bench::new(vec![route("+44", "uk")]).await;
    let id = bench.accepted(message("hello")).await;
    assert!(bench.lease("us").await.is_empty());
    let leased = bench.lease("uk").await;
    assert_eq!(leased.iter().map(|message| message.id).collect::<Vec<_>>(), [id]);
    assert!(bench.lease("uk").await.is_empty(), "a message is not handed to two pollers");
    bench.report(&leased[0], Attempt::Delivered).await;
    assert_eq!(bench.status(id).await, Status::Delivered);
    assert_eq!(bench.names(id).await, ["message_inserted", "message_routed", "message_delivered"]);
    let routed = bench.handle.events(id).await.unwrap().remove(1).description;
    assert_eq!(routed, "dest_smsc=uk route_id=1");
}

#[tokio::test]
async fn a_failed_attempt_waits_two_minutes_and_is_told() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let id = bench.accepted(message("hello")).await;
    let before = Timestamp::now();
    let leased = bench.lease("uk").await;
    bench.report(&leased[0], Attempt::TryAgain(8)).await;
    let record = bench.record(id).await;
    let wait = record.message.deliver_after.since(before);
    assert_eq!(record.message.attempts, 1);
    assert!(wait >= Duration::from_secs(120) && wait < Duration::from_secs(125), "{wait:?}");
    assert!(bench.lease("uk").await.is_empty());
    assert_eq!(bench.names(id).await.last().unwrap(), "delivery_attempt_1");
    assert_eq!(bench.handle.count_attempt(id).await.unwrap().message.attempts, 2);
    let third = bench.handle.count_attempt(id).await.unwrap().message;
    let wait = third.deliver_after.since(before);
    assert!(third.attempts == 3 && wait >= Duration::from_secs(480) && wait < Duration::from_secs(490), "{wait:?}");
}

#[tokio::test]
async fn a_dropped_message_is_rejected_and_no_frontend_sees_it() {
    let drop = Route { drop: true, dest_smsc: None, ..route("44", "") };
    let bench = Bench::new(vec![drop]).await;
    let mut wants_receipt = message("hello");
    wants_receipt.registered_delivery = 1;
    let id = bench.accepted(wants_receipt).await;
    assert_eq!(bench.status(id).await, Status::Rejected);
    let everywhere: Vec<_> = bench.handle.counts().lanes.into_iter().filter(|lane| lane.pending > 0).collect();
    assert_eq!(everywhere.len(), 1, "{everywhere:?}");
    let receipt = bench.lease("esme:shop").await.remove(0);
    assert!(receipt.kind == Kind::Receipt && receipt.user_data.windows(7).any(|part| part == b"REJECTD"));
    assert_eq!(bench.names(id).await, ["message_inserted", "message_dropped"]);
}

#[tokio::test]
async fn a_message_that_is_answered_and_dropped_says_so_once() {
    let answer = Some("we are closed".into());
    let reply = Route { auto_reply: true, auto_reply_message: answer, drop: true, dest_smsc: None, ..route("44", "") };
    let bench = Bench::new(vec![reply]).await;
    let mut question = message("open?");
    question.source = Address::from_number("+33123456789");
    let id = bench.accepted(question).await;
    assert_eq!(bench.status(id).await, Status::Rejected);
    let names = bench.names(id).await;
    assert_eq!(names, ["message_inserted", "message_routed", "message_dropped", "auto_reply_sent"]);
}

#[tokio::test]
async fn an_automatic_reply_goes_back_to_the_sender_and_answers_nothing_itself() {
    let reply = |prefix: &str| Route {
        called_prefix: Some(prefix.into()),
        auto_reply: true,
        auto_reply_message: Some("we are closed".into()),
        ..Route::default()
    };
    let bench = Bench::new(vec![reply("44"), reply("33")]).await;
    let mut question = message("open?");
    question.source = Address::from_number("+33123456789");
    let id = bench.accepted(question).await;
    assert_eq!(bench.status(id).await, Status::Delivered);
    assert!(bench.names(id).await.contains(&"auto_reply_sent".to_owned()));
    let replies = bench.lease("esme:shop").await;
    assert_eq!(replies.len(), 1);
    assert_eq!(&replies[0].user_data[..], b"we are closed");
    assert_eq!(replies[0].destination, Address::from_number("+33123456789"));
    assert_eq!(replies[0].source, Address::from_number("+447700900123"));
    assert_eq!(bench.handle.counts().pending, 1, "the reply is not answered");
}

#[tokio::test]
async fn without_a_route_a_message_is_kept_or_refused_as_the_operator_says() {
    let bench = Bench::new(vec![]).await;
    let id = bench.accepted(message("hello")).await;
    assert_eq!((bench.status(id).await, bench.record(id).await.message.lane), (Status::Pending, Lane::default()));
    assert!(bench.names(id).await.contains(&"routing_failed".to_owned()));
    let order = |unrouted| Order { max: 10, hold: HOLD, unrouted };
    assert!(bench.handle.work(&Lane::from("uk"), order(false)).await.is_empty());
    assert_eq!(bench.handle.work(&Lane::from("uk"), order(true)).await.len(), 1);
    bench.handle.set_policy(Policy { unrouted: Unrouted::Reject, ..Policy::default() });
    assert_eq!(bench.submit(message("again")).await, Err(Refusal::NoRoute));
    assert_eq!((bench.handle.meters().routing_failed.get(), bench.handle.counts().pending), (2, 1));
}

#[tokio::test]
async fn a_given_destination_skips_the_routes() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let mut given = message("hello");
    given.lane = Lane::from("backup");
    bench.accepted(given).await;
    assert!(bench.lease("uk").await.is_empty());
    assert_eq!(bench.lease("backup").await.len(), 1);
}

#[tokio::test]
async fn a_changed_route_holds_for_the_next_message() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    bench.accepted(message("one")).await;
    let table = bench.handle.routes().unwrap();
    table.edit(1, |route| route.dest_smsc = Some("backup".into())).await.unwrap();
    bench.accepted(message("two")).await;
    assert_eq!((bench.lease("uk").await.len(), bench.lease("backup").await.len()), (1, 1));
}

#[tokio::test]
async fn a_repeat_gets_the_id_of_the_first_and_queues_nothing() {
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        setup.fingerprint_ttl = Some(Duration::from_secs(300));
        setup.may_repeat = vec!["bulk".into()];
    })
    .await;
    let first = bench.submit(message("hello")).await.unwrap();
    let again = bench.submit(message("hello")).await.unwrap();
    assert_eq!(again, Accepted { duplicate: true, ..first.clone() });
    assert_ne!(bench.accepted(message("hullo")).await, first.id);
    let bulk = || Message { account: Account::from("bulk"), ..message("hello") };
    assert_ne!(bench.accepted(bulk()).await, bench.accepted(bulk()).await);
    assert_eq!((bench.handle.counts().pending, bench.handle.meters().duplicates.get()), (4, 1));
    assert!(bench.names(first.id).await.contains(&"duplicate_detected".to_owned()));
    // Two in one batch: the second is told only what is durable.
    let twice = vec![Submission::new(message("twin")), Submission::new(message("twin"))];
    let mut ids = Vec::new();
    for answer in bench.core.submit(twice).await {
        ids.push(answer.wait().await.unwrap().id);
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn nobody_looks_for_repeats_where_that_is_switched_off() {
    // R-LC-23.
    let bench = Bench::with(vec![route("44", "uk")], |setup| setup.fingerprint_ttl = None).await;
    assert_ne!(bench.accepted(message("hello")).await, bench.accepted(message("hello")).await);
    assert_eq!((bench.handle.counts().pending, bench.handle.meters().duplicates.get()), (2, 0));
}

#[tokio::test]
async fn a_repeat_is_known_after_a_restart() {
    let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::new(100, 100));
    let ttl = |setup: &mut Setup| {
        setup.queue = queue.clone();
        setup.fingerprint_ttl = Some(Duration::from_secs(300));
    };
    let first = Bench::with(vec![route("44", "uk")], ttl).await.accepted(message("hello")).await;
    let again = Bench::with(vec![route("44", "uk")], ttl).await.submit(message("hello")).await.unwrap();
    assert_eq!(again, Accepted { id: first, duplicate: true, refused: Vec::new() });
}

#[tokio::test]
async fn a_hook_looks_changes_and_refuses() {
    struct Censor;
    impl Hook for Censor {
        fn incoming(&self, message: &mut Message) -> Result<(), Refusal> {
            message.priority = 3;
            if message.user_data.starts_with(b"spam") { Err(Refusal::Denied(0x45)) } else { Ok(()) }
        }
    }
    let bench = Bench::with(vec![route("44", "uk")], |setup| setup.hooks.push(Arc::new(Censor))).await;
    assert_eq!(bench.submit(message("spam!")).await, Err(Refusal::Denied(0x45)));
    let id = bench.accepted(message("hello")).await;
    assert_eq!((bench.record(id).await.message.priority, bench.handle.counts().pending), (3, 1));
}

#[tokio::test]
async fn one_text_to_several_destinations_has_one_name() {
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        setup.policy = Policy { unrouted: Unrouted::Reject, ..Policy::default() };
    })
    .await;
    let to = |number: &str| Message { destination: Address::from_number(number), ..message("hello") };
    let more = vec![to("+15550100"), to("+447700900002")];
    let accepted = bench.handle.submit(Submission { more, ..Submission::new(to("+447700900001")) }).await.unwrap();
    assert_eq!(accepted.refused, [(1, Refusal::NoRoute)]);
    let leased = bench.lease("uk").await;
    assert_eq!(leased.iter().map(|message| message.about).collect::<Vec<_>>(), [None, Some(accepted.id)]);
    let none = bench.handle.submit(Submission { more: vec![to("+15550101")], ..Submission::new(to("+15550100")) }).await;
    assert_eq!(none, Err(Refusal::NoRoute));
}

#[tokio::test]
async fn a_datagram_is_tried_once_and_kept_nowhere() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let datagram = Submission { mode: Mode::Datagram, ..Submission::new(message("hello")) };
    let id = bench.handle.submit(datagram).await.unwrap().id;
    assert!(bench.queue.get(id).await.unwrap().is_none());
    let leased = bench.lease("uk").await;
    assert_eq!(leased[0].id, id);
    bench.report(&leased[0], Attempt::TryAgain(8)).await;
    assert!(bench.lease("uk").await.is_empty());
    assert_eq!(bench.names(id).await, ["message_failed"]);
}

#[tokio::test]
async fn a_transaction_is_answered_when_it_has_ended() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    for (attempt, expected) in [
        (Attempt::Delivered, Ok(())),
        (Attempt::Failed(FinalState::Undeliverable, 50), Err(Refusal::Undelivered(FinalState::Undeliverable, 50))),
        (Attempt::TryAgain(8), Err(Refusal::Undelivered(FinalState::Undeliverable, 8))),
    ] {
        let mut work = bench.core.watch(&Lane::from("uk"));
        work.seen();
        let submission = Submission { mode: Mode::Transaction, ..Submission::new(message("hello")) };
        let Answer::Later(answer) = bench.core.submit(vec![submission]).await.pop().unwrap() else { panic!("answered early") };
        assert!(work.changed().await);
        let leased = bench.lease("uk").await;
        bench.report(&leased[0], attempt).await;
        assert_eq!(answer.await.map(drop), expected);
    }
}

#[tokio::test]
async fn a_transaction_nobody_delivers_expires() {
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        setup.policy = Policy { transaction: Duration::from_millis(50), ..Policy::default() };
    })
    .await;
    let sweeping = tokio::spawn(sweep(bench.core.clone(), Default::default()));
    let submission = Submission { mode: Mode::Transaction, ..Submission::new(message("hello")) };
    assert_eq!(bench.handle.submit(submission).await, Err(Refusal::Undelivered(FinalState::Expired, 0)));
    sweeping.abort();
}

#[tokio::test]
async fn a_network_reports_later_under_its_own_name() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let mut wants_receipt = message("hello");
    wants_receipt.registered_delivery = 1;
    let id = bench.accepted(wants_receipt).await;
    let leased = bench.lease("uk").await;
    bench.report(&leased[0], Attempt::Handed(Word::new("A1B2"))).await;
    assert_eq!(bench.status(id).await, Status::Pending);
    assert!(bench.lease("uk").await.is_empty());
    let report =
        |remote: &str, state| NetworkReport { lane: Lane::from("uk"), remote: Word::new(remote), state, error: 0, done: None };
    // ENROUTE is no end; nobody knows C3; DELIVERED ends it, and a second report changes nothing.
    let known = bench.core.hear(vec![report("A1B2", 1), report("C3", 2), report("A1B2", 2), report("A1B2", 5)]).await;
    assert_eq!(known, [true, false, true, true]);
    assert_eq!(bench.status(id).await, Status::Delivered);
    let receipts = bench.lease("esme:shop").await;
    assert_eq!((receipts.len(), receipts[0].about), (1, Some(id)));
}

#[tokio::test]
async fn whoever_wants_to_know_hears_of_every_failed_attempt() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let mut curious = message("hello");
    curious.registered_delivery = 0x11;
    let id = bench.accepted(curious).await;
    let leased = bench.lease("uk").await;
    bench.report(&leased[0], Attempt::TryAgain(8)).await;
    let notice = bench.lease("esme:shop").await.remove(0);
    let text = String::from_utf8(notice.user_data.to_vec()).unwrap();
    assert_eq!((notice.kind, notice.esm_class, notice.about), (Kind::Receipt, 0x20, Some(id)));
    assert!(text.contains("stat:ENROUTE err:008"), "{text}");
    bench.report(&leased[0], Attempt::Failed(FinalState::Undeliverable, 50)).await;
    let receipt = bench.lease("esme:shop").await.remove(0);
    assert_eq!(receipt.esm_class, 0x04);
}

#[tokio::test]
async fn the_operator_moves_mends_ends_and_reopens_messages() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let id = bench.accepted(message("hello")).await;
    let moved = Update { dest_smsc: Some(Lane::from("backup")), ..Update::default() };
    assert_eq!(bench.handle.update(id, moved).await.unwrap().message.lane, Lane::from("backup"));
    assert!(bench.lease("uk").await.is_empty());
    let text = Update { text: Some((0, "hullo".into())), priority: Some(2), ..Update::default() };
    let record = bench.handle.update(id, text).await.unwrap();
    assert_eq!((&record.message.user_data[..], record.message.priority), (&b"hullo"[..], 2));
    let failed = Update { status: Some(Status::Failed), ..Update::default() };
    assert_eq!(bench.handle.update(id, failed).await.unwrap().status(), Status::Failed);
    let again = Update { attempts: Some(0), deliver_after: Some(Timestamp(0)), ..Update::default() };
    assert_eq!(bench.handle.update(id, again).await.unwrap().status(), Status::Pending);
    assert_eq!(bench.lease("backup").await.len(), 1);
    assert_eq!(bench.handle.update(id, Update::default()).await, Err(HandleError::Nothing));
    let late = Update { deliver_after: Some(Timestamp::MAX), ..Update::default() };
    assert_eq!(bench.handle.update(id, late).await, Err(HandleError::TooLate));
    let reserved = Update { dest_smsc: Some(Lane::from("!rejected")), ..Update::default() };
    assert_eq!(bench.handle.update(id, reserved).await, Err(HandleError::Name));
}

#[tokio::test]
async fn delivered_is_said_once_and_stays() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let id = bench.accepted(message("hello")).await;
    let first = bench.handle.mark_delivered(id, Lane::from("uk2")).await.unwrap();
    assert_eq!((first.status(), &first.message.lane), (Status::Delivered, &Lane::from("uk2")));
    assert_eq!(bench.handle.mark_delivered(id, Lane::from("uk3")).await.unwrap(), first);
    assert_eq!(bench.handle.count_attempt(id).await, Err(HandleError::Standing(Status::Delivered)));
    let pending = Update { status: Some(Status::Pending), ..Update::default() };
    assert_eq!(bench.handle.update(id, pending).await, Err(HandleError::Standing(Status::Delivered)));
    bench.handle.delete(id).await.unwrap();
    assert_eq!(bench.handle.delete(id).await, Err(HandleError::Unknown(id)));
}

#[tokio::test]
async fn a_text_is_forgotten_with_its_delivery_if_privacy_says_so() {
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        setup.policy = Policy { delete_body_after_delivery: true, ..Policy::default() };
    })
    .await;
    let (delivered, failed) = (bench.accepted(message("one")).await, bench.accepted(message("two")).await);
    let leased = bench.lease("uk").await;
    bench.report(&leased[0], Attempt::Delivered).await;
    bench.report(&leased[1], Attempt::Failed(FinalState::Undeliverable, 1)).await;
    assert!(bench.record(delivered).await.message.user_data.is_empty());
    assert_eq!(&bench.record(failed).await.message.user_data[..], b"two");
}

#[tokio::test]
async fn deadlines_end_messages_and_hide_them_at_once() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let mut short = message("hello");
    short.expires = Timestamp::now().after(Duration::from_millis(30));
    let id = bench.accepted(short).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert!(bench.lease("uk").await.is_empty());
    let sweeping = tokio::spawn(sweep(bench.core.clone(), Default::default()));
    while bench.status(id).await != Status::Expired {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sweeping.abort();
    assert_eq!(bench.names(id).await.last().unwrap(), &EventName::MessageDeadLetter.to_string());
    assert_eq!(bench.handle.meters().dead_letter.get(), 1);
}
