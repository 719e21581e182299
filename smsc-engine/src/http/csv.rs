//! Records as a file for whoever bills them: a page of the table at a time, however many there are.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::control::Control;
use crate::core::records::{Export, RecordFilter, RecordStore, SinkError, StoredRecord};

/// Answers with all records that match; `max` of the filter does not count.
pub(in crate::http) fn exported(control: Arc<Control>, filter: RecordFilter, export: Export) -> Response {
    let filter = RecordFilter { max: PAGE, ..filter };
    let pages = stream::unfold((control, Some(filter), export.header()), move |(control, filter, head)| async move {
        let filter = filter?;
        match lines(&control, &filter, export).await {
            Ok((lines, next)) => Some((Ok::<_, SinkError>(head + &lines), (control, next, String::new()))),
            Err(error) => Some((Err(error), (control, None, String::new()))),
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"records.csv\""),
    ];
    (headers, Body::from_stream(pages)).into_response()
}

async fn lines(control: &Control, filter: &RecordFilter, export: Export) -> Result<(String, Option<RecordFilter>), SinkError> {
    let Some(records) = &control.records else { return Ok((String::new(), None)) };
    let found: Vec<StoredRecord> = records.records(filter).await?;
    let last = found.last().map(|record| record.id).filter(|_| found.len() == filter.max);
    let text = found.iter().map(|record| export.line(record)).collect();
    Ok((text, last.map(|beyond| RecordFilter { beyond: Some(beyond), ..filter.clone() })))
}

/// Records that are in memory at a time.
const PAGE: usize = 1_000;
