//! Carriers and partners, defined in the dashboard: in force at once, kept for ever, over the file.

use serde_json::{Value, json};
use sms_harness::site::until;

use super::desk::{Desk, carrier, lead, partner};

/// The value of a field.
fn typed(desk: &Desk, field: &str) -> Value {
    desk.browser.script(&format!("return document.querySelector('#f-{field}').value"))
}

/// What a list says of where a peer comes from, or nothing if it is not there.
fn origin(desk: &Desk, path: &str, name: &str) -> Value {
    desk.open(path);
    desk.browser.find("#peers");
    desk.browser.script(&format!(
        "return [...document.querySelectorAll('#peers tbody tr')].find(row => row.querySelector('b')?.textContent === {})\
         ?.querySelector('[data-label=from]').textContent ?? null",
        json!(name)
    ))
}

fn delete(desk: &Desk, path: &str, name: &str) {
    desk.open(path);
    desk.browser.click(&format!("[aria-label='Delete {name}…']"));
    desk.browser.wait_for_text("unbound, and it");
    desk.browser.click(&format!("form[action='{path}/{name}/delete'] button"));
    desk.browser.wait_for_text(&format!("{name} is deleted"));
}

#[test]
fn a_carrier_is_added_changed_and_deleted_while_the_gateway_runs() {
    let carrier = carrier();
    let Some(mut desk) = Desk::logged_in(&[]) else { return };
    desk.open("/client_peers");
    desk.browser.click("main a[href='/new_client_peer'].primary");
    desk.browser.find("#f-name");
    let port = carrier.smpp().port().to_string();
    let fields = [("name", "north"), ("host", "127.0.0.1"), ("port", "99999"), ("system_id", "gateway"), ("password", "secret")];
    desk.send("/new_client_peer", &fields, "Nothing was changed");
    desk.browser.wait_for_text("a whole number from 1 to 65535");
    assert_eq!(desk.browser.script("return document.querySelector('[aria-invalid=true]').id"), "f-port");
    for (field, value) in [("name", "north"), ("host", "127.0.0.1"), ("port", "99999"), ("system_id", "gateway")] {
        assert_eq!(typed(&desk, field), value, "what was typed stays");
    }
    for (field, value) in [("port", &*port), ("password", "secret"), ("queue_check_frequency", "100")] {
        desk.browser.fill(&format!("#f-{field}"), value);
    }
    desk.browser.click("main form.form button");
    desk.browser.wait_for_text("north is added and in force.");
    desk.open("/");
    desk.wait_for_bind("north", "Connected");
    let id = desk.submit("north", "+34600000011", "through a new one");
    until("it is delivered", || desk.status_of(id) == "delivered");
    another_password(&desk);
    desk.restart();
    desk.wait_for_bind("north", "Connected");
    assert_eq!(origin(&desk, "/client_peers", "north"), "dashboard");
    delete(&desk, "/client_peers", "north");
    desk.open("/");
    desk.browser.find("#status");
    assert!(!desk.has_bind("north"), "it vanishes");
    desk.gateway.wait_for_line("clean shutdown of the connection");
    desk.restart();
    assert!(!desk.has_bind("north"));
}

/// A change reconnects with the new values; the name stays, and the password is never shown.
fn another_password(desk: &Desk) {
    desk.open("/client_peers/north");
    assert_eq!(typed(desk, "password"), "");
    desk.send("/client_peers/north", &[("tps_limit", "50"), ("password", "wrong")], "north is changed and in force.");
    desk.open("/");
    desk.wait_for_bind("north", "ESME_RINVPASWD");
    desk.send("/client_peers/north", &[("password", "secret")], "north is changed and in force.");
    desk.open("/");
    desk.wait_for_bind("north", "Connected");
    desk.open("/client_peers/north");
    assert_eq!((typed(desk, "tps_limit"), typed(desk, "name")), (json!("50"), json!("north")));
}

#[test]
fn a_carrier_of_the_file_is_changed_over_it_deleted_and_taken_back() {
    let carrier = carrier();
    let Some(mut desk) = Desk::logged_in(&[lead("north", carrier.smpp())]) else { return };
    assert_eq!(origin(&desk, "/client_peers", "north"), "file");
    desk.send("/client_peers/north", &[("tps_limit", "77")], "north is changed and in force.");
    assert_eq!(origin(&desk, "/client_peers", "north"), "dashboard over file");
    desk.restart();
    desk.open("/client_peers/north");
    assert_eq!(typed(&desk, "tps_limit"), "77", "what was changed wins over the file");
    desk.browser.click("form[action='/client_peers/north/revert'] button");
    desk.browser.wait_for_text("north is as the file says.");
    assert_eq!(origin(&desk, "/client_peers", "north"), "file");
    desk.open("/client_peers/north");
    assert_eq!(typed(&desk, "tps_limit"), "10000");
    delete(&desk, "/client_peers", "north");
    desk.restart();
    assert_eq!(origin(&desk, "/client_peers", "north"), Value::Null, "it stays deleted");
    assert_eq!(desk.browser.script("return document.querySelectorAll('#peers tbody a b').length"), 0);
    desk.browser.wait_for_text("Deleted here, still in the configuration");
    desk.browser.click("form[action='/client_peers/north/revert'] button");
    desk.browser.wait_for_text("north is as the file says.");
    desk.open("/");
    desk.wait_for_bind("north", "Connected");
}

#[test]
fn a_partner_is_added_changed_and_deleted_while_the_gateway_runs() {
    let Some(mut desk) = Desk::logged_in(&[]) else { return };
    let (_runtime, _bound) = partner(&desk.gateway, "bank");
    let fields = [("name", "bank"), ("system_id", "bank"), ("password", "secret"), ("ip_whitelist", "127.0.0.1, 192.0.2.0/33")];
    desk.send("/new_server_peer", &fields, "\"192.0.2.0/33\" is not");
    assert_eq!(typed(&desk, "ip_whitelist"), "127.0.0.1, 192.0.2.0/33", "what was typed stays");
    for (field, value) in [("password", "secret"), ("ip_whitelist", "127.0.0.1, 192.0.2.0/24")] {
        desk.browser.fill(&format!("#f-{field}"), value);
    }
    desk.browser.click("main form.form button");
    desk.browser.wait_for_text("bank is added and in force.");
    desk.open("/");
    // It has tried all the time.
    desk.wait_for_bind("bank", "Connected");
    desk.send("/server_peers/bank", &[("ip_whitelist", "192.0.2.0/24")], "bank is changed and in force.");
    desk.open("/");
    desk.wait_for_bind("bank", "waiting for it");
    desk.open("/logs?q=192.0.2.0%2F24");
    desk.gateway.wait_for_line("bank");
    desk.send("/server_peers/bank", &[("ip_whitelist", "127.0.0.0/8")], "bank is changed and in force.");
    desk.open("/");
    desk.wait_for_bind("bank", "Connected");
    desk.restart();
    desk.wait_for_bind("bank", "Connected");
    assert_eq!(origin(&desk, "/server_peers", "bank"), "dashboard");
    assert_eq!(origin(&desk, "/server_peers", "partner"), "file");
    delete(&desk, "/server_peers", "bank");
    desk.open("/");
    desk.browser.find("#status");
    assert!(!desk.has_bind("bank"), "it vanishes");
    delete(&desk, "/server_peers", "partner");
    desk.restart();
    assert_eq!(origin(&desk, "/server_peers", "partner"), Value::Null, "it stays deleted");
}
