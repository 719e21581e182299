//! The core of a centre with everything it asks.

use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use super::stores::{Books, Tables};
use super::{CentreConfig, StartError};
use crate::config::{Charging as ChargingSettings, Enum, Settings};
use crate::core::charging::{Charging, GuardLimits, Guarded, HttpCharging, HttpChargingConfig};
use crate::core::enum_lookup::{DnsSource, EnumClient, EnumConfig, EnumLookup};
use crate::core::location::{LocationOptions, Locations};
use crate::core::queue::Queue;
use crate::core::records::RecorderOptions;
use crate::core::route::{RouteTable, TableOptions};
use crate::core::translate::Translator;
use crate::core::{Core, FingerprintStore, Follower, Records, Setup};
use crate::model::{Route, Rule};

/// Puts a core together and goes on with what is queued.
pub(super) async fn start(
    config: &CentreConfig,
    queue: (Arc<dyn Queue>, Option<&Shared>),
    (tables, books): (&Tables, Option<&Books>),
) -> Result<Core, StartError> {
    let (settings, (queue, shared)) = (&config.settings, queue);
    let follower = Follower::new();
    let options = LocationOptions { listener: Some(follower.listener()), ..LocationOptions::default() };
    let locations = Locations::open(Arc::new(tables.locations.clone()), options).await.map_err(StartError::Locations)?;
    let records = books.map(|books| Records { sinks: books.sinks.clone(), options: RecorderOptions::from(settings) });
    let ttl = settings.lifecycle.fingerprint_ttl_minutes;
    let setup = Setup {
        translator: Arc::new(translator(settings)?),
        locations: Some((locations, follower)),
        enum_lookup: enum_lookup(&settings.enum_lookup)?,
        charging: charging(&settings.charging)?,
        events: Some(tables.events.clone()),
        records,
        node: settings.node.smsc_node_name.as_str().into(),
        mark_origin: shared.is_some(),
        fingerprints: shared.map(|shared| shared.prints.clone() as Arc<dyn FingerprintStore>),
        policy: config.policy,
        fingerprint_ttl: (ttl > 0).then(|| Duration::from_secs(u64::from(ttl) * 60)),
        may_repeat: settings.lifecycle.may_repeat.clone(),
        ..Setup::with_routes(queue, routes(settings, tables).await.map_err(StartError::Routes)?)
    };
    Core::start(setup).await.map_err(StartError::Queue)
}

/// The rules of the settings.
pub(super) fn rules(settings: &Settings) -> Vec<Rule> {
    settings.translation_rules.iter().map(Rule::from).collect()
}

/// The client of the charging system, if there is one.
pub(super) fn charging(settings: &ChargingSettings) -> Result<Option<Arc<dyn Charging>>, StartError> {
    if !settings.charging_enabled {
        return Ok(None);
    }
    let timeout = Duration::from_millis(settings.ocs_timeout.into());
    let client = HttpCharging::new(HttpChargingConfig {
        url: settings.ocs_url.clone(),
        tenant: settings.ocs_tenant.clone(),
        account: settings.ocs_account.clone(),
        destination: settings.ocs_destination.clone(),
        source: settings.ocs_source.clone(),
        subject: settings.ocs_subject.clone(),
        usage: (settings.ocs_usage > 0).then_some(settings.ocs_usage),
        timeout,
    });
    let client = client.map_err(StartError::Charging)?;
    Ok(Some(Arc::new(Guarded::new(client, GuardLimits { timeout, ..GuardLimits::default() }))))
}

fn enum_lookup(settings: &Enum) -> Result<Option<Arc<dyn EnumLookup>>, StartError> {
    if !settings.enum_enabled {
        return Ok(None);
    }
    let config = EnumConfig::from(settings);
    let source = DnsSource::new(&settings.enum_dns_servers, &config).map_err(StartError::Enum)?;
    Ok(Some(Arc::new(EnumClient::new(source, config))))
}

fn translator(settings: &Settings) -> Result<Translator, StartError> {
    Translator::new(&rules(settings), settings.routing.translation_mode).map_err(StartError::Translation)
}

/// The table, with the routes of the settings if it was empty.
async fn routes(settings: &Settings, tables: &Tables) -> Result<RouteTable, crate::core::route::TableError> {
    let options = TableOptions { specificity: (&settings.routing).into(), ..TableOptions::default() };
    let table = RouteTable::open(Arc::new(tables.routes.clone()), options).await?;
    if !settings.sms_routes.is_empty() {
        table.seed(settings.sms_routes.iter().map(Route::from).collect()).await?;
    } else if settings.sandbox.enabled && table.is_empty() {
        table.seed(vec![sandbox_route()]).await?;
    }
    Ok(table)
}

/// Leads everything to the sandbox until there is a better route.
fn sandbox_route() -> Route {
    Route {
        dest_smsc: Some(super::SANDBOX.into()),
        priority: u8::MAX,
        description: "Everything else goes to the sandbox".into(),
        ..Route::default()
    }
}
