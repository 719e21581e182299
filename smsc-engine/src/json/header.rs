//! `tp_user_data_header`: the elements of a user data header by their identifiers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sms_codec::udh::{self, Element, Udh};

use super::hex;

/// Information elements: two hexadecimal digits of the identifier, and the data in hexadecimal digits; a list of data
/// where there are several elements of one kind. `{"00": "4A0201"}` is the first of two parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub(crate) struct Header(BTreeMap<String, Data>);

/// The data of the elements of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(untagged)]
enum Data {
    /// There is one.
    One(String),
    /// There are several.
    Several(Vec<String>),
}

impl Header {
    /// Reads the elements of a header.
    pub(crate) fn read(header: Udh<'_>) -> Header {
        let mut all: BTreeMap<String, Data> = BTreeMap::new();
        for element in header.iter() {
            let data = hex::write(element.data);
            let known = all.remove(&format!("{:02X}", element.id));
            let now = match known {
                None => Data::One(data),
                Some(Data::One(first)) => Data::Several(vec![first, data]),
                Some(Data::Several(mut more)) => {
                    more.push(data);
                    Data::Several(more)
                }
            };
            all.insert(format!("{:02X}", element.id), now);
        }
        Header(all)
    }

    /// The octets of the header with its length; nothing without elements.
    pub(crate) fn write(&self) -> Result<Vec<u8>, &'static str> {
        let mut elements = Vec::new();
        for (id, data) in &self.0 {
            let id = id.strip_prefix("0x").unwrap_or(id);
            let [id] = hex::read(id).as_deref().and_then(|octets| <[u8; 1]>::try_from(octets).ok()).ok_or(FORM)?;
            let all = match data {
                Data::One(data) => std::slice::from_ref(data),
                Data::Several(all) => all,
            };
            for data in all {
                elements.push((id, hex::read(data).ok_or(FORM)?));
            }
        }
        let elements: Vec<Element<'_>> = elements.iter().map(|(id, data)| Element { id: *id, data }).collect();
        let mut octets = Vec::new();
        udh::write(&elements, &mut octets).map_err(|_| "does not fit a short message")?;
        if octets.len() > SHORT_MESSAGE { Err("does not fit a short message") } else { Ok(octets) }
    }
}

// 3GPP TS 23.040 §9.2.3.24: what a short message has room for.
const SHORT_MESSAGE: usize = 140;

const FORM: &str = "must map identifiers to data, both in hexadecimal digits, such as {\"00\": \"4A0201\"}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_written_and_read_back() {
        for json in [r#"{"00":"4A0201"}"#, r#"{"00":"4A0201","05":"0B8423F0"}"#, r#"{"24":["01","03"]}"#, r#"{"01":""}"#] {
            let header: Header = serde_json::from_str(json).unwrap();
            let octets = header.write().unwrap();
            let read = Header::read(Udh::split(&octets).unwrap().0);
            assert_eq!((serde_json::to_string(&read).unwrap().as_str(), &read), (json, &header));
        }
        assert_eq!(Header::default().write(), Ok(Vec::new()));
        let header: Header = serde_json::from_str(r#"{"0x08":"0a0b0201"}"#).unwrap();
        assert_eq!(header.write().unwrap(), [6, 8, 4, 0x0A, 0x0B, 2, 1]);
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for json in [r#"{"0":"00"}"#, r#"{"000":"00"}"#, r#"{"00":"0"}"#, r#"{"udh":"00"}"#] {
            assert_eq!(serde_json::from_str::<Header>(json).unwrap().write(), Err(FORM), "{json}");
        }
        let long = format!(r#"{{"00":"{}"}}"#, "00".repeat(200));
        assert!(serde_json::from_str::<Header>(&long).unwrap().write().is_err());
        assert!(serde_json::from_str::<Header>(r#"{"00":7}"#).is_err());
    }
}
