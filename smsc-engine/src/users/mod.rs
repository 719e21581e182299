//! Who may use the dashboard: names, roles and passwords, and the sessions of those who are logged in.
//!
//! There is no built-in password: a centre without users makes one for `admin` out of the system's random source and
//! writes it to a file only its owner can read ([`Users::first_start`]), which goes when that password is changed. Passwords are kept as Argon2 hashes, checked few
//! at a time on threads of their own; who fails waits longer and longer. Sessions live in memory only: after a restart
//! everybody logs in again.

mod change;
mod cookie;
mod delay;
mod error;
mod first;
mod log_in;
mod session;
mod site;
mod token;
mod user;
mod web;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use crate::accounts::{HashCost, Verifier, VerifyLimits};
use crate::overlay::{Book, Deleted, Listed};
use crate::sql::Database;

use delay::Delays;
use session::Sessions;
use user::Table;

pub use crate::audit::{Actor, Role, audit};
pub use cookie::{clear_cookie, session_cookie, token_of};
pub use error::{LogInError, UsersError};
pub use first::FirstPassword;
pub use session::{LoggedIn, SessionInfo, SessionLimits};
pub(crate) use site::{Sender, sender};
pub use user::{NewUser, User};
pub use web::{Forbidden, Gate, Session, gate, local_path};

/// How users are let in.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UsersOptions {
    /// What the hashes of new passwords cost.
    pub cost: HashCost,
    /// How many hashes are checked.
    pub verify: VerifyLimits,
    /// How long sessions last, and how many there may be.
    pub sessions: SessionLimits,
}

impl Default for UsersOptions {
    fn default() -> Self {
        // A handful of people, not a network of ESMEs.
        let verify = VerifyLimits { under_way: 2, waiting: 32, remembered: 1024 };
        UsersOptions { cost: HashCost::default(), verify, sessions: SessionLimits::default() }
    }
}

/// All users and their sessions. Copies are the same.
#[derive(Clone, Debug)]
pub struct Users {
    book: Book<User>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: UsersOptions,
    live: Arc<Live>,
    verifier: Arc<Verifier>,
    delays: Delays,
    /// Places for those who wait for their turn.
    held: Semaphore,
    /// Where the first password was written, or would have been.
    first: OnceLock<PathBuf>,
}

/// What follows the list of users.
#[derive(Debug)]
struct Live {
    table: ArcSwap<Table>,
    sessions: Sessions,
    cost: HashCost,
}

impl Users {
    /// Takes the users of the file, and those changed at run time before.
    ///
    /// # Errors
    /// A user is no good, or the database fails; see [`UsersError`].
    pub async fn open(database: &Database, file: Vec<User>, options: UsersOptions) -> Result<Users, UsersError> {
        let book = Book::with_room(database, file, MOST_USERS).await?;
        let live = Arc::new(Live { table: ArcSwap::default(), sessions: Sessions::new(options.sessions), cost: options.cost });
        let follower = Arc::clone(&live);
        book.follow(move |users| follower.replace(users)).await?;
        let verifier = Arc::new(Verifier::new(options.verify));
        let (delays, held) = (Delays::default(), Semaphore::new(MOST_HELD));
        Ok(Users { book, shared: Arc::new(Shared { options, live, verifier, delays, held, first: OnceLock::new() }) })
    }

    /// Returns all users, those who may not log in too.
    pub fn list(&self) -> Vec<Listed<User>> {
        self.book.list()
    }

    /// Returns the user of this name.
    pub fn get(&self, name: &str) -> Option<Listed<User>> {
        self.book.get(name)
    }

    /// Returns the users of the file that were deleted at run time.
    pub fn deleted(&self) -> Vec<Deleted> {
        self.book.deleted()
    }

    /// The name of the table of changes, as it stands among the tables nodes share.
    pub fn table(&self) -> String {
        self.book.table()
    }

    /// Takes in what other nodes changed since one looked last.
    ///
    /// # Errors
    /// See [`UsersError`]; then what was known still counts.
    pub async fn catch_up(&self) -> Result<(), UsersError> {
        Ok(self.book.catch_up().await?)
    }

    /// Returns whose session this is, and counts it as used.
    pub fn session(&self, token: &str) -> Option<SessionInfo> {
        self.shared.live.session(token, true)
    }

    /// As [`session`](Users::session), without counting it as used: for streams that go on by themselves.
    pub fn look_at_session(&self, token: &str) -> Option<SessionInfo> {
        self.shared.live.session(token, false)
    }

    /// Ends a session.
    pub fn log_out(&self, token: &str) {
        if let Some(session) = self.look_at_session(token) {
            audit(&session.actor(), "log out", "");
        }
        self.shared.live.sessions.close(token);
    }

    /// Returns how many password hashes were checked since the start.
    pub fn hash_runs(&self) -> u64 {
        self.shared.verifier.runs()
    }
}

impl Live {
    /// Takes other users, and ends the sessions of those who are not as they were.
    fn replace(&self, users: Vec<User>) -> Result<(), String> {
        let table = Table::new(users, &self.table.load(), self.cost)?;
        // Nobody could let anybody in again.
        if self.table.load().has_admin() && !table.has_admin() {
            return Err("there must be an administrator who may log in".into());
        }
        self.table.store(Arc::new(table));
        self.sessions.retain(|user| self.is_current(user));
        Ok(())
    }

    fn session(&self, token: &str, used: bool) -> Option<SessionInfo> {
        self.sessions.get(token, (used, |user: &User| self.is_current(user)))
    }

    fn is_current(&self, user: &User) -> bool {
        self.table.load().get(&user.name).is_some_and(|known| *known.user == *user)
    }
}

/// People, not subscribers.
const MOST_USERS: usize = 1000;
/// Each costs its caller a connection and us a timer.
const MOST_HELD: usize = 256;
