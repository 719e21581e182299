//! The files for Prometheus and Grafana name only what there is, and do what they say.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;
use serde_json::Value;
use smsc_engine::http::metrics::{self, FAMILIES, Family};

use super::{promtool, shipped_file};

/// What one program comes with for Prometheus and Grafana.
struct Shipped {
    deploy: &'static str,
    families: &'static [Family],
    /// Where each alert is explained.
    runbook: &'static str,
    /// The alerts of the specification.
    wanted: &'static [&'static str],
}

const CORE: Shipped = Shipped {
    deploy: "examples/smsc/deploy",
    families: FAMILIES,
    runbook: "docs/runbook.md",
    wanted: &[
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
    ],
};

#[cfg(feature = "gateway")]
const GATEWAY: Shipped = Shipped {
    deploy: "examples/gateway/deploy",
    families: metrics::gateway::GATEWAY_FAMILIES,
    runbook: "docs/gateway/alerts.md",
    wanted: &[
        "SMPPConnectionDown",
        "SMPPHighFailureRate",
        "SMPPBindFailures",
        "SMPPTraffic",
        "SMPPFrequentDisconnections",
        "CoreAPIUnreachable",
        "CoreAPITimeout",
        "NoMessageFlow",
    ],
};

const ALL: &[Shipped] = &[
    CORE,
    #[cfg(feature = "gateway")]
    GATEWAY,
];

fn read(path: &str) -> String {
    fs::read_to_string(shipped_file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A page that a program writes is in the repository as it writes it.
fn assert_written(path: &str, page: &str) {
    if std::env::var_os("SMSC_TEST_WRITE").is_some() {
        fs::write(shipped_file(path), page).unwrap();
    }
    assert!(read(path) == page, "run this test with SMSC_TEST_WRITE=1 and commit {path}");
}

impl Shipped {
    fn file(&self, name: &str) -> String {
        read(&format!("{}/{name}", self.deploy))
    }

    fn alerts(&self) -> BTreeSet<String> {
        values(&self.file("prometheus/rules.yml"), "alert:").into_iter().map(str::to_owned).collect()
    }

    fn assert_known(&self, expression: &str) {
        let names = metrics_of(expression);
        assert!(!names.is_empty(), "{expression} is about nothing");
        for name in names {
            let is_known = self.families.iter().any(|family| family.series().contains(&name));
            // Prometheus makes this one itself.
            assert!(is_known || name == "up", "{name} of {expression} is no metric");
        }
    }
}

/// What follows a key, one for each line that has it.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix(key));
    lines.map(|value| value.trim().trim_matches('\'')).collect()
}

/// The names in an expression that are neither functions nor labels.
fn metrics_of(expression: &str) -> Vec<String> {
    let ignored = Regex::new(r#"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without) \([^)]*\)"#).unwrap();
    let without = ignored.replace_all(expression, "");
    let names = Regex::new(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?:\s*\()?").unwrap();
    let found = names.find_iter(&without).map(|name| name.as_str());
    let is_word = |name: &&str| ["and", "or", "unless"].contains(&name.trim_end_matches('(').trim_end());
    found.filter(|name| !name.ends_with('(') && !is_word(name)).map(str::to_owned).collect()
}

#[test]
fn the_page_of_metrics_is_that_of_the_table() {
    assert_written("docs/metrics.md", &metrics::markdown());
    #[cfg(feature = "gateway")]
    assert_written("docs/gateway/metrics.md", &metrics::gateway::markdown());
}

#[test]
fn alerts_are_about_metrics_that_exist() {
    assert_eq!(metrics_of("sum by (le) (rate(a_b{c=\"d\"}[5m])) / e > 2"), ["a_b", "e"]);
    for shipped in ALL {
        let rules = shipped.file("prometheus/rules.yml");
        let expressions = values(&rules, "expr:");
        assert_eq!(expressions.len(), shipped.alerts().len());
        expressions.into_iter().for_each(|expression| shipped.assert_known(expression));
    }
}

#[test]
fn every_alert_of_the_specification_is_there() {
    for shipped in ALL {
        let alerts = shipped.alerts();
        assert!(shipped.wanted.iter().all(|name| alerts.contains(*name)), "{alerts:?}");
    }
}

#[test]
fn every_alert_has_severity_summary_and_a_place_in_the_runbook() {
    for shipped in ALL {
        let rules = shipped.file("prometheus/rules.yml");
        let (alerts, runbook) = (shipped.alerts(), read(shipped.runbook));
        for key in ["summary:", "severity:", "runbook_url:"] {
            assert_eq!(values(&rules, key).len(), alerts.len(), "{key}");
        }
        assert!(values(&rules, "severity:").iter().all(|severity| ["critical", "warning"].contains(severity)));
        let anchors: BTreeSet<String> = values(&runbook, "## ").into_iter().map(str::to_owned).collect();
        assert_eq!(anchors, alerts, "the runbook and the alerts");
        for (alert, url) in values(&rules, "alert:").into_iter().zip(values(&rules, "runbook_url:")) {
            assert_eq!(url, format!("{}#{}", shipped.runbook, alert.to_lowercase()));
        }
    }
}

#[test]
fn links_inside_the_runbook_lead_somewhere() {
    let links = Regex::new(r"\]\(#([^)]+)\)").unwrap();
    for shipped in ALL {
        let runbook = read(shipped.runbook);
        let alerts: BTreeSet<String> = shipped.alerts().iter().map(|alert| alert.to_lowercase()).collect();
        for link in links.captures_iter(&runbook) {
            assert!(alerts.contains(&link[1]), "{}", &link[1]);
        }
    }
}

#[test]
fn every_alert_is_tested_to_fire_and_to_be_silent() {
    let series = Regex::new(r"series: '([a-z_]+)").unwrap();
    for shipped in ALL {
        let tests = shipped.file("prometheus/tests.yml");
        let names = values(&tests, "name:");
        for alert in shipped.alerts() {
            assert!(names.contains(&format!("{alert} fires").as_str()), "{alert}");
            assert!(names.contains(&format!("{alert} is silent").as_str()), "{alert}");
        }
        for name in series.captures_iter(&tests) {
            shipped.assert_known(&name[1]);
        }
    }
}

#[test]
fn promtool_loads_the_alerts_and_sees_each_fire() {
    for shipped in ALL {
        let path = |name: &str| shipped_file(&format!("{}/prometheus/{name}", shipped.deploy)).to_str().unwrap().to_owned();
        for (task, file) in
            [(["check", "rules"], "rules.yml"), (["test", "rules"], "tests.yml"), (["check", "config"], "prometheus.yml")]
        {
            let Some(output) = promtool(&[task[0], task[1], &path(file)], "") else { return };
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&said));
        }
    }
}

#[test]
fn an_alert_that_does_not_fire_is_noticed() {
    for (shipped, condition) in ALL.iter().zip(["sms_c_queue_size_pending > 10000", "smpp_connection_status == 0"]) {
        let directory = tempfile::tempdir().unwrap();
        let rules = shipped.file("prometheus/rules.yml").replace(condition, &condition.replace("0", "9"));
        fs::write(directory.path().join("rules.yml"), rules).unwrap();
        let tests = directory.path().join("tests.yml");
        fs::write(&tests, shipped.file("prometheus/tests.yml")).unwrap();
        let Some(output) = promtool(&["test", "rules", tests.to_str().unwrap()], "") else { return };
        assert!(!output.status.success(), "the tests of {} prove nothing", shipped.deploy);
    }
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

/// Looks at all panels of a dashboard and returns the titles of its rows.
fn rows_of(shipped: &Shipped, dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap();
    for expression in all(dashboard, "expr") {
        let expression = expression.as_str().unwrap();
        shipped.assert_known(expression);
        assert!(expression.contains("$instance") && expression.contains("$job"), "{expression} ignores the variables");
    }
    for variable in all(dashboard, "definition") {
        let query = variable.as_str().unwrap();
        shipped.assert_known(query.trim_start_matches("label_values(").split(',').next().unwrap().split('{').next().unwrap());
    }
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{}", panel["title"]);
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
    }
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len());
    let rows = panels.iter().filter(|panel| panel["type"] == "row");
    rows.map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_dashboard_shows_the_six_groups_of_metrics_that_exist() {
    let dashboard: Value = serde_json::from_str(&CORE.file("grafana/core.json")).unwrap();
    assert_eq!(dashboard["uid"], "smsc-core");
    assert_eq!(rows_of(&CORE, &dashboard), ["Flow", "Queue", "Delivery", "Routes", "Frontends", "Health"]);
}

#[cfg(feature = "gateway")]
#[test]
fn the_dashboard_of_a_gateway_shows_the_panels_of_the_specification() {
    let dashboard: Value = serde_json::from_str(&GATEWAY.file("grafana/gateway.json")).unwrap();
    assert_eq!(rows_of(&GATEWAY, &dashboard), ["Binds", "Messages", "Core"]);
    let kinds: Vec<_> = dashboard["panels"].as_array().unwrap().iter().map(|panel| (&panel["title"], &panel["type"])).collect();
    for (title, kind) in
        [("Connection status", "stat"), ("Message rate", "timeseries"), ("Delivery success", "gauge"), ("Uptime", "stat")]
    {
        assert!(kinds.iter().any(|(known, of)| *known == title && *of == kind), "{title}");
    }
}
