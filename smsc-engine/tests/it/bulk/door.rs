//! Who may talk in bulk, and how much.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use http_body_util::BodyExt;
use smsc_engine::accounts::Secret;
use tower::ServiceExt;

use super::*;

const CALLS: [&str; 9] = ["submit", "query", "cancel", "replace", "lease", "report", "hear", "release", "watch"];

/// Calls from an address, with a key or without; gives status and text.
async fn call(rest: &Arc<Rest>, from: [u8; 4], key: Option<&str>, (path, body): (&str, Vec<u8>)) -> (u16, String) {
    let mut request = Request::builder().method("POST").uri(format!("/api/core/{path}"));
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 1234))));
    let answer = rest.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    // Some answers have no end.
    let text = if status == 200 { Vec::new() } else { answer.into_body().collect().await.unwrap().to_bytes().to_vec() };
    (status, String::from_utf8_lossy(&text).into_owned())
}

async fn rest(choose: impl FnOnce(&mut RestOptions)) -> (Bench, Arc<Rest>) {
    let bench = Bench::new(vec![], |_| {}).await;
    let mut options = RestOptions::default();
    choose(&mut options);
    let rest = Rest::new(bench.control.clone(), options);
    (bench, rest)
}

const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [192, 0, 2, 1];

#[tokio::test]
async fn without_keys_only_programs_on_the_machine_may_call() {
    let (_bench, rest) = rest(|_| {}).await;
    for path in CALLS {
        let (status, text) = call(&rest, ELSEWHERE, None, (path, vec![])).await;
        assert!(status == 403 && text.contains("give gateways keys"), "{path}: {status} {text}");
        assert_eq!(call(&rest, HERE, None, (path, vec![])).await.0, 400, "{path}");
    }
}

#[tokio::test]
async fn with_keys_whoever_shows_one_may_call() {
    let (_bench, rest) = rest(|options| options.keys = vec![("gateway".into(), Secret::new("open sesame"))]).await;
    for path in CALLS {
        assert_eq!(call(&rest, HERE, None, (path, vec![])).await.0, 401, "{path}");
        assert_eq!(call(&rest, ELSEWHERE, Some("guessed"), (path, vec![])).await.0, 401, "{path}");
        assert_eq!(call(&rest, ELSEWHERE, Some("open sesame"), (path, vec![])).await.0, 400, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_with_the_field() {
    let (_bench, rest) = rest(|_| {}).await;
    for (path, body, field) in [
        ("submit", vec![], "version: octets missing"),
        ("submit", vec![2], "version 2 is not known"),
        ("submit", vec![1, 1, 0, 0, 0], "item 0: message: octets missing"),
        ("submit", vec![1, 0xFF, 0xFF, 0, 0], "count: more than 20000"),
        ("query", vec![1, 200], "account: octets missing"),
        ("report", vec![1, 0, 0, 0], "teller: octets missing"),
        ("watch", vec![1, 0, 0, 0, 0, 9], "end: octets left over"),
    ] {
        let (status, text) = call(&rest, HERE, None, (path, body)).await;
        assert!(status == 400 && text.contains(field), "{path}: {status} {text}");
    }
    // A lane that is the core's own.
    let lane = |name: &str| [&[1, name.len() as u8], name.as_bytes(), &[1, 0, 0, 0], &[0; 8]].concat();
    for name in ["", "!rejected"] {
        let (status, text) = call(&rest, HERE, None, ("lease", lane(name))).await;
        assert!(status == 422 && text.contains("lane"), "{status} {text}");
    }
    assert_eq!(call(&rest, HERE, None, ("lease", lane("uk"))).await.0, 200);
}

#[tokio::test]
async fn bodies_have_a_limit_of_their_own_and_calls_none() {
    let (_bench, rest) = rest(|options| {
        (options.max_body, options.max_bulk) = (10, 1_000);
        options.limits.writes = Some(1);
    })
    .await;
    for _ in 0..5 {
        assert_eq!(call(&rest, HERE, None, ("hear", vec![1, 0, 0, 0, 0])).await.0, 200);
        assert_eq!(call(&rest, HERE, None, ("hear", vec![1; 1_000])).await.0, 400);
        assert_eq!(call(&rest, HERE, None, ("hear", vec![1; 1_001])).await.0, 413);
    }
}
