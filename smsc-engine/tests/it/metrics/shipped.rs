//! The files for Prometheus and Grafana name only what there is, and do what they say.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;
use serde_json::Value;
use smsc_engine::http::metrics::{self, FAMILIES};

use super::{promtool, shipped_file};

const DEPLOY: &str = "examples/smsc/deploy";

fn read(path: &str) -> String {
    fs::read_to_string(shipped_file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn deployed(name: &str) -> String {
    read(&format!("{DEPLOY}/{name}"))
}

/// What follows a key, one for each line that has it.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix(key));
    lines.map(|value| value.trim().trim_matches('\'')).collect()
}

fn alerts() -> BTreeSet<String> {
    values(&deployed("prometheus/rules.yml"), "alert:").into_iter().map(str::to_owned).collect()
}

/// The names in an expression that are neither functions nor labels.
fn metrics_of(expression: &str) -> Vec<String> {
    let ignored = Regex::new(r#"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without) \([^)]*\)"#).unwrap();
    let without = ignored.replace_all(expression, "");
    let names = Regex::new(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?:\s*\()?").unwrap();
    let found = names.find_iter(&without).map(|name| name.as_str());
    found.filter(|name| !name.ends_with('(')).map(str::to_owned).collect()
}

fn assert_known(expression: &str) {
    let names = metrics_of(expression);
    assert!(!names.is_empty(), "{expression} is about nothing");
    for name in names {
        let is_known = FAMILIES.iter().any(|family| family.series().contains(&name));
        // Prometheus makes this one itself.
        assert!(is_known || name == "up", "{name} of {expression} is no metric");
    }
}

#[test]
fn the_page_of_metrics_is_that_of_the_table() {
    let page = metrics::markdown();
    if std::env::var_os("SMSC_TEST_WRITE").is_some() {
        fs::write(shipped_file("docs/metrics.md"), &page).unwrap();
    }
    assert!(read("docs/metrics.md") == page, "run this test with SMSC_TEST_WRITE=1 and commit docs/metrics.md");
}

#[test]
fn alerts_are_about_metrics_that_exist() {
    assert_eq!(metrics_of("sum by (le) (rate(a_b{c=\"d\"}[5m])) / e > 2"), ["a_b", "e"]);
    let rules = deployed("prometheus/rules.yml");
    let expressions = values(&rules, "expr:");
    assert_eq!(expressions.len(), alerts().len());
    expressions.into_iter().for_each(assert_known);
}

#[test]
fn every_alert_of_the_specification_is_there() {
    let alerts = alerts();
    for name in [
        "RoutingFailuresDetected",
        "MessageQueueBacklog",
        "OldMessagesInQueue",
        "NoActiveFrontends",
        "DeadLetterMessagesIncreasing",
        "LowDeliverySuccessRate",
        "LowDeliveryRate",
        "HighDeliveryRetryRate",
        "SlowMessageProcessing",
        "HighEnumFailureRate",
        "LowEnumCacheHitRate",
        "ChargingFailuresDetected",
        "FrontendDisconnected",
        "SlowEnumLookups",
    ] {
        assert!(alerts.contains(name), "{name}");
    }
}

#[test]
fn every_alert_has_severity_summary_and_a_place_in_the_runbook() {
    let rules = deployed("prometheus/rules.yml");
    let (alerts, runbook) = (alerts(), read("docs/runbook.md"));
    for key in ["for:", "summary:", "severity:", "runbook_url:"] {
        assert_eq!(values(&rules, key).len(), alerts.len(), "{key}");
    }
    assert!(values(&rules, "severity:").iter().all(|severity| ["critical", "warning"].contains(severity)));
    let anchors: BTreeSet<String> = values(&runbook, "## ").into_iter().map(str::to_owned).collect();
    assert_eq!(anchors, alerts, "the runbook and the alerts");
    for (alert, url) in values(&rules, "alert:").into_iter().zip(values(&rules, "runbook_url:")) {
        assert_eq!(url, format!("docs/runbook.md#{}", alert.to_lowercase()));
    }
}

#[test]
fn links_inside_the_runbook_lead_somewhere() {
    let runbook = read("docs/runbook.md");
    let alerts: BTreeSet<String> = alerts().iter().map(|alert| alert.to_lowercase()).collect();
    let links = Regex::new(r"\]\(#([^)]+)\)").unwrap();
    for link in links.captures_iter(&runbook) {
        assert!(alerts.contains(&link[1]), "{}", &link[1]);
    }
}

#[test]
fn every_alert_is_tested_to_fire_and_to_be_silent() {
    let tests = deployed("prometheus/tests.yml");
    let names = values(&tests, "name:");
    for alert in alerts() {
        assert!(names.contains(&format!("{alert} fires").as_str()), "{alert}");
        assert!(names.contains(&format!("{alert} is silent").as_str()), "{alert}");
    }
    let series = Regex::new(r"series: '([a-z_]+)").unwrap();
    for name in series.captures_iter(&tests) {
        assert_known(&name[1]);
    }
}

#[test]
fn promtool_loads_the_alerts_and_sees_each_fire() {
    let path = |name: &str| shipped_file(&format!("{DEPLOY}/prometheus/{name}")).to_str().unwrap().to_owned();
    for (task, file) in
        [(["check", "rules"], "rules.yml"), (["test", "rules"], "tests.yml"), (["check", "config"], "prometheus.yml")]
    {
        let Some(output) = promtool(&[task[0], task[1], &path(file)], "") else { return };
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn an_alert_that_does_not_fire_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let rules = deployed("prometheus/rules.yml").replace("sms_c_queue_size_pending > 10000", "sms_c_queue_size_pending > 99999");
    fs::write(directory.path().join("rules.yml"), rules).unwrap();
    let tests = directory.path().join("tests.yml");
    fs::write(&tests, deployed("prometheus/tests.yml")).unwrap();
    let Some(output) = promtool(&["test", "rules", tests.to_str().unwrap()], "") else { return };
    assert!(!output.status.success(), "the tests prove nothing");
}

/// Everything under a key, wherever it is.
fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    match value {
        Value::Object(fields) => {
            let here = fields.get(key).into_iter();
            here.chain(fields.values().flat_map(|value| all(value, key))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|value| all(value, key)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_dashboard_shows_the_six_groups_of_metrics_that_exist() {
    let dashboard: Value = serde_json::from_str(&deployed("grafana/core.json")).unwrap();
    assert_eq!(dashboard["uid"], "smsc-core");
    let panels = dashboard["panels"].as_array().unwrap();
    let rows: Vec<_> = panels.iter().filter(|panel| panel["type"] == "row").map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(rows, ["Flow", "Queue", "Delivery", "Routes", "Frontends", "Health"]);
    for expression in all(&dashboard, "expr") {
        let expression = expression.as_str().unwrap();
        assert_known(expression);
        assert!(expression.contains("$instance") && expression.contains("$job"), "{expression} ignores the variables");
    }
    for variable in all(&dashboard, "definition") {
        let query = variable.as_str().unwrap();
        assert_known(query.trim_start_matches("label_values(").split(',').next().unwrap().split('{').next().unwrap());
    }
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{}", panel["title"]);
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
    }
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len());
}
