//! A core that is away, answers nonsense, or is heard too late.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use smsc_engine::api::{NetworkReport, Question};
use smsc_engine::core::queue::{JournalOptions, JournalQueue};

use super::*;

/// Hears in which order messages end.
#[derive(Default)]
struct Ear(Mutex<Vec<MessageId>>);

impl Hook for Ear {
    fn ended(&self, message: &Message, _: &Outcome) {
        self.0.lock().unwrap().push(message.id);
    }
}

/// A core that lives from one process to the next.
struct Durable {
    directory: tempfile::TempDir,
    ear: Arc<Ear>,
}

impl Durable {
    fn new() -> Durable {
        Durable { directory: tempfile::tempdir().unwrap(), ear: Arc::default() }
    }

    async fn start(&self, address: SocketAddr) -> Site {
        let queue = JournalQueue::open(self.directory.path(), JournalOptions::default()).unwrap();
        let change = |setup: &mut Setup| {
            setup.queue = Arc::new(queue);
            setup.hooks = vec![self.ear.clone()];
        };
        Site::at(address, change, |router| router).await
    }
}

/// Ends a core; whoever it works for hears nothing.
async fn kill(site: Site) -> SocketAddr {
    let address = site.listener.address();
    drop(site.listener);
    site.bench.core.close(Duration::ZERO).await.unwrap();
    address
}

fn delivered(message: &Message) -> Vec<Report> {
    vec![Report { message: message.clone(), attempt: Attempt::Delivered }]
}

#[tokio::test]
async fn reports_reach_a_core_that_was_away_once_and_in_their_order() {
    let durable = Durable::new();
    let site = durable.start(ANYWHERE).await;
    let (gateway, ids) = (Arc::new(site.gateway()), site.queue(30).await);
    let work = gateway.lease(&"uk".into(), 20, HOLD).await;
    assert_eq!(work.len(), 20);
    let address = kill(site).await;
    let mut told = Vec::new();
    for message in &work {
        let (gateway, reports) = (gateway.clone(), delivered(message));
        told.push(tokio::spawn(async move { gateway.report(reports).await }));
        tokio::task::yield_now().await;
    }
    assert!(gateway.lease(&"uk".into(), 100, HOLD).await.is_empty());
    let site = durable.start(address).await;
    // The core knows nothing of who had them, and would hand all out again.
    let fresh = leased(&*gateway, "uk").await;
    assert_eq!(fresh.iter().map(|message| message.id).collect::<Vec<_>>(), ids[20..]);
    for told in told {
        within(told).await.unwrap();
    }
    assert_eq!(*durable.ear.0.lock().unwrap(), ids[..20]);
    assert_eq!(site.state(ids[0]).await, Some(2));
}

#[tokio::test]
async fn what_the_carrier_is_told_waits_until_the_core_has_heard_it() {
    let durable = Durable::new();
    let site = durable.start(ANYWHERE).await;
    let (gateway, ids) = (site.gateway(), site.queue(1).await);
    let work = gateway.lease(&"uk".into(), 1, HOLD).await;
    gateway.report(vec![Report { message: work[0].clone(), attempt: Attempt::Handed("A7".into()) }]).await;
    let address = kill(site).await;
    let report = NetworkReport { lane: "uk".into(), remote: "A7".into(), state: 2, error: 0, done: None };
    let (known, site) = within(async { tokio::join!(gateway.hear(vec![report]), durable.start(address)) }).await;
    assert_eq!((known, site.state(ids[0]).await), (vec![true], Some(2)));
}

/// Makes answers to one path come to nothing for so many times, after the core did its work.
fn losing(router: Router, path: &'static str, times: usize) -> Router {
    let left = Arc::new(AtomicUsize::new(times));
    router.layer(from_fn(move |request: Request, next: Next| {
        let (left, is_it) = (left.clone(), request.uri().path() == path);
        async move {
            let answer = next.run(request).await;
            let take = |left: usize| left.checked_sub(1);
            match is_it && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                true => StatusCode::GATEWAY_TIMEOUT.into_response(),
                false => answer,
            }
        }
    }))
}

#[tokio::test]
async fn reports_whose_answer_is_lost_are_done_once() {
    let site = Site::with(|_| {}, |router| losing(router, "/api/core/report", 2)).await;
    let (gateway, ids) = (site.gateway(), site.queue(1).await);
    let work = gateway.lease(&"uk".into(), 1, HOLD).await;
    within(gateway.report(vec![Report { message: work[0].clone(), attempt: Attempt::TryAgain(8) }])).await;
    let record = site.bench.control.handle.message(ids[0]).await.unwrap();
    assert_eq!((record.message.attempts, record.outcome), (1, None));
    let events = site.bench.control.handle.events(ids[0]).await.unwrap();
    let attempts = events.iter().filter(|event| event.description.contains("failed with error 8")).count();
    assert_eq!(attempts, 1, "{events:?}");
}

#[tokio::test]
async fn a_submission_whose_answer_is_lost_is_not_acknowledged() {
    let site = Site::with(|_| {}, |router| losing(router, "/api/core/submit", 1)).await;
    let gateway = site.gateway();
    assert_eq!(submit(&gateway, message("lost")).await, Err(Refusal::Away));
    assert!(submit(&gateway, message("heard")).await.is_ok());
    assert_eq!(Refusal::Away.to_string(), "the core is away");
}

/// A core that says the same to everything.
async fn saying(status: StatusCode, body: &'static [u8]) -> Listener {
    let router = Router::new().fallback(move || async move { (status, body) });
    Listener::start(ListenOptions::new(ANYWHERE), router).await.unwrap()
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    let huge: &'static [u8] = &[1, 0xFF, 0xFF, 0xFF, 0x7F, 0];
    for (status, body) in [
        (StatusCode::OK, &b""[..]),
        (StatusCode::OK, b"\x01"),
        (StatusCode::OK, b"<html>not a core</html>"),
        (StatusCode::OK, b"\x01\x04\0\0\0\0"),
        (StatusCode::OK, huge),
        (StatusCode::SERVICE_UNAVAILABLE, b"later"),
        (StatusCode::NOT_FOUND, b""),
        (StatusCode::UNAUTHORIZED, b""),
    ] {
        let listener = saying(status, body).await;
        let gateway = gateway(listener.address());
        let question = Question { account: "shop".into(), id: MessageId(1), source: Address::default() };
        assert_eq!(within(gateway.query(question)).await, Err(Refusal::Away), "{status} {body:?}");
        let answers = within(gateway.submit(vec![Submission::new(message("a")), Submission::new(message("b"))])).await;
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!(answer.wait().await, Err(Refusal::Away), "{status} {body:?}");
        }
        assert!(within(gateway.lease(&"uk".into(), 10, HOLD)).await.is_empty());
    }
}

#[tokio::test]
async fn a_core_that_is_away_is_not_called_by_everybody() {
    let listener = saying(StatusCode::SERVICE_UNAVAILABLE, b"").await;
    let client = client(listener.address());
    let gateway = BulkCore::new(client.clone(), Duration::from_secs(3600));
    for _ in 0..300 {
        assert!(gateway.lease(&"uk".into(), 10, HOLD).await.is_empty());
    }
    gateway.release(&[MessageId(1)]);
    let calls: u64 = client.stats().calls.iter().map(|call| call.count).sum();
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_gateway_finds_out_whether_bulk_is_spoken() {
    let site = Site::new().await;
    assert_eq!(BulkCore::is_spoken(&client(site.listener.address())).await, Ok(true));
    for (status, body) in [
        (StatusCode::NOT_FOUND, &b"{}"[..]),
        (StatusCode::OK, b"{\"core\":\"other\",\"wire\":1}"),
        (StatusCode::OK, b"{\"core\":\"smsc\",\"wire\":99}"),
        (StatusCode::OK, b"hello"),
    ] {
        assert_eq!(BulkCore::is_spoken(&client(saying(status, body).await.address())).await, Ok(false));
    }
    let away = saying(StatusCode::SERVICE_UNAVAILABLE, b"").await;
    assert!(BulkCore::is_spoken(&client(away.address())).await.is_err());
}
