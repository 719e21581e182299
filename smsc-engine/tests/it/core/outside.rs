//! Messages that need somebody outside: ENUM and charging. Others never wait for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use smsc_engine::BoxFuture;
use smsc_engine::core::Uncharged;
use smsc_engine::core::charging::{ChargeError, ChargeEvent, Charging, Granted};
use smsc_engine::core::enum_lookup::EnumLookup;
use smsc_engine::core::translate::{Mode as Translation, Translator};
use smsc_engine::model::{Charged, Rule};
use tokio::sync::Semaphore;

use super::*;

/// Charging that says what it is told to, and waits to be let go.
struct Till {
    grants: bool,
    calls: AtomicUsize,
    gate: Semaphore,
    last: std::sync::Mutex<ChargeEvent>,
}

impl Till {
    fn new(grants: bool, open: usize) -> Arc<Till> {
        Arc::new(Till { grants, calls: AtomicUsize::new(0), gate: Semaphore::new(open), last: Default::default() })
    }
}

impl Charging for Till {
    fn authorize<'a>(&'a self, event: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            *self.last.lock().unwrap() = event.clone();
            self.gate.acquire().await.unwrap().forget();
            if self.grants { Ok(Granted { max_usage: event.usage }) } else { Err(ChargeError::NoCredit) }
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn charged(till: &Arc<Till>, policy: Policy) -> Bench {
    let free = Route { charged: Charged::No, ..route("1", "us") };
    let paid = Route { charged: Charged::Yes, ..route("44", "uk") };
    Bench::with(vec![free, paid, route("33", "fr")], |setup| {
        setup.charging = Some(till.clone());
        setup.policy = policy;
    })
    .await
}

fn to(number: &str) -> Message {
    Message { destination: Address::from_number(number), ..message("hello") }
}

#[tokio::test]
async fn routes_and_the_general_switch_say_what_is_charged() {
    for (switch, calls) in [(false, 1), (true, 2)] {
        let till = Till::new(true, 100);
        let bench = charged(&till, Policy { charging: switch, ..Policy::default() }).await;
        for number in ["+15550100", "+447700900001", "+33123456789"] {
            bench.accepted(to(number)).await;
        }
        assert_eq!(till.calls.load(Ordering::SeqCst), calls, "{switch}");
    }
}

#[tokio::test]
async fn a_message_is_charged_once_for_all_its_parts_and_not_per_retry() {
    let till = Till::new(true, 100);
    let bench = charged(&till, Policy::default()).await;
    let mut long = to("+447700900001");
    long.user_data = "x".repeat(161).into();
    let id = bench.accepted(long).await;
    let leased = bench.lease("uk").await;
    bench.report(&leased[0], Attempt::TryAgain(8)).await;
    bench.handle.count_attempt(id).await.unwrap();
    assert_eq!(till.calls.load(Ordering::SeqCst), 1);
    let event = till.last.lock().unwrap().clone();
    assert_eq!((event.calling.as_str(), event.called.as_str(), event.usage), ("Shop", "+447700900001", 2));
    assert_eq!(bench.names(id).await[..3], ["message_inserted", "message_routed", "charging_attempted"]);
}

#[tokio::test]
async fn a_route_counts_each_message_that_goes_its_way_once() {
    let till = Till::new(true, 100);
    let bench = charged(&till, Policy::default()).await;
    let matches = || bench.handle.routes().unwrap().matches();
    // One is free, one is charged, and a group holds one of each.
    bench.accepted(to("+15550100")).await;
    bench.accepted(to("+447700900001")).await;
    bench.submit_to(to("+15550101"), vec![to("+447700900002")]).await;
    assert_eq!(matches(), [(1, 2), (2, 2)]);
    // What replaces a message goes its way as well, and so does one that finds none to replace.
    for text in ["other", "words"] {
        let message = Message { user_data: text.to_owned().into(), ..to("+15550102") };
        let submission = Submission { replace_if_present: true, ..Submission::new(message) };
        bench.handle.submit(submission).await.unwrap();
    }
    assert_eq!(matches(), [(1, 4), (2, 2)]);
    // Nothing is delivered without money, and yet the route had its say.
    bench.handle.set_policy(Policy { uncharged: Uncharged::Deny, ..Policy::default() });
    bench.accepted(to("+447700900003")).await;
    assert_eq!(matches(), [(1, 4), (2, 3)]);
}

#[tokio::test]
async fn without_a_grant_the_operator_decides() {
    let till = Till::new(false, 100);
    let bench = charged(&till, Policy::default()).await;
    let id = bench.accepted(to("+447700900001")).await;
    assert!(bench.record(id).await.message.extra().charge_failed);
    assert!(bench.names(id).await.contains(&"charging_failed".to_owned()));
    bench.handle.set_policy(Policy { uncharged: Uncharged::Deny, ..Policy::default() });
    assert_eq!(bench.submit(to("+447700900002")).await, Err(Refusal::NotCharged));
    assert_eq!((bench.handle.counts().pending, bench.handle.meters().charging_failed.get()), (1, 2));
}

#[tokio::test]
async fn slow_charging_makes_nobody_else_wait() {
    let till = Till::new(true, 0);
    let bench = charged(&till, Policy::default()).await;
    let batch = vec![Submission::new(to("+447700900001")), Submission::new(to("+15550100"))];
    let mut answers = bench.core.submit(batch).await;
    let (free, paid) = (answers.pop().unwrap(), answers.pop().unwrap());
    assert!(matches!(free, Answer::Now(Ok(_))));
    assert_eq!((bench.lease("us").await.len(), bench.lease("uk").await.len()), (1, 0));
    till.gate.add_permits(1);
    paid.wait().await.unwrap();
    assert_eq!(bench.lease("uk").await.len(), 1);
}

#[tokio::test]
async fn a_submitter_who_goes_away_while_charging_works_leaves_a_kept_message() {
    let till = Till::new(true, 0);
    let bench = charged(&till, Policy::default()).await;
    drop(bench.core.submit(vec![Submission::new(to("+447700900001"))]).await);
    till.gate.add_permits(1);
    while bench.lease("uk").await.is_empty() {
        tokio::task::yield_now().await;
    }
}

/// ENUM that knows some numbers at once and others only when asked.
struct Directory {
    known: HashMap<&'static str, &'static str>,
    asked: HashMap<&'static str, &'static str>,
}

impl EnumLookup for Directory {
    fn domain<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Option<Arc<str>>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.asked.get(number).map(|domain| Arc::from(*domain))
        })
    }

    fn known(&self, number: &str) -> Option<Option<Arc<str>>> {
        self.known.get(number).map(|domain| Some(Arc::from(*domain)))
    }

    fn peek(&self, number: &str) -> Option<Arc<str>> {
        self.known(number).flatten()
    }
}

#[tokio::test]
async fn what_enum_finds_chooses_the_route() {
    let directory = Directory {
        known: HashMap::from([("+447700900001", "one.example")]),
        asked: HashMap::from([("+447700900002", "two.example")]),
    };
    let by_domain = |domain: &str, lane: &str| Route { enum_domain: Some(domain.into()), ..route("44", lane) };
    let routes = vec![by_domain("one.example", "one"), by_domain("two.example", "two"), route("44", "other")];
    let bench = Bench::with(routes, |setup| setup.enum_lookup = Some(Arc::new(directory))).await;
    for number in ["+447700900001", "+447700900002", "+447700900003"] {
        bench.accepted(to(number)).await;
    }
    for lane in ["one", "two", "other"] {
        assert_eq!(bench.lease(lane).await.len(), 1, "{lane}");
    }
}

#[tokio::test]
async fn numbers_are_translated_before_routing_and_the_history_tells() {
    let rule = Rule { called_match: Some(r"^00(\d+)$".into()), called_replace: Some(r"+\1".into()), ..Rule::default() };
    let translator = Translator::new(&[rule], Translation::First).unwrap();
    let bench = Bench::with(vec![route("44", "uk")], |setup| setup.translator = Arc::new(translator)).await;
    let id = bench.accepted(to("00447700900000")).await;
    let leased = bench.lease("uk").await;
    assert_eq!(leased[0].destination, Address::from_number("+447700900000"));
    assert_eq!(leased[0].source, Address::from_number("Shop"));
    let translated = bench.handle.events(id).await.unwrap().remove(1);
    assert_eq!(translated.name, EventName::NumberTranslated);
    assert!(translated.description.contains("00447700900000") && translated.description.contains("+447700900000"));
}
