//! The REST API, asked as its clients ask it.

mod attack;
mod create;
mod door;
mod item;
mod list;
mod listen;
mod raw;
mod work;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use smsc_engine::core::Setup;
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::{MessageId, Route};
use tower::ServiceExt;

use crate::control::{Bench, route};

/// The API of a centre in memory.
struct Api {
    bench: Bench,
    rest: Arc<Rest>,
    router: Router,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

impl Answer {
    /// What is in the envelope, after a look at the code.
    fn data(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self:?}");
        &self.json["data"]
    }

    /// What is wrong, after a look at the code and the form.
    fn detail(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        self.json["errors"]["detail"].as_str().expect("every error has a detail")
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Api {
    /// Numbers in Britain go through `uk`; nothing is limited.
    async fn new() -> Api {
        Api::with(vec![route("44", "uk")], |_| {}, |_| {}).await
    }

    async fn with(routes: Vec<Route>, change: impl FnOnce(&mut Setup), choose: impl FnOnce(&mut RestOptions)) -> Api {
        let bench = Bench::new(routes, change).await;
        let mut options = RestOptions { limits: Limits::NONE, ..RestOptions::default() };
        choose(&mut options);
        let rest = Rest::new(bench.control.clone(), options);
        let router = rest.router();
        Api { bench, rest, router }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let octets = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&octets).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, json }
    }

    async fn call(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::builder().method(method).uri(path).body(body.into()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Body::empty()).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, body.to_string()).await
    }

    async fn patch(&self, id: u64, body: Value) -> Answer {
        self.call("PATCH", &format!("/api/messages/{id}"), body.to_string()).await
    }

    /// Hands in a message and returns its id.
    async fn created(&self, body: &Value) -> u64 {
        self.post("/api/messages", body).await.data(201)["id"].as_u64().unwrap()
    }

    /// The message as it stands.
    async fn message(&self, id: u64) -> Value {
        self.get(&format!("/api/messages/{id}")).await.data(200).clone()
    }

    /// The ids of a frontend's work.
    async fn work(&self, path: &str) -> Vec<u64> {
        ids(self.get(path).await.data(200))
    }

    /// The ids of a frontend's work, its name in a header.
    async fn work_of(&self, headers: &[(&str, &str)]) -> Vec<u64> {
        let mut request = Request::builder().uri("/api/messages");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ids(self.send(request.body(Body::empty()).unwrap()).await.data(200))
    }

    async fn events(&self, id: u64) -> Vec<String> {
        let events = self.bench.control.handle.events(MessageId(id)).await.unwrap();
        events.into_iter().map(|event| event.name.to_string()).collect()
    }
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|message| message["id"].as_u64().unwrap()).collect()
}

/// The sample of the documents.
fn hello() -> Value {
    json!({
        "source_msisdn": "+15551234567", "destination_msisdn": "+447700900000",
        "message_body": "Hello World", "source_smsc": "api_client",
    })
}

/// The sample with some fields changed.
fn hello_with(changes: Value) -> Value {
    let mut body = hello();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}
