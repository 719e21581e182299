//! What a frontend says about itself.

use serde_json::{Map, Value};

/// A sign of life.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrontendReport {
    /// The frontend's name, one for each instance.
    pub frontend_name: String,
    /// What it speaks: `SMPP`, `IMS`, `MAP`, `sip`, `http` … in any case of letters.
    pub frontend_type: String,
    /// Where it is; whoever took the report knows better than nobody.
    pub ip_address: Option<String>,
    /// Its host.
    pub hostname: Option<String>,
    /// Seconds since it started.
    pub uptime_seconds: Option<u64>,
    /// What else it tells.
    pub configuration: Option<Value>,
}

/// What is wrong with a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is no object.
    #[error("a frontend reports as a JSON object")]
    NoObject,
    /// A field must be there and is not, or is empty.
    #[error("{0} is required")]
    Required(&'static str),
    /// A field is something else than it must be.
    #[error("{field} must be {expected}")]
    Type {
        /// Which one.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A field has too many octets.
    #[error("{field} has more than {most} octets")]
    TooLong {
        /// Which one.
        field: &'static str,
        /// How many it may have.
        most: usize,
    },
}

impl FrontendReport {
    /// Reads the JSON of both forms of the API; fields it does not know are passed over.
    ///
    /// # Errors
    /// A field is missing or wrong.
    pub fn from_json(json: &Value) -> Result<FrontendReport, ReportError> {
        let fields = json.as_object().ok_or(ReportError::NoObject)?;
        Ok(FrontendReport {
            frontend_name: text(fields, "frontend_name")?.ok_or(ReportError::Required("frontend_name"))?,
            frontend_type: text(fields, "frontend_type")?.ok_or(ReportError::Required("frontend_type"))?,
            ip_address: text(fields, "ip_address")?,
            hostname: text(fields, "hostname")?,
            uptime_seconds: uptime(fields)?,
            configuration: configuration(fields)?,
        })
    }
}

/// A text; null and an empty one are as good as none.
fn text(fields: &Map<String, Value>, field: &'static str) -> Result<Option<String>, ReportError> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > MOST_TEXT => Err(ReportError::TooLong { field, most: MOST_TEXT }),
        Some(Value::String(text)) => Ok(Some(text.trim().to_string()).filter(|text| !text.is_empty())),
        Some(_) => Err(ReportError::Type { field, expected: "a string" }),
    }
}

fn uptime(fields: &Map<String, Value>) -> Result<Option<u64>, ReportError> {
    match fields.get("uptime_seconds") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(ReportError::Type { field: "uptime_seconds", expected: "a whole number of seconds" }),
        },
    }
}

/// An object, or the text of one.
fn configuration(fields: &Map<String, Value>) -> Result<Option<Value>, ReportError> {
    let (field, expected) = ("configuration", "a JSON object or a string that holds one");
    let wrong = ReportError::Type { field, expected };
    let (object, octets) = match fields.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        // Checked before it is parsed.
        Some(Value::String(text)) if text.len() > MOST_CONFIGURATION => (Value::Null, text.len()),
        Some(Value::String(text)) => (serde_json::from_str(text).map_err(|_| wrong.clone())?, text.len()),
        Some(value) => (value.clone(), value.to_string().len()),
    };
    if octets > MOST_CONFIGURATION {
        return Err(ReportError::TooLong { field, most: MOST_CONFIGURATION });
    }
    if object.is_object() { Ok(Some(object)) } else { Err(wrong) }
}

// A name of DNS fits.
const MOST_TEXT: usize = 255;
// A port, a name and some limits; every record keeps it.
const MOST_CONFIGURATION: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_of_a_report_are_read() {
        let configuration = json!({"port": 2775, "system_id": "gw"});
        for given in [configuration.clone(), json!(configuration.to_string())] {
            let report = FrontendReport::from_json(&json!({
                "frontend_name": " gateway ", "frontend_type": "smpp", "ip_address": "192.0.2.7", "hostname": "host",
                "uptime_seconds": 61, "configuration": given, "something": "else",
            }));
            let expected = FrontendReport {
                frontend_name: "gateway".into(),
                frontend_type: "smpp".into(),
                ip_address: Some("192.0.2.7".into()),
                hostname: Some("host".into()),
                uptime_seconds: Some(61),
                configuration: Some(configuration.clone()),
            };
            assert_eq!(report, Ok(expected));
        }
        let least = json!({"frontend_name": "a", "frontend_type": "IMS", "configuration": "", "hostname": null});
        let report = FrontendReport::from_json(&least).unwrap();
        assert_eq!((report.configuration, report.hostname, report.uptime_seconds), (None, None, None));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let with = |field: &str, value: Value| {
            let mut report = json!({"frontend_name": "a", "frontend_type": "SMPP"});
            report[field] = value;
            FrontendReport::from_json(&report).unwrap_err().to_string()
        };
        assert_eq!(FrontendReport::from_json(&json!([])), Err(ReportError::NoObject));
        assert_eq!(FrontendReport::from_json(&json!({"frontend_name": "a"})), Err(ReportError::Required("frontend_type")));
        assert_eq!(with("frontend_name", json!(" ")), "frontend_name is required");
        assert_eq!(with("frontend_name", json!(7)), "frontend_name must be a string");
        assert_eq!(with("frontend_name", json!("x".repeat(256))), "frontend_name has more than 255 octets");
        for value in [json!(-1), json!(1.5), json!("1")] {
            assert_eq!(with("uptime_seconds", value), "uptime_seconds must be a whole number of seconds");
        }
        for value in [json!("{"), json!("7"), json!(7), json!([])] {
            assert_eq!(with("configuration", value), "configuration must be a JSON object or a string that holds one");
        }
        for value in [json!({"x": "x".repeat(20_000)}), json!("x".repeat(20_000))] {
            assert_eq!(with("configuration", value), "configuration has more than 16384 octets");
        }
    }
}
