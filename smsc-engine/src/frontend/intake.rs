//! Collects what the sessions submit and hands it to the core in batches.
//!
//! While the core makes one batch durable the next ones gather, and the one before is answered: the busier the
//! sessions are, the larger the batches, without a timer.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use smpp_pdu::tlv::{self, Pair, Tlv, TlvType, Tlvs};
use smpp_pdu::{CommandStatus, DataSm, DataSmResp, List, SubmitMultiResp, SubmitSmResp, UnsuccessSme, Version};
use smpp_session::net::{Batch, Incoming};
use tokio::sync::Notify;

use super::courier::Line;
use super::guest::Guest;
use super::text::{IdText, Notation};
use crate::api::{Accepted, Answer, CoreApi, Refusal, Submission};
use crate::model::{Address, FinalState, asks_for_alert};

/// What the sessions share with the task that feeds the core.
#[derive(Debug, Default)]
pub(super) struct Intake {
    gathered: Mutex<Load>,
    ready: Notify,
}

/// Submissions, and who waits for their answers.
#[derive(Debug, Default)]
struct Load {
    submissions: Vec<Submission>,
    waiting: Vec<Waiting>,
}

/// A request with its submission.
#[derive(Debug)]
pub(super) struct Waiting {
    incoming: Incoming,
    owed: Owed,
    form: Form,
}

/// How whoever waits is answered.
#[derive(Debug)]
pub(super) struct Owed {
    notation: Notation,
    /// Where a partner's messages are counted once the core has them.
    line: Option<Arc<Line>>,
}

impl Owed {
    pub(super) fn to(guest: &Guest, version: Version) -> Owed {
        let line = guest.partner.as_ref().map(|partner| partner.line.clone());
        Owed { notation: Notation::of(guest.defaults.message_id, version), line }
    }
}

/// Nothing but an answer.
impl From<Notation> for Owed {
    fn from(notation: Notation) -> Owed {
        Owed { notation, line: None }
    }
}

/// Which response is owed.
#[derive(Debug)]
pub(super) enum Form {
    /// `submit_sm_resp`.
    Submit,
    /// `data_sm_resp`.
    Data,
    /// `submit_multi_resp`: the addresses submitted, and those refused before.
    Multi(Vec<Address>, Vec<(Address, CommandStatus)>),
    /// `deliver_sm_resp` or `data_sm_resp` to a carrier, which has no id; counted there.
    Delivered(Arc<Line>),
}

impl Intake {
    /// Takes one submission; the response follows when it is durable.
    pub(super) fn take(&self, incoming: Incoming, owed: Owed, (form, submission): (Form, Submission)) {
        let mut load = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        load.submissions.push(submission);
        load.waiting.push(Waiting { incoming, owed, form });
    }

    /// Says that no more will come for the moment.
    pub(super) fn flush(&self) {
        self.ready.notify_one();
    }

    fn gathered(&self) -> Option<Load> {
        let mut load = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        // The next load is about as large as this one.
        let expected = load.waiting.len().min(MOST_EXPECTED);
        let fresh = || Load { submissions: Vec::with_capacity(expected), waiting: Vec::with_capacity(expected) };
        (expected > 0).then(|| std::mem::replace(&mut *load, fresh()))
    }

    /// Waits for something to do; what was taken is not lost when nobody waits any longer.
    async fn load(&self) -> Load {
        loop {
            if let Some(load) = self.gathered() {
                return load;
            }
            self.ready.notified().await;
        }
    }

    /// Feeds the core for ever. While its disk works on one batch the next ones are handed in and earlier ones answered.
    pub(super) async fn run(self: Arc<Self>, core: Arc<dyn CoreApi>) {
        let mut under_way = FuturesOrdered::new();
        loop {
            tokio::select! {
                biased;
                Some((waiting, answers)) = under_way.next() => answer(waiting, answers),
                Load { submissions, waiting } = self.load(), if under_way.len() < MOST_UNDER_WAY => {
                    if submissions.iter().any(|submission| submission.replace_if_present) {
                        // What came before must be there to be replaced.
                        while let Some((waiting, answers)) = under_way.next().await {
                            answer(waiting, answers);
                        }
                    }
                    under_way.push_back(core.submit(submissions).map(|answers| (waiting, answers)));
                }
            }
        }
    }
}

/// Answers everybody whose answer is there, waking each session once; the others are answered when theirs comes.
fn answer(waiting: Vec<Waiting>, answers: Vec<Answer>) {
    let mut batch = Batch::new();
    for (waiting, answer) in waiting.into_iter().zip(answers) {
        match answer {
            Answer::Now(decided) => respond(&mut batch, waiting, decided),
            later @ Answer::Later(_) => drop(tokio::spawn(async move {
                let decided = later.wait().await;
                respond(&mut Batch::new(), waiting, decided);
            })),
        }
    }
}

/// Writes the response that the request asks for.
fn respond(batch: &mut Batch, Waiting { incoming, owed, form }: Waiting, decided: Result<Accepted, Refusal>) {
    let Owed { notation, line } = owed;
    if let (Some(line), Ok(accepted)) = (line, &decided) {
        let handed_in = if let Form::Multi(addresses, _) = &form { addresses.len() } else { 1 };
        line.meter.received.add(handed_in.saturating_sub(accepted.refused.len()) as u64);
    }
    // An error means that the session is over: then nobody waits for the answer.
    let _ = match (decided, form) {
        (Ok(accepted), Form::Submit) => {
            let id = IdText::new(accepted.id, notation);
            batch.answer(incoming, &SubmitSmResp { message_id: id.field(), ..Default::default() })
        }
        (Ok(accepted), Form::Data) => {
            let id = IdText::new(accepted.id, notation);
            batch.answer(incoming, &DataSmResp { message_id: id.field(), ..Default::default() })
        }
        (Ok(accepted), Form::Multi(addresses, refused)) => {
            let refused = addresses_of(&accepted, &addresses).chain(refused).collect();
            respond_multi(batch, (incoming, notation), &accepted, refused)
        }
        (decided, Form::Delivered(line)) => respond_to_carrier(batch, incoming, (decided, &line)),
        (Err(Refusal::Undelivered(state, error)), Form::Data) => respond_undelivered(incoming, (state, error)),
        (Err(refusal), _) => batch.refuse(incoming, status(refusal)),
    };
}

/// Tells a carrier whether its message was taken, and if not, whether it shall come again.
fn respond_to_carrier(
    batch: &mut Batch,
    incoming: Incoming,
    (decided, line): (Result<Accepted, Refusal>, &Line),
) -> Result<(), smpp_session::RespondError> {
    let status = match decided {
        // What came before is there already.
        Ok(_) | Err(Refusal::Duplicate) => {
            line.meter.received.add(1);
            return batch.acknowledge(incoming);
        }
        Err(Refusal::QueueFull | Refusal::Busy | Refusal::Unknown | Refusal::Broken | Refusal::Away) => CommandStatus::RX_T_APPN,
        Err(_) => CommandStatus::RX_R_APPN,
    };
    tracing::warn!(bind = %line.lane, %status, "a message of a carrier was not taken");
    batch.refuse(incoming, status)
}

/// The destinations that the core refused, each with the status that says why.
fn addresses_of<'a>(accepted: &'a Accepted, addresses: &'a [Address]) -> impl Iterator<Item = (Address, CommandStatus)> + 'a {
    let refused = accepted.refused.iter();
    refused.filter_map(|(place, refusal)| Some((addresses.get(*place)?.clone(), status(*refusal))))
}

/// One id for all, and the addresses that were refused.
fn respond_multi(
    batch: &mut Batch,
    (incoming, notation): (Incoming, Notation),
    accepted: &Accepted,
    refused: Vec<(Address, CommandStatus)>,
) -> Result<(), smpp_session::RespondError> {
    let unsuccess: Vec<UnsuccessSme<'_>> = refused
        .iter()
        .map(|(address, status)| UnsuccessSme {
            destination_addr: smpp_pdu::Addr::new(
                smpp_pdu::Ton(address.ton),
                smpp_pdu::Npi(address.npi),
                address.digits.octets(),
            )
            .unwrap_or_default(),
            error_status_code: *status,
        })
        .collect();
    let id = IdText::new(accepted.id, notation);
    let unsuccess_sme = List::new(&unsuccess);
    batch.answer(incoming, &SubmitMultiResp { message_id: id.field(), unsuccess_sme, ..Default::default() })
}

/// Tells how a transaction failed (SMPP 3.4 §4.7.2).
fn respond_undelivered(incoming: Incoming, (state, error): (FinalState, u32)) -> Result<(), smpp_session::RespondError> {
    let reason = match state {
        FinalState::Expired => UNAVAILABLE,
        FinalState::Undeliverable if error != 0 => PERMANENT,
        _ => TEMPORARY,
    };
    let mut list: Vec<Tlv<'_>> = vec![tlv::DeliveryFailureReason(reason).tlv()];
    if let (Ok(number), true) = (u16::try_from(error), error != 0) {
        list.push(tlv::NetworkErrorCode(Pair { kind: GSM, number }).tlv());
    }
    if incoming.read::<DataSm<'_>>().is_ok_and(|pdu| asks_for_alert(&pdu.tlvs)) {
        list.push(tlv::DpfResult(state.is_out_of_reach().into()).tlv());
    }
    let response = DataSmResp { tlvs: Tlvs::list(&list), ..Default::default() };
    incoming.answer_with(CommandStatus::RDELIVERYFAILURE, &response)
}

/// What a submitter is told about a refusal.
fn status(refusal: Refusal) -> CommandStatus {
    match refusal {
        Refusal::QueueFull => CommandStatus::RMSGQFUL,
        Refusal::NoRoute => CommandStatus::RINVDSTADR,
        Refusal::TooLarge => CommandStatus::RINVMSGLEN,
        Refusal::Expired => CommandStatus::RINVEXPIRY,
        Refusal::TooLate | Refusal::NotCharged | Refusal::Duplicate => CommandStatus::RSUBMITFAIL,
        Refusal::Denied(status) => CommandStatus(status),
        Refusal::Undelivered(..) => CommandStatus::RDELIVERYFAILURE,
        Refusal::Busy => CommandStatus::RTHROTTLED,
        Refusal::Unknown | Refusal::Broken | Refusal::Away => CommandStatus::RSYSERR,
    }
}

// SMPP 3.4 §5.3.2.33, delivery_failure_reason.
const UNAVAILABLE: u8 = 0;
const PERMANENT: u8 = 2;
const TEMPORARY: u8 = 3;
// SMPP 3.4 §5.3.2.31, network_error_code: the code is one of a GSM network.
const GSM: u8 = 3;
/// Enough to keep the core's disk busy; one at a time would make everybody wait for everybody.
const MOST_UNDER_WAY: usize = 8;
/// Room made in advance for this many requests of the next batch.
const MOST_EXPECTED: usize = 1024;
