//! New messages on their way into the journal.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::super::promises::Durable;
use super::super::{BoxFuture, QueueError};
use super::draft::Draft;
use super::shared::Shared;
use crate::model::Message;

/// Resolves once all messages of a call are durable; does nothing until it is looked at.
///
/// It is small: thousands of them wait at a time, and whoever goes on fetches his from far away.
pub(super) struct Append<'a> {
    shared: &'a Shared,
    step: Step<'a>,
}

enum Step<'a> {
    New(Vec<Message>),
    Promised(Durable),
    /// There was no room yet.
    Late(BoxFuture<'a, Result<(), QueueError>>),
}

impl<'a> Append<'a> {
    pub(super) fn new(shared: &'a Shared, messages: Vec<Message>) -> Self {
        Append { shared, step: Step::New(messages) }
    }

    /// Promises the messages, all or none, or has them wait for room.
    fn enter(shared: &'a Shared, messages: &[Message], context: &Context<'_>) -> Result<Step<'a>, QueueError> {
        Draft::with((shared.number, shared.salt), |draft| {
            draft.encode(messages)?;
            Ok(match shared.enter(draft, context.waker())? {
                Some(durable) => Step::Promised(durable),
                None => Step::Late(Box::pin(late(shared, draft.take()))),
            })
        })
    }
}

impl Future for Append<'_> {
    type Output = Result<(), QueueError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Append { shared, step } = &mut *self;
        loop {
            match step {
                Step::New(messages) if messages.is_empty() => return Poll::Ready(shared.open().map(drop)),
                Step::New(messages) => {
                    let messages = mem::take(messages);
                    *step = Append::enter(shared, &messages, context)?;
                }
                Step::Promised(durable) => return Pin::new(durable).poll(context),
                Step::Late(late) => return late.as_mut().poll(context),
            }
        }
    }
}

/// Enters messages as soon as there is room.
async fn late(shared: &Shared, mut draft: Draft) -> Result<(), QueueError> {
    let durable = loop {
        shared.roomy().await;
        if let Some(durable) = poll_fn(|context| Poll::Ready(shared.enter(&mut draft, context.waker()))).await? {
            break durable;
        }
    };
    // The octets are copied; holding on to it would keep two of each.
    drop(draft);
    durable.await
}
