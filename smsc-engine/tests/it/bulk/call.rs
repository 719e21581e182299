//! What is asked of a core elsewhere is what it does.

use smsc_engine::BoxFuture;
use smsc_engine::api::{Cancel, NetworkReport, Question, Replacement};
use smsc_engine::core::charging::{ChargeError, ChargeEvent, Charging, Granted};
use smsc_engine::model::{Charged, Route, Timestamp};
use tokio::sync::Semaphore;

use super::*;

#[tokio::test]
async fn each_submission_has_its_own_answer_in_its_place() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let past = Message { expires: Timestamp(1), ..message("too late") };
    let both = Submission { more: vec![message("again")], ..Submission::new(message("again")) };
    let batch = vec![Submission::new(message("one")), Submission::new(past), both, Submission::new(message("two"))];
    let mut decided = Vec::new();
    for answer in gateway.submit(batch).await {
        assert!(matches!(answer, Answer::Now(_)));
        decided.push(answer.wait().await);
    }
    assert_eq!(decided[1], Err(Refusal::Expired));
    let text = |place: usize| {
        let (handle, id) = (&site.bench.control.handle, decided[place].as_ref().unwrap().id);
        async move { String::from_utf8(handle.message(id).await.unwrap().message.user_data.to_vec()).unwrap() }
    };
    assert_eq!([text(0).await, text(2).await, text(3).await], ["one", "again", "two"]);
    assert!(gateway.submit(Vec::new()).await.is_empty());
}

#[tokio::test]
async fn more_messages_than_a_call_may_have_are_all_answered() {
    let site = Site::new().await;
    let batch = (0..10_100).map(|n| Submission::new(message(&n.to_string()))).collect();
    let answers = site.gateway().submit(batch).await;
    let mut ids = BTreeSet::new();
    for answer in answers {
        ids.insert(answer.wait().await.unwrap().id);
    }
    assert_eq!((ids.len(), site.bench.control.handle.counts().pending), (10_100, 10_100));
}

#[tokio::test]
async fn a_message_is_asked_about_replaced_and_cancelled() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let id = submit(&gateway, message("first")).await.unwrap().id;
    let (account, source) = (smsc_engine::model::Account::from("shop"), message("").source);
    let question = Question { account: account.clone(), id, source: source.clone() };
    let standing = gateway.query(question.clone()).await.unwrap();
    assert_eq!((standing.state, standing.done), (1, None));
    let stranger = Question { account: "other".into(), ..question.clone() };
    assert_eq!(gateway.query(stranger).await, Err(Refusal::Unknown));
    let replacement = Replacement {
        account: account.clone(),
        id,
        source: source.clone(),
        deliver_after: None,
        expires: None,
        registered_delivery: 0,
        sm_default_msg_id: 0,
        user_data: "second".into(),
    };
    assert_eq!(gateway.replace(replacement).await, Ok(()));
    assert_eq!(site.bench.control.handle.message(id).await.unwrap().message.user_data, "second");
    let destination = message("").destination;
    let cancel = Cancel { account, id: Some(id), source, destination, service_type: Default::default() };
    assert_eq!(gateway.cancel(cancel.clone()).await, Ok(()));
    assert_eq!(gateway.cancel(cancel).await, Err(Refusal::TooLate));
    assert_eq!(gateway.query(question).await.unwrap().state, 4);
}

#[tokio::test]
async fn work_is_leased_given_back_reported_and_heard_of() {
    let site = Site::new().await;
    let (gateway, ids) = (site.gateway(), site.queue(3).await);
    let work = gateway.lease(&"uk".into(), 2, HOLD).await;
    assert_eq!(work.iter().map(|message| message.id).collect::<Vec<_>>(), ids[..2]);
    assert_eq!(work[0].user_data, "message 0");
    gateway.release(&[ids[0]]);
    // It comes back before the third, for it is older.
    let again = within(async {
        loop {
            let again = gateway.lease(&"uk".into(), 1, HOLD).await;
            if again.iter().any(|message| message.id == ids[0]) {
                return again;
            }
            gateway.release(&again.iter().map(|message| message.id).collect::<Vec<_>>());
        }
    })
    .await;
    let handed = Report { message: again[0].clone(), attempt: Attempt::Handed("A7".into()) };
    gateway.report(vec![handed, Report { message: work[1].clone(), attempt: Attempt::Delivered }]).await;
    assert_eq!((site.state(ids[0]).await, site.state(ids[1]).await), (None, Some(2)));
    let heard = |remote: &str| NetworkReport { lane: "uk".into(), remote: remote.into(), state: 5, error: 7, done: None };
    // The same twice in one call is one end.
    assert_eq!(gateway.hear(vec![heard("A7"), heard("B8"), heard("A7")]).await, [true, false, true]);
    assert_eq!(site.state(ids[0]).await, Some(5));
}

#[tokio::test]
async fn what_waits_for_the_esmes_of_an_account_goes_to_the_frontend_of_its_name() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let id = submit(&gateway, Message { registered_delivery: 1, ..message("hello") }).await.unwrap().id;
    let work = leased(&gateway, "uk").await;
    gateway.report(vec![Report { message: work[0].clone(), attempt: Attempt::Delivered }]).await;
    let receipt = leased(&gateway, "shop").await;
    assert_eq!((receipt[0].about, receipt[0].lane.as_str()), (Some(id), "esme:shop"));
    let mut direct = message("to an ESME");
    direct.lane = Lane::from("shop");
    submit(&gateway, direct).await.unwrap();
    assert_eq!(leased(&gateway, "shop").await[0].user_data, "to an ESME");
    assert!(gateway.lease(&"uk".into(), 10, HOLD).await.is_empty());
}

#[tokio::test]
async fn receipts_and_messages_of_one_frontend_do_not_wait_for_each_other() {
    let site = Site::new().await;
    let gateway = site.gateway();
    for lane in ["shop", "esme:shop"] {
        for n in 0..10 {
            submit(&gateway, Message { lane: lane.into(), ..message(&format!("{lane} {n}")) }).await.unwrap();
        }
    }
    let lanes = |messages: Vec<Message>| {
        let esmes = messages.iter().filter(|message| message.lane.as_str() == "esme:shop").count();
        (messages.len(), esmes)
    };
    let lane = Lane::from("shop");
    assert_eq!(lanes(gateway.lease(&lane, 6, HOLD).await), (6, 3));
    assert_eq!(lanes(gateway.lease(&lane, 100, HOLD).await), (14, 7));
}

#[tokio::test]
async fn two_gateways_never_get_the_same_message() {
    let site = Site::new().await;
    let ids: BTreeSet<MessageId> = site.queue(3_000).await.into_iter().collect();
    let take = |gateway: BulkCore| async move {
        let mut taken = Vec::new();
        loop {
            let messages = gateway.lease(&"uk".into(), 37, HOLD).await;
            if messages.is_empty() {
                return taken;
            }
            taken.extend(messages.iter().map(|message| message.id));
            let reports = messages.into_iter().map(|message| Report { message, attempt: Attempt::Delivered });
            gateway.report(reports.collect()).await;
        }
    };
    let (one, two) = within(async { tokio::join!(take(site.gateway()), take(site.gateway())) }).await;
    assert_eq!(one.len() + two.len(), ids.len());
    assert!(one.into_iter().chain(two).collect::<BTreeSet<_>>() == ids);
    assert_eq!(site.bench.control.handle.counts().pending, 0);
}

/// Charging that waits to be let go.
struct Till(Semaphore);

impl Charging for Till {
    fn authorize<'a>(&'a self, _: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(async move {
            self.0.acquire().await.unwrap().forget();
            Ok(Granted { max_usage: 1 })
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_slow_charge_holds_up_nobody() {
    let till = Arc::new(Till(Semaphore::new(0)));
    let site = Site::with(|setup| setup.charging = Some(till.clone()), |router| router).await;
    let paid = Route { charged: Charged::Yes, ..route("33", "fr") };
    site.bench.control.handle.routes().unwrap().add(paid).await.unwrap();
    let gateway = site.gateway();
    let slow = |text| Message { destination: Address::from_number("+33123456789"), ..message(text) };
    let batch = [message("quick"), slow("slow"), message("quick too"), slow("slow too")];
    let mut answers = within(gateway.submit(batch.map(Submission::new).into())).await;
    let second_slow = answers.pop().unwrap();
    let [first, first_slow, second] = <[Answer; 3]>::try_from(answers).ok().unwrap();
    assert!(matches!((&first, &second), (Answer::Now(Ok(_)), Answer::Now(Ok(_)))));
    assert!(matches!((&first_slow, &second_slow), (Answer::Later(_), Answer::Later(_))));
    let fr = Lane::from("fr");
    assert_eq!((leased(&gateway, "uk").await.len(), gateway.lease(&fr, 10, HOLD).await.len()), (2, 0));
    till.0.add_permits(2);
    let ids = [within(first_slow.wait()).await.unwrap().id, within(second_slow.wait()).await.unwrap().id];
    let work = leased(&gateway, "fr").await;
    assert_eq!(work.iter().map(|message| message.id).collect::<BTreeSet<_>>(), ids.into());
}

#[tokio::test]
async fn a_transaction_is_answered_when_it_has_ended() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let transaction = Submission { mode: Mode::Transaction, ..Submission::new(message("now or never")) };
    let answer = gateway.submit(vec![transaction]).await.pop().unwrap();
    let work = leased(&gateway, "uk").await;
    gateway.report(vec![Report { message: work[0].clone(), attempt: Attempt::TryAgain(8) }]).await;
    let refusal = within(answer.wait()).await.unwrap_err();
    assert_eq!(refusal, Refusal::Undelivered(smsc_engine::model::FinalState::Undeliverable, 8));
}
