//! A store-and-forward SMS engine: messages come in, are kept durably, and go out when they are due.
//!
//! `model` holds the product's words, [`core`] what a core does with them. Protocol octets are the business
//! of `smpp-pdu`, `sms-codec` and `smpp-session`; nothing here parses a PDU below the frontend.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod core;
pub mod model;
pub mod testing;
