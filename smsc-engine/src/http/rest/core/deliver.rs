//! Work for gateways, and what they report of it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::stream;

use super::super::Rest;
use super::super::problem::Problem;
use super::octets::{self, Octets};
use super::{carry_out, public};
use crate::api::{CoreApi, NetworkReport};
use crate::core::{Handle, Order};
use crate::model::{Message, MessageId};
use crate::wire::{ListWriter, MOST_MESSAGES, Reports, Want};

/// Gives messages out, for no longer than the API gives any out.
pub(super) async fn lease(State(rest): State<Arc<Rest>>, Octets(want): Octets<Want>) -> Result<Response, Problem> {
    public(&want.lane)?;
    let order = Order { max: want.max.min(MOST_MESSAGES), hold: want.hold.min(rest.options().lease), unrouted: false };
    let handle = rest.control.handle.clone();
    let leased = carry_out(async move { Leased::new(handle.work(&want.lane, order).await, handle) }).await?;
    // When somebody takes the octets, the messages are theirs.
    let body = stream::once(async move { Ok::<_, Infallible>(leased.given()) });
    Ok(octets::body(Body::from_stream(body)))
}

/// Messages on their way to a gateway; if it is gone before, they wait again at once.
struct Leased {
    handle: Handle,
    ids: Vec<MessageId>,
    octets: Vec<u8>,
}

impl Leased {
    fn new(messages: Vec<Message>, handle: Handle) -> Leased {
        let mut list = ListWriter::after(&());
        let mut ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
        for message in &messages {
            if list.octets() >= MOST_OCTETS {
                break;
            }
            list.push(message);
        }
        let left = ids.split_off(list.count().min(ids.len()));
        handle.core().release(&left);
        Leased { handle, ids, octets: list.finish() }
    }

    fn given(mut self) -> Vec<u8> {
        self.ids.clear();
        std::mem::take(&mut self.octets)
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        if !self.ids.is_empty() {
            self.handle.core().release(&self.ids);
        }
    }
}

/// Takes messages back untouched.
pub(super) async fn release(State(rest): State<Arc<Rest>>, Octets(ids): Octets<Vec<MessageId>>) -> StatusCode {
    rest.control.handle.core().release(&ids);
    StatusCode::NO_CONTENT
}

/// Records what became of messages; 204 when that is durable, also if it was told before.
pub(super) async fn report(State(rest): State<Arc<Rest>>, Octets(told): Octets<Reports>) -> Result<StatusCode, Problem> {
    let (teller, number) = told.teller;
    let turn = rest.ledger.told(teller);
    let Ok(mut last) = turn.try_lock_owned() else {
        return Err(Problem::unavailable("what was told before is still being written"));
    };
    if number > *last {
        let handle = rest.control.handle.clone();
        let kept = carry_out(async move {
            let kept = handle.report(told.reports).await;
            if kept.is_ok() {
                *last = number;
            }
            kept
        });
        kept.await??;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Records what networks say; tells for each whether it is about a message of this core.
pub(super) async fn hear(State(rest): State<Arc<Rest>>, Octets(told): Octets<Vec<NetworkReport>>) -> Result<Response, Problem> {
    let handle = rest.control.handle.clone();
    let known = carry_out(async move { handle.hear(told).await }).await??;
    Ok(octets::answer(&known))
}

/// Octets after which an answer gets no further message; gateways take twice as much.
const MOST_OCTETS: usize = 8 << 20;
