//! Who comes in, and what each may do.

use super::desk::{Desk, carrier, lead};

#[test]
fn only_the_right_password_leads_on() {
    let Some(desk) = Desk::start(&[]) else { return };
    desk.open("/client_peers");
    assert!(desk.browser.url().contains("/login"), "{}", desk.browser.url());
    desk.browser.fill("#name", "admin");
    desk.browser.fill("#password", "not the password");
    desk.browser.click("button.primary");
    desk.browser.find("#login-fault");
    desk.browser.fill("#password", &desk.gateway.dashboard_password());
    desk.browser.click("button.primary");
    desk.browser.wait_until("return document.querySelector('h1')?.textContent === 'Client Peers'");
    desk.log_out();
    desk.open("/");
    assert!(desk.browser.url().contains("/login"), "{}", desk.browser.url());
}

#[test]
fn a_viewer_looks_on_and_an_operator_acts() {
    let north = carrier();
    let Some(desk) = Desk::logged_in(&[lead("north", north.smpp())]) else { return };
    let id = desk.submit("nobody", "+447700900123", "look, do not touch");
    let password = "a long enough one";
    for name in ["vera", "olga"] {
        desk.send("/users", &[("name", name), ("password", password)], &format!("User {name} is added."));
    }
    desk.browser.script("document.querySelector('[aria-label=\"Role of olga\"]').value = 'operator'");
    desk.browser.click("form[action='/users/olga/role'] button");
    desk.browser.wait_for_text("olga");
    desk.log_out();
    desk.log_in("vera", password);
    desk.browser.wait_for_text("viewer");
    for (path, never) in [
        ("/", "main form"),
        ("/client_peers", "main form, main a[href='/new_client_peer']"),
        ("/server_peers", "main form, main a[href='/new_server_peer']"),
        ("/queue", "main a[href='/test_message']"),
        (&*format!("/queue/{id}"), "main form"),
        ("/logs", "form[action='/logs/level']"),
    ] {
        desk.open(path);
        desk.browser.find("h1");
        assert!(desk.browser.all(never).is_empty(), "{path} lets a viewer use {never}");
    }
    for path in ["/users", "/test_message", "/new_client_peer", "/new_server_peer"] {
        desk.open(path);
        desk.browser.wait_for_text("role");
        assert!(desk.browser.all("main form[method=post]").is_empty(), "{path} has a form for a viewer");
    }
    desk.open("/");
    desk.log_out();
    desk.log_in("olga", password);
    desk.wait_for_bind("north", "Connected");
    desk.browser.click("[aria-label='Reconnect north']");
    desk.browser.wait_for_text("north is being connected anew.");
    assert!(desk.browser.all("a[href='/users']").is_empty(), "users are the admin's");
}
