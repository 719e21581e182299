//! The door of the dashboard: who is led to the log-in, and whose requests are refused.

use axum::body::Body;
use axum::extract::Form;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN};
use axum::http::{Request, Response, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Router, response::IntoResponse};
use smsc_engine::users::{Gate, LoggedIn, Role, Session, Users, gate, local_path, session_cookie};
use tower::ServiceExt;

use super::{log_in, open};

fn routes() -> Router {
    let page = async |session: Session| format!("hello {}", session.0.user);
    let form = async |session: Session, Form(fields): Form<Vec<(String, String)>>| format!("{} {fields:?}", session.0.user);
    let operate = async |session: Session| match session.require(Role::Operator) {
        Ok(session) => session.user.clone().into_response(),
        Err(forbidden) => forbidden.into_response(),
    };
    let admin = async |session: Session| session.require(Role::Admin).map(|session| session.user.clone());
    Router::new()
        .route("/page", get(page).post(form))
        .route("/operate", post(operate))
        .route("/admin", get(admin))
        .route("/login", post(async || "in"))
}

struct Site {
    router: Router,
    users: Users,
    session: LoggedIn,
    _directory: tempfile::TempDir,
}

impl Site {
    async fn open() -> Site {
        let (directory, users) = open().await;
        let session = log_in(&users, "olga").await;
        let gate_of = Gate { users: users.clone(), tls: true };
        let router = routes().layer(from_fn_with_state(gate_of, gate));
        Site { router, users, session, _directory: directory }
    }

    /// The headers of the browser that is logged in.
    fn cookie(&self) -> (String, String) {
        let cookie = session_cookie(self.session.token.expose(), true);
        (COOKIE.to_string(), cookie.split(';').next().unwrap().to_owned())
    }

    async fn send(&self, method: &str, path: &str, (headers, body): (&[(String, String)], &str)) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "smsc.example");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    async fn status(&self, method: &str, path: &str, headers: &[(String, String)]) -> StatusCode {
        self.send(method, path, (headers, "")).await.status()
    }
}

fn header(name: impl ToString, value: &str) -> (String, String) {
    (name.to_string(), value.to_owned())
}

fn same_origin() -> (String, String) {
    header("sec-fetch-site", "same-origin")
}

async fn text(response: Response<Body>) -> String {
    let octets = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(octets.to_vec()).unwrap()
}

#[tokio::test]
async fn pages_lead_to_the_log_in_and_everything_else_is_told_so() {
    let site = Site::open().await;
    let answer = site.send("GET", "/page", (&[site.cookie()], "")).await;
    assert_eq!((answer.status(), text(answer).await.as_str()), (StatusCode::OK, "hello olga"));
    for page in [header(ACCEPT, "text/html,*/*"), header("sec-fetch-mode", "navigate")] {
        let answer = site.send("GET", "/page?q=a%20b&x=//y", (std::slice::from_ref(&page), "")).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{page:?}");
        assert_eq!(answer.headers()[LOCATION], "/login?next=/page%3Fq%3Da%2520b%26x%3D//y");
    }
    let fetch = [header("sec-fetch-mode", "cors"), header(ACCEPT, "text/html")];
    assert_eq!(site.status("GET", "/page", &fetch).await, StatusCode::UNAUTHORIZED);
    assert_eq!(site.status("GET", "/page", &[header(ACCEPT, "text/event-stream")]).await, StatusCode::UNAUTHORIZED);
    // A form that was sent too late leads back to the beginning; what it said is gone.
    let late = [same_origin(), header("sec-fetch-mode", "navigate")];
    let answer = site.send("POST", "/operate", (&late, "a=b")).await;
    assert_eq!((answer.status(), answer.headers()[LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/login?next=/"));
    let forged = header(COOKIE, "__Host-smsc=0000; smsc=0000");
    assert_eq!(site.status("GET", "/page", &[forged]).await, StatusCode::UNAUTHORIZED);
    // Without TLS the cookie has another name.
    let plain = header(COOKIE, &format!("smsc={}", site.session.token.expose()));
    assert_eq!(site.status("GET", "/page", &[plain]).await, StatusCode::UNAUTHORIZED);
    site.users.log_out(site.session.token.expose());
    assert_eq!(site.status("GET", "/page", &[site.cookie()]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_that_changes_something_comes_from_this_site_and_carries_its_token() {
    let site = Site::open().await;
    let token = header("x-csrf-token", &site.session.session.csrf);
    let origin = |origin| header(ORIGIN, origin);
    let (yes, no) = (StatusCode::OK, StatusCode::FORBIDDEN);
    for (headers, expected) in [
        (vec![same_origin(), token.clone()], yes),
        (vec![origin("https://smsc.example"), token.clone()], yes),
        // What the browser says of the site counts more than the name a proxy gave the host.
        (vec![same_origin(), origin("https://public.example"), token.clone()], yes),
        (vec![token.clone()], no),
        (vec![header("sec-fetch-site", "same-site"), token.clone()], no),
        (vec![header("sec-fetch-site", "cross-site"), origin("https://smsc.example"), token.clone()], no),
        (vec![header("sec-fetch-site", "none"), token.clone()], no),
        (vec![origin("https://evil.example"), token.clone()], no),
        (vec![origin("https://smsc.example.evil.example"), token.clone()], no),
        (vec![origin("https://smsc.example:444"), token.clone()], no),
        (vec![origin("null"), token.clone()], no),
        (vec![same_origin()], no),
        (vec![same_origin(), header("x-csrf-token", "")], no),
        (vec![same_origin(), header("x-csrf-token", &"0".repeat(64))], no),
    ] {
        let mut headers = headers;
        headers.push(site.cookie());
        assert_eq!(site.status("POST", "/operate", &headers).await, expected, "{headers:?}");
    }
    // The token of another session is none.
    let other = log_in(&site.users, "olga").await;
    let headers = [site.cookie(), same_origin(), header("x-csrf-token", &other.session.csrf)];
    assert_eq!(site.status("POST", "/operate", &headers).await, no);
    // The log-in itself has no session yet, and still must come from here.
    assert_eq!(site.status("POST", "/login", &[same_origin()]).await, yes);
    assert_eq!(site.status("POST", "/login", &[header("sec-fetch-site", "cross-site")]).await, no);
    assert_eq!(site.status("POST", "/login", &[]).await, no);
}

#[tokio::test]
async fn a_form_carries_the_token_in_a_field_and_reaches_its_handler_whole() {
    let site = Site::open().await;
    let kind = header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8");
    let headers = [site.cookie(), same_origin(), kind];
    let body = format!("name=a%26b&csrf={}&name=c", site.session.session.csrf);
    let answer = text(site.send("POST", "/page", (&headers, &body)).await).await;
    assert!(answer.starts_with(r#"olga [("name", "a&b"), ("csrf", ""#) && answer.ends_with(r#"("name", "c")]"#), "{answer}");
    for body in ["name=a", "csrf=", "csrf=0000", ""] {
        let answer = site.send("POST", "/page", (&headers, body)).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{body}");
    }
    let long = format!("csrf={}&name={}", site.session.session.csrf, "x".repeat(300_000));
    assert_eq!(site.send("POST", "/page", (&headers, &long)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let json = [site.cookie(), same_origin(), header(CONTENT_TYPE, "application/json")];
    let answer = site.send("POST", "/page", (&json, &format!(r#"{{"csrf": "{}"}}"#, site.session.session.csrf))).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "other bodies need the header");
}

#[tokio::test]
async fn a_lesser_role_is_refused_and_a_page_without_a_gate_serves_nobody() {
    let site = Site::open().await;
    assert_eq!(site.status("GET", "/admin", &[site.cookie()]).await, StatusCode::FORBIDDEN);
    let bare = routes().oneshot(Request::builder().uri("/page").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(bare.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn what_a_page_asks_for_by_itself_keeps_no_session_from_being_idle() {
    let site = Site::open().await;
    tokio::time::pause();
    let hour = std::time::Duration::from_secs(3600);
    let by_itself = [header("x-background", "1"), header(ACCEPT, "text/event-stream")];
    for _ in 0..11 {
        tokio::time::advance(hour).await;
        for header in &by_itself {
            assert_eq!(site.status("GET", "/page", &[site.cookie(), header.clone()]).await, StatusCode::OK);
        }
    }
    tokio::time::advance(hour).await;
    assert_eq!(site.status("GET", "/page", &[site.cookie()]).await, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_log_in_leads_to_paths_of_this_host_only() {
    for local in ["/", "/queue", "/queue?a=b//c", "/a:b@c"] {
        assert_eq!(local_path(local), local);
    }
    for other in [
        "",
        "queue",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\r\nb",
        "/\t/evil.example",
        "/é",
        "javascript:1",
    ] {
        assert_eq!(local_path(other), "/", "{other:?}");
    }
}
