//! The JSON of the charging protocol: what is asked, and what an answer means.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ChargeError, ChargeEvent, Granted, HttpChargingConfig};

/// The call that asks whether the system is there.
pub(super) fn ping(id: u64) -> Value {
    json!({ "method": "SessionSv1.Ping", "params": [], "id": id })
}

/// The call that asks for a message.
pub(super) fn authorize(config: &HttpChargingConfig, event: &ChargeEvent, id: u64) -> Value {
    let fill = |text: &str| text.replace(CALLING, &event.calling).replace(CALLED, &event.called);
    let parameters = json!({
        "Tenant": fill(&config.tenant),
        "Account": fill(&config.account),
        "Destination": fill(&config.destination),
        "Source": fill(&config.source),
        "Subject": fill(&config.subject),
        "Usage": config.usage.unwrap_or(event.usage),
    });
    json!({ "method": "SessionSv1.AuthorizeEvent", "params": [parameters], "id": id })
}

/// Reads the answer to a ping.
pub(super) fn pong(body: &[u8], id: u64) -> Result<(), ChargeError> {
    match result(body, id)? {
        Value::String(text) if text == "Pong" => Ok(()),
        other => Err(malformed(format!("expected \"Pong\", got {}", shown(&other)))),
    }
}

/// Reads the answer to an authorization.
pub(super) fn granted(body: &[u8], id: u64) -> Result<Granted, ChargeError> {
    let result = result(body, id)?;
    match result.get("MaxUsage") {
        Some(units) => match units.as_u64() {
            Some(0) => Err(ChargeError::NoCredit),
            Some(max_usage) => Ok(Granted { max_usage }),
            None => Err(malformed(format!("MaxUsage is {}", shown(units)))),
        },
        None => Err(malformed("MaxUsage is missing".into())),
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error: Value,
}

fn result(body: &[u8], id: u64) -> Result<Value, ChargeError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    // An answer to another question says nothing about this one, not even an error does.
    if answer.id.as_u64() != Some(id) {
        return Err(malformed(format!("asked with id {id}, answered with id {}", shown(&answer.id))));
    }
    match answer.error {
        Value::Null => Ok(answer.result),
        Value::String(text) => Err(ChargeError::Refused(short(text))),
        // JSON-RPC 2.0 has an object.
        error => Err(ChargeError::Refused(match error.get("message").and_then(Value::as_str) {
            Some(message) => short(message.into()),
            None => shown(&error),
        })),
    }
}

fn malformed(reason: String) -> ChargeError {
    ChargeError::Malformed(short(reason))
}

fn shown(value: &Value) -> String {
    short(value.to_string())
}

/// What comes from outside goes into events and logs: no more than a line of it.
fn short(text: String) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

const CALLING: &str = "{calling}";
const CALLED: &str = "{called}";
const MOST_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_are_those_of_the_protocol() {
        assert_eq!(ping(1), json!({"method": "SessionSv1.Ping", "params": [], "id": 1}));
        let config = HttpChargingConfig {
            tenant: "sms.example.com".into(),
            account: "{calling}".into(),
            destination: "{called}".into(),
            source: "from {calling} to {called}".into(),
            subject: "sms_user".into(),
            ..HttpChargingConfig::default()
        };
        let event = ChargeEvent { calling: "+1555".into(), called: "+44".into(), usage: 3 };
        let expected = json!({"method": "SessionSv1.AuthorizeEvent", "id": 7, "params": [{
            "Tenant": "sms.example.com", "Account": "+1555", "Destination": "+44",
            "Source": "from +1555 to +44", "Subject": "sms_user", "Usage": 3,
        }]});
        assert_eq!(authorize(&config, &event, 7), expected);
        let fixed = HttpChargingConfig { usage: Some(100), ..config };
        assert_eq!(authorize(&fixed, &event, 7)["params"][0]["Usage"], 100);
    }

    #[test]
    fn only_a_grant_is_a_grant() {
        let read = |body: &str| granted(body.as_bytes(), 1);
        assert_eq!(read(r#"{"id":1,"result":{"Attributes":{},"MaxUsage":100}}"#), Ok(Granted { max_usage: 100 }));
        assert_eq!(read(r#"{"id":1,"result":{"MaxUsage":1},"error":null}"#), Ok(Granted { max_usage: 1 }));
        assert_eq!(read(r#"{"id":1,"result":{"MaxUsage":0}}"#), Err(ChargeError::NoCredit));
        let refused = |text: &str| Err(ChargeError::Refused(text.into()));
        assert_eq!(read(r#"{"id":1,"result":null,"error":"ACCOUNT_NOT_FOUND"}"#), refused("ACCOUNT_NOT_FOUND"));
        assert_eq!(read(r#"{"id":1,"error":{"code":-1,"message":"no"}}"#), refused("no"));
        assert_eq!(read(r#"{"id":1,"error":{"code":-1}}"#), refused(r#"{"code":-1}"#));
        for body in [
            "",
            "garbage",
            "[]",
            "{}",
            r#"{"id":1}"#,
            r#"{"id":1,"result":{}}"#,
            r#"{"id":1,"result":{"MaxUsage":"1"}}"#,
            r#"{"id":1,"result":{"MaxUsage":-1}}"#,
            r#"{"id":2,"result":{"MaxUsage":1}}"#,
            r#"{"result":{"MaxUsage":1}}"#,
            r#"{"id":2,"error":"for somebody else"}"#,
        ] {
            assert!(matches!(read(body), Err(ChargeError::Malformed(_))), "{body}: {:?}", read(body));
        }
    }

    #[test]
    fn only_pong_is_pong_and_a_long_reason_is_cut() {
        assert_eq!(pong(br#"{"id":1,"result":"Pong"}"#, 1), Ok(()));
        assert!(pong(br#"{"id":1,"result":"Ping"}"#, 1).is_err());
        let body = json!({"id": 1, "error": "é".repeat(100_000)}).to_string();
        let Err(ChargeError::Refused(reason)) = pong(body.as_bytes(), 1) else { panic!() };
        assert_eq!(reason.chars().count(), MOST_SHOWN + 1);
    }
}
