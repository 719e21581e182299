//! Brings an ESME its receipts and messages: one courier for each session that can receive.
//!
//! Couriers of one account take from the same lane, so what one session cannot take the next one does.

mod line;

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use smpp_pdu::Version;
use smpp_pdu::tlv::{self, Text, Tlv, TlvType};
use smpp_pdu::{
    Addr, CStr, Class, CommandStatus, DataCoding, DeliverSm, EsmClass, Npi, RegisteredDelivery, ShortMessage, Tlvs, Ton,
    ValueError,
};
use smpp_session::RequestError;
use smpp_session::net::{Batch, Link, Pending, Response, Unanswered};
use sms_codec::receipt::{Dialect, Receipt};

pub(in crate::frontend) use line::Line;

use super::text::{IdText, Notation};
use crate::accounts::Defaults;
use crate::api::{Attempt, CoreApi, Report};
use crate::model::{Address, FinalState, Kind, Lane, Message, MessageId, Timestamp};

/// Delivers until the session is over.
pub(super) async fn deliver(link: Link, line: Arc<Line>, defaults: Defaults) {
    let (core, lane) = (line.core.clone(), line.lane.clone());
    let mut work = core.watch(&lane);
    let mut flight = Flight::new(Wishes::of(&defaults, link.version().unwrap_or_default()));
    loop {
        work.seen();
        let room = link.free().min(MOST_AT_ONCE);
        let messages = if room > 0 { core.lease(&lane, room, HOLD).await } else { Vec::new() };
        let unsent = flight.send(&link, messages);
        core.release(&unsent);
        if !flight.unfit.is_empty() {
            core.report(std::mem::take(&mut flight.unfit)).await;
        }
        let until_due = core.next_due(&lane).unwrap_or(Timestamp::MAX).since(Timestamp::now());
        let due = tokio::time::sleep(until_due.clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        tokio::select! {
            // What has landed is settled before anything else.
            biased;
            landed = flight.landed(), if !flight.is_empty() => core.report(landed).await,
            _ = link.closed() => break,
            more = work.changed(), if room > 0 => if !more { break },
            () = due, if room > 0 => {}
        }
    }
    // Every request of a closed session has ended.
    while !flight.is_empty() {
        let landed = flight.landed().await;
        core.report(landed).await;
    }
}

/// Messages sent and not yet answered.
struct Flight {
    wishes: Wishes,
    sent: Vec<(Message, Pending)>,
    /// Messages that cannot be written as a PDU.
    unfit: Vec<Report>,
}

impl Flight {
    fn new(wishes: Wishes) -> Flight {
        Flight { wishes, sent: Vec::new(), unfit: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Sends as much as the session takes; returns what it did not take.
    fn send(&mut self, link: &Link, messages: Vec<Message>) -> Vec<MessageId> {
        let mut batch = Batch::new();
        let mut unsent = Vec::new();
        for message in messages {
            if !unsent.is_empty() {
                unsent.push(message.id);
                continue;
            }
            match self.wishes.request(&mut batch, link, &message) {
                Ok(pending) => self.sent.push((message, pending)),
                Err(SendError::Unfit) => {
                    tracing::error!(message_id = %message.id, "a message cannot be written as deliver_sm");
                    self.unfit.push(Report { message, attempt: Attempt::Failed(FinalState::Undeliverable, 0) });
                }
                Err(SendError::NotNow) => unsent.push(message.id),
            }
        }
        unsent
    }

    /// Waits until something is answered and returns all that is.
    fn landed(&mut self) -> impl Future<Output = Vec<Report>> + '_ {
        std::future::poll_fn(move |cx| {
            let mut landed = Vec::new();
            let mut at = 0;
            while let Some((_, pending)) = self.sent.get_mut(at) {
                match Pin::new(pending).poll(cx) {
                    Poll::Pending => at += 1,
                    Poll::Ready(answer) => {
                        let (message, _) = self.sent.swap_remove(at);
                        landed.push(Report { message, attempt: attempt(answer) });
                    }
                }
            }
            if landed.is_empty() { Poll::Pending } else { Poll::Ready(landed) }
        })
    }
}

enum SendError {
    Unfit,
    NotNow,
}

/// How an account wants its receipts.
#[derive(Clone, Copy)]
struct Wishes {
    dialect: Dialect,
    notation: Notation,
}

impl Wishes {
    fn of(defaults: &Defaults, version: Version) -> Wishes {
        Wishes { dialect: defaults.dialect, notation: Notation::of(defaults.message_id, version) }
    }

    fn request(self, batch: &mut Batch, link: &Link, message: &Message) -> Result<Pending, SendError> {
        let user_data = self.user_data(message);
        let payload = tlv::MessagePayload(&user_data).tlv();
        let long = user_data.len() > LONGEST_SHORT_MESSAGE;
        let relayed = Tlvs::parse(&message.tlvs).unwrap_or_default();
        let id = self.renamed(message).map(|id| IdText::new(id, self.notation));
        let renamed = id.as_ref().map(|id| tlv::ReceiptedMessageId(Text(id.octets())).tlv());
        let list: Vec<Tlv<'_>> = if long || renamed.is_some() {
            let others = relayed.iter().filter(|(tag, _)| renamed.is_none() || *tag != tlv::ReceiptedMessageId::TAG);
            others.map(|(tag, value)| Tlv::octets(tag, value)).chain(renamed).chain(long.then_some(payload)).collect()
        } else {
            Vec::new()
        };
        let tlvs = if list.is_empty() { relayed } else { Tlvs::list(&list) };
        let short_message: &[u8] = if long { &[] } else { &user_data };
        let pdu = deliver_sm(message, short_message, tlvs).map_err(|_| SendError::Unfit)?;
        batch.request(link, &pdu).map_err(|error| match error {
            RequestError::Encode(_) => SendError::Unfit,
            _ => SendError::NotNow,
        })
    }

    /// The text; a receipt in the account's dialect, which names the message as its responses do.
    fn user_data(self, message: &Message) -> Cow<'_, [u8]> {
        let usual = self.dialect == Dialect::STANDARD && self.notation == Notation::Decimal;
        let (Kind::Receipt, false, Some(id), Ok(text)) =
            (message.kind, usual, message.about, std::str::from_utf8(&message.user_data))
        else {
            return Cow::Borrowed(&message.user_data);
        };
        let id = IdText::new(id, self.notation);
        let receipt = Receipt { id: Some(id.as_str()), ..Receipt::parse(text) };
        receipt.display(self.dialect).to_string().into_bytes().into()
    }

    /// The message a receipt is about, if its TLV must name it in another way than the core did.
    fn renamed(self, message: &Message) -> Option<MessageId> {
        message.about.filter(|_| message.kind == Kind::Receipt && self.notation == Notation::Hexadecimal)
    }
}

fn deliver_sm<'a>(message: &'a Message, short_message: &'a [u8], tlvs: Tlvs<'a>) -> Result<DeliverSm<'a>, ValueError> {
    Ok(DeliverSm {
        service_type: CStr::new(message.service_type.octets())?,
        source_addr: addr(&message.source)?,
        destination_addr: addr(&message.destination)?,
        esm_class: EsmClass(message.esm_class),
        protocol_id: message.protocol_id,
        // Other systems know more levels.
        priority_flag: message.priority.min(HIGHEST_PRIORITY),
        registered_delivery: RegisteredDelivery(message.registered_delivery),
        data_coding: DataCoding(message.data_coding),
        short_message: ShortMessage::new(short_message)?,
        tlvs,
        ..Default::default()
    })
}

fn addr(address: &Address) -> Result<Addr<'_, 21>, ValueError> {
    Addr::new(Ton(address.ton), Npi(address.npi), address.digits.octets())
}

/// What an answer, or none, means for the message.
fn attempt(answer: Result<Response, Unanswered>) -> Attempt {
    let Ok(response) = answer else { return Attempt::Unknown };
    match response.status().class() {
        Class::Success => Attempt::Delivered,
        Class::Temporary | Class::Throttling | Class::Session => Attempt::TryAgain(response.status().0),
        // The ESME refuses this message for good (SMPP 3.4 §5.1.3).
        _ if response.status() == CommandStatus::RX_R_APPN => Attempt::Failed(FinalState::Rejected, response.status().0),
        _ => Attempt::Failed(FinalState::Undeliverable, response.status().0),
    }
}

// One lease and one write; large enough for any usual window.
const MOST_AT_ONCE: usize = 1000;
// Longer than any response timer: a lease must not end while the answer is awaited.
const HOLD: Duration = Duration::from_secs(15 * 60);
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
// SMPP 3.4 §5.2.14
const HIGHEST_PRIORITY: u8 = 3;
// SMPP 3.4 §4.6.1
const LONGEST_SHORT_MESSAGE: usize = 254;
