//! What an operator does: with messages, routes, rules, accounts, locations and sessions.

use serde_json::{Value, json};
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};

use super::desk::Desk;

#[test]
fn messages_are_found_looked_at_and_changed() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    let ids: Vec<u64> = (0..6).map(|number| desk.submit(&format!("+44770090010{number}"), "Your code is 4711")).collect();
    desk.open("/message_queue");
    browser.fill("#search", "+447700900103");
    browser.click("#search");
    browser.press("\u{E007}");
    browser.wait_until("return document.querySelectorAll('#messages tbody tr').length === 1");
    browser.fill("#search", &ids[3].to_string());
    browser.press("\u{E007}");
    browser.wait_until(&format!("return location.pathname === '/message/{}'", ids[3]));
    for said in ["+447700900103", "Your code is 4711", "Accepted", "data_coding", "nobody"] {
        browser.wait_for_text(said);
    }
    browser.picture("message");
    browser.click("form[action$='/retry'] button");
    browser.wait_for_text("It is due now.");
    browser.fill("#f-dest_smsc", "elsewhere");
    browser.click("form[action$='/redirect'] button");
    browser.wait_for_text("It goes through elsewhere now.");
    browser.click("details.confirm:has(form[action$='/end']) summary");
    browser.click("form[action$='/end'] button");
    browser.wait_for_text("It has ended: failed.");
    browser.click("details.confirm:has(form[action$='/delete']) summary");
    browser.click("form[action$='/delete'] button");
    browser.wait_for_text("is deleted.");
    in_bulk(&desk, &ids);
}

/// Chooses two messages and deletes both, once the words are typed.
fn in_bulk(desk: &Desk, ids: &[u64]) {
    desk.open("/message_queue");
    for id in &ids[..2] {
        desk.browser.click(&format!("#m{id} input"));
    }
    desk.browser.click(".pages button");
    desk.browser.wait_for_text("change 2 messages");
    desk.browser.script("document.querySelector('#f-deed').value = 'delete'");
    desk.browser.click("form.form button");
    desk.browser.wait_for_text("type: change 2 messages");
    desk.browser.fill("#f-confirm", "change 2 messages");
    desk.browser.click("form.form button");
    desk.browser.wait_for_text("delete: 2 messages changed.");
    assert!(desk.browser.all(&format!("#m{}", ids[0])).is_empty());
}

#[test]
fn a_message_is_sent_and_its_preview_changes_while_it_is_typed() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    desk.open("/send");
    browser.fill("#f-from", "Shop");
    browser.fill("#f-to", "+34600000011");
    browser.fill("#f-text", "Hello");
    browser.wait_until("return document.querySelector('#preview').innerText.includes('GSM')");
    browser.type_into("#f-text", " Привет");
    browser.wait_until("return document.querySelector('#preview').innerText.includes('UCS-2')");
    browser.picture("send-preview");
    browser.click("main form.form button");
    browser.wait_for_text("is accepted.");
    browser.wait_for_text("Delivered");
    desk.open("/records?number=%2B34600000011");
    browser.wait_for_text("Hello Привет");
    desk.open("/records?status=failed");
    browser.wait_for_text("No record matches.");
}

#[test]
fn routes_are_added_changed_taken_elsewhere_and_explained() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    desk.send(
        "/sms_routing/new",
        &[("called_prefix", "+44"), ("dest_smsc", "uk"), ("priority", "300")],
        "a whole number from 1 to 255",
    );
    browser.fill("#f-priority", "7");
    browser.click("main form.form button");
    browser.wait_for_text("in use.");
    desk.send("/sms_routing/2", &[("description", "United Kingdom")], "Route 2 is changed and in use.");
    browser.click("[aria-label='Disable route 2']");
    browser.wait_for_text("Route 2 is disabled.");
    browser.click("[aria-label='Enable route 2']");
    browser.wait_for_text("Route 2 is enabled.");
    desk.open("/simulator?calling=%2B15551234567&called=%2B447700900123");
    for said in ["chosen", "fits", "United Kingdom", "447700900123"] {
        browser.wait_for_text(said);
    }
    let exported =
        browser.script_later("const done = arguments[0]; fetch('/sms_routing/export').then(answer => answer.text()).then(done)");
    browser_imports(&desk, exported.as_str().unwrap());
}

/// Deletes the new route and takes it back out of the document, having seen what would change.
fn browser_imports(desk: &Desk, document: &str) {
    let browser = &desk.browser;
    desk.open("/sms_routing/2");
    browser.click("details.confirm summary");
    browser.click("details.confirm button");
    browser.wait_for_text("Route 2 is deleted.");
    let fields = [("document", &*document.replace('\n', " "))];
    desk.send("/sms_routing/import", &fields, "It would add 1, leave 1 as they are");
    let kept: Value = crate::web::get(desk.smsc.api, "/api/routes").json();
    assert_eq!(kept["data"].as_array().unwrap().len(), 1, "looking changes nothing: only the sandbox's route is there");
    browser.click("form:has(input[name=seen]) button");
    browser.wait_for_text("Imported: 1 added, 1 unchanged, 0 deleted.");
    browser.wait_for_text("United Kingdom");
}

#[test]
fn rules_accounts_and_locations_are_added_and_changed() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    desk.send("/number_translation/new", &[("called_match", "^00(.*)$"), ("called_replace", "+\\1")], "is in force.");
    browser.fill("#f-called", "00447700900123");
    browser.click("form.filter button");
    browser.wait_for_text("+447700900123");
    desk.send("/accounts/new", &[("system_id", "shop"), ("password", "s3cret77")], "shop");
    desk.open("/accounts/shop");
    browser.click("#f-enabled");
    browser.click("main form.form button");
    browser.wait_until("return document.querySelector('#accounts')?.innerText.includes('disabled')");
    desk.send("/locations/new", &[("msisdn", "+447700900123"), ("imsi", "001010123456789")], "is kept.");
    desk.open("/locations?q=%2B447700900123");
    browser.wait_for_text("001010123456789");
}

#[test]
fn frontends_tell_their_history_and_sessions_can_be_dropped() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    desk.post(
        "/api/frontends",
        &json!({ "frontend_name": "uk", "frontend_type": "SMPP", "hostname": "gw1", "uptime_seconds": 61 }),
    );
    desk.open("/frontend_status");
    browser.wait_for_text("gw1");
    browser.click("#frontends td a");
    browser.wait_for_text("Periods of being there");
    desk.open("/smpp_sessions");
    browser.wait_for_text("Nobody is connected.");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = runtime.block_on(bound(&desk));
    // It comes without a reload.
    browser.wait_until("return document.querySelector('#sessions').innerText.includes('transceiver')");
    browser.click("#sessions details.confirm summary");
    browser.click("#sessions details.confirm button");
    browser.wait_for_text("of test ends.");
    browser.wait_for_text("Nobody is connected.");
    drop(client);
}

async fn bound(desk: &Desk) -> Client {
    let client = Client::connect(desk.smsc.address, Config::default(), |_: Incoming| {}).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("test", "test")).await.unwrap();
    client
}

#[test]
fn the_log_is_searched_held_and_written_at_another_level() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    desk.open("/logs");
    browser.script("document.querySelector('#written').value = 'debug'");
    browser.click("form[action='/logs/level'] button");
    browser.wait_for_text("Lines from debug on are written now.");
    desk.open("/logs?q=set+log+level");
    browser.wait_until("return document.querySelectorAll('#log li').length >= 1");
    desk.open("/logs?q=surely-not-there");
    browser.wait_until("return document.querySelectorAll('#log li').length === 0");
    browser.click("#log-pause");
    browser.wait_until("return document.querySelector('#log-pause').textContent === 'Go on'");
}
