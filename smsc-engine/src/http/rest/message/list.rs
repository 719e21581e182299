//! The list of all messages, or of a frontend's work if its name comes as a header.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Rest;
use super::super::params::Params;
use super::super::problem::{Errors, Problem};
use super::super::reply::{Envelope, EnvelopeParams, Success};
use super::form::{MessageForm, StatusWord};
use super::view::{View, ViewParams};
use super::work::{DEFAULT_LIMIT, MOST, Want, give};
use crate::core::queue::{Page, Record};
use crate::core::{Handle, HandleError};
use crate::model::{Lane, Timestamp};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which messages to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only messages that stand so.
    #[param(inline)]
    status: Option<StatusWord>,
    /// At most so many; never more than 1000.
    #[param(minimum = 0, default = 100)]
    limit: Option<usize>,
    /// So many of them are passed over first.
    #[param(minimum = 0, default = 0)]
    offset: Option<usize>,
    /// Only messages that this system handed in.
    source_smsc: Option<String>,
    /// Only messages for this frontend.
    dest_smsc: Option<String>,
    /// Only messages from or to this number, with or without `+`.
    msisdn: Option<String>,
    /// Only messages accepted then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Only messages accepted before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Lists messages, newest first; with the header `SMSc`, gives that frontend its work.
///
/// All states are listed unless `status` says otherwise. The filters look at the latest 100 000 messages that stand as
/// asked and are for the frontend asked for; if there are more, the header `X-List-Truncated: true` says so, and `until`
/// goes on from there.
#[utoipa::path(
    get, path = "/api/messages", tag = "messages",
    params(
        Filter, ViewParams, EnvelopeParams,
        ("SMSc" = Option<String>, Header, description = "the frontend that asks for its work"),
        ("include-unrouted" = Option<String>, Header, description = "`true`: messages that no route claims, too"),
    ),
    responses((status = 200, body = Success<Vec<MessageForm>>), (status = 422, body = Errors)),
)]
async fn list(
    State(rest): State<Arc<Rest>>,
    (method, headers): (Method, HeaderMap),
    (envelope, view): (Envelope, View),
    Params(filter): Params<Filter>,
) -> Result<Response, Problem> {
    if let Some(name) = headers.get("smsc") {
        let name = name.to_str().map_err(|_| Problem::field("SMSc", "must be a name of ASCII characters"))?;
        let unrouted = headers.get("include-unrouted").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        let want = Want { field: "SMSc", name: Some(name.to_owned()), unrouted, limit: filter.limit };
        return give(&rest, (&method, envelope, view), want).await;
    }
    let found = filter.find(&rest.control.handle, view).await?;
    let mut response = envelope.success(StatusCode::OK, found.messages);
    if found.is_truncated {
        response.headers_mut().insert(TRUNCATED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// What a search came to.
struct Found {
    messages: Vec<MessageForm>,
    is_truncated: bool,
}

impl Filter {
    async fn find(&self, handle: &Handle, view: View) -> Result<Found, HandleError> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT).min(MOST);
        let mut found = Found { messages: Vec::new(), is_truncated: false };
        let mut to_skip = self.offset.unwrap_or_default();
        let mut page = Page { newest_first: true, max: SMALL_PAGE.max(limit.min(PAGE)), ..self.page() };
        let mut looked = 0;
        while found.messages.len() < limit {
            let records = handle.messages(&page).await?;
            let Some(last) = records.last() else { return Ok(found) };
            (page.beyond, page.max) = (Some(last.message.id), PAGE);
            looked += records.len();
            // Ids grow with time.
            let is_over = self.since.is_some_and(|since| last.message.submitted < since);
            for record in records.iter().filter(|record| self.matches(record)) {
                if to_skip > 0 {
                    to_skip -= 1;
                } else if found.messages.len() < limit {
                    found.messages.push(view.record(record));
                }
            }
            if is_over {
                return Ok(found);
            }
            if looked >= MOST_LOOKED_AT {
                found.is_truncated = true;
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// What the queue itself can look for.
    fn page(&self) -> Page {
        Page { status: self.status.map(Into::into), lane: self.dest_smsc.as_deref().map(Lane::from), ..Page::default() }
    }

    fn matches(&self, record: &Record) -> bool {
        let message = &record.message;
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let digits = self.msisdn.as_deref().map(|number| number.trim_start_matches(['+', ' ']).as_bytes());
        is(&self.source_smsc, message.account.as_str())
            && digits
                .is_none_or(|digits| message.source.digits.octets() == digits || message.destination.digits.octets() == digits)
            && self.since.is_none_or(|since| message.submitted >= since)
            && self.until.is_none_or(|until| message.submitted < until)
    }
}

/// Messages of one look into the store.
const PAGE: usize = 1_000;
/// The first look takes no more than most callers want.
const SMALL_PAGE: usize = 100;
/// A second's work at most; a store has millions.
const MOST_LOOKED_AT: usize = 100_000;
const TRUNCATED: HeaderName = HeaderName::from_static("x-list-truncated");
