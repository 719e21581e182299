//! Who may use the dashboard, over a real database file.

mod web;

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smsc_engine::accounts::{HashCost, Password, Secret, VerifyLimits, hash_password};
use smsc_engine::overlay::{BookError, Origin};
use smsc_engine::sql::{Database, DatabaseConfig};
use smsc_engine::users::{
    Actor, LogInError, LoggedIn, NewUser, Role, SessionLimits, User, Users, UsersError, UsersOptions, audit,
};
use tokio::time::Instant;

const RIGHT: &str = "correct horse";
const WRONG: &str = "wrong battery";
const CHEAP: HashCost = HashCost { kibibytes: 8, passes: 1 };
const HOUR: Duration = Duration::from_secs(3600);

fn here() -> IpAddr {
    address(1)
}

fn address(number: u32) -> IpAddr {
    IpAddr::from((0xC000_0200_u32 + number).to_be_bytes())
}

fn options() -> UsersOptions {
    let mut options = UsersOptions::default();
    options.cost = CHEAP;
    options
}

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), role, password: Password::Hashed(hash_password(RIGHT, CHEAP).unwrap()), enabled: true }
}

/// An administrator "ann" and an operator "olga" of the file.
fn file() -> Vec<User> {
    vec![user("ann", Role::Admin), user("olga", Role::Operator)]
}

fn ann() -> Actor {
    Actor::User { name: "ann".into(), role: Role::Admin }
}

fn new(name: &str, role: Role) -> NewUser {
    NewUser { name: name.into(), role, password: Secret::new(RIGHT) }
}

async fn reopen(directory: &tempfile::TempDir, file: Vec<User>) -> Users {
    let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("centre.sqlite"))).await.unwrap();
    Users::open(&database, file, options()).await.unwrap()
}

async fn open() -> (tempfile::TempDir, Users) {
    open_with(options()).await
}

async fn open_with(options: UsersOptions) -> (tempfile::TempDir, Users) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("centre.sqlite"))).await.unwrap();
    let users = Users::open(&database, file(), options).await.unwrap();
    (directory, users)
}

async fn log_in(users: &Users, name: &str) -> LoggedIn {
    users.log_in(name, RIGHT, here()).await.unwrap()
}

fn lives(users: &Users, session: &LoggedIn) -> bool {
    users.session(session.token.expose()).is_some()
}

#[tokio::test]
async fn who_knows_the_password_gets_a_session_until_the_log_out() {
    let (_directory, users) = open().await;
    let session = log_in(&users, "olga").await;
    let seen = users.session(session.token.expose()).unwrap();
    assert_eq!((seen.user.as_str(), seen.role), ("olga", Role::Operator));
    assert_eq!(seen, session.session);
    assert!(seen.may(Role::Viewer) && seen.may(Role::Operator) && !seen.may(Role::Admin));
    assert!(seen.is_csrf(&seen.csrf) && !seen.is_csrf("") && !seen.is_csrf(&seen.csrf[..63]));
    assert!(users.session("").is_none() && users.session(&seen.csrf).is_none());
    let other = log_in(&users, "olga").await;
    assert!(other.token != session.token && other.session.csrf != seen.csrf);
    users.log_out(session.token.expose());
    assert!(!lives(&users, &session) && lives(&users, &other));
}

#[tokio::test]
async fn an_unknown_user_costs_as_much_as_a_wrong_password_and_looks_the_same() {
    let (_directory, users) = open().await;
    let attempts = [("olga", WRONG), ("olga", ""), ("nobody", RIGHT), ("Olga", RIGHT), ("", "")];
    for (runs, (name, password)) in (1..).zip(attempts) {
        let from = address(10 + u32::try_from(runs).unwrap());
        assert_eq!(users.log_in(name, password, from).await.err(), Some(LogInError::Refused), "{name} {password}");
        assert_eq!(users.hash_runs(), runs, "{name} {password}");
    }
    users.set_enabled("olga", false, &ann()).await.unwrap();
    assert_eq!(users.log_in("olga", RIGHT, here()).await.err(), Some(LogInError::Refused));
    let long = "x".repeat(2000);
    assert_eq!(users.log_in("ann", &long, here()).await.err(), Some(LogInError::Refused));
    assert_eq!(users.log_in(&long, RIGHT, here()).await.err(), Some(LogInError::Refused));
}

#[tokio::test]
async fn who_fails_waits_longer_and_longer_and_nobody_else_does() {
    let (_directory, users) = open().await;
    tokio::time::pause();
    let start = Instant::now();
    let (mut heard, mut at) = (0_u32, start);
    // An attempt every half second for an hour, never the same password.
    for attempt in 0..7200 {
        tokio::time::sleep_until(at).await;
        match users.log_in("ann", &format!("{attempt}"), here()).await.unwrap_err() {
            LogInError::Refused => heard += 1,
            LogInError::TooSoon(wait) => assert!(wait <= Duration::from_secs(60), "{wait:?}"),
            other => panic!("{other}"),
        }
        at += Duration::from_millis(500);
    }
    assert!((60..=75).contains(&heard), "{heard} passwords an hour");
    assert_eq!(users.hash_runs(), u64::from(heard));
    // The right password from another address is heard at most four seconds later.
    let before = Instant::now();
    let session = users.log_in("ann", RIGHT, address(2)).await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 4);
    assert!(lives(&users, &session));
    assert!(matches!(users.log_in("ann", RIGHT, here()).await, Err(LogInError::TooSoon(_))));
    // An IPv6 network is one address, and what stopped is forgotten.
    for host in 0..4_u16 {
        let from = IpAddr::from([0x2001, 0xDB8, 0, 0, 0, 0, 0, host]);
        assert_eq!(users.log_in("olga", &format!("{host}"), from).await.err(), Some(LogInError::Refused));
    }
    let neighbour = IpAddr::from([0x2001, 0xDB8, 0, 0, 9, 9, 9, 9]);
    assert!(matches!(users.log_in("olga", RIGHT, neighbour).await, Err(LogInError::TooSoon(_))));
    tokio::time::advance(Duration::from_secs(900)).await;
    users.log_in("ann", RIGHT, here()).await.unwrap();
    users.log_in("olga", RIGHT, neighbour).await.unwrap();
}

#[tokio::test]
async fn a_name_under_attack_from_everywhere_is_still_heard() {
    let (_directory, users) = open().await;
    tokio::time::pause();
    for number in 0..100 {
        let _ = users.log_in("ann", &format!("{number}"), address(number + 100)).await;
    }
    let before = Instant::now();
    users.log_in("ann", RIGHT, here()).await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 4);
    let before = Instant::now();
    users.log_in("ann", RIGHT, here()).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO, "the right password makes good for the name");
}

#[tokio::test]
async fn a_flood_costs_no_more_hashes_than_are_allowed_at_a_time() {
    let mut options = options();
    options.verify = VerifyLimits { under_way: 1, waiting: 3, remembered: 100 };
    let (_directory, users) = open_with(options).await;
    let attempts = (0..200).map(|number| {
        let users = users.clone();
        async move { users.log_in(&format!("user{number}"), WRONG, address(number)).await.unwrap_err() }
    });
    let errors = futures_util::future::join_all(attempts).await;
    let refused = errors.iter().filter(|error| **error == LogInError::Refused).count();
    let busy = errors.iter().filter(|error| **error == LogInError::Busy).count();
    assert_eq!((refused + busy, users.hash_runs()), (200, refused as u64));
    assert!(busy > 0 && refused > 0);
    // The same attempt many times at once is one check.
    let runs = users.hash_runs();
    let same = (0..50).map(|number| users.log_in("ann", RIGHT, address(number + 300)));
    let let_in = futures_util::future::join_all(same).await.iter().filter(|result| result.is_ok()).count();
    assert!(let_in >= 3 && users.hash_runs() <= runs + 1, "{let_in}");
}

#[tokio::test]
async fn sessions_end_when_they_are_idle_and_after_a_week() {
    let (_directory, users) = open().await;
    tokio::time::pause();
    let (idle, used) = (log_in(&users, "ann").await, log_in(&users, "ann").await);
    for hour in 1..=14 * 12 {
        tokio::time::advance(HOUR).await;
        if hour == 11 {
            assert!(users.look_at_session(idle.token.expose()).is_some(), "a look is not use");
        }
        assert_eq!(lives(&users, &used), hour < 7 * 24, "{hour}");
        assert!(hour < 12 || !lives(&users, &idle), "{hour}");
    }
}

#[tokio::test]
async fn there_are_so_many_sessions_and_the_one_not_used_for_longest_makes_room() {
    let mut options = options();
    options.sessions = SessionLimits { per_user: 3, all: 4, ..SessionLimits::default() };
    let (_directory, users) = open_with(options).await;
    tokio::time::pause();
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(log_in(&users, "ann").await);
        tokio::time::advance(HOUR / 60).await;
    }
    assert!(lives(&users, &sessions[0]));
    tokio::time::advance(HOUR / 60).await;
    sessions.push(log_in(&users, "ann").await);
    assert_eq!(sessions.iter().map(|session| lives(&users, session)).collect::<Vec<_>>(), [true, false, true, true]);
    tokio::time::advance(HOUR / 60).await;
    assert!(lives(&users, &sessions[0]) && lives(&users, &sessions[3]));
    sessions.push(log_in(&users, "olga").await);
    sessions.push(log_in(&users, "olga").await);
    assert_eq!(sessions.iter().map(|session| lives(&users, session)).collect::<Vec<_>>(), [true, false, false, true, true, true]);
}

#[tokio::test]
async fn sessions_end_with_every_change_of_their_user_and_with_no_other() {
    let (_directory, users) = open().await;
    users.add(new("eve", Role::Admin), &ann()).await.unwrap();
    let other = log_in(&users, "ann").await;
    for change in 0..4 {
        let session = log_in(&users, if change == 3 { "olga" } else { "eve" }).await;
        match change {
            0 => users.set_role("eve", Role::Viewer, &ann()).await.unwrap(),
            1 => users.set_password("eve", Secret::new(RIGHT), &ann()).await.unwrap(),
            2 => users.set_enabled("eve", false, &ann()).await.unwrap(),
            _ => users.delete("olga", &ann()).await.unwrap(),
        }
        assert!(!lives(&users, &session), "{change}");
        assert!(lives(&users, &other), "{change}");
    }
    // The file is read again: the same users go on, one that is gone does not.
    users.revert("olga", &ann()).await.unwrap();
    let olga = log_in(&users, "olga").await;
    let mut again: Vec<User> = users.list().into_iter().map(|listed| listed.entry).filter(|user| user.name != "eve").collect();
    users.replace_file(again.clone()).await.unwrap();
    assert!(lives(&users, &olga) && lives(&users, &other));
    again.pop();
    users.replace_file(again).await.unwrap();
    assert!(!lives(&users, &olga) && lives(&users, &other));
}

#[tokio::test]
async fn a_password_in_clear_in_the_file_works_and_survives_a_reload() {
    let directory = tempfile::tempdir().unwrap();
    let plain = || vec![User { password: Password::Plain(Secret::new(RIGHT)), ..user("ann", Role::Admin) }];
    let users = reopen(&directory, plain()).await;
    let session = log_in(&users, "ann").await;
    assert!(users.log_in("ann", WRONG, here()).await.is_err());
    users.replace_file(plain()).await.unwrap();
    assert!(lives(&users, &session), "the same password is the same user");
    let other = vec![User { password: Password::Plain(Secret::new(WRONG)), ..user("ann", Role::Admin) }];
    users.replace_file(other).await.unwrap();
    assert!(!lives(&users, &session));
    let empty = vec![User { password: Password::Plain(Secret::default()), ..user("ann", Role::Admin) }];
    assert!(users.replace_file(empty).await.unwrap_err().to_string().contains("needs a password"));
}

#[tokio::test]
async fn there_is_always_an_administrator_who_may_log_in() {
    let (_directory, users) = open().await;
    for refused in [
        users.set_role("ann", Role::Operator, &ann()).await,
        users.set_enabled("ann", false, &ann()).await,
        users.delete("ann", &ann()).await,
        users.replace_file(vec![user("olga", Role::Operator)]).await,
        users.replace_file(Vec::new()).await,
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(&error, UsersError::Book(BookError::Refused(_))), "{error}");
    }
    log_in(&users, "ann").await;
    users.set_role("olga", Role::Admin, &ann()).await.unwrap();
    users.delete("ann", &ann()).await.unwrap();
    assert!(users.set_enabled("olga", false, &ann()).await.is_err());
}

#[tokio::test]
async fn changes_outlive_a_restart_and_sessions_do_not() {
    let (directory, users) = open().await;
    let session = log_in(&users, "ann").await;
    users.add(new("eve", Role::Viewer), &ann()).await.unwrap();
    users.set_role("ann", Role::Admin, &Actor::CommandLine).await.unwrap();
    users.delete("olga", &ann()).await.unwrap();
    drop(users);
    let users = reopen(&directory, file()).await;
    assert!(!lives(&users, &session));
    let origins: Vec<_> =
        users.list().into_iter().map(|listed| (listed.entry.name, listed.origin, listed.change.unwrap().by)).collect();
    assert_eq!(
        origins,
        [("ann".into(), Origin::Changed, "command line".into()), ("eve".into(), Origin::Added, "user ann (admin)".into())]
            as [(String, Origin, String); 2]
    );
    assert_eq!(users.deleted()[0].key, "olga");
    assert_eq!(log_in(&users, "eve").await.session.role, Role::Viewer);
    assert!(users.log_in("olga", RIGHT, here()).await.is_err());
}

#[tokio::test]
async fn the_first_password_lies_in_its_file_only_while_it_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    let users = reopen(&directory, Vec::new()).await;
    let first = users.first_start(directory.path()).await.unwrap().unwrap();
    let other = NewUser { name: "olga".into(), role: Role::Admin, password: Secret::new(RIGHT) };
    users.add(other, &Actor::CommandLine).await.unwrap();
    users.set_password("olga", Secret::new("quite another one"), &Actor::CommandLine).await.unwrap();
    users.set_role("admin", Role::Operator, &Actor::CommandLine).await.unwrap();
    assert!(users.set_password("admin", Secret::new("short"), &Actor::CommandLine).await.is_err());
    assert!(first.path.exists(), "it still opens the door");
    // After a restart as well.
    let users = reopen(&directory, Vec::new()).await;
    assert!(users.first_start(directory.path()).await.unwrap().is_none());
    users.set_password("admin", Secret::new("quite another one"), &Actor::CommandLine).await.unwrap();
    assert!(!first.path.exists());
    std::fs::write(&first.path, "put back").unwrap();
    users.delete("admin", &Actor::CommandLine).await.unwrap();
    assert!(!first.path.exists());
}

#[tokio::test]
async fn without_users_the_first_start_makes_one_password_that_nobody_else_has() {
    let mut words = Vec::new();
    for _ in 0..2 {
        let directory = tempfile::tempdir().unwrap();
        let users = reopen(&directory, Vec::new()).await;
        // One that was left behind, open to everybody.
        std::fs::write(directory.path().join("dashboard-password"), "old").unwrap();
        std::fs::write(directory.path().join("dashboard-password.new"), "old").unwrap();
        let first = users.first_start(directory.path()).await.unwrap().unwrap();
        assert_eq!((first.user.as_str(), &first.path), ("admin", &directory.path().join("dashboard-password")));
        assert_eq!(std::fs::read_to_string(&first.path).unwrap(), format!("{}\n", first.password.expose()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&first.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!format!("{first:?}").contains(first.password.expose()));
        let session = users.log_in("admin", first.password.expose(), here()).await.unwrap();
        assert_eq!(session.session.role, Role::Admin);
        assert!(users.first_start(directory.path()).await.unwrap().is_none());
        assert!(reopen(&directory, Vec::new()).await.first_start(directory.path()).await.unwrap().is_none());
        words.push(first.password);
    }
    assert_ne!(words[0], words[1]);
    let (directory, users) = open().await;
    assert!(users.first_start(directory.path()).await.unwrap().is_none(), "the file has users");
    let directory = tempfile::tempdir().unwrap();
    let users = reopen(&directory, Vec::new()).await;
    let error = users.first_start(&directory.path().join("nowhere")).await.unwrap_err();
    assert!(matches!(&error, UsersError::File { .. }) && users.list().is_empty(), "{error}");
}

#[tokio::test]
async fn the_own_password_is_changed_by_who_knows_the_old_one() {
    let (_directory, users) = open().await;
    let (session, other) = (log_in(&users, "olga").await, log_in(&users, "olga").await);
    let change =
        async |old: &str, new: &str| users.change_password(session.token.expose(), (old, Secret::new(new)), here()).await;
    assert!(matches!(change(WRONG, "a better password").await, Err(UsersError::LogIn(LogInError::Refused))));
    assert!(matches!(change(RIGHT, "too short").await, Err(UsersError::Password { least: 12, .. })));
    assert!(lives(&users, &session));
    let after = change(RIGHT, "a better password").await.unwrap();
    assert!(lives(&users, &after) && !lives(&users, &session) && !lives(&users, &other));
    assert!(users.log_in("olga", RIGHT, here()).await.is_err());
    assert!(users.log_in("olga", "a better password", here()).await.is_ok());
    assert!(matches!(change(RIGHT, "a better password").await, Err(UsersError::NoSession)));
}

#[tokio::test]
async fn names_and_passwords_that_cannot_be_are_refused() {
    let (_directory, users) = open().await;
    for name in ["", "a b", "a\nb", &"x".repeat(65)] {
        assert!(matches!(users.add(new(name, Role::Viewer), &ann()).await, Err(UsersError::Book(_))), "{name:?}");
    }
    assert!(matches!(users.add(new("ann", Role::Viewer), &ann()).await, Err(UsersError::Book(BookError::Exists { .. }))));
    let short = NewUser { password: Secret::new("elevenchars"), ..new("eve", Role::Viewer) };
    assert_eq!(users.add(short, &ann()).await.unwrap_err().to_string(), "a password has 12 to 1024 characters");
    users.add(new("jürgen@example.org", Role::Viewer), &ann()).await.unwrap();
    log_in(&users, "jürgen@example.org").await;
}

/// Keeps every line that is logged on this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl tracing::Subscriber for Lines {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut lines = self.0.lock().unwrap();
        write!(lines, "{} {}:", event.metadata().level(), event.metadata().target()).unwrap();
        let mut show = |field: &tracing::field::Field, value: &dyn std::fmt::Debug| write!(lines, " {field}={value:?}").unwrap();
        event.record(&mut show);
        lines.push('\n');
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn every_change_is_one_line_of_the_audit_and_no_secret_is_shown_anywhere() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (directory, users) = open().await;
    let session = users.log_in("ann", RIGHT, here()).await.unwrap();
    let _ = users.log_in("ann\nINFO audit: forged", WRONG, here()).await;
    users.add(new("eve", Role::Viewer), &session.session.actor()).await.unwrap();
    users.set_role("eve", Role::Operator, &Actor::ApiKey("billing".into())).await.unwrap();
    users.set_password("eve", Secret::new("another password"), &Actor::CommandLine).await.unwrap();
    users.set_enabled("eve", false, &ann()).await.unwrap();
    users.delete("eve", &ann()).await.unwrap();
    users.log_out(session.token.expose());
    audit(&Actor::CommandLine, "replace route", "7\r\nforged");
    let lines = lines.0.lock().unwrap().clone();
    let audited: Vec<&str> = lines.lines().filter(|line| line.starts_with("INFO audit:")).collect();
    assert_eq!(
        audited,
        [
            "INFO audit: message=log in actor=user ann (admin) details=from 192.0.2.1",
            "INFO audit: message=add user actor=user ann (admin) details=eve (viewer)",
            "INFO audit: message=set role of user actor=API key billing details=eve: operator",
            "INFO audit: message=set password of user actor=command line details=eve",
            "INFO audit: message=disable user actor=user ann (admin) details=eve",
            "INFO audit: message=delete user actor=user ann (admin) details=eve",
            "INFO audit: message=log out actor=user ann (admin) details=",
            r"INFO audit: message=replace route actor=command line details=7\r\nforged",
        ]
    );
    let shown = format!("{lines} {users:?} {session:?} {:?}", users.list());
    let secrets = [RIGHT, WRONG, "another password", session.token.expose(), &session.session.csrf];
    for secret in secrets {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(!shown.contains("argon2id"), "not even hashes");
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let octets = std::fs::read(file.unwrap().path()).unwrap();
        for secret in secrets {
            assert!(!octets.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is in the database");
        }
    }
}
