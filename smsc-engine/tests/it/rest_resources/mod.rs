//! The REST API beside messages: locations, frontends, events, multimedia messages, signalling events, routes, and the
//! description of it all.

mod account;
mod description;
mod event;
mod frontend;
mod location;
pub(crate) mod log;
mod record;
mod route;
mod schema;
mod tables;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use smsc_engine::api::Submission;
use smsc_engine::core::{Order, Setup};
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId, Route};
use smsc_engine::overlay::AccountBook;
use tower::ServiceExt;

use crate::control::Bench;

/// The API of a centre in memory, and short words to ask it.
struct Api {
    bench: Bench,
    accounts: AccountBook,
    _directory: tempfile::TempDir,
    router: Router,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// `null` if there is no JSON.
    body: Value,
}

impl Api {
    async fn new() -> Api {
        Api::with(Vec::new(), |_| {}).await
    }

    async fn with(routes: Vec<Route>, change: impl FnOnce(&mut Setup)) -> Api {
        let bench = Bench::new(routes, change).await;
        let directory = tempfile::tempdir().unwrap();
        let accounts = account::accounts(&directory).await;
        let options = RestOptions { limits: Limits::NONE, ..RestOptions::default() };
        let router = Rest::with_accounts(bench.control.clone(), options, accounts.clone()).router();
        Api { bench, accounts, _directory: directory, router }
    }

    async fn call(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let peer = ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let request = Request::builder().method(method).uri(path).extension(peer).body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let octets = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&octets).unwrap_or_default();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Body::empty()).await
    }

    /// What is at a path, as text.
    async fn text(&self, path: &str) -> String {
        let peer = ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let request = Request::builder().uri(path).extension(peer).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        String::from_utf8_lossy(&response.into_body().collect().await.unwrap().to_bytes()).into_owned()
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, Body::empty()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body.to_string()).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, body.to_string()).await
    }

    /// Hands in a message to this number.
    async fn submit(&self, called: &str) -> MessageId {
        let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
        message.source = Address::from_number("+15551234567");
        message.destination = Address::from_number(called);
        // Not the same message twice.
        message.user_data = self.bench.control.handle.queue().counts().lanes.len().to_string().into();
        self.bench.control.handle.submit(Submission::new(message)).await.unwrap().id
    }

    /// The ids of what a frontend gets to deliver.
    async fn work(&self, frontend: &str) -> Vec<MessageId> {
        let order = Order { max: 100, hold: std::time::Duration::from_secs(60), unrouted: false };
        let messages = self.bench.control.handle.work(&Lane::from(frontend), order).await;
        messages.iter().map(|message| message.id).collect()
    }
}

impl Answer {
    /// What is in the envelope, after a look at the code.
    #[track_caller]
    fn data(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body.get("data").unwrap_or_else(|| panic!("no envelope: {self:?}"))
    }

    /// What is wrong with a field.
    #[track_caller]
    fn fault(&self, field: &str) -> &str {
        assert_eq!(self.status, 422, "{self:?}");
        self.body["errors"]["fields"][field].as_str().unwrap_or_else(|| panic!("{field} is no fault: {self:?}"))
    }

    #[track_caller]
    fn failed(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        self.body["errors"]["detail"].as_str().unwrap_or_else(|| panic!("no detail: {self:?}"))
    }
}

/// One field of every record of a list.
#[track_caller]
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array().unwrap().iter().map(|record| &record[field]).collect()
}
