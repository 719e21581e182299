//! One session at work: as many requests as fit, then as many answers as came, in turns.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use smpp_pdu::{Addr, RegisteredDelivery, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::RequestError;
use smpp_session::net::{Batch, Client, Pending, Response, Unanswered};
use tokio::time::sleep_until;

use crate::Failure;
use crate::args::Args;
use crate::ledger::Ledger;
use crate::plan::{Grant, Plan};

/// Sends through one session.
pub(crate) struct Sender {
    client: Client,
    args: Arc<Args>,
    plan: Arc<Plan>,
    ledger: Arc<Ledger>,
    /// In the order of sending, each with the time its batch was begun.
    waiting: VecDeque<(Instant, Pending)>,
    /// Ids of messages accepted since the ledger was told, and when that was read.
    ids: Vec<(Box<str>, Instant)>,
}

/// What to wait for beside the oldest answer.
enum Next {
    Answers,
    Room,
    Moment(Instant),
}

impl Sender {
    pub(crate) fn new(client: Client, args: Arc<Args>, plan: Arc<Plan>, ledger: Arc<Ledger>) -> Self {
        Sender { client, args, plan, ledger, waiting: VecDeque::new(), ids: Vec::new() }
    }

    /// Sends until there is nothing more to send and everything is answered.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let args = self.args.clone();
        let submit = submit(&args)?;
        loop {
            let next = self.send(&submit)?;
            if matches!(next, Next::Answers) && self.waiting.is_empty() {
                return Ok(());
            }
            self.wait(next).await?;
            self.ledger.accepted(self.ids.drain(..));
        }
    }

    /// Sends what fits and is due.
    fn send(&mut self, submit: &SubmitSm<'_>) -> Result<Next, Failure> {
        // Answers may overtake an old one: its followers are not kept without end.
        let keep = (2 * self.args.window).saturating_sub(self.waiting.len());
        let room = self.client.free().min(keep);
        if room == 0 {
            return Ok(if keep == 0 { Next::Answers } else { Next::Room });
        }
        let granted = match self.plan.take(room) {
            Grant::Send(granted) => granted,
            Grant::Wait(moment) => return Ok(Next::Moment(moment)),
            Grant::Over => return Ok(Next::Answers),
        };
        let (mut batch, now) = (Batch::new(), Instant::now());
        for sent in 0..granted {
            match batch.request(&self.client, submit) {
                Ok(pending) => self.waiting.push_back((now, pending)),
                Err(RequestError::WindowFull) => {
                    self.plan.give_back(granted - sent);
                    break;
                }
                Err(error) => return Err(format!("a message was not sent: {error}")),
            }
        }
        Ok(Next::Room)
    }

    /// Waits until there is something to do, and takes the answers that came.
    async fn wait(&mut self, next: Next) -> Result<(), Failure> {
        let client = self.client.clone();
        match next {
            Next::Answers => self.answers().await,
            Next::Room => tokio::select! {
                biased;
                answers = self.answers() => answers,
                // The place is free again at once.
                room = client.ready() => room.map(drop).map_err(|error| error.to_string()),
            },
            Next::Moment(moment) => tokio::select! {
                biased;
                answers = self.answers() => answers,
                () = sleep_until(moment.into()) => Ok(()),
            },
        }
    }

    /// Waits for the oldest answer and takes those that came with it.
    async fn answers(&mut self) -> Result<(), Failure> {
        poll_fn(|cx| self.poll_answers(cx)).await
    }

    fn poll_answers(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let before = self.waiting.len();
        while let Some((sent, oldest)) = self.waiting.front_mut() {
            let Poll::Ready(answer) = Pin::new(oldest).poll(cx) else { break };
            let sent = *sent;
            self.waiting.pop_front();
            if let Err(failure) = self.note(answer, sent) {
                return Poll::Ready(Err(failure));
            }
        }
        let taken = before - self.waiting.len();
        self.plan.note_answered(taken);
        if taken > 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Statuses and times are counted by the session.
    fn note(&mut self, answer: Result<Response, Unanswered>, sent: Instant) -> Result<(), Failure> {
        match answer {
            Ok(response) => {
                if self.args.receipts && response.status().is_ok() {
                    let accepted: SubmitSmResp<'_> = response.read().map_err(|error| format!("submit_sm_resp: {error}"))?;
                    self.ids.push((accepted.message_id.to_string().into(), sent + response.took()));
                }
                Ok(())
            }
            Err(Unanswered::Lost(reason)) => Err(format!("the session ended: {reason}")),
            Err(_) => Ok(()),
        }
    }
}

fn submit(args: &Args) -> Result<SubmitSm<'_>, Failure> {
    let address = |option: &str, number| Addr::international(number).map_err(|error| format!("{option}: {error}"));
    let text = if args.text.is_ascii() { Ok(args.text.as_bytes()) } else { Err("--text: only ASCII is sent as it is") };
    Ok(SubmitSm {
        source_addr: address("--from", &args.from)?,
        destination_addr: address("--to", &args.to)?,
        registered_delivery: RegisteredDelivery(u8::from(args.receipts)),
        short_message: ShortMessage::new(text?).map_err(|error| format!("--text: {error}"))?,
        ..Default::default()
    })
}
