//! Until when certificates are valid.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::Timestamp;

/// When the certificates in use expire, by what they are used for.
#[derive(Debug, Default)]
pub struct Certificates {
    expiry: Mutex<BTreeMap<&'static str, Timestamp>>,
}

impl Certificates {
    /// Notes when the certificate expires that is used from now on.
    pub fn note(&self, used_for: &'static str, expiry: Timestamp) {
        self.expiry.lock().unwrap_or_else(PoisonError::into_inner).insert(used_for, expiry);
    }

    /// Returns what each is used for and when it expires.
    pub fn all(&self) -> Vec<(&'static str, Timestamp)> {
        let expiry = self.expiry.lock().unwrap_or_else(PoisonError::into_inner);
        expiry.iter().map(|(used_for, at)| (*used_for, *at)).collect()
    }
}
