//! What one program gives to all its pages: its name, who comes in, and where one can go.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::gate::Gate;
use super::layout::Layout;
use super::problem::Problem;
use super::visit::Visit;
use crate::audit::Role;
#[cfg(feature = "log")]
use crate::log::Logging;
use crate::users::Users;

/// What stands around the pages of one program. Copies are the same.
#[derive(Clone)]
pub(in crate::http) struct Shell {
    shared: Arc<Shared>,
}

struct Shared {
    style: Style,
    name: String,
    elsewhere: Vec<(&'static str, String)>,
    gate: Gate,
    /// The latest tick, written once for all who look.
    live: watch::Sender<Arc<str>>,
    #[cfg(feature = "log")]
    log: Option<Logging>,
}

/// What tells the pages of one kind of program from those of another.
#[derive(Clone, Copy)]
pub(in crate::http) struct Style {
    /// The word for such a program, as in "the centre does not answer".
    pub(in crate::http) what: &'static str,
    /// The pages one can go to, in groups; those that are in no use are left out.
    pub(in crate::http) menu: Menu,
    /// The search at the top.
    pub(in crate::http) search: Search,
}

/// Names of groups and their pages: address and name.
pub(in crate::http) type Menu = &'static [(&'static str, &'static [(&'static str, &'static str)])];

/// A field to search in from everywhere.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Search {
    pub(in crate::http) path: &'static str,
    pub(in crate::http) label: &'static str,
    pub(in crate::http) hint: &'static str,
}

/// What a program says of itself and decides about its pages.
pub(in crate::http) struct ShellOptions {
    /// What the program calls itself.
    pub(in crate::http) name: String,
    /// Names and addresses of what is not on these pages.
    pub(in crate::http) elsewhere: Vec<(&'static str, String)>,
    /// Who is let in; `None` lets in everybody, as an admin.
    pub(in crate::http) users: Option<Users>,
    /// Whether browsers come over TLS.
    pub(in crate::http) tls: bool,
    /// The log, to be looked at.
    #[cfg(feature = "log")]
    pub(in crate::http) log: Option<Logging>,
}

impl Shell {
    pub(in crate::http) fn new(style: Style, options: ShellOptions) -> Shell {
        let shared = Shared {
            style,
            name: options.name,
            elsewhere: options.elsewhere,
            gate: Gate::new(options.users, options.tls),
            live: watch::Sender::new(Arc::from("")),
            #[cfg(feature = "log")]
            log: options.log,
        };
        Shell { shared: Arc::new(shared) }
    }

    /// What stands around one page, which is named by its address and its title.
    pub(in crate::http) fn layout(&self, visit: &Visit, page: (&str, &str)) -> Layout {
        let Shared { style, name, elsewhere, gate, .. } = &*self.shared;
        let asks = gate.users().is_some();
        let mut layout = Layout::new(visit, style, (name, page));
        for group in &mut layout.groups {
            group.entries.retain(|entry| match entry.path {
                "/logs" => self.has_log(),
                "/users" => asks && visit.viewer.may(Role::Admin),
                _ => true,
            });
        }
        Layout { asks, elsewhere: elsewhere.clone(), ..layout }
    }

    /// What this program was started without.
    pub(in crate::http) fn absent(&self, what: &str) -> Problem {
        Problem::missing(format!("This {} runs without {what}.", self.shared.style.what))
    }

    /// Tells everybody who looks once a second that there may be something new, and what `news` makes of it, until
    /// nobody holds the desk any more.
    pub(in crate::http) fn tick<D: Send + Sync + 'static>(&self, desk: &Arc<D>, news: impl Fn(&D) -> String + Send + 'static) {
        let (shell, desk) = (self.clone(), Arc::downgrade(desk));
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(SECOND);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                let Some(desk) = desk.upgrade() else { return };
                shell.shared.live.send_replace(news(&desk).into());
            }
        });
    }

    /// How many look on.
    pub(in crate::http) fn onlookers(&self) -> usize {
        self.shared.live.receiver_count()
    }

    pub(super) fn listen(&self) -> watch::Receiver<Arc<str>> {
        self.shared.live.subscribe()
    }

    pub(super) fn name(&self) -> &str {
        &self.shared.name
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.shared.gate
    }

    /// Where one goes who got nowhere: the first two pages.
    pub(super) fn ways(&self) -> Vec<(&'static str, &'static str)> {
        self.shared.style.menu.iter().flat_map(|(_, pages)| pages.iter().copied()).take(2).collect()
    }

    #[cfg(feature = "log")]
    pub(super) fn log(&self) -> Result<&Logging, Problem> {
        self.shared.log.as_ref().ok_or_else(|| self.absent("a log that can be looked at"))
    }

    #[cfg(feature = "log")]
    fn has_log(&self) -> bool {
        self.shared.log.is_some()
    }

    #[cfg(not(feature = "log"))]
    const fn has_log(&self) -> bool {
        false
    }
}

const SECOND: Duration = Duration::from_secs(1);
