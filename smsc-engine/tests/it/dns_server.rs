//! Real DNS servers with the records of the fixtures, on free ports.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// A running server; killed when dropped.
pub(crate) struct DnsServer {
    child: Child,
    pub(crate) address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl DnsServer {
    /// BIND with `enum.zone` and `enum-odd.zone`; `None` if it is not installed.
    pub(crate) fn named() -> Option<DnsServer> {
        let program = installed("named", "bind9")?;
        let (directory, address) = (tempfile::tempdir().unwrap(), free());
        let file = directory.path().join("named.conf");
        std::fs::write(&file, configuration(directory.path(), address)).unwrap();
        let mut command = Command::new(program);
        command.args(["-g", "-n", "1", "-c"]).arg(file);
        Some(DnsServer::start(command, (address, directory), "running"))
    }

    /// dnsmasq with `enum-odd.conf`; `None` if it is not installed.
    pub(crate) fn dnsmasq() -> Option<DnsServer> {
        DnsServer::dnsmasq_from(|_| format!("{FIXTURES}/enum-odd.conf").into())
    }

    /// dnsmasq with these lines of configuration; `None` if it is not installed.
    #[cfg(feature = "centre")]
    pub(crate) fn dnsmasq_with(lines: &[String]) -> Option<DnsServer> {
        DnsServer::dnsmasq_from(|directory| {
            let file = directory.join("dnsmasq.conf");
            std::fs::write(&file, lines.join("\n")).unwrap();
            file
        })
    }

    fn dnsmasq_from(file: impl FnOnce(&Path) -> PathBuf) -> Option<DnsServer> {
        let program = installed("dnsmasq", "dnsmasq-base")?;
        let (directory, address) = (tempfile::tempdir().unwrap(), free());
        let mut command = Command::new(program);
        command
            .args(["--keep-in-foreground", "--log-facility=-", "--no-resolv", "--no-hosts", "--bind-interfaces", "--pid-file"])
            .args(["--user=", "--listen-address=127.0.0.1", &format!("--port={}", address.port())])
            .arg(format!("--conf-file={}", file(directory.path()).display()));
        Some(DnsServer::start(command, (address, directory), "cleared cache"))
    }

    /// Waits until a line of its log ends with `ready`.
    fn start(mut command: Command, (address, directory): (SocketAddr, tempfile::TempDir), ready: &str) -> DnsServer {
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut server = DnsServer { child, address, _directory: directory };
        let log = BufReader::new(server.child.stderr.take().unwrap());
        let (line, lines) = mpsc::channel();
        // Read to the end, so that it never waits for us.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(|text| drop(line.send(text))));
        let mut seen = Vec::new();
        while let Ok(text) = lines.recv_timeout(Duration::from_secs(30)) {
            if text.ends_with(ready) {
                return server;
            }
            seen.push(text);
        }
        panic!("it does not run:\n{}", seen.join("\n"));
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn installed(name: &str, package: &str) -> Option<String> {
    let program =
        ["/usr/sbin", "/usr/bin"].map(|place| format!("{place}/{name}")).into_iter().find(|path| Path::new(path).exists());
    if program.is_none() {
        crate::require::skip(name, &format!("apt-get install {package}"));
    }
    program
}

fn free() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn configuration(directory: &Path, address: SocketAddr) -> String {
    let zone = |name: &str, file: &str| format!("zone \"{name}\" {{ type primary; file \"{FIXTURES}/{file}\"; }};\n");
    format!(
        "options {{ directory \"{}\"; listen-on port {} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; \
         pid-file none; session-keyfile none; dnssec-validation no; }};\ncontrols {{ }};\n{}{}",
        directory.display(),
        address.port(),
        zone("e164.internal.example.com", "enum.zone"),
        zone("e164.odd.example.com", "enum-odd.zone"),
    )
}
