//! A dashboard in a browser: coming in, filling in forms, and judging pages; the same for every program.

use std::net::SocketAddr;

use serde_json::json;

use crate::webdriver::Browser;

/// The tab key.
pub const TAB: &str = "\u{E004}";
/// The enter key.
pub const ENTER: &str = "\u{E007}";

/// What a stranger may write to have a script run where it is shown.
pub const PROBE: &str = "<script>window.pwned=1</script><img src=x onerror=window.pwned=2>\"'><svg/onload=window.pwned=3>";

/// A browser in front of the dashboard of a program, which speaks TLS, as it does by itself.
pub struct Dashboard {
    pub browser: Browser,
    pub address: SocketAddr,
}

impl Dashboard {
    /// Opens a page.
    pub fn open(&self, path: &str) {
        self.browser.open(&format!("https://{}{path}", self.address));
    }

    /// Opens the page to log in and tries to.
    pub fn log_in(&self, name: &str, password: &str) {
        self.open("/login");
        self.browser.fill("#name", name);
        self.browser.fill("#password", password);
        self.browser.script("window.stays = true");
        self.browser.click("button.primary");
        // The click may return before the next page comes, which would then take the place of whatever is opened.
        self.browser.wait_until("return window.stays !== true && document.readyState === 'complete'");
    }

    /// Leaves.
    pub fn log_out(&self) {
        self.browser.click("form[action='/logout'] button");
        self.browser.find("#password");
    }

    /// Fills in the form of a page, sends it, and waits for what the next page says of it.
    pub fn send(&self, path: &str, fields: &[(&str, &str)], notice: &str) {
        self.open(path);
        for (name, value) in fields {
            self.browser.fill(&format!("#f-{name}"), value);
        }
        self.browser.click("main form.form button");
        self.browser.wait_for_text(notice);
    }

    /// Waits until the page says that it renews itself.
    pub fn wait_for_life(&self) {
        self.browser.wait_until("return document.querySelector('#pill').textContent === 'live'");
    }

    /// Looks at pages, each with the word its heading holds: in the light, in the dark, and as a phone shows them.
    /// Nothing may be wrong with any of them.
    pub fn judge(&self, pages: &[(&str, &str)]) {
        self.browser.complaints();
        let mut faults = Vec::new();
        for (path, heading) in pages {
            self.open(path);
            let found = self.browser.text("h1");
            assert!(found.contains(heading), "{path} is headed {found}");
            self.measure(path, "window", &mut faults);
            self.judge_one(path, "light", &mut faults);
            self.browser.scheme("dark");
            self.judge_one(path, "dark", &mut faults);
            self.browser.scheme("light");
            self.browser.as_phone();
            self.open(path);
            self.judge_one(path, "phone", &mut faults);
            self.measure(path, "phone", &mut faults);
            self.browser.as_desk();
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }

    /// A page is as wide as what it is seen in.
    fn measure(&self, path: &str, seen_in: &str, faults: &mut Vec<String>) {
        let root = "document.documentElement";
        let beyond = self.browser.script(&format!("return {root}.scrollWidth - {root}.clientWidth")).as_i64().unwrap();
        faults.extend((beyond > 0).then(|| format!("{path} is {beyond} pixels wider than the {seen_in}")));
    }

    /// Lets axe-core and the browser speak; what they say of the page is added to the faults.
    fn judge_one(&self, path: &str, how: &str, faults: &mut Vec<String>) {
        let name = if path == "/" { "first" } else { &path[1..] };
        self.browser.picture(&format!("{}-{how}", name.replace('/', "-")));
        let found = self.browser.accessibility().into_iter().flatten().chain(self.browser.complaints());
        faults.extend(found.map(|fault| format!("{path}, {how}: {fault}")));
    }

    /// The content and the search are a key away from everywhere.
    pub fn skips_by_keys(&self) {
        self.browser.press(TAB);
        self.browser.wait_until("return document.activeElement.className === 'skip'");
        self.browser.press(ENTER);
        self.browser.wait_until("return location.hash === '#main' && document.activeElement.id === 'main'");
        self.browser.press("/");
        self.browser.wait_until("return document.activeElement.id === 'search'");
    }

    /// Nothing of a stranger has become an element of a page, or run in it.
    pub fn stays_harmless(&self, path: &str) {
        self.open(path);
        self.browser.find("h1");
        let pwned = self.browser.script("return window.pwned ?? document.querySelectorAll('main img, main script').length");
        assert_eq!(pwned, json!(0), "{path}");
    }
}
