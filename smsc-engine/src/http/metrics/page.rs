//! The list of all figures, for people.

use std::fmt::Write;

use super::table::{FAMILIES, Family, Kind};

/// Writes `docs/metrics.md`.
pub fn markdown() -> String {
    page(FAMILIES, HEAD)
}

/// Writes a page about families after what is to be said of all of them.
pub(super) fn page(all: &[Family], head: &str) -> String {
    let mut page = String::from(head);
    let mut families: Vec<_> = all.iter().collect();
    families.sort_by_key(|family| family.name);
    for family in families {
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} | {} |", family.name, family.kind.name(), labels.join(", "), family.help);
    }
    page.push_str(MIDDLE);
    for family in all {
        if let Kind::Histogram(bounds) = family.kind {
            let bounds: Vec<_> = bounds.iter().map(f64::to_string).collect();
            let _ = writeln!(page, "| `{}` | {} |", family.name, bounds.join(", "));
        }
    }
    page
}

const HEAD: &str = "\
# Metrics

The core serves these figures at `/metrics` in the text format 0.0.4 of Prometheus. This page is written by the program;
the test `metrics::shipped::the_page_of_metrics_is_that_of_the_table` says how.

* Figures are read where they are counted, at the moment somebody asks. The gauges of the queue are the queue's own numbers.
* Durations are in milliseconds; names that end in `_seconds` are in seconds.
* Names that end in `_count` are counters, but for `sms_c_delivery_succeeded_attempt_count`, a histogram with the series
  `sms_c_delivery_succeeded_attempt_count_bucket`, `_sum` and `_count`, and gauges that tell how many there are.
* Counters begin at 0 when the program starts.
* The figures of delivery are about messages; receipts have their own.
* A label has at most 1,000 values for names that come from outside; the rest is counted as `other`. `dest_smsc=\"none\"` is
  for messages that have no destination yet.
* Names that begin with `smpp_` are about the carriers this core binds to by itself; those of a gateway are the gateway's.
* A figure without samples is about a part that this centre does not have.

| name | type | labels | meaning |
|---|---|---|---|
";

const MIDDLE: &str = "
## Buckets

The 95th percentile of any histogram: `histogram_quantile(0.95, sum by (le) (rate(NAME_bucket[5m])))`.

| histogram | upper bounds |
|---|---|
";
