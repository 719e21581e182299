//! Records of messages that have ended, for bills and for whoever looks into something; without texts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use super::faults::Faults;
use super::forms::check;
use super::message::StatusWord;
use super::params::Params;
use super::problem::{Errors, Problem};
use super::reply::{Data, Envelope, EnvelopeParams};
use crate::core::records::{Export, RecordFilter, RecordStore, SqlRecords, StoredRecord, masked};
use crate::http::csv::exported;
use crate::model::Timestamp;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export))
}

/// Which records are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only records with this calling or called number.
    #[param(max_length = 64, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    number: Option<String>,
    /// Only records of messages accepted then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Only records of messages accepted before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Only records of messages that ended so.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Only records of messages that came from or left through this system.
    #[param(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    smsc: Option<String>,
    /// Puts `XXXX` in place of the last four digits of numbers.
    masked: Option<bool>,
}

/// Which part of them is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// Only records older than the one with this `id`: the last one of the page before.
    beyond: Option<i64>,
    /// At most so many; never more than 1000.
    #[param(minimum = 0, default = 100)]
    limit: Option<usize>,
}

/// What became of a message, as it is billed.
#[derive(Serialize, ToSchema)]
struct RecordForm {
    /// The number of the record; later ones have higher numbers.
    id: i64,
    /// The message.
    message_id: u64,
    /// The sender.
    #[schema(example = "+15551234567")]
    calling_number: String,
    /// The recipient.
    #[schema(example = "+447700900000")]
    called_number: String,
    /// Who handed the message in.
    source_smsc: Option<String>,
    /// Who delivered it, or was to.
    dest_smsc: Option<String>,
    /// The node that accepted it.
    origin_node: Option<String>,
    /// The node that delivered it.
    destination_node: Option<String>,
    /// When it was accepted.
    submission_time: Timestamp,
    /// When it was delivered.
    delivery_time: Option<Timestamp>,
    /// When it expired.
    expiry_time: Option<Timestamp>,
    /// How it ended.
    status: StatusWord,
    /// All attempts, the last one included.
    delivery_attempts: u32,
    /// The parts it is billed as.
    message_parts: Option<u32>,
    /// Whether its deadline passed.
    deadletter: bool,
}

/// Lists records, newest first.
#[utoipa::path(
    get, path = "/api/cdrs", tag = "records", params(Filter, Part, EnvelopeParams),
    responses((status = 200, body = Data<Vec<RecordForm>>, description = "records"), (status = 422, body = Errors)),
)]
async fn list(
    State(rest): State<Arc<Rest>>,
    envelope: Envelope,
    Params(filter): Params<Filter>,
    Params(part): Params<Part>,
) -> Result<Response, Problem> {
    let hidden = filter.masked.unwrap_or_default();
    let filter = RecordFilter { beyond: part.beyond, max: part.limit.unwrap_or(PAGE).min(MOST), ..filter.checked()? };
    let records = store(&rest)?.records(&filter).await.map_err(|error| Problem::broken(&error))?;
    let forms: Vec<_> = records.into_iter().map(|record| RecordForm::new(record, hidden)).collect();
    Ok(envelope.data(StatusCode::OK, forms))
}

/// Gives records as a file of CSV with the nine columns of a bill, newest first, however many there are.
#[utoipa::path(
    get, path = "/api/cdrs/export", tag = "records", params(Filter),
    responses(
        (status = 200, body = String, content_type = "text/csv", description = "records, a line of column names first"),
        (status = 422, body = Errors),
    ),
)]
async fn export(State(rest): State<Arc<Rest>>, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    let export = Export { bodies: false, masked: filter.masked.unwrap_or_default() };
    let filter = filter.checked()?;
    store(&rest)?.prepare().await.map_err(|error| Problem::broken(&error))?;
    Ok(exported(rest.control.clone(), filter, export))
}

impl Filter {
    /// What it says, if nothing is wrong with it.
    fn checked(self) -> Result<RecordFilter, Problem> {
        let mut faults = Faults::default();
        check(&mut faults, "number", (self.number.as_deref(), NUMBER));
        check(&mut faults, "smsc", (self.smsc.as_deref(), SMSC));
        faults.none()?;
        let Filter { number, since: from, until, status, smsc, .. } = self;
        Ok(RecordFilter { number, from, until, status: status.map(Into::into), smsc, ..RecordFilter::default() })
    }
}

impl RecordForm {
    fn new(record: StoredRecord, hidden: bool) -> RecordForm {
        let StoredRecord { id, cdr } = record;
        let number = |number: String| if hidden { masked(&number) } else { number };
        RecordForm {
            id,
            message_id: cdr.message_id.0,
            calling_number: number(cdr.calling_number),
            called_number: number(cdr.called_number),
            source_smsc: cdr.source_smsc,
            dest_smsc: cdr.dest_smsc,
            origin_node: cdr.origin_node,
            destination_node: cdr.destination_node,
            submission_time: cdr.submission_time,
            delivery_time: cdr.delivery_time,
            expiry_time: cdr.expiry_time,
            status: cdr.status.into(),
            delivery_attempts: cdr.delivery_attempts,
            message_parts: cdr.message_parts,
            deadletter: cdr.deadletter,
        }
    }
}

fn store(rest: &Rest) -> Result<&SqlRecords, Problem> {
    rest.control.records.as_ref().ok_or_else(|| Problem::unavailable("this core keeps no records in a database"))
}

/// Records of one answer, if the caller says nothing.
const PAGE: usize = 100;
/// Some hundred kilobytes of JSON.
const MOST: usize = 1_000;
// Longer ones are in no record.
const NUMBER: usize = 64;
const SMSC: usize = 255;
