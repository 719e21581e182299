//! The files for Prometheus and Grafana name only what there is.

use std::fs;

use smsc_engine::http::metrics;

use super::shipped_file;

#[test]
fn the_page_of_metrics_is_that_of_the_table() {
    let path = shipped_file("docs/metrics.md");
    let page = metrics::markdown();
    if std::env::var_os("SMSC_TEST_WRITE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "run this test with SMSC_TEST_WRITE=1 and commit docs/metrics.md");
}
