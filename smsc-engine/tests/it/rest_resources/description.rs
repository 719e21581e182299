//! The description of the API and the page that shows it: R-API-14.

use std::path::Path;

use serde_json::Value;

use super::Api;

/// Where operators and generators of clients find it without a running core.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

/// The index of the specification.
const INDEX: &[(&str, &str)] = &[
    ("/api/status", "get"),
    ("/api/system/health", "get"),
    ("/api/messages", "get post"),
    ("/api/messages/create_async", "post"),
    ("/api/messages_raw", "post"),
    ("/api/messages_raw/async", "post"),
    ("/api/messages/get_by_smsc", "get"),
    ("/api/messages/queue", "get"),
    ("/api/message_queue", "get"),
    ("/api/messages/{id}", "get patch put delete"),
    ("/api/messages/{id}/increment_delivery_attempt", "post"),
    ("/api/messages/{id}/mark_delivered", "post"),
    ("/api/messages/{id}/delivery_status", "put"),
    ("/api/messages/delivery_status", "put"),
    ("/api/locations", "get post"),
    ("/api/locations/{id}", "get patch delete"),
    ("/api/frontends", "get post"),
    ("/api/frontends/register", "post"),
    ("/api/frontends/active", "get"),
    ("/api/frontends/stats", "get"),
    ("/api/frontends/history/{frontend_name}", "get"),
    ("/api/frontends/{id}", "get"),
    ("/api/events/{message_id}", "get"),
    ("/api/events", "post"),
    ("/api/cdrs", "get"),
    ("/api/mms_messages", "get post"),
    ("/api/mms_messages/{id}", "get patch delete"),
    ("/api/mms_message_queues", "get post"),
    ("/api/mms_message_queues/{id}", "get patch delete"),
    ("/api/ss7_events", "get post"),
    ("/api/ss7_events/{id}", "get patch delete"),
    ("/api/routes", "get post"),
    ("/api/routes/{id}", "get patch delete"),
    ("/api/routes/export", "get"),
    ("/api/routes/import", "post"),
    ("/api/routes/simulate", "post"),
];

async fn document(api: &Api) -> Value {
    let answer = api.get("/api/openapi.json").await;
    assert_eq!(answer.status, 200);
    answer.body
}

/// Path, method and what is said about it.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

#[tokio::test]
async fn every_path_of_the_index_is_described_and_every_described_path_answers() {
    let api = Api::new().await;
    let document = document(&api).await;
    for (path, methods) in INDEX {
        for method in methods.split(' ') {
            assert!(document["paths"][path].get(method).is_some(), "{method} {path} is not described");
        }
    }
    for (path, method, _) in operations(&document) {
        let asked =
            path.replace("{id}", "1").replace("{message_id}", "1").replace("{frontend_name}", "a").replace("{system_id}", "a");
        let answer = api.call(&method.to_uppercase(), &asked, "{}").await;
        let is_unknown = answer.body["errors"]["detail"].as_str().is_some_and(|detail| detail.starts_with("there is nothing at"));
        assert!(answer.status != 405 && !is_unknown, "{method} {path} is described and not served: {answer:?}");
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_says_what_errors_look_like() {
    let api = Api::new().await;
    let document = document(&api).await;
    let mut names = std::collections::HashSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{operation}");
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{method} {path} says nothing");
        let responses = operation["responses"].as_object().unwrap();
        for status in ["401", "403", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{method} {path}: {status}");
        }
        if operation.get("requestBody").is_some() {
            assert!(["400", "413", "422"].iter().all(|status| responses.contains_key(*status)), "{method} {path}");
        }
        assert!(!path.contains('{') || responses.contains_key("404"), "{method} {path}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}: {parameter}");
        }
    }
}

/// `UPDATE=1 cargo test -p smsc-engine --features http --test it description` writes it again.
#[tokio::test]
async fn the_description_is_the_one_that_is_kept_under_docs() {
    let api = Api::new().await;
    let mut served = serde_json::to_string_pretty(&document(&api).await).unwrap();
    served.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(KEPT, &served).unwrap();
    }
    let kept = std::fs::read_to_string(Path::new(KEPT)).unwrap_or_default();
    assert!(kept == served, "docs/openapi.json is not what is served; UPDATE=1 writes it again");
}

#[tokio::test]
async fn the_page_needs_nothing_from_outside() {
    let api = Api::new().await;
    let page = api.text("/api/docs/").await;
    let parts: Vec<&str> = page.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css")).collect();
    assert!(parts.len() >= 3, "{page}");
    for part in &parts {
        assert!(!part.contains("//"), "{part} comes from outside");
        let path = format!("/api/docs/{}", part.trim_start_matches("./"));
        assert!(!api.text(&path).await.is_empty());
    }
    let start = api.text("/api/docs/swagger-initializer.js").await;
    assert!(start.contains("/api/openapi.json"), "{start}");
    for (name, text) in [("the page", page.as_str()), ("its start", start.as_str())] {
        assert!(!text.contains("http://") && !text.contains("https://"), "{name}: {text}");
    }
}
