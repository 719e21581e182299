//! Kannel as in the field: its bearerbox is the ESME, its smsbox takes texts over HTTP.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{self, Listener};
use crate::place::fresh_directory;
use crate::program::{signal, wait};
use crate::require;

const CONFIGURATION: &str = include_str!("../kannel/kannel.conf");
const SESSION: &str = include_str!("../kannel/smsc.conf");

/// Everything is logged, for a test that fails.
const LOG: &str = "log-level = 0";

/// Longest wait for a box to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which sessions Kannel opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binds {
    Transceiver,
    TransmitterAndReceiver,
}

/// A bearerbox and its smsbox, killed when dropped.
pub struct Kannel {
    bearerbox: Child,
    smsbox: Child,
    sendsms: SocketAddr,
    callbacks: Listener,
    directory: PathBuf,
}

impl Kannel {
    /// Starts both boxes towards `smsc`; `None`, and a note, if they are not installed.
    pub fn start(smsc: SocketAddr, binds: Binds, password: &str) -> Option<Self> {
        Self::start_as(smsc, binds, ("test", password))
    }

    /// The same with another name.
    pub fn start_as(smsc: SocketAddr, binds: Binds, account: (&str, &str)) -> Option<Self> {
        Self::with(smsc, (binds, account), |_| LOG.to_owned())
    }

    /// The same, keeping messages in its spool, and logging nothing but errors.
    pub fn spooling(smsc: SocketAddr, binds: Binds, account: (&str, &str)) -> Option<Self> {
        Self::with(smsc, (binds, account), |directory| {
            let spool = directory.join("spool");
            fs::create_dir(&spool).unwrap();
            format!("log-level = 4\nstore-type = spool\nstore-location = \"{}\"", spool.display())
        })
    }

    /// Where smsbox takes messages.
    pub fn sendsms(&self) -> SocketAddr {
        self.sendsms
    }

    fn with(
        smsc: SocketAddr,
        (binds, (system_id, password)): (Binds, (&str, &str)),
        core: impl FnOnce(&Path) -> String,
    ) -> Option<Self> {
        let (Some(bearerbox), Some(smsbox)) = (found("bearerbox"), found("smsbox")) else {
            require::skip("kannel", "apt-get install kannel");
            return None;
        };
        let directory = fresh_directory("kannel");
        let callbacks = Listener::start();
        let [admin, boxes, sendsms] = free_addresses();
        let port = smsc.port();
        let kinds = match binds {
            Binds::Transceiver => vec![format!("port = {port}\ntransceiver-mode = true")],
            Binds::TransmitterAndReceiver => {
                vec![format!("port = {port}"), format!("receive-port = {port}")]
            }
        };
        let session =
            |kind| filled(SESSION, &[("kind", kind), ("system_id", system_id.to_owned()), ("password", password.to_owned())]);
        let configuration = filled(
            CONFIGURATION,
            &[
                ("admin_port", admin.port().to_string()),
                ("smsbox_port", boxes.port().to_string()),
                ("sendsms_port", sendsms.port().to_string()),
                ("core", core(&directory)),
                ("directory", directory.display().to_string()),
                ("callbacks", callbacks.address.to_string()),
                ("sessions", kinds.into_iter().map(session).collect::<Vec<_>>().join("\n")),
            ],
        );
        let file = directory.join("kannel.conf");
        fs::write(&file, configuration).unwrap();
        let bearerbox = run(&bearerbox, &file);
        await_listener(boxes);
        let smsbox = run(&smsbox, &file);
        await_listener(sendsms);
        await_box(admin);
        Some(Self { bearerbox, smsbox, sendsms, callbacks, directory })
    }

    /// Hands a text to smsbox, with more keys of its `sendsms` call; it must be taken.
    pub fn send(&self, to: &str, text: &str, more: &[(&str, &str)]) {
        let mut query = vec![
            ("username", "interop"),
            ("password", "interop"),
            ("from", "1000"),
            ("to", to),
            ("charset", "UTF-8"),
            ("text", text),
        ];
        query.extend_from_slice(more);
        let (status, body) = http::get(self.sendsms, "/cgi-bin/sendsms", &query);
        assert_eq!(status, 202, "sendsms: {body}");
    }

    /// The same, asking for a call to `/dlr` with that mark at the final state.
    pub fn send_with_receipt(&self, to: &str, text: &str, mark: &str) {
        let url = format!("http://{}/dlr?mark={mark}&kind=%d&id=%F&text=%A", self.callbacks.address);
        // 1 delivered, 2 failed; 8 and 16 only tell what submit_sm_resp said.
        self.send(to, text, &[("dlr-mask", "3"), ("dlr-url", &url)]);
    }

    /// What Kannel called back.
    pub fn callbacks(&self) -> &Listener {
        &self.callbacks
    }

    /// Asks bearerbox to end, which makes it unbind.
    pub fn begin_shutdown(&self) {
        signal(&self.bearerbox, "TERM");
    }

    /// Waits for the end of a bearerbox that was asked to.
    pub fn ended(&mut self) {
        wait(&mut self.bearerbox);
    }
}

impl Drop for Kannel {
    fn drop(&mut self) {
        for child in [&mut self.smsbox, &mut self.bearerbox] {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!("Kannel's logs are in {}", self.directory.display());
        } else {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

fn filled(template: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Debian keeps the boxes where an ordinary user's PATH does not look.
fn found(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(sbin).map(|directory| directory.join(program)).find(|file| file.exists())
}

/// Kannel cannot pick free ports itself. All are held together, so that they differ.
fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let held = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap())
}

fn run(program: &Path, configuration: &Path) -> Child {
    Command::new(program).arg(configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn await_listener(address: SocketAddr) {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nothing listens on {address}");
        thread::sleep(Duration::from_millis(10)); // a box tells nobody that it is ready
    }
}

/// A text that arrives before bearerbox has listed the smsbox stays in bearerbox.
fn await_box(admin: SocketAddr) {
    let deadline = Instant::now() + PATIENCE;
    while !http::get(admin, "/status.xml", &[("password", "interop")]).1.contains("on-line") {
        assert!(Instant::now() < deadline, "bearerbox does not list the smsbox");
        thread::sleep(Duration::from_millis(10)); // bearerbox answers only when asked
    }
}
