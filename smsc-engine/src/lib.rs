//! A store-and-forward SMS engine: messages come in, are kept durably, and go out when they are due.
//!
//! [`model`] holds the product's words, [`core`] what a core does with them, [`api`] what a frontend may ask of a
//! core, [`accounts`] who may come in, [`frontend`] the SMPP side of it, [`sandbox`] a carrier that plays the mobile network, and with the feature
//! `centre` there is `Centre`, which puts them together. Protocol octets are the business of `smpp-pdu`, `sms-codec` and `smpp-session`; nothing here parses
//! a PDU below the frontend.
//!
//! [`manual`] shows how to embed it, and how to write a router, a queue or a record sink.
//!
//! Without features there is the core with its journal, routes, locations and accounts, and the SMPP frontend:
//!
//! | feature | adds |
//! |---|---|
//! | `config` | settings from a TOML file and from the environment |
//! | `json` | JSON forms of routes, rules and records, and the registry of frontends |
//! | `sql` | tables, events, records and a queue in SQLite |
//! | `postgres`, `mysql` | records and tables there |
//! | `enum` | ENUM over DNS |
//! | `charging`, `charging-tls` | charging over HTTP, over HTTPS |
//! | `passwords` | hashed passwords |
//! | `http` | the REST API with its description, metrics, and the listener with TLS |
//! | `dashboard` | pages for the operator |
//! | `log` | the log as a ring, as files that take turns, as JSON |
//! | `remote` | a core elsewhere, over HTTP |
//! | `gateway` | the SMPP frontend of such a core |
//! | `centre` | a whole centre from one set of settings |
//! | `commands` | the command line of a program around either, by clap |
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::future::Future;
use std::pin::Pin;

pub mod accounts;
pub mod api;
#[cfg(feature = "http")]
pub mod audit;
mod calendar;
#[cfg(feature = "centre")]
#[cfg_attr(docsrs, doc(cfg(feature = "centre")))]
pub mod centre;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod cluster;
pub mod config;
#[cfg(feature = "http")]
pub mod control;
pub mod core;
pub mod frontend;
#[cfg(feature = "gateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "gateway")))]
pub mod gateway;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;

#[cfg(any(feature = "http", feature = "remote"))]
mod json;
#[cfg(feature = "log")]
pub mod log;
pub mod model;
#[cfg(feature = "http")]
pub mod ops;
#[cfg(feature = "sql")]
pub mod overlay;
#[cfg(any(feature = "centre", feature = "gateway"))]
pub mod program;
#[cfg(feature = "remote")]
#[cfg_attr(docsrs, doc(cfg(feature = "remote")))]
pub mod remote;
pub mod sandbox;
#[cfg(feature = "sql")]
pub mod sql;

pub mod testing;
#[cfg(feature = "dashboard")]
pub mod users;
#[cfg(any(feature = "http", feature = "remote"))]
mod wire;

#[cfg(any(doc, doctest))]
#[doc = include_str!("../MANUAL.md")]
pub mod manual {}

#[cfg(feature = "centre")]
pub use centre::{Centre, CentreConfig, StartError};
#[cfg(feature = "gateway")]
pub use gateway::{Gateway, GatewayConfig, GatewayError};

/// A future behind a pointer, as traits used as `dyn` need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
