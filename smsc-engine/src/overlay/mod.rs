//! Lists that an operator keeps in the configuration file and changes while the centre runs.
//!
//! The file says what there is at first. What is put or deleted at run time is kept in a table of a database, wins
//! over the file from then on, and still does so after a restart; what the file said can be had back at any time.
//! A [`Book`] is one such list. It does not read files, and nobody else writes to its rows while it is open.
//!
//! ```
//! use serde_json::Value;
//! use smsc_engine::overlay::{Book, Entry, Origin};
//! # use smsc_engine::sql::{Database, DatabaseConfig};
//!
//! #[derive(Clone)]
//! struct Peer { name: String, port: u16 }
//!
//! impl Entry for Peer {
//!     const KIND: &'static str = "peer";
//!     fn key(&self) -> String { self.name.clone() }
//!     fn check(&self) -> Result<(), String> {
//!         if self.port == 0 { Err("port: 1 to 65535".into()) } else { Ok(()) }
//!     }
//!     fn store(&self) -> Value { serde_json::json!([self.name, self.port]) }
//!     fn restore(stored: Value) -> Result<Peer, String> {
//!         let (name, port) = serde_json::from_value(stored).map_err(|error| error.to_string())?;
//!         Ok(Peer { name, port })
//!     }
//! }
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("centre.sqlite"))).await?;
//! let file = vec![Peer { name: "north".into(), port: 2775 }];
//! let book = Book::open(&database, file).await?;
//! book.edit("north", "ann", |peer| { peer.port = 2776; Ok(()) }).await?;
//! assert_eq!(book.get("north").map(|listed| (listed.entry.port, listed.origin)), Some((2776, Origin::Changed)));
//! book.revert("north").await?;
//! assert_eq!(book.get("north").map(|listed| (listed.entry.port, listed.origin)), Some((2775, Origin::File)));
//! # Ok(()) }
//! ```

mod book;
mod error;
mod step;
mod table;
mod view;

use serde_json::Value;

pub use book::Book;
pub use error::BookError;
pub use view::{Change, Deleted, Listed, Origin};

/// What a [`Book`] can hold.
pub trait Entry: Clone + Send + Sync + 'static {
    /// What it is called, in the table and in messages: "account". At most 32 ASCII characters.
    const KIND: &'static str;

    /// Returns what tells it from all others of its kind, 1 to 255 octets; it never changes.
    fn key(&self) -> String;

    /// Checks it by itself, wherever it comes from.
    ///
    /// # Errors
    /// What is wrong with it, in words for the operator, without secrets.
    fn check(&self) -> Result<(), String>;

    /// Puts away what must not be kept as it is, such as a password in clear; may take long, and is done before it is kept.
    ///
    /// # Errors
    /// It cannot be done, in words for the operator.
    fn seal(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Returns the form in which it is kept.
    fn store(&self) -> Value;

    /// Reads that form.
    ///
    /// # Errors
    /// What is wrong with it, in words for the operator, without secrets.
    fn restore(stored: Value) -> Result<Self, String>;
}
