//! What is wrong with a list that the configuration begins.

use super::form::Faults;
use super::problem::Problem;
use crate::overlay::BookError;

pub(in crate::http) fn book_problem(error: BookError) -> Problem {
    match error {
        BookError::Unknown { .. } => Problem::missing(format!("{error}.")),
        BookError::Database(_) => Problem::broken(error),
        other => Problem::conflict(other),
    }
}

/// Puts a reason that begins with the name of a field at that field.
pub(in crate::http) fn note_reason(reason: &str, otherwise: &str, faults: &mut Faults) {
    match reason.split_once(": ").filter(|(field, _)| field.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_')) {
        Some((field, fault)) => faults.add(field, fault),
        None => faults.add(otherwise, reason),
    }
}
