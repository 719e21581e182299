//! Locations: R-API-65 to 71.

use serde_json::{Value, json};

use super::{Api, each};

const PATH: &str = "/api/locations";

/// All that a registration can say.
fn full() -> Value {
    json!({
        "imsi": "001010000000001", "msisdn": "+447700900123", "location": "uk_gateway", "ran_location": "cell-7",
        "imei": "490154203237518", "ims_capable": true, "csfb": false, "registered": true,
        "expires": "2026-11-28T13:00:00Z", "user_agent": "Phone/1.0",
    })
}

#[tokio::test]
async fn imsi_and_msisdn_are_required_and_both_named() {
    let api = Api::new().await;
    let answer = api.post(PATH, json!({"location": "uk_gateway", "imsi": null, "msisdn": ""})).await;
    assert_eq!((answer.fault("imsi"), answer.fault("msisdn")), ("is required", "is required"));
    assert!(answer.failed(422).contains("imsi is required"), "{answer:?}");
}

#[tokio::test]
async fn a_known_imsi_is_updated_and_a_new_one_created() {
    let api = Api::new().await;
    let id = api.post(PATH, full()).await.data(201)["id"].clone();
    let answer = api.post(PATH, json!({"imsi": "001010000000001", "msisdn": "+447700900999"})).await;
    let again = answer.data(200);
    assert_eq!((&again["id"], &again["msisdn"]), (&id, &json!("+447700900999")));
    assert_eq!(again["location"], Value::Null, "a registration says all that is known");
    assert_eq!(each(api.get(PATH).await.data(200), "id"), [&id]);
}

#[tokio::test]
async fn a_location_is_found_by_id_and_by_number() {
    let api = Api::new().await;
    let id = api.post(PATH, full()).await.data(201)["id"].as_u64().unwrap();
    for name in [&id.to_string(), "+447700900123", "%2B447700900123", "447700900123"] {
        assert_eq!(api.get(&format!("{PATH}/{name}")).await.data(200)["id"], json!(id), "{name}");
    }
    // The number of a location goes before a subscriber's.
    let short = json!({"imsi": "2", "msisdn": id.to_string()});
    let other = api.post(PATH, short).await.data(201)["id"].clone();
    assert_eq!(api.get(&format!("{PATH}/{id}")).await.data(200)["imsi"], "001010000000001");
    assert_eq!(api.get(&format!("{PATH}/+{id}")).await.data(200)["id"], other);
    for name in ["4711", "+4711", "nobody", "18446744073709551616"] {
        api.get(&format!("{PATH}/{name}")).await.failed(404);
    }
}

#[tokio::test]
async fn a_change_takes_any_subset_and_null_clears() {
    let api = Api::new().await;
    let id = api.post(PATH, full()).await.data(201)["id"].clone();
    let path = format!("{PATH}/{id}");
    let before = api.get(&path).await.data(200).clone();
    let changed = api.patch(&path, json!({"location": "us_gateway", "imei": null, "csfb": true})).await.data(200).clone();
    let mut expected = before;
    expected["location"] = json!("us_gateway");
    expected["imei"] = Value::Null;
    expected["csfb"] = json!(true);
    assert_eq!(changed, expected);
    assert_eq!(api.patch(&path, json!({})).await.data(200), &expected);
    assert_eq!(api.patch(&path, json!({"imsi": ""})).await.fault("imsi"), "is required");
    api.patch(&path, json!({"csfb": "yes"})).await.fault("csfb");
    api.patch(&format!("{PATH}/4711"), json!({"csfb": true})).await.failed(404);
    let other = api.post(PATH, json!({"imsi": "2", "msisdn": "2"})).await.data(201)["id"].clone();
    let taken = api.patch(&format!("{PATH}/{other}"), json!({"imsi": "001010000000001"})).await;
    assert_eq!(taken.fault("imsi"), format!("is that of location {id}"));
}

#[tokio::test]
async fn a_deleted_location_is_gone() {
    let api = Api::new().await;
    let id = api.post(PATH, full()).await.data(201)["id"].clone();
    assert_eq!(api.delete(&format!("{PATH}/{id}")).await.status, 204);
    for path in [format!("{PATH}/{id}"), format!("{PATH}/x")] {
        api.delete(&path).await.failed(404);
    }
    api.get(&format!("{PATH}/+447700900123")).await.failed(404);
}

#[tokio::test]
async fn an_expired_location_routes_nothing() {
    let api = Api::new().await;
    api.post(PATH, full()).await.data(201);
    let id = api.submit("+447700900123").await;
    assert_eq!(api.work("uk_gateway").await, [id]);
    api.bench.pass(3_600);
    api.submit("+447700900123").await;
    assert_eq!(api.work("uk_gateway").await, []);
}

#[tokio::test]
async fn all_thirteen_fields_come_back_with_and_without_values() {
    let api = Api::new().await;
    let mut shown = api.post(PATH, full()).await.data(201).clone();
    let record = shown.as_object_mut().unwrap();
    assert_eq!(record.len(), 13);
    for (field, value) in [("inserted_at", "2026-11-28T12:00:00Z"), ("updated_at", "2026-11-28T12:00:00Z")] {
        assert_eq!(record.remove(field), Some(json!(value)));
    }
    record.remove("id").unwrap();
    assert_eq!(shown, full());
    let answer = api.post(PATH, json!({"imsi": "2", "msisdn": "3"})).await;
    let bare = answer.data(201).as_object().unwrap();
    assert_eq!((bare.len(), bare.values().filter(|value| value.is_null()).count()), (13, 8));
}

#[tokio::test]
async fn a_list_is_bounded_and_paged() {
    let api = Api::new().await;
    for number in 1..=5 {
        api.post(PATH, json!({"imsi": number.to_string(), "msisdn": number.to_string()})).await.data(201);
    }
    let page = api.get(&format!("{PATH}?limit=2&offset=1")).await;
    assert_eq!(each(page.data(200), "imsi"), [&json!("2"), &json!("3")]);
    assert_eq!(api.get(&format!("{PATH}?limit=5000&offset=3&envelope=false")).await.body.as_array().unwrap().len(), 2);
    for query in ["limit=-1", "limit=many", "offset="] {
        api.get(&format!("{PATH}?{query}")).await.failed(422);
    }
}

#[tokio::test]
async fn a_core_without_locations_says_so() {
    let api = Api::with(Vec::new(), |setup| setup.locations = None).await;
    assert_eq!(api.get(PATH).await.failed(503), "this core keeps no locations");
    assert_eq!(api.post(PATH, full()).await.failed(503), "this core keeps no locations");
}

#[tokio::test]
async fn control_characters_and_long_texts_are_refused_by_field() {
    let api = Api::new().await;
    let answer = api.post(PATH, json!({"imsi": "1\u{0}", "msisdn": "1".repeat(65), "user_agent": "a\nb"})).await;
    assert_eq!(answer.fault("imsi"), "must not contain control characters");
    assert_eq!(answer.fault("msisdn"), "has more than 64 octets");
    assert_eq!(answer.fault("user_agent"), "must not contain control characters");
}
