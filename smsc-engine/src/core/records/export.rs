//! Records as a file for other people: CSV with the nine columns of a bill.

use super::column::Field;
use super::{Privacy, StoredRecord, csv};

/// How records are exported as CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// Adds a tenth column with the text.
    pub bodies: bool,
    /// Puts `XXXX` in place of the last four digits of numbers.
    pub masked: bool,
}

/// The columns of a bill.
const COLUMNS: [&str; 9] = [
    "id",
    "message_id",
    "calling_number",
    "called_number",
    "dest_smsc",
    "submission_time",
    "delivery_time",
    "status",
    "message_parts",
];
const BODY: &str = "message_body";

impl Export {
    /// Leaves the text out if `privacy` says so.
    #[must_use]
    pub fn under(self, privacy: Privacy) -> Self {
        Export { bodies: self.bodies && !privacy.hide_message_body_in_export, ..self }
    }

    /// The first line of the file.
    pub fn header(self) -> String {
        let mut names = COLUMNS.to_vec();
        names.extend(self.bodies.then_some(BODY));
        names.join(",") + "\n"
    }

    /// The line of one record.
    pub fn line(self, record: &StoredRecord) -> String {
        let cdr = &record.cdr;
        let number = |number: &str| if self.masked { masked(number) } else { number.to_owned() };
        let (calling, called) = (number(&cdr.calling_number), number(&cdr.called_number));
        let mut line = String::new();
        for field in [
            Field::Number(u64::try_from(record.id).ok()),
            Field::Number(Some(cdr.message_id.0)),
            Field::Text(Some(&calling)),
            Field::Text(Some(&called)),
            Field::Text(cdr.dest_smsc.as_deref()),
            Field::Time(Some(cdr.submission_time)),
            Field::Time(cdr.delivery_time),
            Field::Text(Some(cdr.status.name())),
            Field::Number(cdr.message_parts.map(Into::into)),
        ] {
            csv::put(&mut line, &field);
        }
        if self.bodies {
            csv::put(&mut line, &Field::Text(cdr.message_body.as_deref()));
        }
        line + "\n"
    }
}

/// Puts `XXXX` in place of the last four characters; a shorter number is hidden whole.
pub fn masked(number: &str) -> String {
    let kept = number.char_indices().rev().nth(3).map_or(0, |(place, _)| place);
    format!("{}XXXX", number.get(..kept).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cdr, MessageId, Status, Timestamp};

    #[test]
    fn an_export_has_nine_columns_and_no_text_where_privacy_forbids_it() {
        let cdr = Cdr {
            message_id: MessageId(7),
            calling_number: "447700900001".into(),
            called_number: "123".into(),
            source_smsc: None,
            dest_smsc: Some("sand,box".into()),
            origin_node: None,
            destination_node: None,
            submission_time: Timestamp(1000),
            delivery_time: None,
            expiry_time: None,
            status: Status::Failed,
            delivery_attempts: 1,
            message_parts: Some(2),
            deadletter: false,
            message_body: Some("secret".into()),
        };
        let record = StoredRecord { id: 3, cdr };
        let export = Export { bodies: true, masked: true };
        assert_eq!(export.header().split(',').count(), 10);
        assert!(export.line(&record).ends_with(",2,secret\n"));
        let export = export.under(Privacy { hide_message_body_in_export: true, ..Privacy::default() });
        assert_eq!(export.header().split(',').count(), 9);
        let line = export.line(&record);
        assert_eq!(line, "3,7,44770090XXXX,XXXX,\"sand,box\",1970-01-01 00:00:01.000,,failed,2\n");
        assert_eq!(csv::split(&line).len(), 9);
    }
}
