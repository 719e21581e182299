//! Pages that renew themselves, and say so when they cannot.

use std::net::TcpListener;

use super::desk::Desk;

#[test]
fn a_message_appears_without_reload_and_a_dead_centre_is_noticed() {
    let free = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [smpp, api, dashboard] = free.map(|listener| listener.local_addr().unwrap().to_string());
    let ports = [("SMSC_SMPP__LISTEN", &*smpp), ("SMSC_API__LISTEN", &*api), ("SMSC_WEB__LISTEN", &*dashboard)];
    let Some(mut desk) = Desk::with(&ports) else { return };
    desk.log_in("admin", &desk.smsc.dashboard_password());
    desk.open("/message_queue");
    desk.wait_for_life();
    desk.browser.script("window.untouched = true");
    let id = desk.submit("+447700900123", "here I am");
    desk.browser.wait_until(&format!("return document.querySelector('#m{id}') !== null"));
    desk.smsc.kill();
    desk.browser.wait_until("return !document.querySelector('#channel').hidden");
    desk.browser.wait_for_text("Live updates are off");
    desk.browser.picture("live-off");
    let Desk { smsc, dashboard } = desk;
    let desk = Desk { smsc: smsc.start_again(), dashboard };
    recovers(&desk, id);
}

/// Sessions of a killed centre are over: whoever logs in again sees everything move as before.
fn recovers(desk: &Desk, id: u64) {
    assert_eq!(desk.browser.script("return window.untouched"), true, "no reload happened");
    desk.log_in("admin", &desk.smsc.dashboard_password());
    desk.open("/message_queue");
    desk.wait_for_life();
    desk.browser.find(&format!("#m{id}"));
    let id = desk.submit("+447700900124", "and again");
    desk.browser.wait_until(&format!("return document.querySelector('#m{id}') !== null"));
}
