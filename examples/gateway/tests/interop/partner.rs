//! A partner of the gateway that keeps account of every answer and every receipt.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{Addr, CommandStatus, DeliverSm, DeliverSmResp, RegisteredDelivery, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{Endpoint, Incoming, Keeper, KeeperConfig};
use smpp_session::{Backoff, BindKind, Config, Credentials};
use sms_codec::receipt::Receipt;

/// A partner that stays bound, or comes back.
pub(crate) struct Partner {
    keeper: Keeper,
    got: Arc<Got>,
}

/// What came to a partner.
#[derive(Default)]
pub(crate) struct Got {
    /// How often each message was reported on, by the id its response had.
    receipts: Mutex<HashMap<String, usize>>,
    /// Texts that are no receipts, in the order they came.
    texts: Mutex<Vec<Vec<u8>>>,
    /// Submissions that were not answered with success, by what came instead.
    refused: Mutex<HashMap<String, u64>>,
    tries: AtomicU64,
}

impl Partner {
    /// Binds to a gateway as this partner.
    pub(crate) fn bind(gateway: SocketAddr, system_id: &str) -> Partner {
        let got = Arc::new(Got::default());
        let taken = got.clone();
        let service = move |incoming: Incoming| {
            let Ok(pdu) = incoming.read::<DeliverSm<'_>>() else { return drop(incoming) };
            let text = pdu.short_message.as_bytes();
            let receipt = std::str::from_utf8(text).ok().filter(|_| pdu.esm_class.0 & 0x3C == 0x04);
            match receipt.and_then(|text| Receipt::parse(text).id) {
                Some(id) => *taken.receipts.lock().unwrap().entry(id.to_owned()).or_default() += 1,
                None => taken.texts.lock().unwrap().push(text.to_vec()),
            }
            let _ = incoming.answer(&DeliverSmResp::default());
        };
        let mut endpoint = Endpoint::new(gateway.to_string());
        endpoint.config = Config { window: 1000, pause_on_throttle: None, ..Config::default() };
        let mut config = KeeperConfig::new(endpoint, BindKind::Transceiver, Credentials::new(system_id, "secret"));
        let soon = Duration::from_millis(100);
        let mut backoff = Backoff::default();
        (backoff.first, backoff.longest, backoff.first_refused, backoff.longest_refused) = (soon, soon * 5, soon, soon * 5);
        config.backoff = backoff;
        let keeper = Keeper::start(config, Arc::new(service)).unwrap().with_patience(Duration::from_secs(60));
        Partner { keeper, got }
    }

    pub(crate) fn got(&self) -> &Arc<Got> {
        &self.got
    }

    /// Waits for the session.
    pub(crate) async fn bound(&self) {
        self.keeper.link().await.expect("the gateway lets the partner in");
    }

    /// Submits once; the id, or what came instead.
    pub(crate) async fn submit(&self, destination: &str, text: &[u8]) -> Result<String, String> {
        let message = SubmitSm {
            source_addr: Addr::international("447700900000").unwrap(),
            destination_addr: Addr::international(destination).unwrap(),
            registered_delivery: RegisteredDelivery::ALWAYS,
            short_message: ShortMessage::new(text).unwrap(),
            ..Default::default()
        };
        self.call(&message).await
    }

    /// Submits a message with fields of the test's own.
    pub(crate) async fn call(&self, message: &SubmitSm<'_>) -> Result<String, String> {
        self.got.tries.fetch_add(1, Ordering::Relaxed);
        let why = match self.keeper.call(message).await {
            Ok(response) if response.status() == CommandStatus::ROK => {
                return Ok(response.read::<SubmitSmResp<'_>>().unwrap().message_id.to_string());
            }
            Ok(response) => response.status().to_string(),
            Err(error) => error.to_string(),
        };
        *self.got.refused.lock().unwrap().entry(why.clone()).or_default() += 1;
        Err(why)
    }

    /// Submits until it is answered with success; gives the id.
    pub(crate) async fn insist(&self, destination: &str, text: &[u8]) -> String {
        loop {
            if let Ok(id) = self.submit(destination, text).await {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Got {
    pub(crate) fn receipts(&self) -> HashMap<String, usize> {
        self.receipts.lock().unwrap().clone()
    }

    pub(crate) fn texts(&self) -> Vec<Vec<u8>> {
        self.texts.lock().unwrap().clone()
    }

    /// What was answered instead of success, and how often.
    pub(crate) fn refused(&self) -> HashMap<String, u64> {
        self.refused.lock().unwrap().clone()
    }

    /// Submissions so far, repeats among them.
    pub(crate) fn tries(&self) -> u64 {
        self.tries.load(Ordering::Relaxed)
    }
}
