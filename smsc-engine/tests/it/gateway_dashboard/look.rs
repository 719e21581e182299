//! Looking on changes nothing and shows everything safely.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use smsc_engine::frontend::ClientPeer;
use smsc_engine::log::{LogOptions, Logging};
use smsc_engine::users::Role;

use super::site::{PASSWORD, Reach, Site};
use crate::dashboard::seed::PROBE;

/// Every page that can be looked at without knowing more.
const PAGES: &[&str] = &[
    "/",
    "/client_peers",
    "/client_peers/north",
    "/server_peers",
    "/server_peers/shop",
    "/documentation",
    "/documentation/carrier",
    "/documentation/partner",
    "/documentation/procedures",
    "/documentation/troubleshooting",
    "/documentation/metrics",
    "/documentation/glossary",
];

/// Pages with a form, for those who may send it.
const FORMS: &[&str] = &["/new_client_peer", "/new_server_peer", "/test_message"];

#[tokio::test]
async fn every_page_is_there_for_everybody_who_is_in() {
    let site = Site::new().await;
    for path in PAGES {
        for role in Role::ALL {
            let page = site.sees(role, path).await;
            assert!(page.has("gateway one") && page.has("href=\"/documentation\""), "{path}");
        }
    }
}

#[tokio::test]
async fn pages_that_change_things_are_for_operators() {
    let site = Site::new().await;
    for path in FORMS {
        site.sees_form(path).await;
    }
    for path in ["/", "/client_peers", "/server_peers"] {
        let page = site.get(Some(Role::Viewer), path).await;
        assert_eq!(page.text.matches("method=\"post\"").count(), 1, "{path}: a viewer can only log out");
    }
    assert_eq!(site.get(Some(Role::Operator), "/users").await.status, StatusCode::FORBIDDEN);
    site.sees(Role::Admin, "/users").await;
}

#[tokio::test]
async fn whoever_is_not_in_is_sent_to_the_log_in() {
    let site = Site::new().await;
    for path in PAGES.iter().chain(FORMS).skip(1).chain(&["/queue", "/queue/7", "/live", "/logs", "/nowhere"]) {
        let page = site.get(None, path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.location().starts_with("/login?next=%2F"), "{path}: {}", page.location());
    }
    assert!(site.get(None, "/login").await.has("gateway one"));
}

#[tokio::test]
async fn nothing_inline_runs_and_nothing_comes_from_elsewhere() {
    let site = Site::new().await;
    for path in PAGES.iter().chain(FORMS) {
        site.sees_nothing_foreign(path).await;
    }
}

#[tokio::test]
async fn an_unknown_page_says_so_and_leads_back() {
    let site = Site::new().await;
    for path in ["/nowhere", "/client_peers/nobody", "/server_peers/north", "/documentation/why", "/queue/x"] {
        let page = site.get(Some(Role::Viewer), path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.has("Not found") && page.has(">Live Status</a>") && !page.has("centre"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn no_page_shows_a_password() {
    let site = Site::new().await;
    for path in PAGES.iter().chain(FORMS) {
        assert!(!site.get(Some(Role::Admin), path).await.has(PASSWORD), "{path}");
    }
}

#[tokio::test]
async fn texts_of_strangers_come_out_harmless() {
    let site = Site::new().await;
    let peer = ClientPeer { system_id: PROBE.into(), ..ClientPeer::new("odd <b>", PROBE) };
    let kept = site.control.clients.put(peer, "eve").await;
    let name: String = PROBE.bytes().map(|octet| format!("%{octet:02X}")).collect();
    let paths =
        ["/".into(), "/client_peers".into(), format!("/queue?q={name}&smsc={name}"), format!("/test_message?body={name}")];
    for path in paths.into_iter().chain([format!("/client_peers/{name}"), format!("/documentation/{name}")]) {
        let page = site.get(Some(Role::Admin), &path).await;
        assert!(!page.has("<img") && !page.has("odd <b>"), "{path}");
    }
    // A host that cannot be is not kept at all where peers are checked.
    if kept.is_ok() {
        assert!(site.get(Some(Role::Admin), "/client_peers").await.has("odd &#60;b&#62;"));
    }
}

#[tokio::test]
async fn live_status_renews_itself_and_works_without_a_script() {
    let site = Site::new().await;
    let page = site.sees(Role::Viewer, "/").await;
    for part in ["data-live hx-get=\"/\" hx-trigger=\"live from:body\"", "data-pace=\"2\"", "id=\"channel\"", "Total binds"] {
        assert!(page.has(part), "{part}: {}", page.text);
    }
    assert!(page.has("data-what=\"gateway\""), "the notice says who does not answer");
}

#[tokio::test]
async fn the_live_channel_ticks() {
    use futures_util::StreamExt;

    let site = Site::new().await;
    let request = Request::get("/live").header(header::COOKIE, site.cookie(Role::Viewer));
    let response = site.open(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "text/event-stream");
    let tick = response.into_body().into_data_stream().next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&tick).starts_with("event: tick\ndata: [["));
}

#[tokio::test]
async fn the_log_is_filtered_and_searched() {
    let (logging, subscriber) = Logging::subscriber(LogOptions { console: false, ..LogOptions::default() }).unwrap();
    let dispatch = tracing::Dispatch::new(subscriber);
    tracing::dispatcher::with_default(&dispatch, || {
        tracing::info!("carrier north is bound");
        tracing::warn!("the whitelist of shop is empty");
        tracing::error!("bind failed: ESME_RINVPASWD");
    });
    let site = Site::with(Reach::Up, |options| options.log = Some(logging)).await;
    let all = site.sees(Role::Viewer, "/logs").await;
    for level in ["all", "debug", "info", "warning", "error"] {
        assert!(all.has(&format!(">{level}</a>")), "{level}: {}", all.text);
    }
    assert!(all.has("<span class=\"level error\">error</span> <bdi>bind failed"), "{}", all.text);
    for control in ["log-pause", "log-clear", "log-scroll", "data-stream=\"/logs/stream?level=trace\""] {
        assert!(all.has(control), "{control}");
    }
    let errors = site.sees(Role::Viewer, "/logs?level=error").await;
    assert!(errors.has("bind failed") && !errors.has("whitelist of shop"));
    let warnings = site.sees(Role::Viewer, "/logs?level=warning").await;
    assert!(warnings.has("bind failed") && warnings.has("whitelist of shop") && !warnings.has("north is bound"));
    let found = site.sees(Role::Viewer, "/logs?q=RINVPASWD").await;
    assert!(found.has("bind failed") && !found.has("whitelist of shop"));
}
