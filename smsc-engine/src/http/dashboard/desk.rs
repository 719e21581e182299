//! What all pages share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::DashboardOptions;
use super::gate::Gate;
use super::history::{History, Totals, columns};
use super::layout::Layout;
use super::problem::Problem;
use super::rates::Rates;
use super::show::visible;
use super::visit::Visit;
use crate::control::Control;
use crate::core::Handle;
use crate::core::location::Locations;
use crate::core::records::SqlRecords;
use crate::core::route::RouteTable;
use crate::frontend::Frontend;
use crate::model::{Lane, Timestamp};

/// The centre that is looked at, and how.
pub(super) struct Desk {
    pub(super) control: Arc<Control>,
    pub(super) options: DashboardOptions,
    pub(super) gate: Gate,
    pub(super) history: History,
    pub(super) rates: Rates,
    /// The latest tick, written once for all who look.
    pub(super) live: watch::Sender<Arc<str>>,
}

impl Desk {
    /// Begins to take samples, until nobody holds the desk any more.
    pub(super) fn open(control: Arc<Control>, options: DashboardOptions) -> Arc<Desk> {
        let gate = Gate::new(options.users.clone(), options.tls);
        let desk = Arc::new(Desk {
            control,
            options,
            gate,
            history: History::default(),
            rates: Rates::default(),
            live: watch::Sender::new(Arc::from("")),
        });
        let weak = Arc::downgrade(&desk);
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(SECOND);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                let Some(desk) = weak.upgrade() else { return };
                if let Some(smpp) = &desk.control.smpp {
                    desk.rates.take(&smpp.links());
                }
                let sample = desk.history.take(Totals::of(&desk.control));
                desk.live.send_replace(columns(&[sample]).into());
            }
        });
        desk
    }

    pub(super) fn layout(&self, visit: &Visit, page: (&str, &str)) -> Layout {
        let asks = self.gate.users().is_some();
        let mut layout = Layout::new(visit, &self.control.application, page);
        for group in &mut layout.groups {
            group.entries.retain(|entry| (entry.path != "/logs" || self.has_log()) && (entry.path != "/users" || asks));
        }
        Layout { asks, api: self.options.api.clone(), ..layout }
    }

    #[cfg(feature = "log")]
    fn has_log(&self) -> bool {
        self.options.log.is_some()
    }

    #[cfg(not(feature = "log"))]
    const fn has_log(&self) -> bool {
        false
    }

    pub(super) fn now(&self) -> Timestamp {
        self.control.now()
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.control.handle
    }

    pub(super) fn routes(&self) -> Result<&RouteTable, Problem> {
        self.handle().routes().ok_or_else(|| Problem::absent("a table of routes"))
    }

    pub(super) fn locations(&self) -> Result<&Locations, Problem> {
        self.handle().locations().ok_or_else(|| Problem::absent("subscriber locations"))
    }

    pub(super) fn smpp(&self) -> Result<&Frontend, Problem> {
        self.control.smpp.as_deref().ok_or_else(|| Problem::absent("an SMPP listener of its own"))
    }

    pub(super) fn records(&self) -> Result<&SqlRecords, Problem> {
        self.control.records.as_ref().ok_or_else(|| Problem::absent("a database of records"))
    }

    /// The names messages can be sent to, for fields that ask for one.
    pub(super) fn frontends(&self) -> Vec<String> {
        let lanes = self.handle().counts().lanes;
        let lanes = lanes.into_iter().map(|count| count.lane).filter(Lane::is_public).map(|lane| lane.to_string());
        let registered = self.control.registry.active(self.now()).into_iter().map(|record| record.frontend_name.to_string());
        // What looks like another name is no suggestion.
        let plain = |name: &String| visible(name) == *name;
        let mut names: Vec<String> = lanes.take(MOST_NAMES).chain(registered.take(MOST_NAMES)).filter(plain).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(MOST_NAMES);
        names
    }
}

const SECOND: Duration = Duration::from_secs(1);
// A longer list of suggestions helps nobody.
const MOST_NAMES: usize = 200;
