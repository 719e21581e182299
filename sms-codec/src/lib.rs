//! What an SMS says, in octets: alphabets, headers, long messages, receipts and times.
//!
//! | task | module |
//! | --- | --- |
//! | GSM 7-bit text, packed or one septet per octet | [`gsm7`] |
//! | UCS-2 (UTF-16BE) text | [`ucs2`] |
//! | `data_coding` to alphabet and back, national sets | [`charset`] |
//! | GSM data coding scheme of the air interface | [`dcs`] |
//! | user data header, concatenation | [`udh`] |
//! | splitting long messages that are encoded already | [`segment`] |
//! | joining their parts over time | [`join`] |
//! | plainer characters for those that GSM 7-bit lacks | [`smart`] |
//! | how a text will be sent: alphabet, tables, parts | [`plan`] |
//! | delivery receipts, both ways | [`receipt`] |
//! | sender ids, numbers, TON and NPI | [`address`] |
//! | SMPP times, receipt dates | [`time`] |
//! | TPDUs of the air interface, both ways | [`tpdu`] |
//!
//! ```
//! use sms_codec::charset::Coding;
//! use sms_codec::plan::Policy;
//!
//! let plan = Policy::default().plan("Grüße aus Köln")?;
//! assert_eq!((plan.parts(), plan.left()), (1, 146));
//! let mut short_message = Vec::new();
//! for part in plan.split(0x4A) {
//!     part.write(&mut short_message); // data_coding 0
//! }
//! assert_eq!(Coding::default().decode(0, &short_message), "Grüße aus Köln");
//! # Ok::<(), sms_codec::plan::PlanError>(())
//! ```
//!
//! This crate knows no PDU and does no I/O: octets and text go in, text and octets come out.
//! No input makes it panic, and it allocates only where a function returns an owned value.

#![no_std]

extern crate alloc;

pub mod address;
pub mod charset;
#[cfg(any(test, feature = "check"))]
pub mod check;
pub mod dcs;
pub mod gsm7;
pub mod join;
pub mod plan;
pub mod receipt;
mod scratch;
pub mod segment;
#[cfg(feature = "serde")]
mod serial;
pub mod smart;
pub mod time;
pub mod tpdu;
pub mod ucs2;
pub mod udh;

// The examples of README are tests too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
