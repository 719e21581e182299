//! Collects what the sessions submit and hands it to the core in batches.
//!
//! While the core makes one batch durable the next ones gather, and the one before is answered: the busier the
//! sessions are, the larger the batches, without a timer.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use smpp_pdu::{CommandStatus, DataSmResp, List, SubmitMultiResp, SubmitSmResp, UnsuccessSme, Version};
use smpp_session::net::{Batch, Incoming};
use tokio::sync::Notify;

use super::text::IdText;
use crate::api::{CoreApi, Refusal, Submission};
use crate::model::{Address, MessageId};

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

/// A request with its share of the submissions.
#[derive(Debug)]
pub(super) struct Waiting {
    incoming: Incoming,
    version: Version,
    form: Form,
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
}

type Results = std::vec::IntoIter<Result<MessageId, Refusal>>;

impl Intake {
    /// Takes one submission; the response follows when it is durable.
    pub(super) fn take(
        &self,
        incoming: Incoming,
        version: Version,
        form: Form,
        submissions: impl IntoIterator<Item = Submission>,
    ) {
        let mut load = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        load.submissions.extend(submissions);
        load.waiting.push(Waiting { incoming, version, form });
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
                Some((waiting, results)) = under_way.next() => answer(waiting, results),
                Load { submissions, waiting } = self.load(), if under_way.len() < MOST_UNDER_WAY => {
                    if submissions.iter().any(|submission| submission.replace_if_present) {
                        // What came before must be there to be replaced.
                        while let Some((waiting, results)) = under_way.next().await {
                            answer(waiting, results);
                        }
                    }
                    under_way.push_back(core.submit(submissions).map(|results| (waiting, results)));
                }
            }
        }
    }
}

/// Answers everybody, waking each session once.
fn answer(waiting: Vec<Waiting>, results: Vec<Result<MessageId, Refusal>>) {
    let (mut batch, mut results) = (Batch::new(), results.into_iter());
    for Waiting { incoming, version, form } in waiting {
        // An error means that the session is over: then nobody waits for the answer.
        let _ = match form {
            Form::Multi(addresses, refused) => answer_multi(&mut batch, (incoming, version), (addresses, refused), &mut results),
            form => match results.next().unwrap_or(Err(Refusal::Broken)) {
                Ok(id) => {
                    let id = IdText::new(id, version);
                    match form {
                        Form::Data => batch.answer(incoming, &DataSmResp { message_id: id.field(), ..Default::default() }),
                        _ => batch.answer(incoming, &SubmitSmResp { message_id: id.field(), ..Default::default() }),
                    }
                }
                Err(refusal) => batch.refuse(incoming, status(refusal)),
            },
        };
    }
}

/// One id for all, and the addresses that were refused; an error if all of them were.
fn answer_multi(
    batch: &mut Batch,
    (incoming, version): (Incoming, Version),
    (addresses, mut refused): (Vec<Address>, Vec<(Address, CommandStatus)>),
    results: &mut Results,
) -> Result<(), smpp_session::RespondError> {
    let mut named = None;
    for address in addresses {
        match results.next().unwrap_or(Err(Refusal::Broken)) {
            Ok(id) => named = named.or(Some(id)),
            Err(refusal) => refused.push((address, status(refusal))),
        }
    }
    let Some(id) = named else {
        let first = refused.first().map_or(CommandStatus::RSUBMITFAIL, |(_, status)| *status);
        return batch.refuse(incoming, first);
    };
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
    let id = IdText::new(id, version);
    let unsuccess_sme = List::new(&unsuccess);
    batch.answer(incoming, &SubmitMultiResp { message_id: id.field(), unsuccess_sme, ..Default::default() })
}

/// What a submitter is told about a refusal.
fn status(refusal: Refusal) -> CommandStatus {
    match refusal {
        Refusal::QueueFull => CommandStatus::RMSGQFUL,
        Refusal::NoRoute => CommandStatus::RINVDSTADR,
        Refusal::TooLarge => CommandStatus::RINVMSGLEN,
        Refusal::Expired => CommandStatus::RINVEXPIRY,
        Refusal::TooLate => CommandStatus::RSUBMITFAIL,
        Refusal::Unknown | Refusal::Broken => CommandStatus::RSYSERR,
    }
}

/// Enough to keep the core's disk busy; one at a time would make everybody wait for everybody.
const MOST_UNDER_WAY: usize = 8;
/// Room made in advance for this many requests of the next batch.
const MOST_EXPECTED: usize = 1024;
