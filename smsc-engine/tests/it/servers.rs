//! Databases for tests: a file, and servers of their own in a temporary directory, killed at the end.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use smsc_engine::frontend::Secret;
use smsc_engine::sql::{Database, DatabaseConfig, Dialect, Statement};
use tempfile::TempDir;

use crate::postgresql::{self, program, run, unprivileged};
use crate::require::skip;

/// A server of PostgreSQL or MariaDB that belongs to one test.
pub(crate) struct Server {
    child: Option<Child>,
    directory: TempDir,
    dialect: Dialect,
    port: u16,
}

impl Server {
    /// Starts a server; `None`, and noted, if it is not installed.
    pub(crate) async fn start(dialect: Dialect) -> Option<Server> {
        let (name, package, needed) = match dialect {
            Dialect::Postgres => ("postgresql", "postgresql", "initdb"),
            _ => ("mariadb", "mariadb-server", "mariadb-install-db"),
        };
        if program(needed).is_none() {
            skip(name, &format!("apt-get install {package}"));
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Server { child: None, directory: tempfile::tempdir().unwrap(), dialect, port };
        server.prepare();
        server.run(&[]).await;
        Some(server)
    }

    pub(crate) fn config(&self) -> DatabaseConfig {
        let mut config = DatabaseConfig::new(self.dialect);
        config.host = "127.0.0.1".into();
        config.port = Some(self.port);
        config.password = Some(Secret::new(PASSWORD));
        config.pool_size = 5;
        config.connect_timeout = Duration::from_secs(3);
        config
    }

    /// Kills the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts the server again, with more options.
    pub(crate) async fn run(&mut self, options: &[&str]) {
        let data = self.directory.path().join("data");
        let mut command = match self.dialect {
            Dialect::Postgres => postgresql::server(self.directory.path(), self.port),
            _ => unprivileged("mariadbd"),
        };
        if self.dialect != Dialect::Postgres {
            command
                .arg("--no-defaults")
                .arg(format!("--datadir={}", data.display()))
                .arg(format!("--socket={}", self.directory.path().join("socket").display()))
                .arg(format!("--init-file={}", self.directory.path().join("init.sql").display()))
                .arg(format!("--port={}", self.port))
                .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M"]);
        }
        command.args(options).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(self.directory.path().join("log")).unwrap());
        let mut config = self.config();
        config.connect_timeout = Duration::from_secs(1);
        let start = Instant::now();
        loop {
            let child = self.child.get_or_insert_with(|| command.spawn().unwrap());
            let database = Database::open(&config).await.unwrap();
            match database.rows(Statement::new("SELECT 1 AS one")).await {
                Ok(_) => return database.close().await,
                Err(error) => assert!(start.elapsed() < Duration::from_secs(60), "{error}\n{}", self.log()),
            }
            // After a kill the children of the last life may still hold what they had; then it is tried again.
            if child.try_wait().unwrap().is_some() {
                self.child = None;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn prepare(&self) {
        let (directory, data) = (self.directory.path(), self.directory.path().join("data"));
        if self.dialect == Dialect::Postgres {
            postgresql::prepare(directory, PASSWORD);
        } else {
            fs::write(directory.join("init.sql"), INIT).unwrap();
            postgresql::give_away(directory);
            let mut install = unprivileged("mariadb-install-db");
            run(install.args(["--no-defaults", "--skip-test-db"]).arg(format!("--datadir={}", data.display())));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A database in a file.
pub(crate) async fn sqlite(directory: &Path) -> Database {
    Database::open(&DatabaseConfig::sqlite(directory.join("test.sqlite"))).await.unwrap()
}

const PASSWORD: &str = "hush";
const INIT: &str = "CREATE DATABASE IF NOT EXISTS sms_c_prod;
CREATE USER IF NOT EXISTS 'sms_user'@'127.0.0.1' IDENTIFIED BY 'hush';
GRANT ALL ON *.* TO 'sms_user'@'127.0.0.1' WITH GRANT OPTION;
";
