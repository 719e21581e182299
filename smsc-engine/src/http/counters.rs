//! What the API has answered so far.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Paths that are limited and counted together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Endpoint {
            $($(#[$doc])* $name,)*
        }

        impl Endpoint {
            /// All of them.
            pub const ALL: &[Endpoint] = &[$(Endpoint::$name,)*];

            /// Its name in metrics.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Endpoint::$name => $text,)*
                }
            }
        }
    };
}

endpoints! {
    /// `POST /api/messages`.
    Messages = "messages",
    /// `POST /api/messages/create_async`.
    CreateAsync = "create_async",
    /// `POST /api/messages_raw`.
    Raw = "messages_raw",
    /// `POST /api/messages_raw/async`.
    RawAsync = "messages_raw_async",
    /// Everything that only reads.
    Reads = "reads",
    /// Everything else.
    Writes = "writes",
}

/// Answers by endpoint and status.
#[derive(Debug, Default)]
pub struct ApiCounters {
    by_endpoint: [[AtomicU64; STATUSES.len() + 1]; Endpoint::ALL.len()],
}

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiCount {
    /// What was asked.
    pub endpoint: Endpoint,
    /// What was answered; `None` for all other codes together.
    pub status: Option<u16>,
    /// How often.
    pub count: u64,
}

impl ApiCounters {
    /// Counts an answer.
    pub fn count(&self, endpoint: Endpoint, status: u16) {
        let place = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len());
        let count = self.by_endpoint.get(endpoint as usize).and_then(|counts| counts.get(place));
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Everything that was counted so far, zeros left out.
    pub fn counts(&self) -> Vec<ApiCount> {
        let mut all = Vec::new();
        for (endpoint, counts) in Endpoint::ALL.iter().zip(&self.by_endpoint) {
            let statuses = STATUSES.iter().copied().map(Some).chain([None]);
            for (status, count) in statuses.zip(counts) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    all.push(ApiCount { endpoint: *endpoint, status, count });
                }
            }
        }
        all
    }
}

/// The codes the API answers with.
const STATUSES: [u16; 15] = [200, 201, 202, 204, 400, 401, 403, 404, 405, 408, 413, 422, 429, 500, 503];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_endpoint_and_status() {
        let counters = ApiCounters::default();
        counters.count(Endpoint::Messages, 201);
        counters.count(Endpoint::Messages, 201);
        counters.count(Endpoint::Writes, 418);
        let expected = [
            ApiCount { endpoint: Endpoint::Messages, status: Some(201), count: 2 },
            ApiCount { endpoint: Endpoint::Writes, status: None, count: 1 },
        ];
        assert_eq!(counters.counts(), expected);
    }
}
