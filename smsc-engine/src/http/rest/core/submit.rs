//! Messages handed in: each has its own answer, and a slow one holds up nobody.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};

use super::super::Rest;
use super::super::problem::Problem;
use super::octets::{self, Octets};
use super::watch::KEEP_ALIVE_EVERY;
use super::{carry_out, public};
use crate::api::{Accepted, Answer, CoreApi, Refusal, Submission};
use crate::model::Lane;
use crate::wire::{KEEP_ALIVE, Late, MOST_MESSAGES, VERSION, frame};

/// Answers that are not decided yet.
type Undecided = FuturesUnordered<BoxFuture<'static, Late>>;

/// Hands in messages. The first frame has an answer to each, in their order, or none if it is not decided; those come
/// one by one in further frames.
pub(super) async fn submit(State(rest): State<Arc<Rest>>, Octets(batch): Octets<Vec<Submission>>) -> Result<Response, Problem> {
    check(&batch)?;
    let core = rest.control.handle.core();
    let answers = carry_out(async move { core.submit(batch).await }).await?;
    let (decided, undecided) = sort(answers);
    let mut first = vec![VERSION];
    frame(&decided, &mut first);
    if undecided.is_empty() {
        return Ok(octets::body(first));
    }
    let later = stream::unfold(undecided, next);
    let all = stream::iter([first]).chain(later).map(Ok::<_, Infallible>);
    Ok(octets::body(Body::from_stream(all)))
}

fn check(batch: &[Submission]) -> Result<(), Problem> {
    let messages = batch.iter().map(|submission| 1 + submission.more.len()).sum::<usize>();
    if messages > MOST_MESSAGES {
        let detail = format!("{messages} messages are more than {MOST_MESSAGES}, which is as many as one call may have");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let all = batch.iter().flat_map(|submission| std::iter::once(&submission.message).chain(&submission.more));
    all.map(|message| &message.lane).filter(|lane| **lane != Lane::default()).try_for_each(public)
}

/// What is decided in its place, and what is not.
fn sort(answers: Vec<Answer>) -> (Vec<Option<Result<Accepted, Refusal>>>, Undecided) {
    let undecided = Undecided::new();
    let place = |(place, answer)| match answer {
        Answer::Now(decided) => Some(decided),
        Answer::Later(answer) => {
            undecided.push(answer.map(move |decided| Late { place, decided }).boxed());
            None
        }
    };
    let decided = answers.into_iter().enumerate().map(place).collect();
    (decided, undecided)
}

/// The next answer, or a sign of life until it is there.
async fn next(mut undecided: Undecided) -> Option<(Vec<u8>, Undecided)> {
    match tokio::time::timeout(KEEP_ALIVE_EVERY, undecided.next()).await {
        Ok(late) => {
            let mut out = Vec::new();
            frame(&late?, &mut out);
            Some((out, undecided))
        }
        Err(_) => Some((KEEP_ALIVE.to_vec(), undecided)),
    }
}
