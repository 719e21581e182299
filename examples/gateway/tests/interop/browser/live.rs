//! Live Status: it moves by itself, says so when it cannot, and ends or renews a connection.

use serde_json::json;

use super::desk::{Desk, carrier, lead, partner};
use crate::chain::free_address;

#[test]
fn states_and_figures_move_by_themselves() {
    let mut north = carrier();
    let Some(mut desk) = Desk::logged_in(&[lead("north", north.smpp()), lead("south", free_address())]) else { return };
    desk.wait_for_life();
    desk.browser.script("window.untouched = true");
    let pace = desk.browser.script("return Number(document.querySelector('#pace').value)").as_u64().unwrap();
    assert!((1..=5).contains(&pace), "it renews itself every {pace} s");
    desk.wait_for_bind("north", "Connected");
    desk.wait_for_bind("south", "Reconnecting");
    desk.wait_for_bind("south", "onnection refused");
    for said in ["1 connected, 1 disconnected", "0 active, 1 waiting", "0 of 100 connections"] {
        desk.browser.wait_for_text(said);
    }
    desk.browser.wait_for_text(&desk.gateway.smpp().port().to_string());
    desk.submit("north", "+34600000011", "it moves");
    desk.wait_for_figure("north", "sent", "1");
    partners_come_and_go(&desk);
    north.kill();
    desk.wait_for_bind("north", "Reconnecting");
    desk.browser.wait_for_text("0 connected, 2 disconnected");
    north.start();
    desk.wait_for_bind("north", "Connected");
    the_core_goes_and_comes(&mut desk);
    assert_eq!(desk.browser.script("return window.untouched"), true, "no reload happened");
    desk.gateway.kill();
    desk.browser.wait_until("return !document.querySelector('#channel').hidden");
    desk.browser.wait_for_text("Live updates are off");
}

fn partners_come_and_go(desk: &Desk) {
    desk.wait_for_bind("partner", "waiting for it");
    let (runtime, bound) = partner(&desk.gateway, "partner");
    desk.wait_for_bind("partner", "Connected");
    desk.wait_for_bind("partner", "127.0.0.1:");
    desk.browser.wait_for_text("1 active, 0 waiting");
    runtime.block_on(bound.insist("50123", b"a partner writes"));
    desk.wait_for_figure("partner", "received", "1");
    drop((bound, runtime));
    desk.wait_for_bind("partner", "waiting for it");
}

/// Without a core nothing goes on, and that is the first thing to be seen.
fn the_core_goes_and_comes(desk: &mut Desk) {
    desk.core.kill();
    desk.browser.wait_for_text("The core cannot be reached.");
    desk.wait_for_bind("north", "Connected");
    desk.core.start();
    desk.browser.wait_until("return !document.body.innerText.includes('The core cannot be reached.')");
}

#[test]
fn a_connection_is_dropped_only_after_a_question_and_stays_down_until_it_is_wanted() {
    let north = carrier();
    let Some(desk) = Desk::logged_in(&[lead("north", north.smpp())]) else { return };
    let (_runtime, _bound) = partner(&desk.gateway, "partner");
    desk.wait_for_bind("north", "Connected");
    let is_asked = "return document.querySelector(\"form[action='/binds/north/drop'] button\").checkVisibility()";
    assert_eq!(desk.browser.script(is_asked), json!(false), "one click alone drops nothing");
    desk.browser.click("details.confirm:has(form[action='/binds/north/drop']) summary");
    desk.browser.wait_for_text("stays down until it is reconnected");
    desk.browser.click("form[action='/binds/north/drop'] button");
    desk.browser.wait_for_text("north is dropped.");
    desk.wait_for_bind("north", "Disconnected");
    desk.wait_for_bind("north", "dropped by hand");
    desk.browser.click("[aria-label='Reconnect north']");
    desk.browser.wait_for_text("north is being connected anew.");
    desk.wait_for_bind("north", "Connected");
    desk.wait_for_bind("north", "2 bound");
    desk.wait_for_bind("partner", "Connected");
    desk.browser.click("details.confirm:has(form[action='/binds/partner/drop']) summary");
    desk.browser.click("form[action='/binds/partner/drop'] button");
    desk.browser.wait_for_text("partner is dropped.");
    // It may come again, and does.
    desk.wait_for_bind("partner", "2 bound");
}

/// What was asked for before somebody opened a question must not shut it when it comes after.
#[test]
fn a_question_stays_open_when_an_answer_comes_late() {
    let north = carrier();
    let Some(desk) = Desk::logged_in(&[lead("north", north.smpp())]) else { return };
    desk.wait_for_bind("north", "Connected");
    desk.browser.script(
        "const ask = window.ask = window.fetch;
         window.fetch = (...what) => new Promise(done => { window.release = () => done(ask(...what)) });
         document.body.addEventListener('htmx:finally:request', () => { window.answered = true })",
    );
    desk.browser.wait_until("return window.release !== undefined");
    desk.browser.click("details.confirm summary");
    desk.browser.script("window.release()");
    desk.browser.wait_until("return window.answered === true");
    assert_eq!(desk.browser.script("return document.querySelector('details.confirm').open"), true, "it is still read");
    desk.browser.script("window.fetch = window.ask; window.untouched = true");
    // Once it is shut, life goes on.
    desk.browser.click("details.confirm summary");
    desk.submit("north", "+34600000012", "it moves on");
    desk.wait_for_figure("north", "sent", "1");
    assert_eq!(desk.browser.script("return window.untouched"), true, "no reload happened");
}

#[test]
fn what_is_well_is_green_and_what_is_down_is_red() {
    let north = carrier();
    let leads = [lead("north_main", north.smpp()), lead("south_backup", free_address()), lead("east_old", north.smpp())];
    let Some(desk) = Desk::logged_in(&leads) else { return };
    desk.wait_for_bind("east_old", "Connected");
    desk.browser.click("details.confirm:has(form[action='/binds/east_old/drop']) summary");
    desk.browser.click("form[action='/binds/east_old/drop'] button");
    desk.wait_for_bind("east_old", "Disconnected");
    let (_runtime, _bound) = partner(&desk.gateway, "partner");
    desk.open("/");
    desk.wait_for_bind("partner", "Connected");
    desk.wait_for_bind("south_backup", "onnection refused");
    for number in 0..5 {
        desk.submit("north_main", &format!("+3460000001{number}"), "Your parcel arrives today.");
    }
    desk.wait_for_figure("north_main", "sent", "5");
    let hidden = "return [...document.querySelectorAll('.scroll')].filter(table => table.scrollWidth > table.clientWidth).length";
    assert_eq!(desk.browser.script(hidden), 0, "what is done to a bind is in sight");
    // This one is for the README.
    desk.browser.picture("live-status");
    assert!(green(&desk, "good") > 0, "Connected is green");
    assert!(green(&desk, "bad") < 0, "Disconnected is red");
}

/// How much more green than red there is in a state of this grade.
fn green(desk: &Desk, grade: &str) -> i64 {
    let script = "const [red, green] = getComputedStyle(document.querySelector('#status tbody .state.GRADE span')).color\
                  .match(/[0-9.]+/g).map(Number); return Math.round(green - red);";
    desk.browser.script(&script.replace("GRADE", grade)).as_i64().unwrap()
}
