//! The table of multimedia messages.

use super::stored::stored;
use crate::model::MmsMessage;
use crate::sql::{Migration, Step};

stored! {
    MmsMessage in "mms_messages", MIGRATIONS, updated_at {
        source_msisdn = "source_msisdn",
        destination_msisdn = "destination_msisdn",
        source_smsc = "source_smsc",
        dest_smsc = "dest_smsc",
        subject = "subject",
        content_type = "content_type",
        content_location = "content_location",
        message_size = "message_size",
        status = "status",
        delivery_attempts = "delivery_attempts",
        send_time = "send_time",
        deliver_time = "deliver_time",
        expires = "expires",
        inserted_at = "inserted_at",
        updated_at = "updated_at",
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "multimedia messages",
    steps: &[Step::All(
        "CREATE TABLE mms_messages (id {key}, source_msisdn TEXT NOT NULL, destination_msisdn TEXT NOT NULL,
         source_smsc TEXT, dest_smsc TEXT, subject TEXT, content_type TEXT, content_location TEXT, message_size BIGINT,
         status VARCHAR(16) NOT NULL, delivery_attempts BIGINT NOT NULL, send_time {time}, deliver_time {time}, expires {time},
         inserted_at {time} NOT NULL, updated_at {time} NOT NULL) {table}",
    )],
}];
