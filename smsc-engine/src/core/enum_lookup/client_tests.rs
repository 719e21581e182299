use std::sync::atomic::AtomicUsize;

use tokio::time::advance;

use super::*;
use crate::core::enum_lookup::{Naptr, NaptrFault};

/// Answers by a script: the number's last digits choose, and the second suffix knows more than the first.
#[derive(Default)]
struct Scripted {
    asked: Mutex<Vec<String>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl NaptrSource for Arc<Scripted> {
    fn naptr<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Naptr>, NaptrFault>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(name.into());
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(now, Ordering::SeqCst);
            let answer = answer(name).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            answer
        })
    }
}

async fn answer(name: &str) -> Result<Vec<Naptr>, NaptrFault> {
    let record = |host: &str| Naptr {
        flags: b"u".as_slice().into(),
        services: b"E2U+sip".as_slice().into(),
        regexp: format!("!^.*$!sip:u@{host}!").into_bytes().into(),
        ttl: Duration::from_secs(300),
        ..Naptr::default()
    };
    match (name.chars().next().unwrap(), name.contains("internal")) {
        ('0', true) => Ok(vec![record("internal.host")]),
        ('1', false) => Ok(vec![record("public.host")]),
        ('2', true) => Err(NaptrFault("broken".into())),
        ('2', false) => Ok(vec![record("after.all")]),
        ('3', true) => Err(NaptrFault("broken".into())),
        ('4', _) => std::future::pending().await,
        ('5', true) => {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(vec![record("slow.host")])
        }
        _ => Ok(Vec::new()),
    }
}

fn client(change: impl FnOnce(&mut EnumConfig)) -> (Arc<Scripted>, EnumClient<Arc<Scripted>>) {
    let source = Arc::new(Scripted::default());
    let mut config = EnumConfig { domains: vec!["internal".into(), "public".into()], ..EnumConfig::default() };
    change(&mut config);
    (source.clone(), EnumClient::new(source, config))
}

fn figures(client: &EnumClient<Arc<Scripted>>) -> (u64, u64, u64, u64, usize) {
    let stats = client.stats();
    (stats.succeeded.count(), stats.failed.count(), stats.hits, stats.misses, stats.size)
}

#[tokio::test(start_paused = true)]
async fn suffixes_are_tried_in_order_until_one_answers() {
    let (source, client) = client(|_| {});
    assert_eq!(client.domain("10").await.as_deref(), Some("internal.host"));
    assert_eq!(client.domain("+11").await.as_deref(), Some("public.host"));
    assert_eq!(client.domain("12").await.as_deref(), Some("after.all"));
    let asked = ["0.1.internal.", "1.1.internal.", "1.1.public.", "2.1.internal.", "2.1.public."];
    assert_eq!(*source.asked.lock().unwrap(), asked);
    assert_eq!(figures(&client), (3, 0, 0, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_comes_out_of_the_cache_until_its_ttl_is_over() {
    let (source, client) = client(|_| {});
    assert_eq!(client.peek("10"), None);
    for _ in 0..5 {
        assert_eq!(client.domain("10").await.as_deref(), Some("internal.host"));
    }
    assert_eq!(client.peek("+10").as_deref(), Some("internal.host"));
    assert_eq!((source.asked.lock().unwrap().len(), figures(&client)), (1, (1, 0, 4, 1, 1)));
    advance(Duration::from_secs(300)).await;
    assert_eq!(client.peek("10"), None);
    assert_eq!(client.domain("10").await.as_deref(), Some("internal.host"));
    assert_eq!(source.asked.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_domain_is_kept_shortly_and_a_failure_even_shorter() {
    let (source, client) = client(|_| {});
    let asked = |expected: usize| assert_eq!(source.asked.lock().unwrap().len(), expected);
    for _ in 0..2 {
        assert_eq!(client.domain("19").await, None);
        asked(2);
        assert_eq!(client.peek("19"), None);
    }
    for _ in 0..2 {
        assert_eq!(client.domain("13").await, None);
        asked(4);
    }
    assert_eq!(figures(&client), (1, 1, 2, 2, 2));
    advance(Duration::from_secs(5)).await;
    client.domain("13").await;
    asked(6);
    client.domain("19").await;
    asked(6);
    advance(Duration::from_secs(55)).await;
    client.domain("19").await;
    asked(8);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_ends_with_its_time_whatever_the_source_does() {
    let (_, client) = client(|config| config.timeout = Duration::from_millis(2000));
    let began = Instant::now();
    assert_eq!(client.domain("14").await, None);
    assert_eq!(began.elapsed(), Duration::from_millis(2000));
    assert_eq!(figures(&client), (0, 1, 0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn equal_look_ups_share_a_query_that_outlives_the_first_asker() {
    let (source, client) = client(|_| {});
    drop(client.domain("15"));
    let answers = futures_util::future::join_all((0..50).map(|_| client.domain("15"))).await;
    assert!(answers.iter().all(|answer| answer.as_deref() == Some("slow.host")));
    assert_eq!((source.asked.lock().unwrap().len(), figures(&client)), (1, (1, 0, 50, 1, 1)));
}

#[tokio::test(start_paused = true)]
async fn queries_under_way_and_those_who_wait_are_bounded() {
    let (source, client) = client(|config| (config.most_under_way, config.most_waiting) = (4, 20));
    let numbers: Vec<String> = (0..100).map(|one| format!("{one}5")).collect();
    let answers = futures_util::future::join_all(numbers.iter().map(|number| client.domain(number))).await;
    assert_eq!(answers.iter().flatten().count(), 20);
    assert_eq!(source.most_at_once.load(Ordering::SeqCst), 4);
    assert_eq!(figures(&client), (20, 80, 0, 100, 20));
    assert!(client.shared.state().under_way.is_empty());
    // What was refused for lack of room was not cached as an answer.
    assert_eq!(client.domain("995").await.as_deref(), Some("slow.host"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_number_is_never_asked_about() {
    let (source, client) = client(|_| {});
    for text in ["Shop", "", "1234567890123456"] {
        assert_eq!((client.domain(text).await, client.peek(text)), (None, None));
    }
    assert_eq!((source.asked.lock().unwrap().len(), figures(&client)), (0, (0, 0, 0, 0, 0)));
}

struct Panics;

impl NaptrSource for Panics {
    fn naptr<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Naptr>, NaptrFault>> {
        Box::pin(async { panic!("a source of somebody else's") })
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_leaves_no_look_up_hanging() {
    let client = EnumClient::new(Panics, EnumConfig::default());
    assert_eq!(client.domain("15").await, None);
    assert!(client.shared.state().under_way.is_empty());
}
