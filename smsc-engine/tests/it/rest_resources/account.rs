//! Accounts over REST: who may change them, what goes in and what never comes out.

use serde_json::json;
use smsc_engine::accounts::{AccountRecord, Secret};
use smsc_engine::http::rest::RestOptions;
use smsc_engine::overlay::AccountBook;
use smsc_engine::sql::{Database, DatabaseConfig};

use super::*;

const PATH: &str = "/api/accounts";

#[tokio::test]
async fn accounts_are_added_shown_changed_and_deleted() {
    let api = Api::new().await;
    let added = api.post(PATH, json!({"system_id": "shop", "password": "hunter22", "max_sessions": 2})).await;
    let added = added.data(201);
    assert_eq!((&added["system_id"], &added["max_sessions"], &added["origin"]), (&json!("shop"), &json!(2), &json!("added")));
    let before = api.accounts.get("shop").unwrap().entry;
    assert!(format!("{before:?}").contains("shop"));
    let changed =
        api.patch("/api/accounts/shop", json!({"messages_per_second": 9, "sources": ["Shop"], "max_sessions": null})).await;
    let changed = changed.data(200);
    assert_eq!((&changed["messages_per_second"], &changed["sources"]), (&json!(9), &json!(["Shop"])));
    assert_eq!(changed["max_sessions"], 0, "null is the usual value");
    let after = api.accounts.get("shop").unwrap();
    assert_eq!(after.entry.password, before.password, "a password that is not given stays");
    assert_eq!(after.change.unwrap().by, "address 192.0.2.1");
    assert_eq!(api.get("/api/accounts/shop").await.data(200), changed);
    api.patch("/api/accounts/shop", json!({"password": "other"})).await.data(200);
    assert_ne!(api.accounts.get("shop").unwrap().entry.password, before.password);
    assert_eq!(each(api.get(PATH).await.data(200), "system_id"), ["file", "shop"]);
    assert_eq!(each(api.get("/api/accounts?limit=1&offset=1").await.data(200), "system_id"), ["shop"]);
    assert_eq!(api.delete("/api/accounts/shop").await.status, 204);
    api.get("/api/accounts/shop").await.failed(404);
    api.delete("/api/accounts/shop").await.failed(404);
    // One of the configuration can be changed and deleted as well.
    let file = api.patch("/api/accounts/file", json!({"enabled": false})).await;
    assert_eq!((&file.data(200)["origin"], &file.data(200)["enabled"]), (&json!("changed"), &json!(false)));
    assert_eq!(api.delete("/api/accounts/file").await.status, 204);
    assert_eq!(api.accounts.deleted()[0].key, "file");
}

#[tokio::test]
async fn no_password_comes_out_and_what_is_wrong_is_named() {
    let api = Api::new().await;
    api.post(PATH, json!({"system_id": "shop", "password": "hunter22"})).await.data(201);
    for path in [PATH, "/api/accounts/shop", "/api/accounts/file"] {
        let answer = api.get(path).await;
        let text = answer.data(200).to_string();
        assert!(!text.contains("password") && !text.contains("argon2") && !text.contains("hunter"), "{text}");
    }
    let post = async |body| api.post(PATH, body).await;
    assert_eq!(post(json!({"system_id": "shop", "password": "x"})).await.fault("system_id"), "is taken already");
    assert!(post(json!({"system_id": "new"})).await.fault("password").contains("needs one"));
    let long = post(json!({"system_id": "new", "password": "hunter22hunter22"})).await;
    assert!(long.fault("password").contains("1 to 8 octets") && !long.body.to_string().contains("hunter"), "{long:?}");
    let patch = async |body| api.patch("/api/accounts/shop", body).await;
    assert!(patch(json!({"bind": ["sender"]})).await.fault("bind").contains("transmitter"));
    assert!(patch(json!({"max_sessions": "many"})).await.fault("max_sessions").contains("many"));
    assert!(patch(json!({"colour": "red"})).await.fault("colour").contains("unknown field"));
    assert!(patch(json!({"colour": null})).await.status == 422);
    assert!(patch(json!({"system_id": "other"})).await.fault("system_id").contains("stays"));
    api.patch("/api/accounts/nobody", json!({"enabled": true})).await.failed(404);
    assert_eq!(api.accounts.get("shop").unwrap().entry.kinds.len(), 3, "what is refused changes nothing");
}

#[tokio::test]
async fn where_there_are_keys_it_takes_that_of_an_administrator() {
    let keys = vec![("boss".to_owned(), Secret::new("boss-0123456789abc")), ("shop".into(), Secret::new("shop-0123456789abc"))];
    let options = RestOptions { keys, admins: vec!["boss".into()], ..RestOptions::default() };
    let bench = Bench::new(Vec::new(), |_| {}).await;
    let directory = tempfile::tempdir().unwrap();
    let book = accounts(&directory).await;
    let router = Rest::with_accounts(bench.control.clone(), options, book.clone()).router();
    let ask = async |method: &str, path: &str, key: &str| {
        let body = Body::from(json!({"system_id": "new", "password": "x"}).to_string());
        let request = Request::builder().method(method).uri(path).header("x-api-key", key).body(body).unwrap();
        router.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    for (method, path) in [("GET", PATH), ("POST", PATH), ("PATCH", "/api/accounts/file"), ("DELETE", "/api/accounts/file")] {
        assert_eq!(ask(method, path, "nobody").await, 401, "{method}");
        assert_eq!(ask(method, path, "shop-0123456789abc").await, 403, "{method}");
    }
    assert!(book.get("new").is_none() && book.deleted().is_empty());
    assert_eq!(ask("POST", PATH, "boss-0123456789abc").await, 201);
    assert_eq!(book.get("new").unwrap().change.unwrap().by, "API key boss");
}

/// A book with one account of the configuration.
pub(super) async fn accounts(directory: &tempfile::TempDir) -> AccountBook {
    let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("accounts.sqlite"))).await.unwrap();
    AccountBook::open(&database, vec![AccountRecord::new("file", "secret08")]).await.unwrap()
}
