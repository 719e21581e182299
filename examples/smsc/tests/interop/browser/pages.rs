//! Every page of the menu: there, whole, legible, and usable without a mouse.

use serde_json::json;
use sms_harness::dashboard::{ENTER, PROBE};

use super::desk::{Desk, PAGES};

#[test]
fn every_page_of_the_menu_opens_and_the_browser_has_nothing_to_complain_of() {
    let Some(desk) = Desk::logged_in() else { return };
    something_of_everything(&desk);
    desk.judge(&PAGES);
}

/// Fills tables, so that more than their headings is judged.
fn something_of_everything(desk: &Desk) {
    for number in 0..5 {
        desk.submit(&format!("+4477009001{number:02}"), "Your parcel arrives today between 10 and 12.");
    }
    let ended =
        json!({ "source_msisdn": "Shop", "destination_msisdn": "+34600000011", "message_body": "Hello", "source_smsc": "shop" });
    desk.post("/api/messages", &ended);
    desk.post(
        "/api/routes",
        &json!({ "called_prefix": "+44", "dest_smsc": "uk", "priority": 10, "description": "United Kingdom" }),
    );
    desk.post(
        "/api/routes",
        &json!({ "calling_prefix": "+1900", "drop": true, "enabled": false, "description": "Premium senders" }),
    );
    desk.post("/api/locations", &json!({ "imsi": "001010123456789", "msisdn": "+447700900123", "location": "uk" }));
    desk.post("/api/frontends", &json!({ "frontend_name": "uk", "frontend_type": "SMPP", "hostname": "gw1" }));
}

#[test]
fn the_search_and_the_content_are_a_key_away() {
    let Some(desk) = Desk::logged_in() else { return };
    let id = desk.submit("+447700900123", "found by keys");
    desk.open("/");
    desk.skips_by_keys();
    desk.browser.press(&format!("{id}{ENTER}"));
    desk.browser.wait_until(&format!("return location.pathname === '/message/{id}'"));
}

#[test]
fn no_script_of_a_stranger_runs_in_the_browser() {
    let Some(desk) = Desk::logged_in() else { return };
    let probe = PROBE;
    let id = desk.submit("+447700900123", probe);
    desk.post("/api/frontends", &json!({ "frontend_name": "gw<b>", "frontend_type": probe, "hostname": probe }));
    desk.post("/api/routes", &json!({ "dest_smsc": "gw", "called_prefix": "+99", "description": probe }));
    desk.post("/api/locations", &json!({ "imsi": "00101", "msisdn": "+4477", "user_agent": probe }));
    desk.post("/api/events", &json!({ "message_id": id, "name": "probe", "description": probe, "event_source": probe }));
    let (page, encoded) = (format!("/message/{id}"), crate::web::percent_encoded(probe));
    let asked = ["/message_queue?q=", "/sms_routing?q=", "/logs?q=", "/simulator?calling=1&called=", "/send?text=", "/nowhere/"];
    let asked = asked.iter().map(|path| format!("{path}{encoded}"));
    let paths = PAGES.iter().map(|(path, _)| (*path).to_owned()).chain([page]).chain(asked);
    for path in paths {
        desk.stays_harmless(&path);
    }
}
