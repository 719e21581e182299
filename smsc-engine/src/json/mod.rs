//! Parts of the API's JSON that both its server and its client need, written down once.
#![cfg_attr(not(all(feature = "http", feature = "remote")), allow(dead_code, reason = "each of the two needs a part of it"))]

pub(crate) mod coding;
pub(crate) mod header;
pub(crate) mod hex;
pub(crate) mod refusal;
pub(crate) mod smpp;
