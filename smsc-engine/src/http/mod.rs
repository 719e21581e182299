//! HTTP: what comes in is translated to calls on a [`Control`](crate::control::Control), and back. No logic lives here.

pub mod admin;
pub mod client;
mod csv;
#[cfg(feature = "dashboard")]
#[cfg_attr(docsrs, doc(cfg(feature = "dashboard")))]
pub mod dashboard;
#[cfg(feature = "gateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "gateway")))]
pub mod gateway;
pub mod listen;
pub mod metrics;
#[cfg(feature = "dashboard")]
mod pages;
pub mod rest;
