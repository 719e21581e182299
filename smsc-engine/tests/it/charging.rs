//! Charging over HTTP, asked of a server that nobody here wrote the HTTP of.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use smsc_engine::core::charging::{
    BuildError, ChargeError, ChargeEvent, Charging, Circuit, Granted, GuardLimits, Guarded, HttpCharging, HttpChargingConfig,
};
use tokio::sync::mpsc;

/// The server; killed when dropped.
struct Ocs {
    child: Child,
    calls: mpsc::UnboundedReceiver<String>,
    url: String,
}

impl Ocs {
    /// Starts it; `None` if Python is not installed.
    fn start() -> Option<Ocs> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ocs.py");
        let started = Command::new("python3").arg(script).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let Ok(mut child) = started else {
            crate::require::skip("python3", "apt-get install python3");
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap();
        let (call, calls) = mpsc::unbounded_channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(call.send(line))));
        Some(Ocs { child, calls, url: format!("http://127.0.0.1:{port}/jsonrpc") })
    }

    /// The next call it got.
    async fn call(&mut self) -> Value {
        serde_json::from_str(&self.calls.recv().await.unwrap()).unwrap()
    }

    fn client(&self, timeout: Duration) -> HttpCharging {
        client(HttpChargingConfig { url: self.url.clone(), account: "{calling}".into(), timeout, ..config() })
    }
}

impl Drop for Ocs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config() -> HttpChargingConfig {
    HttpChargingConfig { destination: "{called}".into(), ..HttpChargingConfig::default() }
}

fn client(config: HttpChargingConfig) -> HttpCharging {
    // Another test may have been first.
    #[cfg(feature = "charging-tls")]
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    HttpCharging::new(config).unwrap()
}

fn event(account: &str) -> ChargeEvent {
    ChargeEvent { calling: account.into(), called: "+447700900123".into(), usage: 3 }
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_message_is_granted_and_connections_are_used_again() {
    let Some(mut ocs) = Ocs::start() else { return };
    let charging = ocs.client(LONG);
    assert_eq!(charging.ping().await, Ok(()));
    let ping = ocs.call().await;
    assert_eq!((&ping["call"]["method"], &ping["type"]), (&"SessionSv1.Ping".into(), &"application/json".into()));
    for id in 2..7 {
        assert_eq!(charging.authorize(&event("rich")).await, Ok(Granted { max_usage: 3 }));
        let seen = ocs.call().await;
        assert_eq!(seen["connection"], 1);
        let expected = serde_json::json!({"method": "SessionSv1.AuthorizeEvent", "id": id, "params": [{
            "Tenant": "sms.example.com", "Account": "rich", "Destination": "+447700900123",
            "Source": "sms_platform", "Subject": "sms_user", "Usage": 3,
        }]});
        assert_eq!(seen["call"], expected);
    }
}

#[tokio::test]
async fn everything_else_is_a_failure_with_its_reason() {
    let Some(ocs) = Ocs::start() else { return };
    let charging = ocs.client(LONG);
    let ask = async |account: &str| charging.authorize(&event(account)).await.unwrap_err();
    assert_eq!(ask("poor").await, ChargeError::NoCredit);
    assert_eq!(ask("unknown").await, ChargeError::Refused("ACCOUNT_NOT_FOUND".into()));
    assert_eq!(ask("broken").await, ChargeError::Http(500));
    assert_eq!(ask("elsewhere").await, ChargeError::Http(302));
    assert!(matches!(ask("garbage").await, ChargeError::Malformed(_)));
    assert!(matches!(ask("confused").await, ChargeError::Malformed(reason) if reason.contains("id")));
    assert!(matches!(ask("huge").await, ChargeError::Malformed(reason) if reason.contains("octets")));
    assert!(matches!(ask("reset").await, ChargeError::Connection(_)));
    // And still it goes on.
    assert!(charging.authorize(&event("rich")).await.is_ok());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = client(HttpChargingConfig { url: format!("http://secret:word@{nobody}/"), ..config() });
    let refused = nobody.authorize(&event("rich")).await.unwrap_err();
    assert!(matches!(refused, ChargeError::Connection(_)) && !refused.to_string().contains("word"), "{refused}");
    assert!(!format!("{nobody:?}").contains("word"));
}

#[tokio::test]
async fn a_system_that_does_not_answer_costs_its_time_and_holds_up_no_other() {
    let Some(mut ocs) = Ocs::start() else { return };
    let impatient = ocs.client(Duration::from_millis(300));
    assert_eq!(impatient.authorize(&event("silent")).await, Err(ChargeError::TimedOut));
    ocs.call().await;
    let guarded = Guarded::new(ocs.client(LONG), GuardLimits { timeout: LONG, ..GuardLimits::default() });
    let silent = event("silent");
    tokio::select! {
        biased;
        _ = guarded.authorize(&silent) => panic!("it does not answer"),
        granted = async {
            // Once the silent call is with the server.
            ocs.call().await;
            guarded.authorize(&event("rich")).await
        } => assert!(granted.is_ok()),
    }
    let stats = guarded.stats();
    assert_eq!((stats.attempted, stats.succeeded.count(), stats.circuit), (2, 1, Circuit::Closed));
}

#[test]
fn an_address_that_cannot_be_used_is_named() {
    for url in ["", "localhost:2080", "ftp://localhost/", "http://", "http://[::1"] {
        let error = HttpCharging::new(HttpChargingConfig { url: url.into(), ..config() }).unwrap_err();
        assert!(matches!(&error, BuildError::Url { url: named, .. } if named == url), "{error}");
    }
    let secure = HttpCharging::new(HttpChargingConfig { url: "https://localhost/".into(), ..config() });
    #[cfg(not(feature = "charging-tls"))]
    assert!(secure.unwrap_err().to_string().contains("charging-tls"));
    // Other tests of this process may have installed a provider.
    #[cfg(feature = "charging-tls")]
    assert!(matches!(secure, Ok(_) | Err(BuildError::NoCryptoProvider)));
}
