//! Each action changes what it says, for those who may, out of our own forms only.

use std::time::Duration;

use axum::http::{StatusCode, header};
use smsc_engine::api::Attempt;
use smsc_engine::core::HandleError;
use smsc_engine::model::{FinalState, Lane, Status};
use smsc_engine::users::Role;

use super::site::Site;

/// Every action, with fields that would do.
const ACTIONS: &[(&str, &str)] = &[
    ("/send", "from=Shop&to=%2B447700900001&text=Hi"),
    ("/send/preview", "text=Hi"),
    ("/message/1/retry", ""),
    ("/message/1/redirect", "dest_smsc=other"),
    ("/message/1/end", "status=failed"),
    ("/message/1/delete", ""),
    ("/message_queue/bulk", "id=1&deed=delete&confirm=change+1+messages"),
    ("/sms_routing", "dest_smsc=x&enabled=on"),
    ("/sms_routing/1", "dest_smsc=x"),
    ("/sms_routing/1/switch", ""),
    ("/sms_routing/1/delete", ""),
    ("/sms_routing/import", "mode=replace&document=[]&seen=yes"),
    ("/locations", "imsi=1&msisdn=2"),
    ("/locations/1", "imsi=1&msisdn=2"),
    ("/locations/1/delete", ""),
    ("/smpp_sessions/1/drop", ""),
    ("/carriers/direct/reconnect", ""),
    ("/carriers/direct/drop", ""),
    ("/number_translation", "called_match=1&called_replace=2&enabled=on"),
    ("/number_translation/1", "called_match=1&called_replace=2"),
    ("/number_translation/1/delete", ""),
    ("/accounts", "system_id=new&password=secret&transceiver=on"),
    ("/accounts/shop", "enabled=on"),
    ("/accounts/shop/delete", ""),
];

#[tokio::test]
async fn viewers_strangers_and_other_sites_change_nothing() {
    let site = Site::new().await;
    let control = &site.seed.control;
    let state =
        || (control.handle.counts(), control.handle.routes().unwrap().export(), control.handle.locations().unwrap().list(0, 99));
    let before = state();
    for (path, fields) in ACTIONS {
        site.takes_only_forms_of_operators(path, fields).await;
        let got = site.get(Some(Role::Operator), path).await;
        assert!(got.status != StatusCode::SEE_OTHER, "{path} does nothing when it is only looked at");
    }
    assert_eq!(state(), before);
}

#[tokio::test]
async fn a_message_is_sent_and_leads_to_its_page() {
    let site = Site::new().await;
    let page = site.post(Role::Operator, "/send", "from=Shop&to=%2B447700900555&text=Gr%C3%BC%C3%9Fe&priority=3").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let id = page.location().strip_prefix("/message/").unwrap().parse::<u64>().unwrap();
    let record = site.seed.control.handle.message(smsc_engine::model::MessageId(id)).await.unwrap();
    let message = record.message;
    assert_eq!(
        (message.destination.number().as_ref(), message.priority, message.account.as_str()),
        ("+447700900555", 3, "dashboard")
    );
    assert_eq!((message.lane, message.data_coding), (Lane::from("uk_gateway"), 0));
    let cookie = page.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert!(cookie.starts_with("notice=Message%20") && cookie.contains("HttpOnly"));
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_says_why_at_the_field() {
    let site = Site::new().await;
    let before = site.seed.control.handle.counts();
    let page = site
        .post(Role::Operator, "/send", "from=AVeryLongSenderName&to=abc&text=&priority=77&deliver_after=soon&dest_smsc=!x")
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["from", "to", "text", "priority", "deliver_after", "dest_smsc"] {
        assert!(page.fault(field).is_some(), "{field}");
    }
    assert!(page.has("value=\"AVeryLongSenderName\""), "what was typed is still there");
    assert_eq!(site.seed.control.handle.counts(), before);
}

#[tokio::test]
async fn the_preview_counts_parts_and_names_the_route() {
    let site = Site::new().await;
    let text = "x".repeat(161);
    let page = site.post(Role::Operator, "/send/preview", &format!("from=Shop&to=07700900001&text={text}")).await;
    assert!(page.has("GSM 7-bit") && page.has("<b>2</b>") && page.has("route 1: through uk_gateway"), "{}", page.text);
    assert!(page.has("called 07700900001 -&#62; 447700900001"), "{}", page.text);
    assert!(page.has("0.030000 USD"), "two parts of the usual rate: {}", page.text);
    let cyrillic = site.post(Role::Operator, "/send/preview", "from=Shop&to=07700900001&text=%D0%96").await;
    assert!(cyrillic.has("UCS-2") && cyrillic.has("Ж U+0416"));
    assert!(!cyrillic.has("<html"), "a fragment");
}

#[tokio::test]
async fn a_message_is_retried_redirected_ended_and_deleted() {
    let site = Site::new().await;
    let handle = &site.seed.control.handle;
    let id = site.seed.report("uk_gateway", Attempt::TryAgain(8)).await;
    assert!(handle.message(id).await.unwrap().message.deliver_after > site.seed.control.now());
    let path = |deed: &str| format!("/message/{}/{deed}", id.0);
    assert_eq!(site.post(Role::Operator, &path("retry"), "").await.location(), format!("/message/{}", id.0));
    let message = handle.message(id).await.unwrap().message;
    assert!(message.deliver_after <= site.seed.control.now() && message.attempts == 0);
    let nowhere = site.post(Role::Operator, &path("redirect"), "dest_smsc=").await;
    assert_eq!((nowhere.status, nowhere.fault("dest_smsc").is_some()), (StatusCode::UNPROCESSABLE_ENTITY, true));
    site.post(Role::Operator, &path("redirect"), "dest_smsc=uk_backup").await;
    assert_eq!(handle.message(id).await.unwrap().message.lane, Lane::from("uk_backup"));
    site.post(Role::Operator, &path("end"), "status=failed").await;
    assert_eq!(handle.message(id).await.unwrap().status(), Status::Failed);
    let twice = site.post(Role::Operator, &path("end"), "status=failed").await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.has("the message is failed"));
    site.post(Role::Operator, &path("retry"), "").await;
    assert_eq!(handle.message(id).await.unwrap().status(), Status::Pending, "another chance");
    assert_eq!(site.post(Role::Operator, &path("delete"), "").await.location(), "/message_queue");
    assert_eq!(handle.message(id).await, Err(HandleError::Unknown(id)));
}

#[tokio::test]
async fn details_show_fields_and_the_line_of_events() {
    let site = Site::new().await;
    let id = site.seed.report("uk_gateway", Attempt::Failed(FinalState::Undeliverable, 0x0B)).await;
    let page = site.get(Some(Role::Viewer), &format!("/message/{}", id.0)).await;
    for text in [
        "source_addr",
        "destination_addr",
        "service_type",
        "esm_class",
        "protocol_id",
        "data_coding",
        "registered_delivery",
        "sm_default_msg_id",
        "source_imsi",
        "dest_imsi",
        "raw_pdu",
        "Submitted by",
        "Goes through",
        "Failed attempts",
        "Ended as",
        "undeliverable, error 11",
        "Accepted",
        "Route chosen",
        "Expires",
        "Copy",
    ] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
}

#[tokio::test]
async fn many_messages_are_changed_only_when_the_words_are_typed() {
    let site = Site::new().await;
    let handle = &site.seed.control.handle;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(site.seed.send("Bulk", &format!("+44770092{number:04}"), "bulk").await);
    }
    let page = site.get(Some(Role::Operator), "/message_queue/bulk?q=Bulk").await;
    assert!(page.has("change 3 messages"));
    let bad = site.post(Role::Operator, "/message_queue/bulk", "q=Bulk&deed=redirect&dest_smsc=&confirm=yes").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.fault("confirm").is_some() && bad.fault("dest_smsc").is_some());
    let good = "q=Bulk&deed=redirect&dest_smsc=uk_backup&confirm=change+3+messages";
    assert_eq!(site.post(Role::Operator, "/message_queue/bulk", good).await.status, StatusCode::SEE_OTHER);
    for id in &ids {
        assert_eq!(handle.message(*id).await.unwrap().message.lane, Lane::from("uk_backup"));
    }
    let chosen = format!("id={}&id={}&deed=delete&confirm=change+2+messages", ids[0], ids[1]);
    site.post(Role::Operator, "/message_queue/bulk", &chosen).await;
    let left: Vec<bool> = [handle.message(ids[0]).await, handle.message(ids[1]).await, handle.message(ids[2]).await]
        .iter()
        .map(Result::is_ok)
        .collect();
    assert_eq!(left, [false, false, true]);
}

#[tokio::test]
async fn routes_are_added_changed_switched_and_deleted() {
    let site = Site::new().await;
    let routes = site.seed.control.handle.routes().unwrap();
    let before = routes.len();
    let bad = site.post(Role::Operator, "/sms_routing", "weight=101&priority=&called_prefix=1").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bad.fault("weight"), Some("a whole number from 1 to 100"));
    let aimless = site.post(Role::Operator, "/sms_routing", "called_prefix=1").await;
    assert_eq!(aimless.fault("dest_smsc"), Some("missing, and the route neither replies nor drops"));
    assert_eq!(routes.len(), before);
    let good =
        "called_prefix=1&dest_smsc=us_gateway&priority=50&weight=10&charged=yes&source_type=IMS&enabled=on&description=America";
    assert_eq!(site.post(Role::Operator, "/sms_routing", good).await.status, StatusCode::SEE_OTHER);
    let route = routes.list(0, 99).pop().unwrap();
    assert_eq!((route.dest_smsc.as_deref(), route.priority, route.weight, route.enabled), (Some("us_gateway"), 50, 10, true));
    let id = route.id;
    site.post(Role::Operator, &format!("/sms_routing/{id}"), "called_prefix=12&drop=on&enabled=on").await;
    let route = routes.get(id).unwrap();
    assert_eq!((route.called_prefix.as_deref(), route.drop, route.dest_smsc), (Some("12"), true, None));
    site.post(Role::Operator, &format!("/sms_routing/{id}/switch"), "").await;
    assert!(!routes.get(id).unwrap().enabled);
    site.post(Role::Operator, &format!("/sms_routing/{id}/switch"), "enabled=on").await;
    assert!(routes.get(id).unwrap().enabled);
    site.post(Role::Operator, &format!("/sms_routing/{id}/delete"), "").await;
    assert!(routes.get(id).is_none());
    assert_eq!(site.post(Role::Operator, &format!("/sms_routing/{id}/delete"), "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_import_shows_first_what_it_would_change() {
    let site = Site::new().await;
    let routes = site.seed.control.handle.routes().unwrap();
    let export = site.get(Some(Role::Viewer), "/sms_routing/export").await;
    assert!(export.headers.get(header::CONTENT_DISPOSITION).unwrap().to_str().unwrap().contains("routes.json"));
    let document: serde_json::Value = serde_json::from_str(&export.text).unwrap();
    assert_eq!(document["routes"].as_array().unwrap().len(), routes.len());
    let new = r#"{"routes":[{"called_prefix":"44","weight":70,"dest_smsc":"uk_gateway","description":"United Kingdom, first gateway"},{"dest_smsc":"new_one"}]}"#;
    let form = |more: &str| format!("document={}&{more}", new.replace('&', "%26").replace('+', "%2B"));
    let count = routes.len();
    let shown = site.post(Role::Operator, "/sms_routing/import", &form("mode=replace")).await;
    assert!(shown.has("It would add 1, leave 1 as they are, and delete 5"), "{}", shown.text);
    assert_eq!(routes.len(), count, "nothing has changed yet");
    let merged = site.post(Role::Operator, "/sms_routing/import", &form("mode=merge&seen=yes")).await;
    assert_eq!((merged.status, routes.len()), (StatusCode::SEE_OTHER, count + 1));
    site.post(Role::Operator, "/sms_routing/import", &form("mode=replace&seen=yes")).await;
    assert_eq!(routes.len(), 2);
    let bad = site.post(Role::Operator, "/sms_routing/import", "mode=replace&seen=yes&document={").await;
    assert_eq!((bad.status, bad.fault("document").is_some(), routes.len()), (StatusCode::UNPROCESSABLE_ENTITY, true, 2));
}

#[tokio::test]
async fn locations_are_added_changed_and_deleted() {
    let site = Site::new().await;
    let locations = site.seed.control.handle.locations().unwrap();
    let bad = site.post(Role::Operator, "/locations", "imsi=&msisdn=4470&expires=never").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.fault("expires").is_some());
    let missing = site.post(Role::Operator, "/locations", "imsi=&msisdn=4470").await;
    assert_eq!(missing.fault("imsi"), Some("is required"));
    site.post(Role::Operator, "/locations", "imsi=234150000000001&msisdn=447700900888&location=uk_gateway&ims_capable=no").await;
    let location = locations.by_msisdn("447700900888").unwrap();
    assert_eq!((location.ims_capable, location.csfb), (Some(false), None));
    let path = format!("/locations/{}", location.id);
    site.post(Role::Operator, &path, "imsi=234150000000001&msisdn=447700900888&location=ims_core").await;
    assert_eq!(locations.get(location.id).unwrap().location.as_deref(), Some("ims_core"));
    let found = site.get(Some(Role::Viewer), "/locations?q=%2B447700900888").await;
    assert!(found.has("447700900888") && !found.has("4915112345678"));
    site.post(Role::Operator, &format!("{path}/delete"), "").await;
    assert!(locations.get(location.id).is_none());
}

#[tokio::test]
async fn records_are_found_counted_and_exported() {
    let site = Site::new().await;
    let id = site.seed.report("uk_gateway", Attempt::Delivered).await;
    let handle = &site.seed.control.handle;
    while handle.recording().unwrap().total_flushed == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let page = site.get(Some(Role::Viewer), "/records?status=delivered").await;
    assert!(page.has(&id.to_string()), "{}", page.text);
    assert!(!site.get(Some(Role::Viewer), "/records?status=failed").await.has(&format!("href=\"/message/{}\"", id.0)));
    let question = site.get(Some(Role::Viewer), "/records/questions/count_by_status").await;
    assert!(question.has("delivered") && question.has("<th>count</th>"), "{}", question.text);
    let unasked = site.get(Some(Role::Viewer), "/records/questions/volume_by_hour?asked=yes").await;
    assert_eq!(unasked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unasked.has("From: fill it in"));
    let export = site.get(Some(Role::Viewer), "/records/export.csv?masked=yes").await;
    let mut lines = export.text.lines();
    assert_eq!(lines.next().unwrap().split(',').count(), 9);
    assert!(lines.next().unwrap().contains("XXXX"), "{}", export.text);
    // The page asks what the file is to hold, and keeps its filter.
    let page = site.get(Some(Role::Viewer), "/records?status=delivered&number=447700900001").await;
    for part in ["name=\"masked\"", "name=\"bodies\"", "name=\"status\" value=\"delivered\"", "--number &#39;447700900001&#39;"] {
        assert!(page.has(part), "{part}: {}", page.text);
    }
    let export = site.get(Some(Role::Viewer), "/records/export.csv?masked=on&bodies=on&status=delivered").await;
    assert_eq!(export.text.lines().next().unwrap().split(',').count(), 10);
    // The message tells of its record.
    let message = site.get(Some(Role::Viewer), &format!("/message/{}", id.0)).await;
    assert!(message.has("Record written") && message.has("delivered, 1 attempts, 1 parts"), "{}", message.text);
}

#[tokio::test]
async fn an_export_holds_texts_only_where_privacy_lets_it() {
    // R-LC-46.
    for hidden in [false, true] {
        let site = Site::with(|options| options.hide_message_body_in_export = hidden).await;
        site.seed.report("uk_gateway", Attempt::Delivered).await;
        while site.seed.control.handle.recording().unwrap().total_flushed == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let shown = site.get(Some(Role::Viewer), "/records?status=delivered").await;
        assert!(shown.has("Your order"), "the page itself may show it: {}", shown.text);
        assert_eq!(shown.has("name=\"bodies\""), !hidden, "what cannot be had is not offered");
        let export = site.get(Some(Role::Viewer), "/records/export.csv?bodies=on&status=delivered").await;
        assert_eq!(export.text.lines().next().unwrap().split(',').count(), if hidden { 9 } else { 10 });
        assert_eq!(export.has("Your order"), !hidden, "{}", export.text);
    }
}

#[tokio::test]
async fn an_error_is_explained_where_a_message_is_shown() {
    let site = Site::new().await;
    let id = site.seed.report("uk_gateway", Attempt::Failed(FinalState::Undeliverable, 22)).await;
    let page = site.get(Some(Role::Viewer), &format!("/message/{}", id.0)).await;
    assert!(page.has("Error in words") && page.text.matches("memory capacity exceeded").count() == 2, "{}", page.text);
}

#[tokio::test]
async fn translation_rules_are_tried_added_changed_and_taken_back() {
    let site = Site::new().await;
    let translator = site.seed.control.handle.translator().clone();
    let called = |number: &str| {
        let numbers = smsc_engine::core::translate::Numbers { called: number.as_bytes(), ..Default::default() };
        translator.translate(numbers).map(|translation| translation.called.to_string())
    };
    let tried = site.get(Some(Role::Viewer), "/number_translation?calling=Shop&called=07700900001").await;
    assert!(tried.has("Shop → 447700900001") && tried.has("national to international"), "{}", tried.text);
    let bad = site.post(Role::Operator, "/number_translation", "called_match=%28&called_replace=x&enabled=on").await;
    assert_eq!((bad.status, bad.fault("called_match").is_some()), (StatusCode::UNPROCESSABLE_ENTITY, true), "{}", bad.text);
    let good = "called_match=%5E99%28.*%29%24&called_replace=%5C1&priority=1&enabled=on&description=strip";
    assert_eq!(site.post(Role::Operator, "/number_translation", good).await.status, StatusCode::SEE_OTHER);
    assert_eq!(called("99123").as_deref(), Some("123"));
    let list = site.get(Some(Role::Viewer), "/number_translation").await;
    assert!(list.has("strip") && list.has("added") && list.has("user operator (operator)"), "{}", list.text);
    let ids = || {
        let ids = list.text.split("/number_translation/").filter_map(|rest| rest.split('"').next()?.parse::<u64>().ok());
        (ids.clone().min().unwrap(), ids.max().unwrap())
    };
    let (added, id) = ids();
    site.post(Role::Operator, &format!("/number_translation/{added}"), &good.replace("99", "88")).await;
    assert_eq!((called("99123"), called("88123").as_deref()), (None, Some("123")));
    site.post(Role::Operator, &format!("/number_translation/{added}/delete"), "").await;
    assert_eq!(called("88123"), None);
    site.post(Role::Operator, &format!("/number_translation/{id}/delete"), "").await;
    assert_eq!(called("07700900001"), None, "the rule of the configuration is gone");
    site.post(Role::Operator, &format!("/number_translation/{id}/revert"), "").await;
    assert_eq!(called("07700900001").as_deref(), Some("447700900001"));
}

#[tokio::test]
async fn accounts_are_added_changed_and_deleted_and_passwords_never_shown() {
    let site = Site::new().await;
    let accounts = site.seed.control.smpp.as_ref().unwrap().accounts().clone();
    let new = "system_id=bank&password=hidden77&enabled=on&transceiver=on&messages_per_second=50&messages_per_day=1000&receipts=standard&message_ids=decimal&peers=192.0.2.0/24";
    let added = site.post(Role::Operator, "/accounts", new).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let record = accounts.record("bank").unwrap();
    assert_eq!((record.enabled, record.quota.day, record.kinds.len(), record.peers.len()), (true, Some(1000), 1, 1));
    for path in ["/accounts", "/accounts/bank"] {
        let page = site.get(Some(Role::Viewer), path).await;
        assert!(page.has("bank") && !page.has("hidden77") && !page.has("argon2"), "{path}");
    }
    let changed = new.replace("password=hidden77", "password=").replace("enabled=on&", "");
    site.post(Role::Operator, "/accounts/bank", &changed).await;
    assert!(!accounts.record("bank").unwrap().enabled);
    let bad =
        site.post(Role::Operator, "/accounts/bank", &changed.replace("192.0.2.0/24", "nonsense").replace("50", "many")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.fault("messages_per_second").is_some());
    let peers = site.post(Role::Operator, "/accounts/bank", &changed.replace("192.0.2.0/24", "nonsense")).await;
    assert!(peers.fault("peers").is_some(), "{}", peers.text);
    let twice = site.post(Role::Operator, "/accounts", new).await;
    assert!(twice.fault("system_id").is_some() && !twice.has("hidden77"));
    site.post(Role::Operator, "/accounts/bank/delete", "").await;
    assert!(accounts.record("bank").is_none());
    site.post(Role::Operator, "/accounts/shop/delete", "").await;
    assert!(accounts.record("shop").is_none());
    site.post(Role::Operator, "/accounts/shop/revert", "").await;
    assert!(accounts.record("shop").is_some());
}

#[tokio::test]
async fn users_are_the_business_of_admins() {
    let site = Site::new().await;
    for (path, fields) in [
        ("/users", "name=eve&role=admin&password=long+enough+one"),
        ("/users/viewer/role", "role=admin"),
        ("/users/admin/delete", ""),
        ("/users/admin/switch", ""),
        ("/users/admin/password", "password=long+enough+one"),
    ] {
        assert_eq!(site.post(Role::Operator, path, fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let short = site.post(Role::Admin, "/users", "name=eve&role=viewer&password=short").await;
    assert_eq!((short.status, short.fault("password")), (StatusCode::UNPROCESSABLE_ENTITY, Some("12 to 1024 characters")));
    assert!(!short.has("value=\"short\""));
    let twice = site.post(Role::Admin, "/users", "name=viewer&role=viewer&password=long+enough+one").await;
    assert!(twice.fault("name").is_some());
    site.post(Role::Admin, "/users", "name=eve&role=viewer&password=long+enough+one").await;
    assert_eq!(site.users.get("eve").unwrap().entry.role, Role::Viewer);
    site.post(Role::Admin, "/users/eve/role", "role=operator").await;
    assert_eq!(site.users.get("eve").unwrap().entry.role, Role::Operator);
    site.post(Role::Admin, "/users/eve/switch", "").await;
    assert!(!site.users.get("eve").unwrap().entry.enabled);
    site.post(Role::Admin, "/users/eve/delete", "").await;
    assert!(site.users.get("eve").is_none());
    let last = site.post(Role::Admin, "/users/admin/delete", "").await;
    assert_eq!(last.status, StatusCode::CONFLICT, "there must be an admin");
    let page = site.get(Some(Role::Admin), "/users").await;
    assert!(page.has("operator") && !page.has("argon2"));
    site.post(Role::Admin, "/users/viewer/switch", "").await;
    assert_eq!(site.get(Some(Role::Viewer), "/").await.status, StatusCode::SEE_OTHER, "their session has ended");
}

#[tokio::test]
async fn everybody_changes_their_own_password_and_goes_out() {
    let site = Site::new().await;
    let wrong = site.post(Role::Viewer, "/password", "old=wrong&new=a+longer+password&again=a+longer+password").await;
    assert_eq!((wrong.status, wrong.fault("old").is_some()), (StatusCode::UNPROCESSABLE_ENTITY, true));
    let unequal = site.post(Role::Viewer, "/password", "old=correct+horse+battery&new=a+longer+password&again=other").await;
    assert!(unequal.fault("again").is_some());
    let right =
        site.post(Role::Viewer, "/password", "old=correct+horse+battery&new=a+longer+password&again=a+longer+password").await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text);
    assert!(right.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap().starts_with("smsc="));
    let out = site.post(Role::Operator, "/logout", "").await;
    assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(site.get(Some(Role::Operator), "/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.post_raw(Some(Role::Admin), "/logout", "csrf=".into()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_carrier_of_the_centre_itself_is_seen_dropped_and_wanted_again() {
    let site = Site::new().await;
    let seen = site.sees(Role::Viewer, "/smpp_sessions").await;
    assert!(seen.has("Carriers") && seen.has("direct") && seen.has("127.0.0.1:1"), "{}", seen.text);
    let dropped = || site.seed.control.carriers.as_ref().unwrap().get("direct").unwrap().dropped;
    site.post(Role::Operator, "/carriers/direct/drop", "").await;
    assert!(dropped() && site.sees(Role::Viewer, "/smpp_sessions").await.has("dropped by hand"));
    site.post(Role::Operator, "/carriers/direct/reconnect", "").await;
    assert!(!dropped());
    assert_eq!(site.post(Role::Operator, "/carriers/nobody/drop", "").await.status, StatusCode::NOT_FOUND);
}
