//! Receipts as they come in on sessions, with a clock.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smpp_pdu::tlv::{MessagePayload, MessageState, NetworkErrorCode, ReceiptedMessageId, TlvType};
use smpp_pdu::{CommandId, DataCoding, DataSm, DeliverSm, EsmClass};
use sms_codec::receipt::{Habits, Report, Tlvs, text};
use tokio::select;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::net::responder::Incoming;
use crate::{ReceiptConfig, Receipts, Taken, Time, Update};

/// Tells what becomes of messages: [`Receipts`] between sessions and the application.
///
/// ```no_run
/// use std::sync::Arc;
/// use smpp_pdu::{DeliverSmResp, RegisteredDelivery, SubmitSm};
/// use smpp_session::net::{Incoming, Keeper, KeeperConfig, Texts, Tracker};
///
/// # async fn example(config: KeeperConfig) -> Result<(), Box<dyn std::error::Error>> {
/// let tracker = Arc::new(Tracker::new(Default::default()));
/// let taker = tracker.clone();
/// let keeper = Keeper::start(config, Arc::new(move |incoming: Incoming| {
///     if taker.take(&incoming).is_some() {
///         let _ = incoming.answer(&DeliverSmResp::default());
///     }
/// }))?;
/// let template = SubmitSm { registered_delivery: RegisteredDelivery::ALWAYS, ..Default::default() };
/// let sent = keeper.send_text(&Texts::default(), &template, "hello").await?;
/// tracker.expect("my message", &sent.message_ids);
/// println!("{:?}", tracker.next().await.whole);
/// # Ok(())
/// # }
/// ```
pub struct Tracker<K> {
    receipts: Mutex<Receipts<K>>,
    habits: Habits<'static>,
    /// There is something to tell, or another deadline.
    changed: Notify,
    epoch: Instant,
}

impl<K: Clone> Tracker<K> {
    /// Nothing waits.
    pub fn new(config: ReceiptConfig) -> Self {
        let habits = config.habits;
        Tracker { receipts: Mutex::new(Receipts::new(config)), habits, changed: Notify::new(), epoch: Instant::now() }
    }

    /// A message was accepted, its parts under these ids; see [`Receipts::expect`].
    pub fn expect(&self, key: K, message_ids: &[impl AsRef<str>]) {
        self.receipts().expect(key, message_ids, self.now());
        self.changed.notify_one();
    }

    /// Takes a receipt; none if the request is something else. Answering stays with the caller.
    pub fn take(&self, incoming: &Incoming) -> Option<Taken> {
        let taken = read(incoming, &self.habits, |report| self.receipts().take(report, self.now()))?;
        self.changed.notify_one();
        Some(taken)
    }

    /// Waits for something new about a message. Dropping the future loses nothing.
    pub async fn next(&self) -> Update<K> {
        loop {
            let due = {
                let mut receipts = self.receipts();
                receipts.handle_timeout(self.now());
                if let Some(update) = receipts.poll_update() {
                    if receipts.has_update() {
                        // For somebody else who waits.
                        self.changed.notify_one();
                    }
                    return update;
                }
                receipts.poll_timeout().and_then(|due| self.epoch.checked_add(due.since(Time::ZERO)))
            };
            select! {
                () = self.changed.notified() => {}
                () = sleep_until(due.unwrap_or(self.epoch)), if due.is_some() => {}
            }
        }
    }

    /// Messages that wait, or are remembered for the sake of duplicates.
    pub fn len(&self) -> usize {
        self.receipts().len()
    }

    /// True if no message is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn now(&self) -> Time {
        Time::ZERO + self.epoch.elapsed()
    }
}

impl<K> Tracker<K> {
    fn receipts(&self) -> MutexGuard<'_, Receipts<K>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> fmt::Debug for Tracker<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("habits", &self.habits).finish_non_exhaustive()
    }
}

/// Reads a `deliver_sm` or `data_sm` as a receipt, if it is one.
fn read<R>(incoming: &Incoming, habits: &Habits<'_>, then: impl FnOnce(&Report<'_>) -> R) -> Option<R> {
    match incoming.command_id() {
        CommandId::DELIVER_SM => {
            let pdu: DeliverSm<'_> = incoming.read().ok()?;
            report(habits, (pdu.esm_class, pdu.data_coding), pdu.short_message.as_bytes(), pdu.tlvs, then)
        }
        CommandId::DATA_SM => {
            let pdu: DataSm<'_> = incoming.read().ok()?;
            report(habits, (pdu.esm_class, pdu.data_coding), &[], pdu.tlvs, then)
        }
        _ => None,
    }
}

fn report<R>(
    habits: &Habits<'_>,
    (esm_class, data_coding): (EsmClass, DataCoding),
    short_message: &[u8],
    tlvs: smpp_pdu::Tlvs<'_>,
    then: impl FnOnce(&Report<'_>) -> R,
) -> Option<R> {
    let payload = || tlvs.raw(MessagePayload::TAG).unwrap_or_default();
    let user_data = if short_message.is_empty() { payload() } else { short_message };
    let text = text(esm_class.0, data_coding.0, user_data);
    let state = tlvs.raw(MessageState::TAG);
    let own = Tlvs {
        receipted_message_id: tlvs.raw(ReceiptedMessageId::TAG),
        message_state: state.and_then(|octets| octets.first().copied().filter(|_| octets.len() == 1)),
        network_error_code: tlvs.raw(NetworkErrorCode::TAG),
    };
    habits.read(esm_class.0, &text, own).map(|report| then(&report))
}
