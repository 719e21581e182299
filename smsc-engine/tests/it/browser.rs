//! People with a browser in front of a dashboard that has no socket.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use smsc_engine::accounts::{HashCost, Password, hash_password};
use smsc_engine::sql::Database;
use smsc_engine::users::{LoggedIn, Role, User, Users, UsersOptions};
use tower::ServiceExt;

/// One of each role, logged in.
pub(crate) struct Browser {
    pub(crate) users: Users,
    sessions: Vec<LoggedIn>,
    app: Router,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A hash that is quickly made and checked.
const CHEAP: HashCost = HashCost { kibibytes: 8, passes: 1 };
const PASSWORD: &str = "correct horse battery";

async fn users(database: &Database) -> Users {
    let user = |role: Role| User {
        name: role.name().into(),
        role,
        password: Password::Hashed(hash_password(PASSWORD, CHEAP).unwrap()),
        enabled: true,
    };
    let mut options = UsersOptions::default();
    options.cost = CHEAP;
    Users::open(database, Role::ALL.map(user).into(), options).await.unwrap()
}

impl Browser {
    /// Logs everybody in, and opens what `app` makes for them.
    pub(crate) async fn new(database: &Database, app: impl AsyncFnOnce(Users) -> Router) -> Browser {
        let users = users(database).await;
        let mut sessions = Vec::new();
        for role in Role::ALL {
            sessions.push(users.log_in(role.name(), PASSWORD, IpAddr::from([192, 0, 2, 1])).await.unwrap());
        }
        let app = app(users.clone()).await;
        Browser { users, sessions, app }
    }

    fn session(&self, role: Role) -> &LoggedIn {
        self.sessions.iter().find(|session| session.session.role == role).unwrap()
    }

    /// What every form of theirs carries.
    pub(crate) fn token(&self, role: Role) -> &str {
        &self.session(role).session.csrf
    }

    pub(crate) fn cookie(&self, role: Role) -> String {
        format!("smsc={}", self.session(role).token.expose())
    }

    pub(crate) async fn get(&self, role: Option<Role>, path: &str) -> Page {
        self.send(role, Request::get(path), Body::empty()).await
    }

    /// Sends a form as one of our pages does.
    pub(crate) async fn post(&self, role: Role, path: &str, fields: &str) -> Page {
        let form = format!("{fields}&csrf={}", self.token(role));
        self.post_raw(Some(role), path, form).await
    }

    pub(crate) async fn post_raw(&self, role: Option<Role>, path: &str, form: String) -> Page {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(role, request, Body::from(form)).await
    }

    pub(crate) async fn send(&self, role: Option<Role>, request: axum::http::request::Builder, body: Body) -> Page {
        let request = match role {
            Some(role) => request.header(header::COOKIE, self.cookie(role)),
            None => request,
        };
        let response = self.open(request.body(body).unwrap()).await;
        let (parts, body) = response.into_parts();
        let octets = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&octets).into_owned() }
    }

    /// What comes back, as it comes.
    pub(crate) async fn open(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Sends a form as whoever may not, and as another site makes the browser send it.
    pub(crate) async fn takes_only_forms_of_operators(&self, path: &str, fields: &str) {
        let viewer = self.post(Role::Viewer, path, fields).await;
        assert_eq!(viewer.status, StatusCode::FORBIDDEN, "{path} by a viewer");
        let stranger = self.post_raw(None, path, fields.to_owned()).await;
        assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{path} by nobody");
        let (theirs, mine) = (self.token(Role::Admin), self.token(Role::Operator));
        for token in [String::new(), "&csrf=".into(), format!("&csrf={theirs}"), format!("&csrf={}", &mine[1..])] {
            let forged = self.post_raw(Some(Role::Operator), path, format!("{fields}{token}")).await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path} with {token:?}");
        }
        let elsewhere = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "cross-site");
        let forged =
            self.send(Some(Role::Operator), elsewhere, Body::from(format!("{fields}&csrf={}", self.token(Role::Operator)))).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path} from another site");
    }

    /// Asks for a page and sees that it is whole.
    pub(crate) async fn sees(&self, role: Role, path: &str) -> Page {
        let page = self.get(Some(role), path).await;
        assert_eq!(page.status, StatusCode::OK, "{path} for {}: {}", role.name(), page.text);
        for part in ["<!doctype html>", "<html lang=\"en\"", "<title>", "href=\"#main\"", "id=\"main\"", "role=\"search\""] {
            assert!(page.has(part), "{path}: {part}");
        }
        assert_eq!(page.text.matches("<h1").count(), 1, "{path} has one headline");
        page
    }

    /// Asks for a form, which only operators get.
    pub(crate) async fn sees_form(&self, path: &str) {
        assert_eq!(self.get(Some(Role::Viewer), path).await.status, StatusCode::FORBIDDEN, "{path}");
        for role in [Role::Operator, Role::Admin] {
            let page = self.get(Some(role), path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.has("name=\"csrf\""), "{path}");
        }
    }

    /// Asks for a page and sees that nothing of it is inline or from elsewhere.
    pub(crate) async fn sees_nothing_foreign(&self, path: &str) {
        let page = self.get(Some(Role::Admin), path).await;
        let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        for forbidden in [" style=", " onclick=", "<style", "javascript:", "src=\"http", "<script>"] {
            assert!(!page.has(forbidden), "{path}: {forbidden}");
        }
        assert_eq!(page.headers.get("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(page.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
    }
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The fault shown at a field, for people and for those who hear the page.
    pub(crate) fn fault(&self, field: &str) -> Option<&str> {
        let mark = format!("id=\"{field}-fault\">");
        let described = format!("aria-describedby=\"{field}-fault");
        let (_, rest) = self.text.split_once(&mark)?;
        assert!(self.has(&described), "the field says where its fault stands");
        rest.split_once('<').map(|(fault, _)| fault)
    }
}
