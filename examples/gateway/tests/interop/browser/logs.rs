//! The log as it is written.

use super::desk::Desk;

/// How a bind of somebody unknown is found in the log.
fn stranger(desk: &Desk, name: &str) {
    let (status, _) = desk.gateway.bind(name, "x");
    assert_ne!(status, 0);
}

fn wait_for_line(desk: &Desk, words: &str) {
    desk.browser.wait_until(&format!("return document.querySelector('#log').textContent.includes('{words}')"));
}

fn has_line(desk: &Desk, words: &str) -> bool {
    desk.browser.script(&format!("return document.querySelector('#log').textContent.includes('{words}')")) == true
}

#[test]
fn lines_come_by_themselves_and_are_held_shown_and_cleared() {
    let Some(desk) = Desk::logged_in(&[]) else { return };
    desk.open("/logs");
    desk.browser.script("window.untouched = true");
    stranger(&desk, "first");
    wait_for_line(&desk, "first");
    desk.browser.click("#log-pause");
    stranger(&desk, "second");
    desk.browser.wait_until("return /^[1-9][0-9]* held$/.test(document.querySelector('#log-state').textContent)");
    assert!(!has_line(&desk, "second"), "what comes is held");
    desk.browser.click("#log-pause");
    wait_for_line(&desk, "second");
    desk.browser.click("#log-clear");
    assert!(!has_line(&desk, "second"), "what was shown is gone");
    stranger(&desk, "third");
    wait_for_line(&desk, "third");
    assert!(!has_line(&desk, "second") && desk.browser.script("return window.untouched") == true);
    desk.open("/logs");
    wait_for_line(&desk, "second");
}

#[test]
fn the_log_follows_its_end_unless_it_must_not() {
    let Some(desk) = Desk::logged_in(&[]) else { return };
    desk.open("/logs");
    // A few lines are more than it has room for.
    desk.browser.script("Object.assign(document.querySelector('#log').style, { height: '60px', minHeight: '60px' })");
    stranger(&desk, "first");
    wait_for_line(&desk, "first");
    let at_end = "const log = document.querySelector('#log'); return log.scrollTop + log.clientHeight > log.scrollHeight - 4";
    desk.browser.wait_until(at_end);
    desk.browser.click("#log-scroll");
    desk.browser.script("document.querySelector('#log').scrollTop = 0");
    stranger(&desk, "unfollowed");
    wait_for_line(&desk, "unfollowed");
    assert_eq!(desk.browser.script("return document.querySelector('#log').scrollTop"), 0, "it stays where one reads");
    desk.browser.click("#log-scroll");
    stranger(&desk, "followed");
    wait_for_line(&desk, "followed");
    desk.browser.wait_until(at_end);
}

#[test]
fn lines_are_chosen_by_level_and_by_words() {
    let Some(desk) = Desk::logged_in(&[]) else { return };
    stranger(&desk, "sought");
    desk.open("/logs");
    wait_for_line(&desk, "sought");
    for (chip, levels) in
        [("error", "critical error"), ("warning", "critical error warning"), ("info", "critical error warning info")]
    {
        desk.browser
            .script(&format!("[...document.querySelectorAll('.chips a')].find(link => link.textContent === '{chip}').click()"));
        desk.browser.wait_until(&format!("return document.querySelector('.chips a[aria-current]')?.textContent === '{chip}'"));
        let others = desk.browser.script(
            "return [...new Set([...document.querySelectorAll('#log .level')].map(level => level.textContent))].join(' ')",
        );
        let others = others.as_str().unwrap().to_owned();
        assert!(others.split_whitespace().all(|level| levels.split(' ').any(|known| known == level)), "{chip}: {others}");
    }
    desk.open("/logs");
    desk.browser.fill("#f-q", "SOUGHT");
    desk.browser.click("form.filter button.primary");
    desk.browser.wait_until("return location.search.includes('SOUGHT')");
    wait_for_line(&desk, "sought");
    let all = "return [...document.querySelectorAll('#log li')].every(line => line.textContent.includes('sought'))";
    assert_eq!(desk.browser.script(all), true);
    stranger(&desk, "unwanted");
    stranger(&desk, "sought2");
    wait_for_line(&desk, "sought2");
    assert!(!has_line(&desk, "unwanted"), "the stream is searched as well");
}
