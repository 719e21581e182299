//! Any core that speaks the forms of the REST API, one message a call.
//!
//! Nothing is assumed of the core but its documents: it may know no leases, leave out fields, answer with or without
//! envelope. A core that returns the object `smpp` with its messages passes on everything SMPP says of them; with any
//! other, texts are encoded as its `tp_dcs_*` fields say, and a message counts as delivered when the network has taken
//! it, because such a core would hand it out again while it waits for a receipt.

mod book;
mod gate;
mod named;
mod order;
mod report;
pub(super) mod row;
pub(super) mod submit;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::client::{Call, CoreClient};
use super::core::WorkList;
use super::fault::CoreFault;
use crate::BoxFuture;
use crate::api::{Answer, Cancel, CoreApi, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission, Work};
use crate::model::{Lane, Message, MessageId, Timestamp};
use book::{Book, Want};
use gate::Gate;
use named::Named;

/// A core elsewhere, reached by the forms of its REST API.
pub struct FormsCore {
    shared: Arc<Shared>,
}

/// What all calls share.
struct Shared {
    client: CoreClient,
    work_list: WorkList,
    gate: Gate,
    book: Book,
    named: Named,
    /// As many calls at once as there are permits.
    calls: Semaphore,
    /// Those that are answered only when a message has ended.
    transactions: Semaphore,
    /// The core's messages have the object `smpp`: it is one of ours, and knows leases.
    knows_smpp: AtomicBool,
    /// The core refuses the object `smpp`.
    without_smpp: AtomicBool,
    /// The core refuses parameters that the documents of others have.
    is_plain: AtomicBool,
    /// Nothing wakes those who look for work; they look by themselves.
    quiet: watch::Sender<u64>,
}

/// Why there is no answer to go on with.
#[derive(Debug)]
enum NoAnswer {
    /// The core is away.
    Away,
    /// The core answered, and it is no success.
    Fault(CoreFault),
}

impl FormsCore {
    /// Uses the core behind `client`, which need not be there yet; while it is away it is tried every `retry`.
    pub fn new(client: CoreClient, work_list: WorkList, retry: Duration) -> FormsCore {
        let shared = Shared {
            client,
            work_list,
            gate: Gate::new(retry),
            book: Book::default(),
            named: Named::default(),
            calls: Semaphore::new(MOST_CALLS),
            transactions: Semaphore::new(MOST_CALLS),
            knows_smpp: AtomicBool::new(false),
            without_smpp: AtomicBool::new(false),
            is_plain: AtomicBool::new(false),
            quiet: watch::Sender::new(0),
        };
        FormsCore { shared: Arc::new(shared) }
    }
}

impl CoreApi for FormsCore {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
        Box::pin(self.shared.submit(batch))
    }

    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        Box::pin(async move { self.shared.query(&question).await })
    }

    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(self.shared.cancel(cancel))
    }

    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(self.shared.replace(replacement))
    }

    /// Finds nothing while the core is away.
    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(self.shared.lease(lane, Want { max, hold }))
    }

    /// Resolves when the core has them, however long it is away.
    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        Box::pin(self.shared.report(reports))
    }

    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(self.shared.hear(reports))
    }

    fn release(&self, messages: &[MessageId]) {
        self.shared.book.release(messages, self.shared.knows_smpp());
    }

    /// Sees nothing: such a core does not tell that it has work.
    fn watch(&self, _lane: &Lane) -> Work {
        Work::new([self.shared.quiet.subscribe(), self.shared.quiet.subscribe(), self.shared.quiet.subscribe()])
    }

    fn next_due(&self, _lane: &Lane) -> Option<Timestamp> {
        None
    }
}

impl Shared {
    /// Makes a call, unless the core is away and somebody else tries it.
    async fn ask(&self, call: Call) -> Result<Bytes, NoAnswer> {
        if !self.gate.enter() {
            return Err(NoAnswer::Away);
        }
        let answer = self.client.call(call).await;
        let is_away = answer.as_ref().is_err_and(CoreFault::is_away);
        self.gate.note(is_away);
        answer.map_err(|fault| if is_away { NoAnswer::Away } else { NoAnswer::Fault(fault) })
    }

    fn knows_smpp(&self) -> bool {
        self.knows_smpp.load(Ordering::Relaxed)
    }

    fn note_smpp(&self, is_there: bool) {
        self.knows_smpp.store(is_there, Ordering::Relaxed);
    }

    fn takes_smpp(&self) -> bool {
        !self.without_smpp.load(Ordering::Relaxed)
    }

    fn leave_out_smpp(&self) {
        self.without_smpp.store(true, Ordering::Relaxed);
    }

    fn is_plain(&self) -> bool {
        self.is_plain.load(Ordering::Relaxed)
    }

    fn leave_out_parameters(&self) {
        self.is_plain.store(true, Ordering::Relaxed);
    }
}

/// Calls at once; the core answers them in batches of its own.
const MOST_CALLS: usize = 64;
