//! What waits in the core, asked of a real one.

use axum::http::StatusCode;
use smsc_engine::log::{LogOptions, Logging};
use smsc_engine::model::MessageId;
use smsc_engine::users::Role;

use super::site::{Reach, Site};

/// Sends as people do, with the bind that is to deliver it.
fn form(dest_smsc: &str, to: &str, body: &str) -> String {
    format!("dest_smsc={dest_smsc}&source=Shop&destination={to}&body={body}")
}

async fn sent(site: &Site, dest_smsc: &str, to: &str, body: &str) -> MessageId {
    let page = site.post(Role::Operator, "/test_message", &form(dest_smsc, to, body)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    MessageId(page.location().strip_prefix("/queue/").unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_test_message_goes_where_it_was_told_to() {
    let site = Site::new().await;
    let id = sent(&site, "north", "%2B447700900555", "Gr%C3%BC%C3%9Fe").await;
    let message = site.core.control.handle.message(id).await.unwrap().message;
    assert_eq!((message.lane.as_str(), message.destination.number().as_ref()), ("north", "+447700900555"));
    let page = site.sees(Role::Viewer, &format!("/queue/{}", id.0)).await;
    for text in
        ["Grüße", "+447700900555", "Shop", "dest_smsc", "north", "Delivery attempts", "pending", "deliver_after", "expires"]
    {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    assert!(!page.has("No bind of this gateway"));
}

#[tokio::test]
async fn a_test_message_that_is_not_whole_says_why_at_the_field() {
    let site = Site::new().await;
    let page = site.post(Role::Operator, "/test_message", "dest_smsc=&source=Shop&destination=&body=hello+there").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["dest_smsc", "destination"] {
        assert_eq!(page.fault(field), Some("is required"), "{field}");
    }
    assert!(page.fault("body").is_none() && page.has("hello there") && page.has("value=\"Shop\""));
    assert!(page.has("<option value=\"north\">") && page.has("<option value=\"shop\">"), "binds are suggested");
    assert_eq!(site.core.control.handle.counts().pending, 0);
}

#[tokio::test]
async fn pending_messages_are_listed_counted_and_searched() {
    let site = Site::new().await;
    let first = sent(&site, "north", "%2B447700900111", "alpha").await;
    let second = sent(&site, "north", "%2B447700900222", "beta").await;
    let third = sent(&site, "nowhere", "%2B447700900333", "alpha+beta").await;
    for (query, expected) in [
        ("", vec![first, second, third]),
        ("?destination=900222", vec![second]),
        ("?q=900222", vec![second]),
        ("?content=ALPHA", vec![first, third]),
        ("?smsc=nowhere", vec![third]),
        ("?smsc=north&content=beta", vec![second]),
        ("?destination=999", vec![]),
    ] {
        let page = site.sees(Role::Viewer, &format!("/queue{query}")).await;
        for id in [first, second, third] {
            let row = page.has(&format!("href=\"/queue/{}\"", id.0));
            assert_eq!(row, expected.contains(&id), "{query}: {id}");
        }
        let count = format!("<span class=\"value\">{}</span>", expected.len());
        assert!(page.has(&count), "{query}: {}", page.text);
    }
    let page = site.sees(Role::Viewer, &format!("/queue/{}", third.0)).await;
    assert!(page.has("No bind of this gateway is called nowhere"), "{}", page.text);
}

#[tokio::test]
async fn a_message_the_core_does_not_have_is_not_found() {
    let site = Site::new().await;
    let page = site.get(Some(Role::Viewer), "/queue/999999").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.has("The core has no message"));
}

#[tokio::test]
async fn texts_can_be_hidden() {
    let site = Site::with(Reach::Up, |options| options.hide_message_body = true).await;
    let id = sent(&site, "north", "%2B447700900111", "a+secret+PIN").await;
    for path in ["/queue".to_owned(), format!("/queue/{}", id.0)] {
        assert!(!site.sees(Role::Admin, &path).await.has("secret"), "{path}");
    }
}

#[tokio::test]
async fn a_core_that_is_away_is_told_on_every_page_about_it_and_in_the_log() {
    let (logging, subscriber) = Logging::subscriber(LogOptions { console: false, ..LogOptions::default() }).unwrap();
    let site = Site::with(Reach::Away, |_| {}).await;
    let _guard = tracing::subscriber::set_default(subscriber);
    let list = site.sees(Role::Viewer, "/queue").await;
    assert!(list.has("cannot be reached: connection refused") && list.has("role=\"alert\""), "{}", list.text);
    let one = site.get(Some(Role::Viewer), "/queue/7").await;
    assert_eq!(one.status, StatusCode::BAD_GATEWAY);
    assert!(one.has("cannot be reached"));
    let test = site.post(Role::Operator, "/test_message", &form("north", "%2B447700900111", "alpha")).await;
    assert_eq!(test.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(test.has("The message is not sent") && test.has("value=\"+447700900111\""), "{}", test.text);
    let live = site.sees(Role::Viewer, "/").await;
    assert!(live.has("The core cannot be reached.") && live.has("connection refused"), "{}", live.text);
    let logged: Vec<String> = logging.ring().latest(usize::MAX).iter().map(|line| line.text.clone()).collect();
    for text in ["api ", "connection refused", "dashboard: The core at"] {
        assert!(logged.iter().any(|line| line.contains(text)), "{text}: {logged:?}");
    }
}
