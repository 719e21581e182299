//! Records of messages that have ended.

use serde_json::{Value, json};

use super::{Outcome, Shell, query, table};
use crate::args::{Records, Span};

impl Shell {
    pub(super) async fn records(&self, records: Records) -> Outcome {
        match records {
            Records::List(span) => Ok(self.table(self.get(&path(span)).await?, &COLUMNS)),
            Records::Export(span) => Ok(csv(&self.get(&path(span)).await?)),
            Records::Query { name: None, .. } => {
                Ok(self.table(self.get("/admin/records/queries").await?, &["name", "parameters"]))
            }
            Records::Query { name: Some(name), parameters } => {
                let question = json!({ "name": name, "parameters": parameters });
                let answer = self.call("POST", "/admin/records/query", Some(question)).await?;
                let first = answer.get(0).and_then(Value::as_object);
                let columns: Vec<String> = first.map(|row| row.keys().cloned().collect()).unwrap_or_default();
                Ok(self.table(answer, &columns.iter().map(String::as_str).collect::<Vec<_>>()))
            }
        }
    }
}

fn path(span: Span) -> String {
    let Span { number, from, until, smsc, masked, max } = span;
    let fixed = [("masked", Some(masked.to_string())), ("max", Some(max.to_string()))];
    query("/admin/records", &[&[("number", number), ("from", from), ("until", until), ("smsc", smsc)][..], &fixed].concat())
}

/// The nine columns of a bill.
fn csv(records: &Value) -> String {
    let mut lines = BILL.join(",") + "\n";
    for record in records.as_array().into_iter().flatten() {
        let cells = BILL.iter().map(|column| match &record[*column] {
            Value::Null => String::new(),
            Value::String(text) if text.contains([',', '"', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
            value => table::cell(Some(value)),
        });
        lines += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    lines
}

const BILL: [&str; 9] = [
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
const COLUMNS: [&str; 7] =
    ["message_id", "calling_number", "called_number", "dest_smsc", "submission_time", "status", "delivery_attempts"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_exported_as_csv() {
        let record = json!({ "id": 1, "message_id": 2, "called_number": "a,\"b", "dest_smsc": null, "status": "delivered" });
        let expected = "id,message_id,calling_number,called_number,dest_smsc,submission_time,delivery_time,status,message_parts\n\
                        1,2,,\"a,\"\"b\",,,,delivered,\n";
        assert_eq!(csv(&json!([record])), expected);
    }
}
