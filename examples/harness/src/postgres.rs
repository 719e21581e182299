//! A real PostgreSQL server for a program under test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::site::until;
use crate::{postgresql, require};

/// A server of its own, killed when dropped; the database is `sms_c_prod`, the user `sms_user`.
pub struct Postgres {
    pub address: SocketAddr,
    child: Option<Child>,
    directory: PathBuf,
}

/// What lets in.
pub const PASSWORD: &str = "hush";

impl Postgres {
    /// Starts a server; `None`, and noted, if it is not installed.
    pub fn start() -> Option<Postgres> {
        if postgresql::program("initdb").is_none() {
            require::skip("postgresql", "apt-get install postgresql");
            return None;
        }
        let address = free_address();
        // Not below the target directory: the server runs as somebody else, who may not look in there.
        let directory = std::env::temp_dir().join(format!("interop-postgres-{}-{}", std::process::id(), address.port()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        postgresql::prepare(&directory, PASSWORD);
        let mut server = Postgres { address, child: None, directory };
        server.run();
        Some(server)
    }

    /// Starts it again over the same files.
    pub fn run(&mut self) {
        let mut command = postgresql::server(&self.directory, self.address.port());
        let log = fs::File::create(self.directory.join("log")).unwrap();
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let port = self.address.port().to_string();
        until("the database", || {
            let ready = Command::new(postgresql::program("pg_isready").unwrap()).args(["-h", "127.0.0.1", "-p", &port]).output();
            ready.unwrap().status.success()
        });
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The rows of a query, one a line, columns with `|` between them.
    pub fn rows(&self, query: &str) -> Vec<String> {
        let mut psql = Command::new(postgresql::program("psql").unwrap());
        psql.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.address.port().to_string(),
            "-U",
            "sms_user",
            "-At",
            "-c",
            query,
            "sms_c_prod",
        ]);
        let output = psql.env("PGPASSWORD", PASSWORD).output().unwrap();
        assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// An address that was free a moment ago.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
