//! Our core behind its REST API, used by the forms: R-GW-2, 5, 6, 7, 8, 9, 14, 48, 52, 93 (the reports), 94.

use smsc_engine::api::{Cancel, Mode, NetworkReport, Question, Replacement};
use smsc_engine::core::queue::{JournalOptions, JournalQueue, Queue};
use smsc_engine::core::{Policy, Unrouted};
use smsc_engine::model::{FinalState, Kind, Status, Word};

use super::*;

impl Own {
    /// With a message to Britain that wants a receipt.
    async fn with_message() -> (Own, MessageId) {
        let own = Own::start().await;
        let core = forms(&own.served.url(), WorkList::MessageQueue);
        let mut sent = message("partner", "+447700900000", "Hello");
        sent.registered_delivery = 1;
        let id = submit(&core, Submission::new(sent)).await.unwrap().id;
        (own, id)
    }

    fn forms(&self) -> Arc<dyn CoreApi> {
        forms(&self.served.url(), WorkList::MessageQueue)
    }
}

fn receipt(remote: &str, state: u8) -> NetworkReport {
    NetworkReport { lane: Lane::from("uk"), remote: Word::from(remote), state, error: 0, done: Some(Timestamp::now()) }
}

#[tokio::test]
async fn every_work_list_gives_what_is_for_this_name_once() {
    for variant in VARIANTS {
        let (own, id) = Own::with_message().await;
        let core = forms(&own.served.url(), variant);
        assert!(lease(&core, "us", 10).await.is_empty(), "R-GW-2");
        let messages = lease(&core, "uk", 10).await;
        assert_eq!((ids(&messages), messages[0].lane.as_str()), (vec![id.0], "uk"), "{variant:?}");
        assert!(lease(&forms(&own.served.url(), variant), "uk", 10).await.is_empty(), "another gateway gets nothing");
        report(&core, &messages[0], Attempt::Delivered).await;
        let record = own.record(id).await;
        assert_eq!((record.status(), record.message.lane.as_str()), (Status::Delivered, "uk"));
        // The receipt for the partner: R-GW-8 for the way back.
        let receipts = lease(&core, "esme:partner", 10).await;
        assert_eq!((receipts[0].kind, receipts[0].about), (Kind::Receipt, Some(id)), "{variant:?}");
    }
}

#[tokio::test]
async fn attempts_end_as_they_do_without_a_network_between() {
    for (attempt, status, error) in [
        (Attempt::Failed(FinalState::Undeliverable, 11), Status::Failed, 11),
        (Attempt::Failed(FinalState::Rejected, 0), Status::Rejected, 0),
        (Attempt::Failed(FinalState::Expired, 7), Status::Expired, 7),
    ] {
        let (own, id) = Own::with_message().await;
        let core = own.forms();
        let messages = lease(&core, "uk", 10).await;
        report(&core, &messages[0], attempt).await;
        let record = own.record(id).await;
        assert_eq!((record.status(), record.outcome.map(|outcome| outcome.error)), (status, Some(error)));
    }
    let (own, id) = Own::with_message().await;
    let core = own.forms();
    let messages = lease(&core, "uk", 10).await;
    report(&core, &messages[0], Attempt::TryAgain(0x58)).await;
    let record = own.record(id).await;
    assert_eq!((record.status(), record.message.attempts), (Status::Pending, 1), "R-GW-14");
    assert!(record.message.deliver_after > Timestamp::now() && lease(&core, "uk", 10).await.is_empty(), "R-GW-48");
}

#[tokio::test]
async fn what_comes_back_untouched_goes_out_again_at_once() {
    let (own, id) = Own::with_message().await;
    let core = own.forms();
    let messages = lease(&core, "uk", 10).await;
    core.release(&[id]);
    assert_eq!(lease(&core, "uk", 10).await, messages, "the core would give it again only after a minute");
    assert!(lease(&core, "uk", 10).await.is_empty());
}

#[tokio::test]
async fn a_message_from_a_carrier_bears_its_name_and_the_core_routes_it() {
    let own = Own::start().await;
    let core = own.forms();
    let id = submit(&core, Submission::new(message("carrier", "+447700900000", "Hi"))).await.unwrap().id;
    let record = own.record(id).await;
    assert_eq!((record.message.account.as_str(), record.message.lane.as_str()), ("carrier", "uk"), "R-GW-7");
}

#[tokio::test]
async fn refusals_are_the_cores_own() {
    let policy = Policy { unrouted: Unrouted::Reject, ..Policy::default() };
    let bench = Bench::new(vec![route("44", "uk")], |setup| {
        setup.clock = Clock::system();
        setup.policy = policy;
    })
    .await;
    let served = Served::start(router(&bench)).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    assert_eq!(submit(&core, Submission::new(message("p", "+331", "x"))).await, Err(Refusal::NoRoute), "R-GW-6");
    let mut two = Submission::new(message("p", "+331", "x"));
    two.more = vec![message("p", "+441", "x"), message("p", "+442", "x")];
    let accepted = submit(&core, two).await.unwrap();
    assert_eq!(accepted.refused, [(0, Refusal::NoRoute)]);
    let second = bench.control.handle.message(MessageId(accepted.id.0 + 1)).await.unwrap();
    assert_eq!(second.message.about, Some(accepted.id), "its receipts name the first");
}

#[tokio::test]
async fn a_transaction_is_answered_when_it_has_ended() {
    for (attempt, expected) in [
        (Attempt::Delivered, None),
        (Attempt::Failed(FinalState::Rejected, 11), Some(Refusal::Undelivered(FinalState::Rejected, 11))),
        (Attempt::TryAgain(8), Some(Refusal::Undelivered(FinalState::Undeliverable, 0))),
    ] {
        let own = Own::start().await;
        let core = own.forms();
        let once = Submission { mode: Mode::Transaction, ..Submission::new(message("partner", "+447700900000", "x")) };
        let waiting = tokio::spawn({
            let core = core.clone();
            async move { submit(&core, once).await }
        });
        let messages = until(async || Some(lease(&core, "uk", 10).await).filter(|messages| !messages.is_empty())).await;
        assert!(!waiting.is_finished());
        report(&core, &messages[0], attempt).await;
        assert_eq!(waiting.await.unwrap().err(), expected);
    }
}

#[tokio::test]
async fn a_receipt_finds_its_message_after_restarts_of_gateway_and_core() {
    let directory = tempfile::tempdir().unwrap();
    // The one before lets go of the files when its last task is gone.
    let open = async || {
        let queue = Arc::new(JournalQueue::open(directory.path(), JournalOptions::default()).ok()?);
        let bench = Bench::new(vec![route("44", "uk")], |setup| {
            setup.clock = Clock::system();
            setup.queue = queue.clone();
        })
        .await;
        let served = Served::start(router(&bench)).await;
        Some((Own { bench, served }, queue))
    };
    let (own, queue) = until(open).await;
    let core = own.forms();
    let mut sent = message("partner", "+447700900000", "Hello");
    sent.registered_delivery = 1;
    let id = submit(&core, Submission::new(sent)).await.unwrap().id;
    let messages = lease(&core, "uk", 10).await;
    report(&core, &messages[0], Attempt::Handed(Word::from("A1"))).await;
    assert_eq!(own.record(id).await.remote, Some(Word::from("A1")));
    // The gateway is killed: what it had leased is due again after a minute, but not what was handed over.
    drop(core);
    queue.close().await.unwrap();
    drop((own, queue));
    let (own, _queue) = until(open).await;
    let core = own.forms();
    assert!(lease(&core, "uk", 10).await.is_empty(), "the network has it");
    assert_eq!(core.hear(vec![receipt("B2", 2), receipt("A1", 6), receipt("A1", 2)]).await, [false, true, true], "R-GW-94");
    assert_eq!(own.record(id).await.status(), Status::Delivered);
    assert_eq!(lease(&core, "esme:partner", 10).await[0].about, Some(id));
    assert_eq!(core.hear(vec![receipt("A1", 5)]).await, [true], "it has ended, and is known all the same");
}

#[tokio::test]
async fn a_receipt_that_is_faster_than_its_report_ends_the_message() {
    let (own, id) = Own::with_message().await;
    let core = own.forms();
    let messages = lease(&core, "uk", 10).await;
    report(&core, &messages[0], Attempt::Handed(Word::from("A1"))).await;
    assert_eq!(core.hear(vec![receipt("A1", 5)]).await, [true], "R-GW-9");
    assert_eq!(own.record(id).await.status(), Status::Failed);
    report(&core, &messages[0], Attempt::Handed(Word::from("A1"))).await;
    assert_eq!(own.record(id).await.status(), Status::Failed, "what has ended stays so");
}

#[tokio::test]
async fn questions_and_orders_are_answered_for_the_owner() {
    let (own, id) = Own::with_message().await;
    let core = own.forms();
    let (account, source) = (Account::from("partner"), Address::from_number("+15551234567"));
    let question = Question { account: account.clone(), id, source: source.clone() };
    assert_eq!(core.query(question.clone()).await.unwrap().state, 1);
    // The same digits, of another type of number.
    let other = Question { source: Address::from_number("15551234567"), ..question.clone() };
    assert_eq!(core.query(other).await, Err(Refusal::Unknown));
    let replacement = Replacement {
        account: account.clone(),
        id,
        source: source.clone(),
        deliver_after: None,
        expires: Some(in_an_hour()),
        registered_delivery: 2,
        sm_default_msg_id: 0,
        user_data: bytes::Bytes::from_static(b"other"),
    };
    assert_eq!(core.replace(replacement.clone()).await, Ok(()));
    let replaced = own.record(id).await.message;
    assert_eq!((&replaced.user_data[..], replaced.registered_delivery), (&b"other"[..], 2));
    let past = Replacement { expires: Some(Timestamp(1)), ..replacement.clone() };
    assert_eq!(core.replace(past).await, Err(Refusal::Expired));
    let elsewhere = forms(&own.served.url(), WorkList::MessageQueue);
    let messages = lease(&elsewhere, "uk", 10).await;
    assert_eq!(core.replace(replacement).await, Err(Refusal::TooLate), "somebody delivers it");
    report(&elsewhere, &messages[0], Attempt::Failed(FinalState::Rejected, 9)).await;
    let standing = core.query(question).await.unwrap();
    assert_eq!((standing.state, standing.error, standing.done.is_some()), (8, 9, true));
    let cancel = |id| Cancel {
        account: account.clone(),
        id,
        source: source.clone(),
        destination: Address::from_number("+447700900000"),
        service_type: Word::EMPTY,
    };
    assert_eq!(core.cancel(cancel(Some(id))).await, Err(Refusal::TooLate));
    let wanting = Message { registered_delivery: 1, ..message("partner", "+447700900000", "y") };
    let next = submit(&core, Submission::new(wanting)).await.unwrap().id;
    assert_eq!(core.cancel(cancel(None)).await, Ok(()));
    let cancelled = own.record(next).await.outcome.unwrap();
    assert_eq!((cancelled.state, cancelled.attempts), (FinalState::Deleted, 0));
    let receipts = lease(&elsewhere, "esme:partner", 10).await;
    assert!(receipts.iter().any(|receipt| receipt.about == Some(next)), "its sender hears of it");
    assert_eq!(core.cancel(cancel(None)).await, Err(Refusal::Unknown));
}

#[tokio::test]
async fn a_core_that_comes_back_is_used_again_without_a_hand() {
    let own = Own::start().await;
    let core = remote(&own.served.url(), Protocol::Auto, WorkList::MessageQueue);
    let api = core.api();
    let address = own.served.address;
    drop(own.served);
    // The port is free when the task is gone.
    until(async || core.health().await.err()).await;
    assert_eq!(submit(&api, Submission::new(message("p", "+441", "x"))).await, Err(Refusal::Away), "R-GW-6");
    assert!(lease(&api, "uk", 1).await.is_empty());
    let _served = Served::at(address, router(&own.bench)).await;
    let accepted = until(async || submit(&api, Submission::new(message("p", "+441", "x"))).await.ok()).await;
    assert_eq!(ids(&lease(&api, "uk", 1).await), [accepted.id.0], "R-GW-52");
}
