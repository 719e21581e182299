//! A core of somebody else: no leases, bare arrays, only the standard fields, nothing of ours. R-GW-2, 5, 6, 8, 9, 10,
//! 14, 48, 52, 93 (the reports).

use std::sync::Mutex;

use axum::Json;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};
use smsc_engine::api::{Cancel, NetworkReport, Question, Replacement};
use smsc_engine::model::{FinalState, Word};
use smsc_engine::remote::{PendingFilter, TestMessage};

use super::*;

/// How this core differs from others.
#[derive(Clone, Default)]
struct Habits {
    /// Refuses parameters and fields it does not know.
    is_strict: bool,
    /// Names the frontend `destination_smsc` alone.
    has_old_names: bool,
    /// Answers everything with this status while it is set.
    is_closed: Option<u16>,
}

/// What it keeps, and the calls it got.
#[derive(Default)]
struct Kept {
    messages: Vec<Map<String, Value>>,
    calls: Vec<String>,
    habits: Habits,
}

#[derive(Clone, Default)]
struct Foreign(Arc<Mutex<Kept>>);

impl Foreign {
    async fn start(habits: Habits) -> (Foreign, Served) {
        let foreign = Foreign::default();
        foreign.kept(|kept| kept.habits = habits);
        let served = Served::start(foreign.router()).await;
        (foreign, served)
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/api/system/health", get(|| async { "fine" }))
            .route("/api/message_queue", get(work))
            .route("/api/messages/queue", get(work))
            .route("/api/messages/get_by_smsc", get(work))
            .route("/api/messages", get(list).post(create))
            .route("/api/messages/{id}", get(show).put(retry).patch(change).delete(remove))
            .route("/api/messages/{id}/mark_delivered", post(mark_delivered))
            .route("/api/messages/{id}/delivery_status", axum::routing::put(delivery_status))
            .layer(axum::middleware::from_fn_with_state(self.clone(), note))
            .with_state(self.clone())
    }

    fn kept<T>(&self, what: impl FnOnce(&mut Kept) -> T) -> T {
        what(&mut self.0.lock().unwrap())
    }

    /// Puts a message into it that waits, with these fields besides; returns its id.
    fn add(&self, dest_smsc: &str, fields: Value) -> u64 {
        self.kept(|kept| {
            let id = kept.messages.len() as u64 + 1;
            let smsc = if kept.habits.has_old_names { "destination_smsc" } else { "dest_smsc" };
            let mut message = json!({
                "id": id, "source_msisdn": "+15551234567", "destination_msisdn": "+447700900000", "message_body": "Hello",
                "source_smsc": "api", smsc: dest_smsc, "status": "pending", "delivery_attempts": 0, "deliver_time": null,
            });
            message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            kept.messages.push(message.as_object().unwrap().clone());
            id
        })
    }

    fn field(&self, id: u64, name: &str) -> Value {
        self.kept(|kept| kept.messages[id as usize - 1][name].clone())
    }

    /// Calls so far that contain this text.
    fn calls(&self, text: &str) -> Vec<String> {
        self.kept(|kept| kept.calls.iter().filter(|call| call.contains(text)).cloned().collect())
    }
}

/// Notes every call with its body.
async fn note(State(foreign): State<Foreign>, request: Request, next: axum::middleware::Next) -> Response {
    let (parts, body) = request.into_parts();
    let octets = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let call = format!("{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(&octets));
    let closed = foreign.kept(|kept| {
        kept.calls.push(call);
        kept.habits.is_closed
    });
    match closed {
        Some(status) => (StatusCode::from_u16(status).unwrap(), "not now").into_response(),
        None => next.run(Request::from_parts(parts, octets.into())).await,
    }
}

async fn work(State(foreign): State<Foreign>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let name = query.split(['=', '&']).nth(1).unwrap_or_default().to_owned();
    foreign.kept(|kept| match kept.habits.is_strict && query.contains('&') {
        true => (StatusCode::BAD_REQUEST, "unknown parameter").into_response(),
        false => Json(kept.work(&name)).into_response(),
    })
}

impl Kept {
    /// Everything that waits for this frontend, whoever has got it before.
    fn work(&self, name: &str) -> Vec<Map<String, Value>> {
        let smsc = if self.habits.has_old_names { "destination_smsc" } else { "dest_smsc" };
        let waits = |message: &&Map<String, Value>| message["status"] == "pending" && message[smsc] == name;
        self.messages.iter().filter(waits).cloned().collect()
    }
}

async fn list(State(foreign): State<Foreign>, headers: HeaderMap) -> Json<Vec<Map<String, Value>>> {
    foreign.kept(|kept| match headers.get("smsc") {
        Some(name) => Json(kept.work(name.to_str().unwrap())),
        None => Json(kept.messages.clone()),
    })
}

async fn create(State(foreign): State<Foreign>, Json(mut new): Json<Map<String, Value>>) -> Response {
    if new["destination_msisdn"] == "+999" {
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"errors": {"detail": "no route found for the message"}})))
            .into_response();
    }
    if foreign.kept(|kept| kept.habits.is_strict) && new.contains_key("smpp") {
        return (StatusCode::UNPROCESSABLE_ENTITY, "unknown field `smpp`").into_response();
    }
    // It keeps what it knows.
    new.remove("smpp");
    let id = foreign.add("", Value::Object(new));
    (StatusCode::CREATED, Json(json!({"status": "success", "data": {"id": id}}))).into_response()
}

/// Does something to a message; 404 if there is none.
fn with(foreign: &Foreign, id: &str, what: impl FnOnce(&mut Map<String, Value>)) -> Response {
    foreign.kept(|kept| {
        let found = id.parse::<u64>().ok().and_then(|id| kept.messages.iter_mut().find(|message| message["id"] == id));
        let Some(message) = found else { return StatusCode::NOT_FOUND.into_response() };
        what(message);
        Json(message.clone()).into_response()
    })
}

async fn show(State(foreign): State<Foreign>, Path(id): Path<String>) -> Response {
    with(&foreign, &id, |_| {})
}

async fn retry(State(foreign): State<Foreign>, Path(id): Path<String>) -> Response {
    with(&foreign, &id, |message| {
        message["delivery_attempts"] = (message["delivery_attempts"].as_u64().unwrap() + 1).into();
        message.insert("deliver_after".into(), serde_json::to_value(in_an_hour()).unwrap());
    })
}

async fn change(State(foreign): State<Foreign>, Path(id): Path<String>, Json(changes): Json<Map<String, Value>>) -> Response {
    with(&foreign, &id, |message| message.extend(changes))
}

async fn remove(State(foreign): State<Foreign>, Path(id): Path<String>) -> Response {
    with(&foreign, &id, |message| message["status"] = "deleted".into())
}

async fn mark_delivered(State(foreign): State<Foreign>, Path(id): Path<String>) -> Response {
    with(&foreign, &id, |message| message["status"] = "delivered".into())
}

async fn delivery_status(
    State(foreign): State<Foreign>,
    Path(id): Path<String>,
    Json(said): Json<Map<String, Value>>,
) -> Response {
    with(&foreign, &id, |message| match said["status"].as_str().unwrap() {
        // As the documents have it: only an event.
        "accepted" | "enroute" | "unknown" => {}
        end => message["status"] = end.into(),
    })
}

#[tokio::test]
async fn every_work_list_is_asked_for_in_its_own_way_and_only_for_this_name() {
    for (variant, call) in VARIANTS.into_iter().zip([
        "GET /api/message_queue?destination_smsc=uk&limit=10&smpp=true",
        "GET /api/messages/queue?smsc=uk&limit=10&smpp=true",
        "GET /api/messages/get_by_smsc?smsc=uk&limit=10&smpp=true",
        "GET /api/messages?limit=10&smpp=true",
    ]) {
        let (foreign, served) = Foreign::start(Habits::default()).await;
        let core = forms(&served.url(), variant);
        foreign.add("uk", json!({}));
        foreign.add("us", json!({}));
        foreign.add("uk", json!({"destination_smsc": "uk"}));
        assert_eq!(ids(&lease(&core, "uk", 10).await), [1, 3], "R-GW-2, R-GW-8: {variant:?}");
        assert_eq!(foreign.calls(call).len(), 1, "{:?}", foreign.calls(""));
        lease(&core, "a&b=c /", 10).await;
        let odd = foreign.calls("").pop().unwrap();
        assert!(variant == WorkList::Header || odd.contains("=a%26b%3Dc+%2F&"), "{odd}");
    }
}

#[tokio::test]
async fn what_is_in_our_hands_is_not_sent_again_and_the_limit_does_not_starve_the_rest() {
    for habits in
        [Habits::default(), Habits { is_strict: true, ..Habits::default() }, Habits { has_old_names: true, ..Habits::default() }]
    {
        let (foreign, served) = Foreign::start(habits).await;
        let core = forms(&served.url(), WorkList::MessageQueue);
        for _ in 0..5 {
            foreign.add("uk", json!({}));
        }
        let first = lease(&core, "uk", 2).await;
        assert_eq!((ids(&first), first[0].lane.as_str(), &first[0].user_data[..]), (vec![1, 2], "uk", &b"Hello"[..]));
        assert_eq!(ids(&lease(&core, "uk", 2).await), [3, 4], "the core has no limit and gives 1 and 2 again");
        core.release(&[MessageId(3)]);
        assert_eq!(ids(&lease(&core, "uk", 10).await), [3, 5], "what was given back comes again");
        assert!(lease(&core, "uk", 10).await.is_empty());
        assert!(lease(&core, "us", 10).await.is_empty());
    }
}

#[tokio::test]
async fn every_end_of_an_attempt_is_reported_in_the_words_of_the_documents() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    for _ in 0..7 {
        foreign.add("uk", json!({}));
    }
    let messages = lease(&core, "uk", 10).await;
    let attempts = [
        Attempt::Delivered,
        Attempt::Failed(FinalState::Undeliverable, 11),
        Attempt::Failed(FinalState::Rejected, 0),
        Attempt::Failed(FinalState::Expired, 0),
        Attempt::TryAgain(0x58),
        Attempt::Unknown,
        Attempt::Handed(Word::from("A1")),
    ];
    let reports = messages.iter().zip(attempts).map(|(message, attempt)| Report { message: message.clone(), attempt });
    core.report(reports.collect()).await;
    let stands: Vec<Value> = (1..=7).map(|id| foreign.field(id, "status")).collect();
    assert_eq!(stands, ["delivered", "undeliverable", "rejected", "expired", "pending", "pending", "delivered"]);
    assert_eq!((foreign.field(5, "delivery_attempts"), foreign.field(6, "delivery_attempts")), (json!(1), json!(1)), "R-GW-14");
    for call in [
        r#"POST /api/messages/1/mark_delivered {"dest_smsc":"uk"}"#,
        r#"PUT /api/messages/2/delivery_status {"status":"undeliverable","dest_smsc":"uk","error_code":11}"#,
        r#"PUT /api/messages/3/delivery_status {"status":"rejected","dest_smsc":"uk"}"#,
        r#"PUT /api/messages/7/delivery_status {"status":"accepted","dest_smsc":"uk","smsc_message_id":"A1"}"#,
        // It would hand it out again otherwise.
        r#"POST /api/messages/7/mark_delivered {"dest_smsc":"uk"}"#,
    ] {
        assert_eq!(foreign.calls(call).len(), 1, "{call}: {:?}", foreign.calls(""));
    }
    assert_eq!(foreign.calls("PUT /api/messages/5 ").len(), 1, "without a body");
    assert!(lease(&core, "uk", 10).await.is_empty(), "what is to be tried again waits: R-GW-48");
}

#[tokio::test]
async fn receipts_of_this_process_find_their_message_and_others_are_unknown() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    foreign.add("uk", json!({}));
    let messages = lease(&core, "uk", 10).await;
    report(&core, &messages[0], Attempt::Handed(Word::from("A1"))).await;
    let receipt =
        |remote: &str| NetworkReport { lane: "uk".into(), remote: remote.into(), state: 5, error: 9, done: Some(Timestamp(0)) };
    assert_eq!(core.hear(vec![receipt("A1"), receipt("B2")]).await, [true, false]);
    let calls = foreign.calls(r#"PUT /api/messages/1/delivery_status {"status":"undeliverable""#);
    assert!(calls[0].contains(r#""smsc_message_id":"A1","error_code":9,"done_date":"1970-01-01T00:00:00Z""#), "{calls:?}");
}

#[tokio::test]
async fn nothing_is_sent_early_or_late_whatever_the_core_gives() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    foreign.add("uk", json!({"deliver_after": in_an_hour()}));
    foreign.add("uk", json!({"expires": "2020-01-01T00:00:00Z"}));
    foreign.add("uk", json!({"deliver_time": "2020-01-01T00:00:00Z"}));
    foreign.add(
        "uk",
        json!({"message_body": null, "deliver_after": null, "expires": null, "priority": null, "source_msisdn": null}),
    );
    foreign.add("uk", json!({"destination_msisdn": null}));
    assert_eq!(ids(&lease(&core, "uk", 10).await), [4]);
}

#[tokio::test]
async fn a_partner_hears_success_only_when_the_core_has_taken_the_message() {
    for is_strict in [false, true] {
        let (foreign, served) = Foreign::start(Habits { is_strict, ..Habits::default() }).await;
        let core = forms(&served.url(), WorkList::MessageQueue);
        let mut said = message("partner", "+447700900000", "\x12\x34");
        (said.data_coding, said.priority, said.expires) = (8, 2, in_an_hour());
        let accepted = submit(&core, Submission::new(said.clone())).await.unwrap();
        assert_eq!(accepted, Accepted::from(MessageId(1)));
        let field = |name| foreign.field(1, name);
        assert_eq!(
            (field("source_smsc"), field("message_body"), field("priority")),
            (json!("partner"), json!("\u{1234}"), json!(2))
        );
        assert_eq!((field("tp_dcs_character_set"), field("expires")), (json!("ucs2"), json!(said.expires)));
        let nowhere = submit(&core, Submission::new(message("partner", "+999", "x"))).await;
        assert_eq!(nowhere, Err(Refusal::NoRoute));
    }
}

#[tokio::test]
async fn several_destinations_are_several_calls_and_one_name() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    let mut all = Submission::new(message("partner", "+999", "x"));
    all.more = vec![message("partner", "+441", "x"), message("partner", "+999", "x"), message("partner", "+442", "x")];
    let accepted = submit(&core, all).await.unwrap();
    assert_eq!((accepted.id, accepted.refused), (MessageId(1), vec![(0, Refusal::NoRoute), (2, Refusal::NoRoute)]));
    assert_eq!((foreign.field(1, "destination_msisdn"), foreign.field(2, "destination_msisdn")), (json!("+441"), json!("+442")));
    assert_eq!(foreign.calls(r#""about":1"#).len(), 2, "receipts name the first: {:?}", foreign.calls(""));
    let mut none = Submission::new(message("partner", "+999", "x"));
    none.more = vec![message("partner", "+999", "y")];
    assert_eq!(submit(&core, none).await, Err(Refusal::NoRoute));
}

#[tokio::test]
async fn while_the_core_is_away_nothing_is_taken_and_reports_wait_until_it_is_back() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    foreign.add("uk", json!({}));
    foreign.add("uk", json!({}));
    let core = forms(&served.url(), WorkList::MessageQueue);
    let first = lease(&core, "uk", 1).await;
    foreign.kept(|kept| kept.habits.is_closed = Some(503));
    assert_eq!(submit(&core, Submission::new(message("partner", "+441", "x"))).await, Err(Refusal::Away), "R-GW-6");
    assert!(lease(&core, "uk", 1).await.is_empty());
    let reporting = tokio::spawn({
        let core = core.clone();
        async move { report(&core, &first[0], Attempt::Delivered).await }
    });
    until(async || (foreign.calls("mark_delivered").len() > 1).then_some(())).await;
    assert!(!reporting.is_finished());
    foreign.kept(|kept| kept.habits.is_closed = None);
    reporting.await.unwrap();
    assert_eq!(foreign.field(1, "status"), "delivered");
    let second = until(async || Some(lease(&core, "uk", 1).await).filter(|messages| !messages.is_empty())).await;
    assert_eq!(ids(&second), [2], "R-GW-52");
    let accepted = until(async || submit(&core, Submission::new(message("partner", "+441", "x"))).await.ok()).await;
    assert_eq!(accepted.id, MessageId(3));
}

#[tokio::test]
async fn a_report_about_nothing_ends_at_once() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    let mut gone = message("api", "+441", "x");
    (gone.id, gone.lane) = (MessageId(77), Lane::from("uk"));
    report(&core, &gone, Attempt::Delivered).await;
    assert_eq!(foreign.calls("/77/").len(), 1);
}

#[tokio::test]
async fn an_account_asks_about_its_own_messages_only() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = forms(&served.url(), WorkList::MessageQueue);
    let sent = message("partner", "+447700900000", "x");
    for _ in 0..3 {
        submit(&core, Submission::new(sent.clone())).await.unwrap();
    }
    let question = |account: &str, source: &str, id| Question {
        account: Account::from(account),
        id: MessageId(id),
        source: Address::from_number(source),
    };
    let standing = core.query(question("partner", "+15551234567", 1)).await.unwrap();
    assert_eq!((standing.state, standing.done, standing.error), (1, None, 0));
    for other in [question("other", "+15551234567", 1), question("partner", "+1", 1), question("partner", "+15551234567", 9)] {
        assert_eq!(core.query(other).await, Err(Refusal::Unknown));
    }
    let Question { account, source, .. } = question("partner", "+15551234567", 1);
    let replacement = Replacement {
        account: account.clone(),
        id: MessageId(1),
        source: source.clone(),
        deliver_after: None,
        expires: Some(in_an_hour()),
        registered_delivery: 0,
        sm_default_msg_id: 0,
        user_data: bytes::Bytes::from_static(b"other"),
    };
    assert_eq!(core.replace(replacement).await, Ok(()));
    assert_eq!(foreign.field(1, "message_body"), "other");
    let cancel = |id| Cancel {
        account: account.clone(),
        id,
        source: source.clone(),
        destination: sent.destination.clone(),
        service_type: Word::EMPTY,
    };
    assert_eq!(core.cancel(cancel(Some(MessageId(1)))).await, Ok(()));
    assert_eq!(core.cancel(cancel(Some(MessageId(1)))).await, Err(Refusal::TooLate));
    assert_eq!(core.cancel(cancel(None)).await, Ok(()), "all the others");
    assert_eq!((foreign.field(2, "status"), foreign.field(3, "status")), (json!("deleted"), json!("deleted")));
    assert_eq!(core.cancel(cancel(None)).await, Err(Refusal::Unknown));
}

#[tokio::test]
async fn the_dashboard_sees_what_waits_and_tries_a_connection() {
    let (foreign, served) = Foreign::start(Habits::default()).await;
    let core = remote(&served.url(), Protocol::Auto, WorkList::MessageQueue);
    assert_eq!(core.health().await, Ok(()));
    foreign.add("uk", json!({"message_body": "Your PIN"}));
    foreign.add("us", json!({"destination_msisdn": "+1222", "delivery_attempts": 3}));
    foreign.add("us", json!({"status": "delivered"}));
    let found = async |destination: &str, content: &str, smsc: &str| {
        let filter = PendingFilter { destination: destination.into(), content: content.into(), smsc: smsc.into(), max: 0 };
        core.pending(&filter).await.unwrap().messages.iter().map(|message| message.id).collect::<Vec<_>>()
    };
    assert_eq!(found("", "", "").await, [1, 2]);
    assert_eq!((found("222", "", "").await, found("", "pin", "").await, found("", "", "us").await), (vec![2], vec![1], vec![2]));
    let few = core.pending(&PendingFilter { max: 1, ..PendingFilter::default() }).await.unwrap();
    assert_eq!((few.messages.len(), few.is_truncated), (1, true));
    let view = core.message(MessageId(2)).await.unwrap().unwrap();
    assert_eq!(
        (view.destination.as_str(), view.attempts, view.dest_smsc.as_deref(), view.status.as_str()),
        ("+1222", 3, Some("us"), "pending")
    );
    assert_eq!(core.message(MessageId(99)).await, Ok(None));
    let test = TestMessage {
        source_smsc: "gw".into(),
        dest_smsc: "us".into(),
        source: "Test".into(),
        destination: "+1333".into(),
        body: "hello".into(),
    };
    assert_eq!(core.send_test(&test).await, Ok(MessageId(4)));
    assert_eq!((foreign.field(4, "dest_smsc"), foreign.field(4, "message_body")), (json!("us"), json!("hello")));
    // It has no bulk exchange, so the forms are used: R-GW-8.
    let leased = core.api().lease(&Lane::from("uk"), 10, HOLD).await;
    assert_eq!(ids(&leased), [1]);
}
