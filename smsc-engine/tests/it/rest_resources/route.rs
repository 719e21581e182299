//! Routes: R-API-88 to 92.

use serde_json::json;
use smsc_engine::core::translate::Mode;
use smsc_engine::model::Rule;

use super::*;
use crate::control::route;

const PATH: &str = "/api/routes";

/// A route that says something about everything.
fn full() -> Value {
    json!({
        "calling_prefix": "+1", "called_prefix": "+44", "source_smsc": "shop", "source_type": "SMPP",
        "enum_domain": "e164.arpa", "dest_smsc": "uk_gateway", "auto_reply": false, "auto_reply_message": "closed\nsorry",
        "drop": false, "charged": "yes", "weight": 70, "priority": 50, "description": "UK", "enabled": true,
    })
}

async fn listed(api: &Api) -> Value {
    api.get(PATH).await.data(200).clone()
}

#[tokio::test]
async fn all_fields_of_a_route_are_returned() {
    let api = Api::new().await;
    let mut route = full();
    let made = api.post(PATH, route.clone()).await.data(201).clone();
    route["id"] = made["id"].clone();
    assert_eq!(made, route);
    assert_eq!(listed(&api).await, json!([route]));
    assert_eq!(api.get(&format!("{PATH}/{}", made["id"])).await.data(200), &route);
    let least = api.post(PATH, json!({"dest_smsc": "uk", "enum_result_domain": "e164.org"})).await.data(201).clone();
    assert_eq!((least.as_object().unwrap().len(), &least["enum_domain"]), (15, &json!("e164.org")));
    assert_eq!((&least["weight"], &least["priority"], &least["charged"]), (&json!(100), &json!(100), &json!("default")));
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let api = Api::new().await;
    for (field, value) in [
        ("weight", json!(0)),
        ("weight", json!(300)),
        ("priority", json!(0)),
        ("source_type", json!("FAX")),
        ("charged", json!(null)),
        ("called_prefix", json!("4\n4")),
        ("called_prefix", json!("4".repeat(65))),
        ("dest_smsc", json!(null)),
    ] {
        let mut route = full();
        route[field] = value;
        let answer = api.post(PATH, route).await;
        answer.fault(field);
    }
    let typing_error = api.post(PATH, json!({"caled_prefix": "44", "dest_smsc": "uk"})).await;
    assert!(typing_error.failed(422).contains("caled_prefix"), "a criterion less would claim every message: {typing_error:?}");
    api.call("POST", PATH, "{").await.failed(400);
    api.post(PATH, json!([null, "44"])).await.failed(422);
    assert_eq!(listed(&api).await, json!([]));
}

#[tokio::test]
async fn a_change_keeps_what_it_leaves_out_and_null_clears_a_criterion() {
    let api = Api::new().await;
    let mut route = api.post(PATH, full()).await.data(201).clone();
    let path = format!("{PATH}/{}", route["id"]);
    route["calling_prefix"] = Value::Null;
    route["weight"] = json!(30);
    route["enabled"] = json!(false);
    let change = json!({"calling_prefix": null, "weight": 30, "enabled": false});
    assert_eq!(api.patch(&path, change).await.data(200), &route);
    assert_eq!(api.patch(&path, json!({"dest_smsc": null})).await.fault("dest_smsc").split(',').next(), Some("missing"));
    assert_eq!(api.get(&path).await.data(200), &route, "what is refused changes nothing");
    assert_eq!(api.delete(&path).await.status, 204);
    for path in [path.as_str(), "/api/routes/0", "/api/routes/x"] {
        api.get(path).await.failed(404);
        api.patch(path, json!({"weight": 1})).await.failed(404);
        api.delete(path).await.failed(404);
    }
}

#[tokio::test]
async fn an_export_is_a_file_and_comes_back_without_loss() {
    let api = Api::new().await;
    api.post(PATH, full()).await.data(201);
    api.post(PATH, json!({"drop": true, "called_prefix": "1900"})).await.data(201);
    let export = api.get("/api/routes/export").await;
    assert_eq!(export.headers["content-disposition"], "attachment; filename=\"routes.json\"");
    assert_eq!(export.headers["content-type"], "application/json");
    let before = listed(&api).await;
    assert_eq!(export.body["routes"], before);
    let other = Api::with(vec![route("7", "old")], |_| {}).await;
    let report = other.post("/api/routes/import?mode=replace", export.body.clone()).await.data(200).clone();
    assert_eq!(report, json!({"dry_run": false, "added": 2, "unchanged": 0, "deleted": 1}));
    assert_eq!(listed(&other).await, before);
}

#[tokio::test]
async fn merge_adds_and_replace_deletes_first() {
    let api = Api::with(vec![route("44", "uk")], |_| {}).await;
    let us = json!([{"called_prefix": "1", "dest_smsc": "us"}]);
    let merged = api.post("/api/routes/import", us.clone()).await.data(200).clone();
    assert_eq!(merged, json!({"dry_run": false, "added": 1, "unchanged": 0, "deleted": 0}));
    let again = api.post("/api/routes/import", json!({"mode": "merge", "routes": us})).await.data(200).clone();
    assert_eq!((&again["added"], &again["unchanged"]), (&json!(0), &json!(1)));
    assert_eq!(each(&listed(&api).await, "dest_smsc"), [&json!("uk"), &json!("us")]);
    let replaced = api.post("/api/routes/import", json!({"mode": "replace", "routes": us})).await.data(200).clone();
    assert_eq!((&replaced["added"], &replaced["deleted"]), (&json!(1), &json!(2)));
    assert_eq!(each(&listed(&api).await, "dest_smsc"), [&json!("us")]);
}

#[tokio::test]
async fn a_dry_run_tells_what_an_import_would_do_and_does_nothing() {
    let api = Api::with(vec![route("44", "uk")], |_| {}).await;
    let document = json!({"routes": [{"called_prefix": "1", "dest_smsc": "us"}], "dry_run": true, "mode": "replace"});
    let report = json!({"dry_run": true, "added": 1, "unchanged": 0, "deleted": 1});
    assert_eq!(api.post("/api/routes/import", document.clone()).await.data(200), &report);
    assert_eq!(api.post("/api/routes/import?dry_run=true&mode=replace", document.clone()).await.data(200), &report);
    assert_eq!(each(&listed(&api).await, "dest_smsc"), [&json!("uk")]);
    assert_eq!(api.post("/api/routes/import?dry_run=false", document).await.data(200)["dry_run"], false);
    assert_eq!(each(&listed(&api).await, "dest_smsc"), [&json!("us")]);
}

#[tokio::test]
async fn a_faulty_import_changes_nothing_and_names_the_row() {
    let api = Api::with(vec![route("44", "uk")], |_| {}).await;
    let good = json!({"dest_smsc": "us"});
    for (row, field) in
        [(json!({"dest_smsc": "us", "weight": 0}), "weight"), (json!({"dest_smsc": 7}), "dest_smsc"), (json!({"who": 1}), "who")]
    {
        for query in ["mode=replace", "mode=merge", "mode=replace&dry_run=true"] {
            let answer = api.post(&format!("/api/routes/import?{query}"), json!([good, row])).await;
            assert!(answer.fault(&format!("routes[1].{field}")).starts_with("(row 2): "), "{answer:?}");
        }
    }
    api.post("/api/routes/import?mode=all", json!([])).await.failed(422);
    for mode in [json!("all"), json!({}), json!(1)] {
        api.post("/api/routes/import", json!({"mode": mode, "routes": []})).await.failed(422);
    }
    api.call("POST", "/api/routes/import", "[{").await.failed(400);
    api.post("/api/routes/import", json!(7)).await.failed(422);
    assert_eq!(each(&listed(&api).await, "dest_smsc"), [&json!("uk")]);
}

#[tokio::test]
async fn a_simulation_shows_the_chosen_route_and_the_others_and_stores_nothing() {
    let api = Api::with(vec![route("44", "uk"), route("", "rest"), route("1", "us")], |_| {}).await;
    let rule = Rule { called_match: Some(r"^00(\d+)$".into()), called_replace: Some(r"+\1".into()), ..Rule::default() };
    api.bench.control.handle.translator().replace(&[rule], Mode::First).unwrap();
    let supposed = json!({"calling": "+15551234567", "called": "00447700900123", "source_smsc": "shop", "source_type": "SMPP"});
    let shown = api.post("/api/routes/simulate", supposed).await.data(200).clone();
    assert_eq!((&shown["calling"], &shown["called"]), (&json!("+15551234567"), &json!("+447700900123")));
    assert!(shown["translation"].as_str().unwrap().contains("00447700900123 -> +447700900123"), "{shown}");
    assert_eq!((&shown["chosen"]["route"]["dest_smsc"], &shown["chosen"]["score"]), (&json!("uk"), &json!(200)));
    let criterion = json!([{"field": "called_prefix", "wanted": "44", "found": "447700900123", "points": 200}]);
    assert_eq!((&shown["chosen"]["criteria"], &shown["chosen"]["share"]), (&criterion, &json!(100.0)));
    let candidates = each(&shown["candidates"], "route");
    assert_eq!(candidates.iter().map(|route| &route["dest_smsc"]).collect::<Vec<_>>(), [&json!("uk"), &json!("rest")]);
    assert_eq!(shown["reason"], "more specific at equal priority: 200 points against 0");
    let counts = api.bench.control.handle.counts();
    assert!(counts.lanes.iter().all(|lane| lane.pending == 0), "{counts:?}");
    assert_eq!(api.bench.control.handle.routes().unwrap().matches(), []);
    let missing = api.post("/api/routes/simulate", json!({})).await;
    assert_eq!((missing.fault("calling"), missing.fault("called")), ("is required", "is required"));
}

#[tokio::test]
async fn a_change_counts_for_the_next_message() {
    let api = Api::new().await;
    let id = api.post(PATH, json!({"called_prefix": "44", "dest_smsc": "a"})).await.data(201)["id"].clone();
    let first = api.submit("+447700900001").await;
    api.patch(&format!("{PATH}/{id}"), json!({"dest_smsc": "b"})).await.data(200);
    let second = api.submit("+447700900002").await;
    api.post("/api/routes/import?mode=replace", json!([{"dest_smsc": "c"}])).await.data(200);
    let third = api.submit("+447700900003").await;
    for (frontend, id) in [("a", first), ("b", second), ("c", third)] {
        assert_eq!(api.work(frontend).await, [id], "{frontend}");
    }
}

#[tokio::test]
async fn a_table_is_larger_than_other_requests_and_has_a_bound_of_its_own() {
    let bench = crate::control::Bench::new(Vec::new(), |_| {}).await;
    let options = RestOptions { limits: Limits::NONE, max_body: 2_000, max_import: 20_000, ..RestOptions::default() };
    let router = Rest::new(bench.control.clone(), options).router();
    let ask = async |path: &str, routes: usize, announced: bool| {
        let routes: Vec<Value> =
            (0..routes).map(|number| json!({"called_prefix": number.to_string(), "dest_smsc": "a"})).collect();
        let text = json!({ "routes": routes, "dry_run": true }).to_string();
        let mut request = Request::builder().method("POST").uri(path);
        let body = match announced {
            true => Body::from(text),
            // Nobody knows how long a stream is before it ends.
            false => Body::from_stream(futures_util::stream::iter([Ok::<_, std::convert::Infallible>(text)])),
        };
        request = request.header("content-type", "application/json");
        router.clone().oneshot(request.body(body).unwrap()).await.unwrap().status().as_u16()
    };
    for announced in [true, false] {
        assert_eq!(ask("/api/routes/import", 200, announced).await, 200);
        assert_eq!(ask("/api/routes/import", 2_000, announced).await, 413);
        assert_eq!(ask("/api/routes", 200, announced).await, 413);
    }
}

#[tokio::test]
async fn every_change_leaves_a_line_for_auditors() {
    let (lines, _guard) = log::listen();
    let api = Api::new().await;
    api.post(PATH, json!({"called_prefix": "44", "dest_smsc": "a"})).await.data(201);
    api.patch("/api/routes/1", json!({"weight": 5})).await.data(200);
    api.post("/api/routes/import?dry_run=true", json!([{"dest_smsc": "c"}])).await.data(200);
    api.post("/api/routes/import", json!([{"dest_smsc": "c"}])).await.data(200);
    api.delete("/api/routes/1").await;
    api.patch("/api/routes/1", json!({"weight": 6})).await.failed(404);
    let audit = lines.containing("audit:");
    let told = [
        r#"message=add route actor=address 192.0.2.1 details=1: called_prefix null -> "44", dest_smsc null -> "a""#,
        "message=change route actor=address 192.0.2.1 details=1: weight 100 -> 5",
        "message=import routes actor=address 192.0.2.1 details=Merge: 1 added, 0 unchanged, 0 deleted",
        "message=delete route actor=address 192.0.2.1 details=1: called_prefix",
    ];
    assert_eq!(audit.len(), told.len(), "{audit:?}");
    for (line, told) in audit.iter().zip(told) {
        assert!(line.contains(told), "{line}");
    }
}
