//! Chromium, told what to do over the WebDriver protocol (W3C Recommendation of 2018): as much of it as the tests use.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{place, require};

/// Longest wait for something to appear on a page; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser of its own with one window; ended when dropped.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

/// An element of the page that is open.
#[derive(Clone)]
pub struct Element(String);

impl Browser {
    /// Starts one; `None` where there is no Chromium with its driver.
    pub fn start() -> Option<Self> {
        if !["chromedriver", "chromium"].iter().all(|program| is_installed(program)) {
            require::skip("chromium", "apt-get install chromium chromium-driver");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = listening(&mut driver);
        let mut browser = Self { driver, address, session: String::new() };
        let arguments = [
            "--headless=new".to_owned(),
            // Needed as root and in containers; the pages are our own.
            "--no-sandbox".into(),
            "--disable-dev-shm-usage".into(),
            "--disable-gpu".into(),
            "--force-color-profile=srgb".into(),
            "--window-size=1280,900".into(),
        ];
        let options = json!({
            "browserName": "chrome",
            // The centre made its certificate itself.
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments },
        });
        let answer = browser.call("POST", "/session", &json!({ "capabilities": { "alwaysMatch": options } }));
        browser.session = format!("/session/{}", answer["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Where it is now.
    pub fn url(&self) -> String {
        self.get("/url").as_str().unwrap().to_owned()
    }

    /// The first element that a CSS selector finds, waited for.
    pub fn find(&self, selector: &str) -> Element {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(element) = self.all(selector).into_iter().next() {
                return element;
            }
            assert!(Instant::now() < deadline, "nothing at {} is {selector}; the page says: {}", self.url(), self.page_text());
            pause();
        }
    }

    /// Every element that a CSS selector finds now.
    pub fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": selector }));
        let ids = found.as_array().unwrap().iter();
        ids.map(|element| Element(element.as_object().unwrap().values().next().unwrap().as_str().unwrap().into())).collect()
    }

    /// Clicks the first element of a selector; a page that is being swapped just then is looked at again.
    pub fn click(&self, selector: &str) {
        self.on(selector, |browser, Element(id)| browser.try_post(&format!("/element/{id}/click"), &json!({})));
    }

    /// Clicks where the first element of a selector is seen, whatever lies over it.
    pub fn click_at(&self, selector: &str) {
        self.on(selector, |browser, Element(id)| {
            let there = json!({ "type": "pointerMove", "origin": { "element-6066-11e4-a52e-4f735466cecf": id }, "x": 0, "y": 0 });
            let click = [there, json!({ "type": "pointerDown", "button": 0 }), json!({ "type": "pointerUp", "button": 0 })];
            browser.try_post("/actions", &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": click }] }))
        });
    }

    /// Empties a field and types a text into it.
    pub fn fill(&self, selector: &str, text: &str) {
        self.on(selector, |browser, Element(id)| browser.try_post(&format!("/element/{id}/clear"), &json!({})));
        self.type_into(selector, text);
    }

    /// Types keys into an element.
    pub fn type_into(&self, selector: &str, keys: &str) {
        self.on(selector, |browser, Element(id)| browser.try_post(&format!("/element/{id}/value"), &json!({ "text": keys })));
    }

    /// The text of the first element of a selector.
    pub fn text(&self, selector: &str) -> String {
        self.on(selector, |browser, Element(id)| browser.try_get(&format!("/element/{id}/text"))).as_str().unwrap().to_owned()
    }

    /// All text of the page.
    pub fn page_text(&self) -> String {
        self.script("return document.body ? document.body.innerText : ''").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows a text somewhere.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_until(&format!("return document.body.innerText.includes({})", json!(text)));
    }

    /// Waits until a script returns something true.
    pub fn wait_until(&self, script: &str) {
        let deadline = Instant::now() + PATIENCE;
        // A page that is being left answers with errors.
        while self.try_post("/execute/sync", &json!({ "script": script, "args": [] })) != Ok(json!(true)) {
            assert!(Instant::now() < deadline, "not in time at {}: {script}; the page says: {}", self.url(), self.page_text());
            pause();
        }
    }

    /// Runs a script in the page.
    pub fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script that calls its last argument with the result.
    pub fn script_later(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Presses keys wherever the focus is.
    pub fn press(&self, keys: &str) {
        let downs =
            keys.chars().flat_map(|key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]);
        let actions = json!({ "actions": [{ "type": "key", "id": "keys", "actions": downs.collect::<Vec<_>>() }] });
        self.post("/actions", &actions);
    }

    /// Emulates a colour scheme, `light` or `dark`.
    pub fn scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Makes the page as narrow as a phone; windows themselves do not get that small.
    pub fn as_phone(&self) {
        let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// Takes back what [`as_phone`](Self::as_phone) did.
    pub fn as_desk(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", &json!({}));
    }

    /// Calls Chromium's own protocol.
    pub fn devtools(&self, command: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// Keeps a picture of the window in a temporary folder; gives the file.
    pub fn picture(&self, name: &str) -> PathBuf {
        keep(name, &self.get("/screenshot")).unwrap()
    }

    /// Lets axe-core judge the page; gives what it finds serious or worse, each with the elements concerned. `None`
    /// where it is not installed.
    pub fn accessibility(&self) -> Option<Vec<String>> {
        let Some(axe) = axe() else {
            require::skip("axe-core", "./test installs it");
            return None;
        };
        self.script(&fs::read_to_string(axe).unwrap());
        let found = self.script_later("const done = arguments[0]; axe.run(document).then(result => done(result.violations))");
        let serious = found
            .as_array()
            .unwrap()
            .iter()
            .filter(|found| ["serious", "critical"].iter().any(|grade| found["impact"] == *grade));
        Some(serious.map(|found| format!("{}: {}", found["id"], found["nodes"])).collect())
    }

    /// What the browser complained of since the last call: errors of scripts, policies and loading.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Does something to the first element of a selector; one that was swapped meanwhile is looked for again.
    fn on(&self, selector: &str, action: impl Fn(&Self, &Element) -> Result<Value, String>) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match action(self, &self.find(selector)) {
                Ok(value) => return value,
                Err(error) => assert!(Instant::now() < deadline, "{selector} at {}: {error}", self.url()),
            }
            pause();
        }
    }

    fn get(&self, path: &str) -> Value {
        self.try_get(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.try_post(path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn try_get(&self, path: &str) -> Result<Value, String> {
        self.ask("GET", &format!("{}{path}", self.session), &Value::Null)
    }

    fn try_post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.ask("POST", &format!("{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// One request to the driver; its own errors come back as text.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(self.address).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (address, length) = (self.address, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        read_answer(&mut stream, &mut answer).map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default())),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking()
            && let Ok(picture) = self.try_get("/screenshot")
            && let Ok(file) = keep("failed", &picture)
        {
            eprintln!("the last page is in {}", file.display());
        }
        let _ = self.ask("DELETE", &self.session, &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where pictures are kept: a temporary folder, unless `SMSC_TEST_PICTURES` names one.
pub fn pictures() -> PathBuf {
    std::env::var_os("SMSC_TEST_PICTURES").map_or_else(|| place::temporary().join("pictures"), PathBuf::from)
}

fn keep(name: &str, picture: &Value) -> std::io::Result<PathBuf> {
    let directory = pictures();
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("{name}.png"));
    fs::write(&file, base64(picture.as_str().unwrap_or_default()))?;
    Ok(file)
}

fn is_installed(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// The script that judges pages, as `./test` installed it.
fn axe() -> Option<PathBuf> {
    let file = place::installed().join("node/node_modules/axe-core/axe.min.js");
    file.exists().then_some(file)
}

/// Waits for the driver to say where it listens.
fn listening(driver: &mut Child) -> SocketAddr {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port =
        lines.find_map(|line| line.split_once("on port ")?.1.trim_end_matches('.').parse::<u16>().ok().filter(|port| *port > 0));
    // It goes on to talk; nobody must stop it by not listening.
    thread::spawn(move || lines.for_each(drop));
    SocketAddr::from(([127, 0, 0, 1], port.expect("the driver says where it listens")))
}

/// Reads one answer with a known length; the driver keeps connections open whatever it is told.
fn read_answer(stream: &mut TcpStream, body: &mut Vec<u8>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(body).map(drop)
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |octet: u8| match octet {
        b'A'..=b'Z' => u32::from(octet - b'A'),
        b'a'..=b'z' => u32::from(octet - b'a') + 26,
        b'0'..=b'9' => u32::from(octet - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> = text.bytes().filter(|octet| *octet != b'=').map(digit).collect();
    let octets = digits.chunks(4).flat_map(|group| {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    });
    octets.collect()
}

fn pause() {
    thread::sleep(Duration::from_millis(30)); // a page cannot be waited for otherwise
}
