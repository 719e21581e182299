//! What every request goes through: addresses, keys, limits, names, the description.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::request::Builder;
use smsc_engine::accounts::Secret;

use super::*;

/// A request from this address.
fn from(address: &str) -> Builder {
    let peer: SocketAddr = format!("{address}:4711").parse().unwrap();
    Request::builder().extension(ConnectInfo(peer))
}

fn get_from(address: &str, path: &str) -> Request<Body> {
    from(address).uri(path).body(Body::empty()).unwrap()
}

async fn keyed() -> Api {
    let keys = [("shop", "key-of-the-shop"), ("bank", "key-of-the-bank")];
    let keys = keys.map(|(name, key)| (name.to_owned(), Secret::new(key)));
    Api::with(vec![route("44", "uk")], |_| {}, |options| options.keys = keys.into()).await
}

#[tokio::test]
async fn each_endpoint_has_its_limit_and_tells_how_the_caller_stands() {
    let api = Api::with(vec![], |_| {}, |options| options.limits = Limits::default()).await;
    for (method, path, limit) in [
        ("POST", "/api/messages", 100),
        ("POST", "/api/messages/create_async", 1_000),
        ("POST", "/api/messages_raw", 100),
        ("POST", "/api/messages_raw/async", 1_000),
        ("GET", "/api/status", 1_000),
        ("GET", "/api/messages", 1_000),
        ("DELETE", "/api/messages/1", 100),
    ] {
        api.bench.pass(10);
        let reset = (api.bench.clock.now().0 / 1000 + 1).to_string();
        for left in (0..limit).rev() {
            let answer = api.call(method, path, "").await;
            assert_ne!(answer.status, 429, "{path}");
            let headers = ["limit", "remaining", "reset"].map(|name| answer.header(&format!("x-ratelimit-{name}")).to_owned());
            assert_eq!(headers, [limit.to_string(), left.to_string(), reset.clone()], "{path}");
        }
        let answer = api.call(method, path, "").await;
        assert_eq!(answer.detail(429), "rate limit exceeded, try again in 1 seconds");
        assert_eq!((answer.header("retry-after"), answer.header("x-ratelimit-remaining")), ("1", "0"));
        api.bench.pass(2);
        assert_ne!(api.call(method, path, "").await.status, 429, "{path}");
    }
}

#[tokio::test]
async fn limits_are_for_each_address_and_can_be_changed() {
    let limits = Limits { reads: Some(3), ..Limits::NONE };
    let trusted = vec!["10.0.0.0/8".parse().unwrap()];
    let api = Api::with(vec![], |_| {}, |options| (options.limits, options.trusted_proxies) = (limits, trusted)).await;
    for address in ["192.0.2.1", "192.0.2.2"] {
        for _ in 0..3 {
            api.send(get_from(address, "/api/messages")).await.data(200);
        }
        api.send(get_from(address, "/api/messages")).await.detail(429);
    }
    let through =
        |proxy, client: &str| from(proxy).uri("/api/messages").header("X-Forwarded-For", client).body(Body::empty()).unwrap();
    api.send(through("10.0.0.1", "192.0.2.1")).await.detail(429);
    api.send(through("10.0.0.1", "192.0.2.3")).await.data(200);
    api.send(through("192.0.2.1", "192.0.2.4")).await.detail(429);
    api.rest.set_options(RestOptions { limits: Limits::NONE, ..RestOptions::default() });
    assert!(!api.send(get_from("192.0.2.1", "/api/messages")).await.headers.contains_key("x-ratelimit-limit"));
}

#[tokio::test]
async fn limits_are_not_for_a_key_that_says_so() {
    let key = |name: &str| (name.to_owned(), Secret::new(format!("the-key-of-{name}")));
    let api = Api::with(
        vec![],
        |_| {},
        |options| {
            options.limits = Limits { reads: Some(2), writes: Some(2), ..Limits::NONE };
            (options.keys, options.unlimited) = (vec![key("shop"), key("gateway")], vec!["gateway".into()]);
        },
    )
    .await;
    let asks = |key: &str| {
        let request = from("192.0.2.1").uri("/api/messages").header("X-API-Key", key);
        request.body(Body::empty()).unwrap()
    };
    for _ in 0..10 {
        let answer = api.send(asks("the-key-of-gateway")).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("x-ratelimit-limit"), "there is none");
    }
    for key in ["the-key-of-shop", "a-key-of-nobody", "the-key-of-shop"] {
        api.send(asks(key)).await;
    }
    api.send(asks("the-key-of-shop")).await.detail(429);
    api.send(asks("a-key-of-nobody")).await.detail(429);
    assert_eq!(api.send(asks("the-key-of-gateway")).await.status, 200);
}

#[tokio::test]
async fn without_keys_everybody_may_call_and_with_keys_only_who_has_one() {
    assert_eq!(Api::new().await.get("/api/messages").await.status, 200);
    let api = keyed().await;
    for key in [None, Some(""), Some("key-of-the-shopx"), Some("key-of-the-sho"), Some("shop")] {
        let mut request = Request::builder().uri("/api/messages");
        if let Some(key) = key {
            request = request.header("X-API-Key", key);
        }
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.detail(401).starts_with("authentication required"), "{key:?}");
    }
    for (name, key) in [("shop", "key-of-the-shop"), ("bank", "key-of-the-bank")] {
        let mut body = hello();
        body.as_object_mut().unwrap().remove("source_smsc");
        let request = Request::builder().method("POST").uri("/api/messages").header("x-api-key", key);
        let answer = api.send(request.body(body.to_string().into()).unwrap()).await;
        assert_eq!(answer.data(201)["source_smsc"], name, "a caller that is known need not say who it is");
    }
    for path in ["/api/status", "/api/system/health", "/api/docs/", "/api/openapi.json"] {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    assert_eq!(api.get("/api/nothing").await.status, 401);
}

#[tokio::test]
async fn keys_show_themselves_nowhere() {
    let api = keyed().await;
    let shown = format!("{:?}", api.rest.options());
    assert!(shown.contains("bank") && !shown.contains("key-of"), "{shown}");
}

#[tokio::test]
async fn only_allowed_networks_may_call() {
    let allow = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let api = Api::with(vec![], |_| {}, |options| options.allow = allow).await;
    for address in ["192.0.2.7", "[::ffff:192.0.2.7]", "[2001:db8::7]"] {
        assert_eq!(api.send(get_from(address, "/api/status")).await.status, 200, "{address}");
    }
    for address in ["192.0.3.7", "[2001:db9::7]", "127.0.0.1"] {
        assert_eq!(api.send(get_from(address, "/api/status")).await.detail(403), "this address may not call");
    }
}

#[tokio::test]
async fn a_page_of_another_site_may_look_but_not_touch() {
    let api = Api::new().await;
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 201), ("none", 201)] {
        let request = Request::builder().method("POST").uri("/api/messages").header("Sec-Fetch-Site", site);
        let body = hello_with(json!({ "message_body": site }));
        assert_eq!(api.send(request.body(body.to_string().into()).unwrap()).await.status, status, "{site}");
    }
}

#[tokio::test]
async fn a_request_keeps_its_name_if_it_is_fit_for_a_log() {
    let api = Api::new().await;
    let named = |id: &str| Request::builder().uri("/api/status").header("x-request-id", id).body(Body::empty()).unwrap();
    assert_eq!(api.send(named("abc-123")).await.header("x-request-id"), "abc-123");
    for id in ["", "with space", &"x".repeat(129)] {
        let given = api.send(named(id)).await.header("x-request-id").to_owned();
        assert!(given != id && given.len() == 16, "{given}");
    }
    let (one, two) = (api.get("/api/status").await, api.get("/api/status").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn answers_forbid_browsers_to_make_more_of_them() {
    let api = Api::new().await;
    for path in ["/api/status", "/api/nothing"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(answer.header("content-type"), "application/json");
    }
    assert!(api.get("/api/docs/").await.header("content-security-policy").contains("default-src 'self'"));
}

#[tokio::test]
async fn unknown_paths_and_methods_get_errors_of_the_usual_form() {
    let api = Api::new().await;
    assert_eq!(api.get("/api/nothing").await.detail(404), "there is nothing at /api/nothing");
    assert_eq!(api.call("PUT", "/api/status", "").await.detail(405), "PUT cannot be done to /api/status");
}

#[tokio::test]
async fn the_core_tells_that_it_lives_and_whether_it_takes_messages() {
    let api = Api::new().await;
    let expected = json!({"status": "ok", "application": "test centre", "timestamp": "2026-11-28T12:00:00Z"});
    assert_eq!(api.get("/api/status").await.json, expected);
    let checks =
        json!({"store": "ok", "database": "disabled", "charging": "disabled", "enum": "disabled", "cluster": "disabled"});
    assert_eq!(api.get("/api/system/health").await.json["checks"], checks);
    api.bench.control.handle.queue().close().await.unwrap();
    let answer = api.get("/api/system/health").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["status"], &answer.json["checks"]["store"]),
        (503, &json!("error"), &json!("error"))
    );
    api.post("/api/messages", &hello()).await.detail(503);
    assert_eq!(api.get("/api/status").await.status, 200);
}

#[tokio::test]
async fn the_description_has_every_path_and_every_field() {
    let api = Api::new().await;
    let description = api.get("/api/openapi.json").await.json;
    for (path, methods) in [
        ("/api/status", "get"),
        ("/api/messages", "get post"),
        ("/api/messages/create_async", "post"),
        ("/api/messages_raw", "post"),
        ("/api/messages_raw/async", "post"),
        ("/api/messages/get_by_smsc", "get"),
        ("/api/messages/queue", "get"),
        ("/api/message_queue", "get"),
        ("/api/messages/{id}", "get patch put delete"),
        ("/api/messages/{id}/increment_delivery_attempt", "post"),
        ("/api/messages/{id}/mark_delivered", "post"),
        ("/api/messages/{id}/delivery_status", "put"),
    ] {
        let served = description["paths"][path].as_object().unwrap_or_else(|| panic!("{path} is not described"));
        assert_eq!(served.keys().filter(|key| methods.split(' ').any(|method| method == *key)).count(), served.len(), "{path}");
        assert_eq!(served.len(), methods.split(' ').count(), "{path}");
        for method in methods.split(' ') {
            let answer = api.call(&method.to_uppercase(), &path.replace("{id}", "1"), "").await;
            assert_ne!(answer.status, 405, "{method} {path}");
        }
    }
    let message = api.message(api.created(&hello()).await).await;
    let described = &description["components"]["schemas"]["MessageForm"]["properties"];
    for field in message.as_object().unwrap().keys() {
        assert!(described[field].is_object(), "{field} is not described");
    }
    for (name, words) in [("CodingGroup", 5), ("CharacterSet", 4), ("StatusWord", 5)] {
        let described = &description["components"]["schemas"][name];
        assert_eq!(described["enum"].as_array().map(Vec::len), Some(words), "{described}");
    }
}

#[tokio::test]
async fn answers_are_counted() {
    let api = Api::new().await;
    api.created(&hello()).await;
    api.post("/api/messages", &json!({})).await.detail(422);
    api.get("/api/status").await;
    let figures = smsc_engine::http::metrics::text(&api.bench.control).await;
    for (resource, class, count) in [("messages", "2xx", 1), ("messages", "4xx", 1), ("status", "2xx", 1)] {
        let line = format!("{{resource=\"{resource}\",status=\"{class}\"}} {count}\n");
        assert!(figures.contains(&line), "{line} is not in {figures}");
    }
}
