//! Records for billing.

use std::path::PathBuf;

use super::word::DbAdapter;
use crate::accounts::Secret;

settings! {
    /// Records of messages that ended, for billing.
    Records {
        /// Whether they are written.
        cdr_enabled: bool = true;
        /// Where: "sqlite" is a file in the directory of the messages; the others are servers: "mysql", "mariadb" or "postgresql".
        db_adapter: DbAdapter = DbAdapter::Sqlite;
        /// Who we are to the server.
        db_username: String = "sms_user".into(), in 1..=255;
        /// Our password; a server needs one.
        db_password: Secret = Secret::default(), in 0..=255;
        /// The server's name or address.
        db_hostname: String = "localhost".into(), in 1..=255;
        /// Its port; 0 is the usual one, 3306 or 5432.
        db_port: u16 = 0, in 0..=65_535;
        /// The database on the server.
        db_name: String = "sms_c_prod".into(), in 1..=255;
        /// Connections to the server at one time.
        pool_size: u32 = 20, in 1..=1_000;
        /// Whether a server that speaks no TLS is refused.
        ssl: bool = false;
        /// File with the authorities that sign the server's certificate; if given, the certificate and its name are checked.
        tls_ca_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// Directory of files of comma-separated values with the same records; empty for none.
        csv_directory: PathBuf = PathBuf::new(), in 0..=4_096;
        /// Directory of files with a JSON object a line; empty for none.
        json_directory: PathBuf = PathBuf::new(), in 0..=4_096;
        /// Records that are written without waiting for more.
        batch_size: u32 = 100, in 1..=4_000;
        /// Milliseconds a record waits for others.
        flush_interval_ms: u32 = 100, in 1..=60_000;
    }
}
