//! Who may use the dashboard, over a real database file.

use std::net::IpAddr;
use std::time::Duration;

use smsc_engine::accounts::{HashCost, Secret, hash_password};
use smsc_engine::overlay::Origin;
use smsc_engine::sql::{Database, DatabaseConfig};
use smsc_engine::users::{Actor, LogInError, LoggedIn, NewUser, Role, User, Users, UsersError, UsersOptions};

const RIGHT: &str = "correct horse";
const WRONG: &str = "wrong battery";
const CHEAP: HashCost = HashCost { kibibytes: 8, passes: 1 };

fn here() -> IpAddr {
    "192.0.2.1".parse().unwrap()
}

fn elsewhere() -> IpAddr {
    "192.0.2.2".parse().unwrap()
}

fn options() -> UsersOptions {
    let mut options = UsersOptions::default();
    options.cost = CHEAP;
    options
}

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), role, password: hash_password(RIGHT, CHEAP).unwrap(), enabled: true }
}

/// An administrator "ann" and an operator "olga" of the file.
fn file() -> Vec<User> {
    vec![user("ann", Role::Admin), user("olga", Role::Operator)]
}

async fn database(directory: &tempfile::TempDir) -> Database {
    Database::open(&DatabaseConfig::sqlite(directory.path().join("centre.sqlite"))).await.unwrap()
}

/// Users of this file in a fresh database; with a time that only goes on when the test says so.
async fn open(file: Vec<User>, options: UsersOptions) -> (tempfile::TempDir, Users) {
    let directory = tempfile::tempdir().unwrap();
    let users = Users::open(&database(&directory).await, file, options).await.unwrap();
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
    let (_directory, users) = open(file(), options()).await;
    let session = log_in(&users, "olga").await;
    let seen = users.session(session.token.expose()).unwrap();
    assert_eq!((seen.user.as_str(), seen.role), ("olga", Role::Operator));
    assert_eq!(seen, session.session);
    assert!(seen.may(Role::Viewer) && seen.may(Role::Operator) && !seen.may(Role::Admin));
    assert!(seen.is_csrf(&seen.csrf) && !seen.is_csrf("") && !seen.is_csrf(&seen.csrf[..63]));
    assert!(users.session("").is_none() && users.session(&seen.csrf).is_none());
    for (name, password) in [("olga", WRONG), ("olga", ""), ("nobody", RIGHT), ("Olga", RIGHT)] {
        assert_eq!(users.log_in(name, password, elsewhere()).await.err(), Some(LogInError::Refused), "{name} {password}");
        tokio::task::yield_now().await;
        let _ = users.log_in("olga", RIGHT, elsewhere()).await;
    }
    users.log_out(session.token.expose());
    assert!(!lives(&users, &session));
}
