//! A dashboard without a socket, and people who use it.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use smsc_engine::accounts::{HashCost, Password, hash_password};
use smsc_engine::http::dashboard::{DashboardOptions, router};
use smsc_engine::users::{LoggedIn, Role, User, Users, UsersOptions};
use tower::ServiceExt;

use super::seed::Seed;

/// A centre and its pages.
pub(super) struct Site {
    pub(super) seed: Seed,
    pub(super) users: Users,
    sessions: Vec<LoggedIn>,
    app: Router,
}

/// What came back.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

/// A hash that is quickly made and checked.
const CHEAP: HashCost = HashCost { kibibytes: 8, passes: 1 };
const PASSWORD: &str = "correct horse battery";

async fn users(seed: &Seed) -> Users {
    let user = |role: Role| User {
        name: role.name().into(),
        role,
        password: Password::Hashed(hash_password(PASSWORD, CHEAP).unwrap()),
        enabled: true,
    };
    let mut options = UsersOptions::default();
    options.cost = CHEAP;
    Users::open(&seed.database, Role::ALL.map(user).into(), options).await.unwrap()
}

impl Site {
    pub(super) async fn new() -> Site {
        Site::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut DashboardOptions)) -> Site {
        let seed = Seed::busy().await;
        let users = users(&seed).await;
        let mut sessions = Vec::new();
        for role in Role::ALL {
            sessions.push(users.log_in(role.name(), PASSWORD, IpAddr::from([192, 0, 2, 1])).await.unwrap());
        }
        let mut options = seed.options().await;
        options.users = Some(users.clone());
        change(&mut options);
        let app = router(seed.control.clone(), options);
        Site { seed, users, sessions, app }
    }

    fn session(&self, role: Role) -> &LoggedIn {
        self.sessions.iter().find(|session| session.session.role == role).unwrap()
    }

    /// What every form of theirs carries.
    pub(super) fn token(&self, role: Role) -> &str {
        &self.session(role).session.csrf
    }

    pub(super) fn cookie(&self, role: Role) -> String {
        format!("smsc={}", self.session(role).token.expose())
    }

    pub(super) async fn get(&self, role: Option<Role>, path: &str) -> Page {
        self.send(role, Request::get(path), Body::empty()).await
    }

    /// Sends a form as one of our pages does.
    pub(super) async fn post(&self, role: Role, path: &str, fields: &str) -> Page {
        let form = format!("{fields}&csrf={}", self.token(role));
        self.post_raw(Some(role), path, form).await
    }

    pub(super) async fn post_raw(&self, role: Option<Role>, path: &str, form: String) -> Page {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(role, request, Body::from(form)).await
    }

    pub(super) async fn send(&self, role: Option<Role>, request: axum::http::request::Builder, body: Body) -> Page {
        let request = match role {
            Some(role) => request.header(header::COOKIE, self.cookie(role)),
            None => request,
        };
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let octets = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&octets).into_owned() }
    }
}

impl Page {
    pub(super) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The fault shown at a field, for people and for those who hear the page.
    pub(super) fn fault(&self, field: &str) -> Option<&str> {
        let mark = format!("id=\"{field}-fault\">");
        let described = format!("aria-describedby=\"{field}-fault");
        let (_, rest) = self.text.split_once(&mark)?;
        assert!(self.has(&described), "the field says where its fault stands");
        rest.split_once('<').map(|(fault, _)| fault)
    }
}
