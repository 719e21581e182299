//! HTTP: what comes in is translated to calls on a [`Control`](crate::control::Control), and back. No logic lives here.

pub mod admin;
#[cfg(feature = "dashboard")]
#[cfg_attr(docsrs, doc(cfg(feature = "dashboard")))]
pub mod dashboard;
pub mod metrics;
pub mod rest;
