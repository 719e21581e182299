//! HTTP: what comes in is translated to calls on a [`Control`](crate::control::Control), and back. No logic lives here.

pub mod client;
pub mod counters;
pub mod listen;
pub mod rest;
