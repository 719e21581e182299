//! What a centre serves over HTTP.

use std::sync::Arc;
use std::time::Duration;

use super::{CentreConfig, StartError};
use crate::config::{Api, ApiLimits, LongText};
use crate::control::Control;
use crate::http::rest::{self, Limits, Rest, RestOptions};

/// The listeners of a running centre.
pub(super) struct Ports {
    rest: Arc<Rest>,
}

impl Ports {
    /// Listens on every port that is wanted.
    pub(super) async fn open(config: &CentreConfig, control: &Arc<Control>) -> Result<Ports, StartError> {
        let rest = Rest::new(control.clone(), RestOptions::from(&config.settings.api));
        Ok(Ports { rest })
    }

    /// Other rules for the API, from the next request on.
    pub(super) fn set_api(&self, api: &Api) {
        self.rest.set_options(api.into());
    }

    /// Reads certificates again, for connections from now on; tells what cannot be used.
    pub(super) fn reload_certificates(&self) -> Vec<String> {
        Vec::new()
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub(super) async fn close(&self, _grace: Duration) {}
}

impl From<&Api> for RestOptions {
    fn from(api: &Api) -> Self {
        RestOptions {
            envelope: api.envelope,
            strict_get_by_smsc: api.strict_get_by_smsc,
            async_durable: api.async_durable,
            lease: Duration::from_secs(api.lease_seconds.into()),
            long_text: match api.long_text {
                LongText::Split => rest::LongText::Split,
                LongText::Refuse => rest::LongText::Refuse,
            },
            max_body: usize::try_from(api.max_body_octets).unwrap_or(usize::MAX),
            limits: (&api.limits).into(),
            keys: api.api_keys.iter().map(|key| (key.name.clone(), key.key.clone())).collect(),
            allow: api.allow.clone(),
            trusted_proxies: api.trusted_proxies.clone(),
        }
    }
}

impl From<&ApiLimits> for Limits {
    fn from(limits: &ApiLimits) -> Self {
        let limit = |number: u32| (number > 0).then_some(number);
        Limits {
            messages: limit(limits.messages),
            create_async: limit(limits.create_async),
            raw: limit(limits.raw),
            raw_async: limit(limits.raw_async),
            reads: limit(limits.reads),
            writes: limit(limits.writes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_settings_are_those_of_the_api() {
        let (ours, theirs) = (RestOptions::from(&Api::default()), RestOptions::default());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }

    #[test]
    fn zero_sets_no_limit() {
        let limits = ApiLimits { messages: 0, create_async: 0, raw: 0, raw_async: 0, reads: 0, writes: 0 };
        assert_eq!(Limits::from(&limits), Limits::NONE);
    }
}
