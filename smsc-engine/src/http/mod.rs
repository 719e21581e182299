//! HTTP: what comes in is translated to calls on a [`Control`](crate::control::Control), and back. No logic lives here.

pub mod metrics;
pub mod rest;
pub mod admin;
