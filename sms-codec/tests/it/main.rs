//! The crate against the protocol's tables and vectors in `testdata/`, and the fuzz corpus.

mod charset;
mod coding;
mod common;
mod corpus;
mod gsm7;
mod independent;
mod join;
mod model;
mod plan;
mod receipt;
mod segment;
mod time;
mod tpdu;
mod tpdu_odd;
mod tshark;
mod udh;
