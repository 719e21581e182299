//! What strangers try.

use super::*;

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_announced_or_not() {
    let api = Api::with(vec![], |_| {}, |options| options.max_body = 1_000).await;
    let large = hello_with(json!({"message_body": "x".repeat(1_000)})).to_string();
    let announced = Request::builder().method("POST").uri("/api/messages").header("content-length", large.len());
    assert_eq!(api.send(announced.body(large.clone().into()).unwrap()).await.detail(413), "the body is too large");
    let chunks = large.as_bytes().chunks(100).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    let unannounced = Body::from_stream(futures_util::stream::iter(chunks));
    assert_eq!(api.call("POST", "/api/messages", unannounced).await.detail(413), "the body is too large");
    api.created(&hello()).await;
}

#[tokio::test]
async fn deep_and_huge_json_is_malformed() {
    let api = Api::new().await;
    for body in [
        "[".repeat(100_000),
        format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000)),
        format!(r#"{{"source_msisdn": {}}}"#, "[".repeat(10_000)),
        r#"{"priority": 1e999}"#.to_owned(),
        format!(r#"{{"priority": {}}}"#, "9".repeat(100_000)),
        r#"{"message_body": "\ud800"}"#.to_owned(),
    ] {
        let answer = api.call("POST", "/api/messages", body.clone()).await;
        assert!(answer.status == 400 || answer.status == 422, "{answer:?}");
        assert!(answer.json["errors"]["detail"].as_str().unwrap().len() < 1_000, "no echo of what was sent");
    }
}

#[tokio::test]
async fn a_field_that_comes_twice_is_invalid() {
    let api = Api::new().await;
    let body = r#"{"source_msisdn":"1","source_msisdn":"2","destination_msisdn":"3","message_body":"4","source_smsc":"5"}"#;
    assert!(api.call("POST", "/api/messages", body).await.detail(422).contains("duplicate field"));
}

#[tokio::test]
async fn values_do_not_become_headers_and_paths_do_not_leave_the_api() {
    let api = Api::new().await;
    let evil = "a\r\nX-Evil: 1";
    let answer = api.post("/api/messages", &hello_with(json!({"source_msisdn": evil, "dest_smsc": evil}))).await;
    answer.detail(422);
    assert!(!answer.headers.contains_key("x-evil"));
    let id = api.created(&hello_with(json!({"message_body": evil}))).await;
    assert_eq!(api.message(id).await["message_body"], evil);
    for path in ["/api/docs/../../etc/passwd", "/api/docs/%2e%2e/%2e%2e/etc/passwd", "/api/../etc/passwd", "//etc/passwd"] {
        let status = api.get(path).await.status;
        assert!(status.is_client_error(), "{path} {status}");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let api = Api::with(vec![], |_| {}, |options| options.timeout = std::time::Duration::from_millis(20)).await;
    // Its body never comes.
    let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(api.call("POST", "/api/messages", body).await.detail(503), "the request took too long");
}
