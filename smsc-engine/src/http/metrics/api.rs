//! Requests to the API, counted by what they were about and how they ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use smpp_session::{Distribution, Histogram};

use crate::control::Control;

macro_rules! resources {
    ($($(#[$doc:meta])* $resource:ident = $name:literal;)*) => {
        /// What a request is about: the first word of its path below `/api`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Resource {
            $($(#[$doc])* $resource,)*
            /// Anything else.
            Other,
        }

        impl Resource {
            /// All of them.
            pub const ALL: &'static [Resource] = &[$(Resource::$resource,)* Resource::Other];

            /// Returns the word of the path; `other` for what is none.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Resource::$resource => $name,)*
                    Resource::Other => "other",
                }
            }
        }
    };
}

resources! {
    /// Messages.
    Messages = "messages";
    /// Messages as PDUs.
    MessagesRaw = "messages_raw";
    /// Events.
    Events = "events";
    /// Routes.
    Routes = "routes";
    /// Frontends.
    Frontends = "frontends";
    /// Where subscribers are.
    Locations = "locations";
    /// Multimedia messages.
    Mms = "mms_messages";
    /// Signalling events.
    Ss7 = "ss7_events";
    /// The bulk exchange with gateways.
    Core = "core";
    /// Who may bind.
    Accounts = "accounts";
    /// Whether it lives.
    Status = "status";
    /// How it does.
    System = "system";
}

impl Resource {
    /// Tells what a path is about, with or without `/api` in front.
    pub fn of(path: &str) -> Resource {
        let path = path.strip_prefix("/api").unwrap_or(path);
        let word = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        Resource::ALL.iter().copied().find(|resource| resource.name() == word).unwrap_or(Resource::Other)
    }
}

/// Requests by resource and class of status, and how long they took.
#[derive(Debug)]
pub struct ApiCounters {
    resources: Vec<Requests>,
}

#[derive(Debug, Default)]
struct Requests {
    /// By the first digit of the status.
    classes: [AtomicU64; CLASSES.len()],
    took: Histogram,
}

/// What requests to one resource did.
#[derive(Clone, Debug)]
pub(super) struct ResourceStats {
    pub(super) resource: Resource,
    /// In the order of [`CLASSES`].
    pub(super) classes: [u64; CLASSES.len()],
    pub(super) took: Distribution,
}

/// The classes of status.
pub(super) const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl ApiCounters {
    /// Counts one request that was answered.
    pub fn record(&self, resource: Resource, status: u16, took: Duration) {
        let Some(requests) = self.resources.get(resource as usize) else { return };
        if let Some(class) = requests.classes.get(usize::from(status / 100).saturating_sub(1)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        requests.took.record(took);
    }

    pub(super) fn read(&self) -> impl Iterator<Item = ResourceStats> {
        Resource::ALL.iter().zip(&self.resources).map(|(resource, requests)| ResourceStats {
            resource: *resource,
            classes: requests.classes.each_ref().map(|class| class.load(Ordering::Relaxed)),
            took: requests.took.snapshot(),
        })
    }
}

impl Default for ApiCounters {
    fn default() -> Self {
        ApiCounters { resources: Resource::ALL.iter().map(|_| Requests::default()).collect() }
    }
}

/// Counts the requests of whatever router it is laid around, with `axum::middleware::from_fn_with_state`.
pub async fn count(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    let resource = Resource::of(request.uri().path());
    let began = Instant::now();
    let response = next.run(request).await;
    control.figures.api.record(resource, response.status().as_u16(), began.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_path_there_are_only_so_many_resources() {
        for (path, resource) in [
            ("/api/messages/7", Resource::Messages),
            ("/api/messages_raw", Resource::MessagesRaw),
            ("/status", Resource::Status),
            ("/api/", Resource::Other),
            ("/api/447700900123", Resource::Other),
            ("/", Resource::Other),
        ] {
            assert_eq!(Resource::of(path), resource, "{path}");
        }
        for (place, resource) in Resource::ALL.iter().enumerate() {
            assert_eq!(*resource as usize, place);
        }
    }

    #[test]
    fn requests_are_counted_by_resource_and_class() {
        let counters = ApiCounters::default();
        for status in [200, 201, 404, 500, 99, 600] {
            counters.record(Resource::Routes, status, Duration::from_millis(3));
        }
        let stats: Vec<_> = counters.read().filter(|stats| stats.took.count() > 0).collect();
        assert_eq!(stats.len(), 1);
        assert_eq!((stats[0].resource, stats[0].took.count()), (Resource::Routes, 6));
        assert_eq!(stats[0].classes, [1, 2, 0, 1, 1]);
    }
}
