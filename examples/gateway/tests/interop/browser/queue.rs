//! What waits in the core.

use sms_harness::site::until;

use super::desk::{Desk, carrier, lead};
use crate::chain::free_address;

const ROWS: &str = "return document.querySelectorAll('#queue tbody tr[id]').length";

fn wait_for_rows(desk: &Desk, count: usize) {
    desk.browser.wait_until(&format!("{ROWS} === {count}"));
}

#[test]
fn messages_that_wait_are_listed_searched_and_looked_at() {
    let Some(desk) = Desk::logged_in(&[lead("north", free_address()), lead("south", free_address())]) else { return };
    desk.open("/queue");
    desk.wait_for_life();
    desk.browser.wait_for_text("Nothing waits in the core.");
    let ids: Vec<u64> =
        (0..4).map(|number| desk.submit("north", &format!("+44770090010{number}"), &format!("number {number}"))).collect();
    desk.submit("south", "+34600000011", "Your code is 4711");
    // They come by themselves.
    wait_for_rows(&desk, 5);
    for (field, value, count) in [("destination", "447700900102", 1), ("content", "4711", 1), ("smsc", "north", 4)] {
        desk.open("/queue");
        desk.browser.fill(&format!("#f-{field}"), value);
        desk.browser.click("form.filter button.primary");
        desk.browser.wait_until(&format!("return location.search.includes('{field}={value}')"));
        wait_for_rows(&desk, count);
    }
    // A click anywhere in the row opens the message.
    desk.open("/queue?smsc=south");
    desk.browser.click_at("#queue tbody tr[id] td.text");
    desk.browser.wait_until("return location.pathname.startsWith('/queue/')");
    for said in [
        "+34600000011",
        "Your code is 4711",
        "south",
        "dest_smsc",
        "Delivery attempts",
        "Status",
        "pending",
        "deliver_after",
        "expires",
    ] {
        desk.browser.wait_for_text(said);
    }
    let lost = desk.submit("nowhere", "+34600000012", "lost");
    desk.open(&format!("/queue/{lost}"));
    desk.browser.wait_for_text("No bind of this gateway is called nowhere");
    assert!(ids.iter().all(|id| desk.status_of(*id) == "pending"));
}

#[test]
fn a_test_message_goes_through_the_bind_that_was_chosen() {
    let north = carrier();
    let Some(mut desk) = Desk::logged_in(&[lead("north", north.smpp())]) else { return };
    desk.send("/test_message", &[("dest_smsc", "north"), ("source", "Shop")], "is required");
    assert_eq!(desk.browser.script("return document.querySelector('#f-source').value"), "Shop", "what was typed stays");
    let fields = [("destination", "+34600000011"), ("body", "does it work?")];
    for (name, value) in fields {
        desk.browser.fill(&format!("#f-{name}"), value);
    }
    desk.browser.click("main form.form button");
    desk.browser.wait_for_text("The core has taken message");
    // It is delivered, and the page of it says so by itself.
    desk.browser.wait_until("return document.querySelector('#message .state')?.textContent.includes('delivered')");
    desk.open("/");
    desk.wait_for_figure("north", "sent", "1");
    without_a_core(&mut desk);
}

/// The page says what is wrong, and is as before once the core is back.
fn without_a_core(desk: &mut Desk) {
    desk.open("/queue");
    desk.wait_for_life();
    desk.core.kill();
    desk.browser.wait_for_text("cannot be reached");
    let fault = desk.browser.text("#queue .notice.bad");
    assert!(fault.contains("connection refused") && fault.contains("The core at"), "{fault}");
    desk.core.start();
    desk.browser.wait_for_text("Nothing waits in the core.");
    let id = desk.submit("north", "+34600000011", "afterwards");
    until("it goes on by itself", || desk.status_of(id) == "delivered");
}
