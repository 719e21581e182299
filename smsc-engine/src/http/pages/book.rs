//! Lists that the configuration begins: one entry to be changed, and what is wrong with a change.

use askama::Template;

use super::form::{Faults, Form};
use super::layout::Layout;
use super::link::encoded;
use super::problem::Problem;
use super::show::visible;
use crate::overlay::{BookError, Deleted};

/// One entry in a form, or a new one.
#[derive(Template)]
#[template(path = "entry.html")]
pub(in crate::http) struct EntryPage {
    pub(in crate::http) layout: Layout,
    pub(in crate::http) title: String,
    pub(in crate::http) form: Form,
    /// Where it is; `None` of a new one.
    pub(in crate::http) path: Option<String>,
    pub(in crate::http) name: String,
    /// True if the configuration says something else.
    pub(in crate::http) changed: bool,
    /// What happens when it is deleted.
    pub(in crate::http) warning: &'static str,
}

/// What was deleted and can be had back: names, and addresses below `path`.
pub(in crate::http) fn gone(deleted: &[Deleted], path: &str) -> Vec<(String, String)> {
    let gone = deleted.iter().filter(|deleted| deleted.in_file);
    gone.map(|deleted| (visible(&deleted.key), format!("{path}/{}", encoded(&deleted.key)))).collect()
}

pub(in crate::http) fn book_problem(error: BookError) -> Problem {
    match error {
        BookError::Unknown { .. } => Problem::missing(format!("{error}.")),
        BookError::Database(_) => Problem::broken(error),
        other => Problem::conflict(other),
    }
}

/// Notes what is wrong with an entry, at `key` if no field of it is named.
///
/// # Errors
/// It is not the entry that is wrong.
pub(in crate::http) fn note(error: BookError, key: &str, faults: &mut Faults) -> Result<(), Problem> {
    match error {
        BookError::Entry { reason, .. } | BookError::Refused(reason) => note_reason(&reason, key, faults),
        error @ BookError::Exists { .. } => faults.add(key, error),
        error => return Err(book_problem(error)),
    }
    Ok(())
}

/// Puts a reason that begins with the name of a field at that field.
fn note_reason(reason: &str, otherwise: &str, faults: &mut Faults) {
    match reason.split_once(": ").filter(|(field, _)| field.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_')) {
        Some((field, fault)) => faults.add(field, fault),
        None => faults.add(otherwise, reason),
    }
}
