//! Looking on changes nothing and shows everything safely.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use smsc_engine::model::MessageId;
use smsc_engine::users::Role;

use super::seed::PROBE;
use super::site::Site;

/// Every page that can be looked at without knowing more.
const PAGES: &[&str] = &[
    "/",
    "/message_queue",
    "/records",
    "/records/questions/count_by_status",
    "/records/questions/records_of_party",
    "/sms_routing",
    "/routing",
    "/sms_routing/1",
    "/simulator",
    "/simulator?calling=Shop&called=447700900001",
    "/number_translation",
    "/locations",
    "/locations/1",
    "/frontend_status",
    "/frontend_status/uk_gateway",
    "/smpp_sessions",
    "/accounts",
    "/services",
    "/batch_workers",
    "/system",
    "/charts",
];

/// Pages with a form, for those who may send it.
const FORMS: &[&str] =
    &["/send", "/sms_routing/new", "/sms_routing/import", "/locations/new", "/message_queue/bulk?status=pending"];

#[tokio::test]
async fn every_page_is_there_for_everybody_who_is_in() {
    let site = Site::new().await;
    for path in PAGES {
        for role in Role::ALL {
            site.sees(role, path).await;
        }
    }
}

#[tokio::test]
async fn pages_that_change_things_are_for_operators() {
    let site = Site::new().await;
    for path in FORMS {
        site.sees_form(path).await;
    }
    assert_eq!(site.get(Some(Role::Operator), "/users").await.status, StatusCode::FORBIDDEN);
    for path in ["/", "/message_queue", "/sms_routing", "/smpp_sessions", "/locations"] {
        let page = site.get(Some(Role::Viewer), path).await;
        let forms = page.text.matches("method=\"post\"").count();
        assert_eq!(forms, 1, "{path}: a viewer can only log out");
    }
}

#[tokio::test]
async fn whoever_is_not_in_is_sent_to_the_log_in_and_back() {
    let site = Site::new().await;
    let page = site.get(None, "/message_queue?q=44").await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login?next=%2Fmessage_queue%3Fq%3D44"));
    assert_eq!(site.get(None, "/nowhere").await.status, StatusCode::SEE_OTHER, "nobody learns which pages there are");
    let fragment = site.send(None, Request::get("/").header("hx-request", "true"), Body::empty()).await;
    assert_eq!(fragment.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fragment.headers.get("hx-redirect").unwrap(), "/login");
    let wrong = site.post_raw(None, "/login", "name=operator&password=wrong&next=/logs".into()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("Name or password is wrong") && wrong.has("value=\"operator\"") && !wrong.has("value=\"wrong\""));
    let right = site.post_raw(None, "/login", "name=operator&password=correct+horse+battery&next=/logs".into()).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/logs"));
    let away = site.post_raw(None, "/login", "name=operator&password=correct+horse+battery&next=//evil.example".into()).await;
    assert_eq!(away.location(), "/");
}

#[tokio::test]
async fn an_unknown_page_says_so() {
    let site = Site::new().await;
    for path in [
        "/nowhere",
        "/message/999999",
        "/message/abc",
        "/sms_routing/999",
        "/locations/999",
        "/frontend_status/nobody",
        "/records/questions/why",
    ] {
        let page = site.get(Some(Role::Viewer), path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.has("Not found") && page.has("<!doctype html>"), "{path}");
    }
    let page = site.get(Some(Role::Viewer), "/%3Cscript%3E").await;
    assert!(!page.has("<script>"));
}

#[tokio::test]
async fn texts_of_strangers_come_out_harmless_everywhere() {
    let site = Site::new().await;
    site.seed.live().await;
    let found = site.get(Some(Role::Admin), "/search?q=%2B447700900003").await;
    assert_eq!(found.location(), "/message_queue?q=%2B447700900003");
    let list = site.get(Some(Role::Admin), found.location()).await;
    let (_, rest) = list.text.split_once("href=\"/message/").unwrap();
    let message = format!("/message/{}", rest.split('"').next().unwrap());
    let probe: String =
        PROBE.chars().flat_map(|letter| format!("%{:02X}", letter as u32 & 0xFF).chars().collect::<Vec<_>>()).collect();
    let paths = PAGES.iter().map(|path| (*path).to_owned()).chain(FORMS.iter().map(|path| (*path).to_owned())).chain([
        message.clone(),
        "/sms_routing/4".into(),
        format!("/message_queue?q={probe}&smsc={probe}&from={probe}"),
        format!("/simulator?calling={probe}&called=1&source_smsc={probe}"),
        format!("/sms_routing?q={probe}"),
        format!("/locations?q={probe}"),
        format!("/records?number={probe}&from={probe}"),
        format!("/records/questions/with_word?asked=yes&word={probe}"),
        format!("/send?to={probe}&from={probe}&text={probe}"),
        format!("/login?next={probe}"),
    ]);
    for path in paths {
        let page = site.get(Some(Role::Admin), &path).await;
        assert!(!page.has("<img"), "{path}");
        // A field to be changed must hold what is there; nothing around it is turned.
        let shown = page.text.split(" value=\"").map(|rest| rest.split_once('"').map_or(rest, |(_, after)| after));
        let whole = page.text.split(" value=\"").next().unwrap();
        assert!(!whole.contains('\u{202E}') && !shown.skip(1).any(|rest| rest.contains('\u{202E}')), "{path}");
    }
    let page = site.get(Some(Role::Admin), &message).await;
    assert!(page.has("&#60;img src=x onerror=alert(1)&#62;") && page.has("⟦RLO⟧"), "{}", page.text);
    let routes = site.get(Some(Role::Admin), "/sms_routing").await;
    let frontends = site.get(Some(Role::Admin), "/frontend_status").await;
    assert!(routes.has("&#60;img src=x") && frontends.has("&#60;img src=x"));
}

#[tokio::test]
async fn nothing_inline_runs_and_nothing_comes_from_elsewhere() {
    let site = Site::new().await;
    for path in PAGES.iter().chain(FORMS) {
        site.sees_nothing_foreign(path).await;
    }
    for name in ["htmx.min.js", "uplot.min.js", "uplot.css", "dashboard.css", "dashboard.js", "icon.svg"] {
        let file = site.get(None, &format!("/assets/{name}")).await;
        assert_eq!(file.status, StatusCode::OK, "{name}");
        let tag = file.headers.get(header::ETAG).unwrap().to_str().unwrap();
        let again = Request::get(format!("/assets/{name}")).header(header::IF_NONE_MATCH, tag);
        assert_eq!(site.send(None, again, Body::empty()).await.status, StatusCode::NOT_MODIFIED);
    }
    assert_eq!(site.get(None, "/assets/..%2FCargo.toml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn messages_are_found_by_id_by_number_and_by_how_they_stand() {
    let site = Site::new().await;
    let id = site.seed.send("Shop", "+447700900777", "find me").await;
    let by_id = site.get(Some(Role::Viewer), &format!("/search?q={id}")).await;
    assert_eq!(by_id.location(), format!("/message/{}", id.0));
    let page = site.get(Some(Role::Viewer), by_id.location()).await;
    assert!(page.has("find me") && page.has("+447700900777") && page.has("Accepted") && page.has("Route chosen"));
    for (query, expected) in [
        ("q=%2B447700900777", true),
        ("q=447700900777", true),
        ("q=4477009007*", true),
        ("q=Shop&status=pending", true),
        ("smsc=uk_gateway", true),
        ("smsc=de_gateway", false),
        ("q=447700900777&status=delivered", false),
        ("q=447700900777&from=2000-01-01&until=2001-01-01", false),
        ("q=447700900777&from=2000-01-01", true),
    ] {
        let page = site.get(Some(Role::Viewer), &format!("/message_queue?{query}")).await;
        assert_eq!(page.has(&format!("href=\"/message/{}\"", id.0)), expected, "{query}");
    }
    let empty = site.get(Some(Role::Viewer), "/message_queue?q=111").await;
    assert!(empty.has("No message matches") && empty.has("/records?number=111"));
    let bad = site.get(Some(Role::Viewer), "/message_queue?from=yesterday").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.fault("from").is_some());
}

#[tokio::test]
async fn long_lists_come_in_pages_and_the_filter_goes_along() {
    let site = Site::new().await;
    let mut sent = Vec::new();
    for number in 0..120 {
        sent.push(site.seed.send("Pager", &format!("+44770091{number:04}"), "page").await);
    }
    let (mut path, mut seen) = ("/message_queue?q=Pager&status=pending".to_owned(), Vec::new());
    loop {
        let page = site.get(Some(Role::Viewer), &path).await;
        let ids = page.text.split("<tr id=\"m").skip(1).map(|row| row.split('"').next().unwrap().parse().unwrap());
        seen.extend(ids.map(MessageId));
        let Some((before, _)) = page.text.split_once("rel=\"next\" href=\"").map(|(_, rest)| rest.split_once('"').unwrap())
        else {
            break;
        };
        path = before.replace("&#38;", "&");
        assert!(path.contains("q=Pager") && path.contains("status=pending"), "{path}");
    }
    seen.reverse();
    assert_eq!(seen, sent, "each once, newest first");
}

#[tokio::test]
async fn hidden_texts_are_nowhere() {
    let site = Site::with(|options| options.hide_message_body = true).await;
    let id = site.seed.send("Shop", "+447700900777", "a secret PIN").await;
    for path in
        ["/message_queue".to_owned(), format!("/message/{}", id.0), "/records".into(), format!("/message_queue/bulk?id={id}")]
    {
        let page = site.get(Some(Role::Admin), &path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.has("secret") && !page.has("61 20 73 65"), "{path}");
    }
    let page = site.get(Some(Role::Admin), &format!("/message/{}", id.0)).await;
    assert!(page.has("hidden by the configuration"));
}

#[tokio::test]
async fn the_simulator_shows_the_choice_and_the_points() {
    let site = Site::new().await;
    let page = site.get(Some(Role::Viewer), "/simulator?calling=Shop&called=07700900001&source_smsc=shop&source_type=SMPP").await;
    assert!(page.has("Route 1: through uk_gateway"), "{}", page.text);
    assert!(
        page.has("after translation")
            && page.has("national to international")
            && page.has("priority 100 goes before 110")
            && page.has("+200")
    );
    let none = site.get(Some(Role::Viewer), "/simulator?calling=Shop&called=999").await;
    assert!(none.has("No route matches such a message") && none.has("no route matches"));
}

#[tokio::test]
async fn the_browser_remembers_colours_and_zone() {
    let site = Site::new().await;
    let request =
        Request::get("/").header(header::COOKIE, format!("theme=dark; clock=local; pace=5; {}", site.cookie(Role::Viewer)));
    let page = site.send(None, request, Body::empty()).await;
    assert!(page.has("data-theme=\"dark\" data-clock=\"local\" data-pace=\"5\""), "{}", page.text);
    let strange =
        Request::get("/").header(header::COOKIE, format!("theme=\"><x; clock=?; pace=999; {}", site.cookie(Role::Viewer)));
    let page = site.send(None, strange, Body::empty()).await;
    assert!(page.has("data-clock=\"utc\" data-pace=\"2\"") && !page.has("data-theme"));
}

#[tokio::test]
async fn the_live_channel_ticks() {
    use futures_util::StreamExt;
    use tower::ServiceExt;

    let seed = super::seed::Seed::empty().await;
    let app =
        smsc_engine::http::dashboard::router(seed.control.clone(), smsc_engine::http::dashboard::DashboardOptions::default());
    let response = app.clone().oneshot(Request::get("/live").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "text/event-stream");
    let mut ticks = response.into_body().into_data_stream();
    let tick = ticks.next().await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&tick).into_owned();
    assert!(text.starts_with("event: tick\ndata: [["), "{text}");
    let samples = app.oneshot(Request::get("/history.json?span=1h").body(Body::empty()).unwrap()).await.unwrap();
    let octets = axum::body::to_bytes(samples.into_body(), 1 << 20).await.unwrap();
    let columns: Vec<Vec<Option<f64>>> = serde_json::from_slice(&octets).unwrap();
    assert_eq!(columns.len(), 8);
}

#[cfg(feature = "log")]
#[tokio::test]
async fn the_log_is_filtered_followed_and_its_level_set() {
    use smsc_engine::log::{Level, LogOptions, Logging};

    let (logging, subscriber) = Logging::subscriber(LogOptions { console: false, ..LogOptions::default() }).unwrap();
    let dispatch = tracing::Dispatch::new(subscriber);
    tracing::dispatcher::with_default(&dispatch, || {
        tracing::info!(message_id = 7, "routine <b>work</b>");
        tracing::error!("disk \u{202E} full");
    });
    let log = logging.clone();
    let site = Site::with(move |options| options.log = Some(log)).await;
    let all = site.get(Some(Role::Viewer), "/logs").await;
    assert!(
        all.has("routine &#60;b&#62;work&#60;/b&#62;") && all.has("disk ⟦RLO⟧ full") && all.has("message_id=7"),
        "{}",
        all.text
    );
    let errors = site.get(Some(Role::Viewer), "/logs?level=error").await;
    assert!(!errors.has("routine") && errors.has("disk"));
    let words = site.get(Some(Role::Viewer), "/logs?q=ROUTINE").await;
    assert!(words.has("routine &#60;b") && !words.has("disk ⟦"));
    assert_eq!(site.post(Role::Viewer, "/logs/level", "level=debug").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(Role::Operator, "/logs/level", "level=loud").await.status, StatusCode::CONFLICT);
    assert_eq!(site.post(Role::Operator, "/logs/level", "level=debug").await.status, StatusCode::SEE_OTHER);
    assert_eq!(logging.level(), Level::Debug);
}
