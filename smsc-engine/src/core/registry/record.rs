//! One period of a frontend being there.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::FrontendReport;
use crate::model::Timestamp;

/// One period of a frontend being there.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontendRecord {
    /// Its number; later records have higher ones.
    pub id: u64,
    /// The frontend's name, one for each instance.
    pub frontend_name: Arc<str>,
    /// What it speaks, as it says itself.
    pub frontend_type: String,
    /// Where it is.
    pub ip_address: Option<String>,
    /// Its host.
    pub hostname: Option<String>,
    /// Seconds since it started.
    pub uptime_seconds: Option<u64>,
    /// What it tells about itself.
    pub configuration: Option<Value>,
    /// When it expires, or expired.
    pub expires_at: Timestamp,
    /// The last sign of life.
    pub last_seen_at: Timestamp,
    /// The first one.
    pub inserted_at: Timestamp,
    /// The last change.
    pub updated_at: Timestamp,
}

/// Whether a record is of the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub enum FrontendStatus {
    /// The frontend is there.
    Active,
    /// It was.
    Expired,
}

impl FrontendStatus {
    /// Returns the word of the documents.
    pub const fn name(self) -> &'static str {
        match self {
            FrontendStatus::Active => "active",
            FrontendStatus::Expired => "expired",
        }
    }
}

/// How many frontends there are, under the names of both forms of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct RegistryStats {
    /// Active records.
    pub active: usize,
    /// Expired ones that are kept.
    pub expired: usize,
    /// Names.
    pub unique_frontends: usize,
    /// As `active`.
    pub active_count: usize,
    /// As `expired`.
    pub expired_count: usize,
    /// Records there ever were.
    pub total_registrations: u64,
}

impl FrontendRecord {
    /// Begins a period.
    pub(super) fn new(id: u64, report: FrontendReport, now: Timestamp, expiry: Duration) -> Self {
        FrontendRecord {
            id,
            frontend_name: report.frontend_name.into(),
            frontend_type: report.frontend_type,
            ip_address: report.ip_address,
            hostname: report.hostname,
            uptime_seconds: report.uptime_seconds,
            configuration: report.configuration,
            expires_at: now.after(expiry),
            last_seen_at: now,
            inserted_at: now,
            updated_at: now,
        }
    }

    /// Notes one more sign of life. A clock that goes back takes nothing away.
    pub(super) fn extend(&mut self, report: FrontendReport, now: Timestamp, expiry: Duration) {
        self.frontend_type = report.frontend_type;
        self.ip_address = report.ip_address.or_else(|| self.ip_address.take());
        self.hostname = report.hostname.or_else(|| self.hostname.take());
        self.uptime_seconds = report.uptime_seconds.or(self.uptime_seconds);
        self.configuration = report.configuration.or_else(|| self.configuration.take());
        self.expires_at = self.expires_at.max(now.after(expiry));
        self.last_seen_at = self.last_seen_at.max(now);
        self.updated_at = self.last_seen_at;
    }

    /// Tells whether the frontend is there.
    pub fn status(&self, now: Timestamp) -> FrontendStatus {
        if now < self.expires_at { FrontendStatus::Active } else { FrontendStatus::Expired }
    }
}
