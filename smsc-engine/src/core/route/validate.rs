//! What a route must be before a table takes it.

use crate::model::Route;

/// Says which field of a route is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {fault}")]
pub struct RouteError {
    /// The field, by its name in the documents.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: RouteFault,
}

/// What can be wrong with a field of a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteFault {
    /// The number lies outside its range.
    #[error("{value} is not in {least} to {most}")]
    Range {
        /// What was given.
        value: u64,
        /// The smallest number allowed.
        least: u64,
        /// The greatest number allowed.
        most: u64,
    },
    /// The text has too many octets.
    #[error("{octets} octets, {most} are allowed")]
    TooLong {
        /// What was given.
        octets: usize,
        /// The most allowed.
        most: usize,
    },
    /// The text has control characters: logs, metrics and some databases have no place for them.
    #[error("control characters are not allowed")]
    Control,
    /// Nobody delivers.
    #[error("missing, and the route neither replies nor drops")]
    NoDestination,
    /// There is nothing to answer.
    #[error("missing or blank, and the route replies")]
    NoText,
    /// Two rows of an import bear this number.
    #[error("{0} is there twice")]
    Duplicate(u64),
}

impl RouteError {
    pub(super) const fn new(field: &'static str, fault: RouteFault) -> Self {
        RouteError { field, fault }
    }
}

/// Returns the route as a table keeps it: an empty text in a field that may be missing is the same as none.
///
/// # Errors
/// [`RouteError`] with the first field that is wrong.
pub fn validate(mut route: Route) -> Result<Route, RouteError> {
    let Route { calling_prefix, called_prefix, source_smsc, enum_domain, dest_smsc, auto_reply_message, .. } = &mut route;
    for (field, text, most) in [
        ("calling_prefix", calling_prefix, PREFIX),
        ("called_prefix", called_prefix, PREFIX),
        ("source_smsc", source_smsc, NAME),
        ("enum_domain", enum_domain, NAME),
        ("dest_smsc", dest_smsc, NAME),
        ("auto_reply_message", auto_reply_message, TEXT),
    ] {
        text.take_if(|text| text.is_empty());
        check_len(field, text.as_deref().unwrap_or_default(), most)?;
        // Only what people read has lines.
        check_control(field, text.as_deref().unwrap_or_default(), field == "auto_reply_message")?;
    }
    check_len("description", &route.description, DESCRIPTION)?;
    check_control("description", &route.description, true)?;
    check_range("id", route.id, (0, HIGHEST_ID))?;
    check_range("weight", route.weight.into(), (1, 100))?;
    check_range("priority", route.priority.into(), (1, 255))?;
    if route.auto_reply && route.auto_reply_message.as_deref().is_none_or(|text| text.trim().is_empty()) {
        return Err(RouteError::new("auto_reply_message", RouteFault::NoText));
    }
    if route.dest_smsc.is_none() && !route.auto_reply && !route.drop {
        return Err(RouteError::new("dest_smsc", RouteFault::NoDestination));
    }
    Ok(route)
}

fn check_len(field: &'static str, text: &str, most: usize) -> Result<(), RouteError> {
    let octets = text.len();
    if octets > most { Err(RouteError::new(field, RouteFault::TooLong { octets, most })) } else { Ok(()) }
}

fn check_control(field: &'static str, text: &str, lines: bool) -> Result<(), RouteError> {
    let wrong = |char: char| char.is_control() && !(lines && matches!(char, '\n' | '\r' | '\t'));
    if text.contains(wrong) { Err(RouteError::new(field, RouteFault::Control)) } else { Ok(()) }
}

fn check_range(field: &'static str, value: u64, (least, most): (u64, u64)) -> Result<(), RouteError> {
    let inside = (least..=most).contains(&value);
    if inside { Ok(()) } else { Err(RouteError::new(field, RouteFault::Range { value, least, most })) }
}

// The longest address of SMPP, that of data_sm, has 64 octets.
const PREFIX: usize = 64;
// As long as a name in DNS can be.
const NAME: usize = 253;
// More than twenty parts of GSM text.
const TEXT: usize = 4096;
const DESCRIPTION: usize = 1024;
/// The greatest number that every reader of JSON keeps exact, and that SQL takes.
pub(super) const HIGHEST_ID: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> Route {
        Route { dest_smsc: Some("uk_gateway".into()), ..Route::default() }
    }

    #[test]
    fn errors_name_the_field_and_what_is_wrong() {
        let reply = |text: Option<&str>| Route { auto_reply: true, auto_reply_message: text.map(Into::into), ..Route::default() };
        for (route, error) in [
            (Route { weight: 0, ..route() }, "weight: 0 is not in 1 to 100"),
            (Route { weight: 101, ..route() }, "weight: 101 is not in 1 to 100"),
            (Route { priority: 0, ..route() }, "priority: 0 is not in 1 to 255"),
            (Route { id: 1 << 53, ..route() }, "id: 9007199254740992 is not in 0 to 9007199254740991"),
            (Route::default(), "dest_smsc: missing, and the route neither replies nor drops"),
            (Route { dest_smsc: Some(String::new()), ..route() }, "dest_smsc: missing, and the route neither replies nor drops"),
            (reply(None), "auto_reply_message: missing or blank, and the route replies"),
            (reply(Some(" \n")), "auto_reply_message: missing or blank, and the route replies"),
            (Route { called_prefix: Some("4".repeat(65)), ..route() }, "called_prefix: 65 octets, 64 are allowed"),
            (Route { called_prefix: Some("4\n".into()), ..route() }, "called_prefix: control characters are not allowed"),
            (Route { description: "a\0".into(), ..route() }, "description: control characters are not allowed"),
        ] {
            assert_eq!(validate(route).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn the_ends_of_the_ranges_are_inside() {
        for (weight, priority) in [(1, 1), (100, 255)] {
            assert!(validate(Route { weight, priority, ..route() }).is_ok());
        }
        assert!(validate(Route { drop: true, ..Route::default() }).is_ok());
        assert!(validate(Route { auto_reply: true, auto_reply_message: Some("closed".into()), ..Route::default() }).is_ok());
    }

    #[test]
    fn an_empty_criterion_is_none() {
        let empty = Route { called_prefix: Some(String::new()), source_smsc: Some(String::new()), ..route() };
        assert_eq!(validate(empty), Ok(route()));
    }
}
