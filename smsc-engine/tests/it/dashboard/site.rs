//! A dashboard without a socket, and people who use it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use smsc_engine::BoxFuture;
use smsc_engine::http::dashboard::{DashboardOptions, Denied, Gate, Role, Viewer, router};
use tower::ServiceExt;

use super::seed::Seed;

/// A centre and its pages.
pub(super) struct Site {
    pub(super) seed: Seed,
    app: Router,
}

/// What came back.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

/// Knows three people by their cookie.
struct Doorman;

impl Gate for Doorman {
    fn viewer(&self, headers: &HeaderMap) -> Option<Viewer> {
        let cookie = headers.get(header::COOKIE)?.to_str().ok()?;
        let role = [Role::Viewer, Role::Operator, Role::Admin].into_iter().find(|role| cookie.contains(role.name()))?;
        Some(Viewer { name: format!("{}-person", role.name()), role, csrf: format!("token-of-{}", role.name()) })
    }

    fn log_in<'a>(&'a self, name: &'a str, password: &'a str, _: &'a str) -> BoxFuture<'a, Result<String, Denied>> {
        Box::pin(async move { if password == "right" { Ok(format!("session={name}")) } else { Err(Denied::Wrong) } })
    }

    fn log_out(&self, _: &HeaderMap) -> String {
        "session=".into()
    }
}

impl Site {
    pub(super) async fn new() -> Site {
        Site::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut DashboardOptions)) -> Site {
        let seed = Seed::busy().await;
        let mut options = DashboardOptions { gate: Arc::new(Doorman), ..DashboardOptions::default() };
        change(&mut options);
        let app = router(seed.control.clone(), options);
        Site { seed, app }
    }

    pub(super) async fn get(&self, role: Option<Role>, path: &str) -> Page {
        self.send(role, Request::get(path), Body::empty()).await
    }

    /// Sends a form as one of our pages does.
    pub(super) async fn post(&self, role: Role, path: &str, fields: &str) -> Page {
        let form = format!("{fields}&csrf=token-of-{}", role.name());
        self.post_raw(Some(role), path, form).await
    }

    pub(super) async fn post_raw(&self, role: Option<Role>, path: &str, form: String) -> Page {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(role, request, Body::from(form)).await
    }

    pub(super) async fn send(&self, role: Option<Role>, request: axum::http::request::Builder, body: Body) -> Page {
        let request = match role {
            Some(role) => request.header(header::COOKIE, format!("session={}", role.name())),
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
