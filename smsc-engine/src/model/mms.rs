//! A multimedia message: what is known of it, without the media.

use std::fmt;

use super::{Status, Timestamp};

/// One multimedia message; the media itself is kept elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct MmsMessage {
    /// Its number; 0 until the table gives it one.
    pub id: u64,
    /// The sender.
    pub source_msisdn: String,
    /// The recipient.
    pub destination_msisdn: String,
    /// Who submitted it.
    pub source_smsc: Option<String>,
    /// Who delivers it.
    pub dest_smsc: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// The kind of its media, such as `image/jpeg`.
    pub content_type: Option<String>,
    /// The URL of its media.
    pub content_location: Option<String>,
    /// Octets of its media.
    pub message_size: Option<u64>,
    /// How it stands.
    pub status: Status,
    /// Attempts that failed so far.
    pub delivery_attempts: u32,
    /// When it was accepted.
    pub send_time: Option<Timestamp>,
    /// When it was delivered.
    pub deliver_time: Option<Timestamp>,
    /// It is delivered no later.
    pub expires: Option<Timestamp>,
    /// When the record was made.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl MmsMessage {
    /// Makes a pending message about which nothing else is known.
    pub fn new(source_msisdn: impl Into<String>, destination_msisdn: impl Into<String>) -> Self {
        MmsMessage {
            id: 0,
            source_msisdn: source_msisdn.into(),
            destination_msisdn: destination_msisdn.into(),
            source_smsc: None,
            dest_smsc: None,
            subject: None,
            content_type: None,
            content_location: None,
            message_size: None,
            status: Status::Pending,
            delivery_attempts: 0,
            send_time: None,
            deliver_time: None,
            expires: None,
            inserted_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }
}

/// Shows who writes to whom, never what.
impl fmt::Debug for MmsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MmsMessage")
            .field("id", &self.id)
            .field("source_msisdn", &self.source_msisdn)
            .field("destination_msisdn", &self.destination_msisdn)
            .field("content_type", &self.content_type)
            .field("message_size", &self.message_size)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
