//! The three configurations of the documents start and work for a real core.

use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use smsc_engine::Centre;
use smsc_engine::centre::Service;
use smsc_engine::config::Settings;
use smsc_engine::model::Timestamp;
use tokio::runtime::Runtime;

use super::*;

/// A core with a REST API over HTTPS, with a certificate of its own.
fn core(runtime: &Runtime, scratch: &Scratch) -> Centre {
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let mut settings = Settings::default();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.storage.directory = scratch.0.join("core");
    (settings.smpp.listen, settings.api.port.listen) = (free, free);
    (settings.web.port.enabled, settings.metrics.port.enabled) = (false, false);
    runtime.block_on(Centre::start(settings)).unwrap()
}

/// An address of this machine that no other test listens on.
fn own_host() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let process = std::process::id().to_be_bytes();
    format!("127.{}.{}.{}", 1 + process[2] % 200, process[3], NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A carrier that accepts every bind; it counts them by ending at the first.
fn carrier() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Takes one connection and its bind.
fn bound(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut header = [0; 16];
    stream.read_exact(&mut header).unwrap();
    let length = u32::from_be_bytes(header[..4].try_into().unwrap());
    let mut body = vec![0; length as usize - 16];
    stream.read_exact(&mut body).unwrap();
    // bind_transceiver, answered with a status of nought and no name.
    assert_eq!(header[4..8], [0, 0, 0, 9]);
    let answer = [&17u32.to_be_bytes()[..], &[0x80, 0, 0, 9, 0, 0, 0, 0], &header[12..], &[0]].concat();
    stream.write_all(&answer).unwrap();
    let name = body.split(|octet| *octet == 0).next().unwrap();
    (stream, String::from_utf8(name.to_vec()).unwrap())
}

/// A sample with the hosts that the documents invent replaced by what is there.
fn sample(name: &str, (core, host): (&Centre, &str), carriers: &[u16]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    let mut text = fs::read_to_string(path).unwrap();
    let address = core.address(Service::Api).unwrap();
    text = text.replace("https://core.example.com:8443", &format!("https://{address}"));
    text = text.replace("host = \"0.0.0.0\"", &format!("host = \"{host}\""));
    for port in carriers {
        let names = ["smsc.carrier.example", "uk.carrier.example", "us.carrier.example"];
        let known = names.iter().find(|known| text.contains(**known)).unwrap();
        text = text.replacen(&format!("\"{known}\"\nport = 2775"), &format!("\"127.0.0.1\"\nport = {port}"), 1);
    }
    text
}

fn registered(core: &Centre, name: &str) {
    let begun = std::time::Instant::now();
    while !core.control().registry.active(Timestamp::now()).iter().any(|record| &*record.frontend_name == name) {
        assert!(begun.elapsed() < PATIENCE, "{name} is not heard of");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn one_carrier_with_the_certificate_of_the_core_checked() {
    let (scratch, runtime) = (Scratch::new("sample-1"), Runtime::new().unwrap());
    let core = core(&runtime, &scratch);
    let (listener, port) = carrier();
    let text = sample("one-carrier.toml", (&core, ""), &[port]);
    let authority = scratch.0.join("core/tls/server.crt");
    let text = format!("{text}\n[core]\nca_path = \"{}\"\n", authority.display());
    let running = Running::start(gateway(&scratch).arg("--config").arg(file(&scratch, &text)));
    let (_stream, name) = bound(&listener);
    assert_eq!(name, "my_system");
    registered(&core, "gateway_one");
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    runtime.block_on(core.shutdown());
}

#[test]
fn two_carriers_in_two_regions() {
    let (scratch, runtime) = (Scratch::new("sample-2"), Runtime::new().unwrap());
    let core = core(&runtime, &scratch);
    let ((uk, uk_port), (us, us_port)) = (carrier(), carrier());
    let text = sample("two-carriers.toml", (&core, ""), &[uk_port, us_port]);
    let running = Running::start(gateway(&scratch).arg("--config").arg(file(&scratch, &text)));
    let (_first, first) = bound(&uk);
    let (_second, second) = bound(&us);
    assert_eq!((first.as_str(), second.as_str()), ("user_uk", "user_us"));
    registered(&core, "gateway_two");
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    runtime.block_on(core.shutdown());
}

#[test]
fn a_carrier_and_two_partners() {
    let (scratch, runtime) = (Scratch::new("sample-3"), Runtime::new().unwrap());
    let core = core(&runtime, &scratch);
    let (listener, port) = carrier();
    let host = own_host();
    let text = sample("carrier-and-partners.toml", (&core, &host), &[port]);
    // Partners of this test come from this machine.
    let text = text.replace("192.168.1.0/24", "127.0.0.0/8").replace("\"10.0.0.100\"", "\"127.0.0.0/8\"");
    let running = Running::start(gateway(&scratch).arg("--config").arg(file(&scratch, &text)));
    let (_stream, name) = bound(&listener);
    assert_eq!(name, "my_system");
    assert_eq!(running.address().to_string(), format!("{host}:2775"));
    for (partner, password) in [("partner1", "Secret-2"), ("partner2", "Secret-3")] {
        let mut stream = TcpStream::connect(running.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = format!("{partner}\0{password}\0\0\x34\0\0\0");
        let length = u32::try_from(16 + body.len()).unwrap();
        let header = [length, 9, 0, 1].map(u32::to_be_bytes).concat();
        stream.write_all(&[&header, body.as_bytes()].concat()).unwrap();
        let mut answer = [0; 16];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer[4..12], [0x80, 0, 0, 9, 0, 0, 0, 0], "{partner}");
    }
    registered(&core, "gateway_partners");
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    runtime.block_on(core.shutdown());
}
