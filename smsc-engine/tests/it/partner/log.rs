//! What the log says of those who are not let in.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use smpp_session::BindKind;
use smpp_session::net::Client;
use smpp_session::{Config, Credentials};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::world::{World, bind, eventually, partner, soon};

/// Keeps every line.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Lines {
    /// The lines with this text.
    fn with(&self, text: &str) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} ", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn every_refusal_is_logged_with_its_reason_and_source_and_without_the_password() {
    let lines = Arc::new(Lines::default());
    let _guard = tracing::subscriber::set_default(lines.clone());
    let mut closed = partner("closed");
    closed.ip_whitelist = vec!["192.0.2.0/24".parse().unwrap()];
    let mut one_way = partner("one_way");
    one_way.allowed_bind_types = vec![BindKind::Receiver];
    let mut single = partner("single");
    single.max_sessions = 1;
    let world = World::with(&[], vec![closed, one_way, single], |server| server.max_connections = 2).await;
    let empty = lines.with("ip_whitelist is empty");
    assert!(empty.len() == 2 && empty.iter().all(|line| line.starts_with("WARN")), "{empty:?}");
    let _only = bind(&world, "single").await;
    let cases = [
        ("nobody", "hunter22", "authentication error: unknown system_id"),
        ("single", "hunter22", "authentication error: wrong password"),
        ("closed", "secret", "the address is not on the list of those allowed"),
        ("one_way", "secret", "this type of bind is not allowed"),
        ("single", "secret", "too many sessions under this name"),
    ];
    for (system_id, password, reason) in cases {
        let client = Client::connect(world.address(), Config::default(), |_| {}).await.unwrap();
        let source = client.local().unwrap().to_string();
        soon(client.bind(BindKind::Transmitter, &Credentials::new(system_id, password))).await.unwrap_err();
        let told = lines.with("bind failed").pop().unwrap();
        let parts = ["WARN", reason, source.as_str(), system_id];
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        soon(client.closed()).await;
        eventually("its connection is gone", || world.binds.listener().unwrap().connections == 1).await;
    }
    let _second = Client::connect(world.address(), Config::default(), |_| {}).await.unwrap();
    let third = Client::connect(world.address(), Config::default(), |_| {}).await.unwrap();
    let source = third.local().unwrap().to_string();
    soon(third.closed()).await;
    assert!(lines.with("too many connections").iter().any(|line| line.contains("bind failed") && line.contains(&source)));
    assert!(lines.with("hunter22").is_empty() && lines.with("secret").is_empty());
}
