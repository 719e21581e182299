//! A centre in a temporary directory, and an ESME that talks to it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use smpp_pdu::{Addr, DeliverSm, DeliverSmResp, Frame, Profile, RegisteredDelivery, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};
use smsc_engine::config::Settings;
use smsc_engine::core::Policy;
use smsc_engine::frontend::Account;
use smsc_engine::sandbox::SandboxConfig;
use smsc_engine::{Centre, CentreConfig};
use tokio::sync::mpsc;

/// Settings of a centre that takes free ports only.
pub(crate) fn settings(directory: &Path) -> Settings {
    let mut settings = Settings::default();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.storage.directory = directory.into();
    (settings.smpp.listen, settings.api.port.listen, settings.web.port.listen, settings.metrics.port.listen) =
        (free, free, free, free);
    settings
}

/// A quick centre without HTTP, where messages may repeat.
pub(crate) fn config(directory: &Path) -> CentreConfig {
    let mut settings = settings(directory);
    (settings.api.port.enabled, settings.web.port.enabled, settings.metrics.port.enabled) = (false, false, false);
    settings.lifecycle.fingerprint_ttl_minutes = 0;
    let mut config = CentreConfig::from(settings);
    config.policy = Policy { retry_base: Duration::from_millis(50), ..config.policy };
    config.frontend.accounts = vec![Account::new("shop", "secret"), Account::new("other", "secret")];
    config.sandbox = SandboxConfig { delay: Duration::ZERO, slow: Duration::from_millis(100), ..SandboxConfig::default() };
    config
}

pub(crate) async fn start(directory: &Path) -> Centre {
    Centre::start(config(directory)).await.unwrap()
}

/// A bound ESME and what was delivered to it.
pub(crate) struct Esme {
    pub(crate) client: Client,
    pub(crate) delivered: mpsc::UnboundedReceiver<Frame>,
}

pub(crate) async fn bind(centre: &Centre, kind: BindKind) -> Esme {
    bind_as(centre, kind, ("shop", Config::default())).await
}

pub(crate) async fn bind_as(centre: &Centre, kind: BindKind, (account, config): (&str, Config)) -> Esme {
    let (sender, delivered) = mpsc::unbounded_channel();
    let service = move |incoming: Incoming| {
        sender.send(incoming.frame().clone()).unwrap();
        incoming.answer(&DeliverSmResp::default()).unwrap();
    };
    let client = Client::connect(centre.smpp_address(), config, service).await.unwrap();
    client.bind(kind, &Credentials::new(account, "secret")).await.unwrap();
    Esme { client, delivered }
}

impl Esme {
    /// The next delivery.
    pub(crate) async fn next(&mut self) -> Frame {
        tokio::time::timeout(Duration::from_secs(10), self.delivered.recv()).await.expect("a delivery in time").unwrap()
    }

    pub(crate) async fn submit(&self, pdu: &SubmitSm<'_>) -> String {
        let response = self.client.call(pdu).await.unwrap();
        let accepted: SubmitSmResp<'_> = response.read().unwrap();
        accepted.message_id.as_str().unwrap().to_string()
    }
}

pub(crate) fn message<'a>(destination: &'a str, text: &'a str) -> SubmitSm<'a> {
    SubmitSm {
        source_addr: Addr::alphanumeric("Shop").unwrap(),
        destination_addr: Addr::international(destination).unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new(text).unwrap(),
        ..Default::default()
    }
}

pub(crate) fn deliver(frame: &Frame) -> DeliverSm<'_> {
    frame.read(&Profile::STRICT).unwrap()
}

pub(crate) fn text<'a>(pdu: &DeliverSm<'a>) -> &'a str {
    std::str::from_utf8(pdu.short_message.as_bytes()).unwrap()
}
