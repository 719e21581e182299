//! The tokio shell over loopback TCP, against itself and against a peer that follows a script.

mod admission;
mod bulk;
mod client;
mod connect;
mod delay;
mod drain;
mod faults;
mod hostile;
mod keeper;
mod outbind;
mod pool;
mod roster;
mod server;
mod stats;
#[cfg(feature = "text")]
mod text;
mod threads;
mod throttle;
#[cfg(feature = "tls")]
mod tls;
mod trace;
mod tshark;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{CStr, CommandStatus, Frame, SubmitSmResp};
use smpp_session::net::{Incoming, IncomingBind, Link, Refusal, Server, ServerConfig, Service};
use smpp_session::{CloseReason, Config, Stray, Timeouts};
use tokio::time::{Instant, sleep, timeout};

/// A service that notes what it is told and does with requests what the test says.
struct Noted<F> {
    log: Mutex<Vec<String>>,
    links: Mutex<Vec<Link>>,
    on_request: F,
}

fn noted<F: Fn(Incoming) + Send + Sync + 'static>(on_request: F) -> Arc<Noted<F>> {
    Arc::new(Noted { log: Mutex::default(), links: Mutex::default(), on_request })
}

impl<F> Noted<F> {
    fn note(&self, line: impl Into<String>) {
        self.log.lock().unwrap().push(line.into());
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.log().iter().filter(|noted| *noted == line).count()
    }

    fn link(&self) -> Link {
        self.links.lock().unwrap().last().unwrap().clone()
    }
}

impl<F: Fn(Incoming) + Send + Sync + 'static> Service for Noted<F> {
    fn bind(&self, bind: IncomingBind) {
        let request = bind.request();
        self.note(format!("bind {}", request.system_id));
        match request.system_id.as_bytes() {
            b"stranger" => bind.refuse(CommandStatus::RINVPASWD),
            b"nobody" => drop(bind),
            _ if request.password.expose() == b"secret" => bind.accept(CStr::new("mc").unwrap()).unwrap(),
            _ => bind.refuse(CommandStatus::RINVPASWD),
        }
    }

    fn bound(&self, link: &Link) {
        self.note(format!("bound {}", link.system_id()));
        self.links.lock().unwrap().push(link.clone());
    }

    fn request(&self, request: Incoming) {
        self.note("request");
        (self.on_request)(request);
    }

    fn batch_end(&self) {
        self.note("batch_end");
    }

    fn notification(&self, _: &Link, frame: Frame) {
        self.note(frame.command_id().to_string());
    }

    fn stray(&self, _: &Link, _: Frame, why: Stray) {
        self.note(format!("{why:?}"));
    }

    fn refused(&self, _: std::net::SocketAddr, why: Refusal) {
        self.note(format!("refused: {why:?}"));
    }

    fn closed(&self, _: &Link, why: CloseReason) {
        self.note(format!("closed: {why}"));
    }
}

/// Answers a message with an id.
fn accept(incoming: Incoming) {
    let message_id = CStr::new("42").unwrap();
    incoming.answer(&SubmitSmResp { message_id, ..Default::default() }).unwrap();
}

async fn serve(config: Config, service: Arc<dyn Service>) -> Server {
    let config = ServerConfig { session: config, ..ServerConfig::default() };
    Server::bind("127.0.0.1:0", config, service).await.unwrap()
}

/// No timer of its own fires during a test.
fn calm() -> Config {
    Config { timers: Timeouts { enquire_link: None, ..Timeouts::default() }, ..Config::default() }
}

/// Waits until something becomes true.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come true");
        sleep(Duration::from_millis(2)).await;
    }
}

/// Waits for something that must happen.
async fn soon<T: Future>(future: T) -> T::Output {
    timeout(PATIENCE, future).await.expect("it takes too long")
}

const PATIENCE: Duration = Duration::from_secs(20);
