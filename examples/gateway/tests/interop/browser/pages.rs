//! Every page of the menu: there, whole, legible, and usable without a mouse.

use sms_harness::dashboard::{ENTER, PROBE, TAB};
use sms_harness::web::percent_encoded;

use super::desk::{Desk, carrier, lead, partner};
use crate::chain::free_address;

/// Pages with the word their heading holds.
const PAGES: [(&str, &str); 14] = [
    ("/", "Live Status"),
    ("/client_peers", "Client Peers"),
    ("/new_client_peer", "New client peer"),
    ("/client_peers/north", "north"),
    ("/server_peers", "Server Peers"),
    ("/new_server_peer", "New server peer"),
    ("/server_peers/partner", "partner"),
    ("/queue", "Queue"),
    ("/test_message", "Send a test message"),
    ("/logs", "Logs"),
    ("/users", "Users"),
    ("/password", "password"),
    ("/documentation", "What the gateway does"),
    ("/documentation/troubleshooting", "Troubleshooting"),
];

#[test]
fn every_page_opens_and_the_browser_has_nothing_to_complain_of() {
    let north = carrier();
    let Some(desk) = Desk::start(&[lead("north", north.smpp()), lead("south", free_address())]) else { return };
    desk.judge(&[("/login", "")]);
    desk.come_in();
    let (_runtime, _bound) = partner(&desk.gateway, "partner");
    let waiting = desk.submit("south", "+447700900123", "Your parcel arrives today between 10 and 12.");
    desk.submit("north", "+34600000011", "Hello");
    desk.send("/client_peers/south", &[("tps_limit", "20")], "south is changed and in force.");
    desk.open("/");
    desk.wait_for_bind("south", "onnection refused");
    desk.wait_for_bind("partner", "Connected");
    let one = format!("/queue/{waiting}");
    let pages = PAGES.into_iter().chain([(&*one, "Message")]);
    desk.judge(&pages.collect::<Vec<_>>());
}

#[test]
fn the_documentation_is_there_and_its_links_lead_somewhere() {
    let Some(desk) = Desk::logged_in(&[]) else { return };
    desk.browser.click("nav a[href='/documentation']");
    desk.browser.wait_until("return document.querySelector('h1')?.textContent === 'What the gateway does'");
    let links = desk.browser.script("return [...document.querySelectorAll('.chips a')].map(link => link.getAttribute('href'))");
    let topics: Vec<String> = links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect();
    assert!(topics.len() >= 6, "{topics:?}");
    for topic in topics {
        desk.open(&topic);
        let broken = desk.browser.script_later(
            "const done = arguments[0];\
             Promise.all([...document.querySelectorAll('article a[href^=\"/\"]')].map(link =>\
               fetch(link.href).then(answer => answer.ok ? '' : link.getAttribute('href'))))\
             .then(found => done(found.filter(Boolean)))",
        );
        assert_eq!(broken.as_array().map(Vec::len), Some(0), "{topic} leads to {broken}");
        assert!(desk.browser.text("article").len() > 300, "{topic}");
    }
}

/// Presses the tab key until the focus is there.
fn tab_to(desk: &Desk, selector: &str) {
    for _ in 0..120 {
        desk.browser.press(TAB);
        let there = desk.browser.script(&format!("return document.activeElement.matches(\"{selector}\")"));
        if there == true {
            return;
        }
    }
    panic!("no key leads to {selector} at {}", desk.browser.url());
}

#[test]
fn everything_is_done_without_a_mouse() {
    let north = carrier();
    let Some(desk) = Desk::logged_in(&[lead("north", north.smpp())]) else { return };
    let id = desk.submit("nobody", "+447700900123", "found by keys");
    desk.open("/");
    desk.skips_by_keys();
    desk.browser.press(&format!("7700900123{ENTER}"));
    desk.browser.wait_until(&format!("return location.pathname === '/queue' && document.querySelector('#m{id}') !== null"));
    desk.open("/");
    desk.wait_for_bind("north", "Connected");
    // While a question is open, the page stands still.
    tab_to(&desk, "summary[aria-label='Drop north…']");
    desk.browser.press(ENTER);
    tab_to(&desk, "form[action='/binds/north/drop'] button");
    desk.browser.press(ENTER);
    desk.browser.wait_for_text("north is dropped.");
    desk.open("/new_client_peer");
    for (field, value) in [("name", "south"), ("host", "127.0.0.1"), ("system_id", "gw"), ("password", "secret")] {
        tab_to(&desk, &format!("#f-{field}"));
        desk.browser.press(value);
    }
    desk.browser.press(ENTER);
    desk.browser.wait_for_text("south is added and in force.");
}

#[test]
fn no_script_of_a_stranger_runs_in_the_browser() {
    let Some(desk) = Desk::logged_in(&[]) else { return };
    let id = desk.submit(PROBE, "+447700900123", PROBE);
    let fields = [("name", PROBE), ("host", PROBE), ("system_id", "<img src=x>"), ("password", "secret")];
    desk.send("/new_client_peer", &fields, "is added and in force.");
    let fields = [("name", "<svg/onload=window.pwned=4>"), ("system_id", "<b>bank"), ("password", "secret")];
    desk.send("/new_server_peer", &fields, "is added and in force.");
    assert_ne!(desk.gateway.bind("<img src=x>", "<b>").0, 0);
    let encoded = percent_encoded(PROBE);
    let asked =
        ["/client_peers/", "/queue?content=", "/queue?q=", "/logs?q=", "/test_message?body=", "/nowhere/", "/documentation/"];
    let asked = asked.iter().map(|path| format!("{path}{encoded}"));
    let paths = PAGES.iter().map(|(path, _)| (*path).to_owned()).filter(|path| !path.contains("north"));
    for path in paths.chain([format!("/queue/{id}")]).chain(asked) {
        desk.stays_harmless(&path);
    }
}
