//! What every request has to pass: pages of other sites change nothing here, and nobody takes for ever.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Problem, shown};
use super::shell::Shell;
use super::show::visible;
use crate::users::{Sender, sender};

/// Refuses what another site sends, and makes pages of problems.
pub(super) async fn pass(State(shell): State<Shell>, request: Request, next: Next) -> Response {
    let address = visible(request.uri().path());
    shown(answer(request, next).await, &shell, &address)
}

async fn answer(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !request.method().is_safe() && sender(headers, request.uri()) == Sender::Foreign {
        return Problem::forged().into_response();
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > LARGEST) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "A form may have two megabytes.").into_response();
    }
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::broken("The request took too long.").into_response(),
    }
}

// What axum reads of a form; more is refused before it is sent.
const LARGEST: u64 = 2 << 20;
/// For a form to arrive and to be answered.
const LONGEST: Duration = Duration::from_secs(30);
