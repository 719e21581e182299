//! Throughput, backlog and time to delivery of the last hour and the last day.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::super::desk::Desk;
use super::super::history::{Sample, Span, columns};
use crate::http::pages::form::Fields;
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::show::{count, rate};
use crate::http::pages::visit::Visit;

#[derive(Template)]
#[template(path = "charts.html")]
struct Charts {
    layout: Layout,
    span: &'static str,
    spans: [(&'static str, &'static str); 3],
    summary: Vec<(&'static str, String, String, String)>,
}

pub(in super::super) async fn show(State(desk): State<Arc<Desk>>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let wanted = fields.text("span");
    let spans = [("5m", "5 minutes"), ("1h", "1 hour"), ("24h", "1 day")];
    let span = spans.iter().find(|(name, _)| *name == wanted).map_or("1h", |(name, _)| name);
    let summary = summary(&desk.history.samples(Span::from_name(span)));
    page(&Charts { layout: desk.layout(&visit, ("/", "Charts")).live(), span, spans, summary })
}

/// Which part of the past a chart wants.
#[derive(serde::Deserialize)]
pub(in super::super) struct Asked {
    #[serde(default)]
    span: String,
}

/// The samples a chart begins with.
pub(in super::super) async fn samples(State(desk): State<Arc<Desk>>, _: Visit, Query(asked): Query<Asked>) -> Response {
    let samples = desk.history.samples(Span::from_name(&asked.span));
    ([(header::CONTENT_TYPE, "application/json")], columns(&samples)).into_response()
}

/// The same in words: latest, mean and highest, for those who see no curves.
fn summary(samples: &[Sample]) -> Vec<(&'static str, String, String, String)> {
    let line = |name, value: fn(&Sample) -> f32, shown: fn(f64) -> String| {
        let known: Vec<f64> = samples.iter().map(value).filter(|value| *value >= 0.0).map(f64::from).collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let last = known.last().copied().unwrap_or_default();
        (name, shown(last), shown(mean), shown(known.iter().copied().fold(0.0, f64::max)))
    };
    let whole = |value: f64| count(value.round() as u64);
    vec![
        line("Accepted per second", |sample| sample.received, rate),
        line("Delivered per second", |sample| sample.delivered, rate),
        line("Failed or expired per second", |sample| sample.failed, rate),
        line("Attempts per second", |sample| sample.attempted, rate),
        line("Waiting", |sample| sample.pending as f32, whole),
        line("Half delivered within, ms", |sample| sample.median, whole),
        line("95 % delivered within, ms", |sample| sample.slow, whole),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_leaves_out_what_is_not_known() {
        let samples = [
            Sample { received: 2.0, median: -1.0, ..Sample::default() },
            Sample { received: 4.0, median: 30.0, ..Sample::default() },
        ];
        let summary = summary(&samples);
        assert_eq!(summary[0], ("Accepted per second", "4.0".into(), "3.0".into(), "4.0".into()));
        assert_eq!(summary[5], ("Half delivered within, ms", "30".into(), "30".into(), "30".into()));
    }
}
