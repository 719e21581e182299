//! Multimedia messages: what is known of them. The media itself is elsewhere.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::Rest;
use super::forms::forms;
use super::table::{Kept, collection};
use crate::model::{MmsMessage, Status, Timestamp};

/// The same collection under both of its names.
pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    messages::routes().merge(queues::routes())
}

forms! {
    MmsMessage;
    /// A multimedia message.
    show MmsForm;
    /// A new multimedia message.
    make NewMms;
    /// What is to be changed of a multimedia message.
    change MmsChange;
    shown {
        /// Its number.
        id: [u64],
        /// When it was accepted.
        send_time: [Option<Timestamp>],
        /// When the record was made.
        inserted_at: [Timestamp],
        /// When it was last changed.
        updated_at: [Timestamp],
    }
    required {
        /// The sender.
        #[schema(example = "+15551234567")]
        source_msisdn: [String] max 64,
        /// The recipient.
        #[schema(example = "+447700900000")]
        destination_msisdn: [String] max 64,
    }
    optional {
        /// Who handed it in.
        source_smsc: [Option<String>] max 255,
        /// Who delivers it.
        dest_smsc: [Option<String>] max 255,
        /// What it is about.
        subject: [Option<String>] max 1024,
        /// The kind of its media.
        #[schema(example = "image/jpeg")]
        content_type: [Option<String>] max 255,
        /// Where its media is.
        #[schema(example = "https://mms.example.com/1.jpg")]
        content_location: [Option<String>] max 2048,
        /// Octets of its media.
        message_size: [Option<u64>] upto 9007199254740991_u64,
        /// How it stands.
        status: [Status],
        /// Attempts that failed.
        delivery_attempts: [u32] upto 2147483647_u64,
        /// When it was delivered; the time of the call if `status` becomes `delivered` and nothing is said.
        deliver_time: [Option<Timestamp>],
        /// It is delivered no later.
        expires: [Option<Timestamp>],
    }
}

impl Kept for MmsMessage {
    type Form = MmsForm;

    fn blank(now: Timestamp) -> Self {
        MmsMessage { send_time: Some(now), ..MmsMessage::new("", "") }
    }

    fn settle(&mut self, now: Timestamp) {
        if self.status == Status::Delivered {
            self.deliver_time.get_or_insert(now);
        }
    }
}

collection!(messages at "/api/mms_messages" and "/api/mms_messages/{id}", tag "mms", mms of MmsForm, NewMms, MmsChange);
collection!(queues at "/api/mms_message_queues" and "/api/mms_message_queues/{id}", tag "mms", mms of MmsForm, NewMms, MmsChange);
