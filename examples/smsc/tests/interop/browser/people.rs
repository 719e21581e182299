//! Who comes in, and what each may do.

use super::desk::Desk;

#[test]
fn only_the_right_password_leads_on() {
    let Some(desk) = Desk::start() else { return };
    let browser = &desk.browser;
    desk.open("/sms_routing");
    assert!(browser.url().contains("/login"), "{}", browser.url());
    browser.fill("#name", "admin");
    browser.fill("#password", "not the password");
    browser.click("button.primary");
    browser.find("#login-fault");
    browser.fill("#password", &desk.smsc.dashboard_password());
    browser.click("button.primary");
    browser.wait_until("return document.querySelector('h1')?.textContent === 'Routes'");
    desk.log_out();
    desk.open("/message_queue");
    assert!(browser.url().contains("/login"), "{}", browser.url());
}

#[test]
fn a_viewer_looks_on_and_changes_nothing() {
    let Some(desk) = Desk::logged_in() else { return };
    let browser = &desk.browser;
    let id = desk.submit("+447700900123", "look, do not touch");
    let password = "a long enough one";
    desk.send("/users", &[("name", "vera"), ("password", password)], "User vera is added.");
    desk.log_out();
    desk.log_in("vera", password);
    browser.wait_for_text("viewer");
    for (path, never) in [
        ("/message_queue", "input[name=id], .head .primary"),
        (&*format!("/message/{id}"), "main form"),
        ("/sms_routing", "main a[href='/sms_routing/new'], main form[method=post]"),
        ("/accounts", "main a[href='/accounts/new']"),
        ("/smpp_sessions", "main form"),
        ("/logs", "form[action='/logs/level']"),
    ] {
        desk.open(path);
        browser.find("h1");
        assert!(browser.all(never).is_empty(), "{path} lets a viewer use {never}");
    }
    assert!(browser.all("a[href='/users']").is_empty(), "users are the admin's");
    for path in ["/users", "/send", "/sms_routing/new"] {
        desk.open(path);
        browser.wait_for_text("role");
        assert!(browser.all("main form[method=post]").is_empty(), "{path} has a form for a viewer");
    }
}
