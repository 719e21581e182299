//! Tables of routes: selection against a plain list, changes, imports, simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use proptest::prelude::*;
use smsc_engine::BoxFuture;
use smsc_engine::core::StoreError;
use smsc_engine::core::route::{
    Action, AfterReply, Choice, Decision, Facts, ImportMode, MemoryRouteStore, Query, RouteChange, RouteStore, RouteTable,
    Router, TableError, TableOptions,
};
use smsc_engine::model::{Account, Address, Charged, Lane, Message, MessageId, Route, SourceType, Timestamp};

fn options() -> TableOptions {
    let mut options = TableOptions::default();
    options.seed = Some(1);
    options
}

async fn table(routes: Vec<Route>) -> RouteTable {
    let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), options()).await.unwrap();
    table.import(routes, ImportMode::Replace).await.unwrap();
    table
}

fn to(dest: &str) -> Route {
    Route { dest_smsc: Some(dest.into()), ..Route::default() }
}

fn called(prefix: &str, dest: &str) -> Route {
    Route { called_prefix: Some(prefix.into()), ..to(dest) }
}

fn message(calling: &str, called: &str) -> Message {
    let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::default());
    message.source = Address::new(1, 1, calling);
    message.destination = Address::new(1, 1, called);
    message
}

fn facts() -> Facts<'static> {
    Facts::at(Timestamp(0))
}

fn choice(table: &RouteTable, message: &Message, facts: &Facts<'_>) -> Option<Choice> {
    match table.route(message, facts) {
        Decision::Chosen(choice) => {
            table.count(choice.route);
            Some(choice)
        }
        _ => None,
    }
}

/// Where a message to this number goes.
fn dest(table: &RouteTable, called: &str) -> Option<String> {
    lane(choice(table, &message("Shop", called), &facts()))
}

fn lane(choice: Option<Choice>) -> Option<String> {
    match choice?.action {
        Action::Deliver(lane) => Some(lane.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The rules as the specification tells them, on a plain list: the numbers of the routes that share such messages.
fn plain(routes: &[Route], query: &Query<'_>) -> BTreeSet<u64> {
    let bare = |number: &[u8]| number.strip_prefix(b"+").unwrap_or(number).to_vec();
    let starts = |prefix: &Option<String>, number: &[u8]| {
        prefix.as_ref().is_none_or(|prefix| bare(number).starts_with(&bare(prefix.as_bytes())))
    };
    let len = |prefix: &Option<String>| prefix.as_ref().map_or(0, |prefix| bare(prefix.as_bytes()).len());
    let matching = routes.iter().filter(|route| {
        route.enabled
            && starts(&route.called_prefix, query.called)
            && starts(&route.calling_prefix, query.calling)
            && route.source_smsc.as_ref().is_none_or(|source| source == query.source_smsc)
            && route.source_type.is_none_or(|kind| query.source_type == Some(kind))
            && route.enum_domain.as_ref().is_none_or(|domain| query.enum_domain == Some(domain))
            && !(query.is_reply && route.auto_reply)
    });
    let rank = |route: &Route| {
        let named = |named: bool, points: usize| if named { points } else { 0 };
        let score = 100 * len(&route.called_prefix)
            + 50 * len(&route.calling_prefix)
            + named(route.source_smsc.is_some(), 25)
            + named(route.enum_domain.is_some(), 15)
            + named(route.source_type.is_some(), 10);
        (route.priority, std::cmp::Reverse(score))
    };
    let matching: Vec<&Route> = matching.collect();
    let best = matching.iter().map(|route| rank(route)).min();
    matching.iter().filter(|route| Some(rank(route)) == best).map(|route| route.id).collect()
}

prop_compose! {
    /// Few letters and digits, so that much matches.
    fn any_route()(
        called_prefix in prop::option::of("[+]?[12]{1,3}"),
        calling_prefix in prop::option::of("[+]?[1A]{1,2}"),
        source_smsc in prop::option::weighted(0.3, "[ab]"),
        enum_domain in prop::option::weighted(0.3, r"(x\.org|y\.org)"),
        source_type in prop::option::weighted(0.3, prop::sample::select(&SourceType::ALL[..])),
        priority in prop::sample::select(&[1_u8, 100, 255][..]),
        weight in 1_u8..=100,
        auto_reply in prop::bool::weighted(0.2),
        enabled in prop::bool::weighted(0.8),
    ) -> Route {
        let auto_reply_message = auto_reply.then(|| "closed".to_owned());
        Route {
            called_prefix, calling_prefix, source_smsc, enum_domain, source_type, priority, weight, auto_reply, auto_reply_message,
            enabled, ..to("gateway")
        }
    }
}

#[derive(Clone, Debug)]
struct Asked {
    calling: Vec<u8>,
    called: Vec<u8>,
    source_smsc: String,
    source_type: Option<SourceType>,
    enum_domain: Option<String>,
    is_reply: bool,
}

prop_compose! {
    fn any_query()(
        calling in prop_oneof![9 => "[+]?[1A]{0,3}".prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..4)],
        called in prop_oneof![9 => "[+]?[12]{0,4}".prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..4)],
        source_smsc in "[abc]",
        source_type in prop::option::of(prop::sample::select(&SourceType::ALL[..])),
        enum_domain in prop::option::of(r"(x\.org|y\.org|z\.org)"),
        is_reply in any::<bool>(),
    ) -> Asked {
        Asked { calling, called, source_smsc, source_type, enum_domain, is_reply }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(Route),
    Edit(usize, Route),
    Delete(usize),
    Replace(Vec<Route>),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_route().prop_map(Step::Add),
        3 => (any::<usize>(), any_route()).prop_map(|(at, route)| Step::Edit(at, route)),
        3 => any::<usize>().prop_map(Step::Delete),
        1 => prop::collection::vec(any_route(), 0..20).prop_map(Step::Replace),
    ]
}

async fn take(table: &RouteTable, routes: &mut BTreeMap<u64, Route>, step: Step) {
    let nth = |routes: &BTreeMap<u64, Route>, at: usize| routes.keys().copied().nth(at % routes.len().max(1));
    match step {
        Step::Add(route) => {
            let route = table.add(route).await.unwrap();
            assert!(routes.insert(route.id, route).is_none(), "a number was used again");
        }
        Step::Edit(at, route) => {
            let Some(id) = nth(routes, at) else { return };
            routes.insert(id, table.edit(id, move |old| *old = route).await.unwrap());
        }
        Step::Delete(at) => {
            let Some(id) = nth(routes, at) else { return };
            assert_eq!(table.delete(id).await.unwrap(), routes.remove(&id).unwrap());
        }
        Step::Replace(rows) => {
            table.import(rows, ImportMode::Replace).await.unwrap();
            *routes = table.list(0, usize::MAX).into_iter().map(|route| (route.id, route)).collect();
        }
    }
}

fn compare(table: &RouteTable, routes: &[Route], asked: &Asked) {
    let Asked { calling, called, source_smsc, source_type, enum_domain, is_reply } = asked;
    let mut query = Query::default();
    (query.calling, query.called, query.source_smsc) = (calling, called, source_smsc);
    (query.source_type, query.enum_domain, query.is_reply) = (*source_type, enum_domain.as_deref(), *is_reply);
    let expected = plain(routes, &query);
    let simulation = table.simulate(&query);
    let all = || simulation.chosen.iter().chain(&simulation.others);
    let shared: BTreeSet<u64> = all().filter(|candidate| candidate.share > 0.0).map(|candidate| candidate.route.id).collect();
    assert_eq!(shared, expected, "{asked:?}");
    for candidate in all() {
        assert_eq!(candidate.criteria.iter().map(|criterion| criterion.points).sum::<u32>(), candidate.score);
    }
    let mut message = message("", "");
    (message.source.digits, message.destination.digits) =
        (smsc_engine::model::Word::new(calling), smsc_engine::model::Word::new(called));
    message.account = Account::from(source_smsc.as_str());
    if *is_reply {
        message.extra_mut().auto_reply = true;
    }
    let mut facts = facts();
    (facts.source_type, facts.enum_domain) = (*source_type, enum_domain.as_deref());
    match choice(table, &message, &facts) {
        Some(choice) => assert!(expected.contains(&choice.route), "{asked:?}: {choice:?} is none of {expected:?}"),
        None => assert!(expected.is_empty(), "{asked:?}: none of {expected:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_changing_table_chooses_as_a_plain_list_does(
        steps in prop::collection::vec(any_step(), 1..40),
        asked in prop::collection::vec(any_query(), 20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Arc::new(MemoryRouteStore::default());
            let table = RouteTable::open(store.clone(), options()).await.unwrap();
            let mut routes = BTreeMap::new();
            for step in steps {
                take(&table, &mut routes, step).await;
            }
            let routes: Vec<Route> = routes.into_values().collect();
            assert_eq!(table.list(0, usize::MAX), routes);
            let reopened = RouteTable::open(store, options()).await.unwrap();
            for asked in &asked {
                compare(&table, &routes, asked);
                compare(&reopened, &routes, asked);
            }
        });
    }
}

#[tokio::test]
async fn prefixes_match_with_and_without_a_plus() {
    let table = table(vec![called("+44", "uk"), called("1900", "premium")]).await;
    for (number, expected) in [
        ("+447700900123", Some("uk")),
        ("447700900123", Some("uk")),
        ("+19001234", Some("premium")),
        ("19001234", Some("premium")),
        ("+4", None),
        ("+331", None),
        ("", None),
    ] {
        assert_eq!(dest(&table, number).as_deref(), expected, "{number}");
    }
}

#[tokio::test]
async fn senders_with_letters_have_prefixes_too() {
    let table = table(vec![Route { calling_prefix: Some("Shöp".into()), ..to("letters") }]).await;
    assert_eq!(lane(choice(&table, &message("Shöp1", "44"), &facts())).as_deref(), Some("letters"));
    assert_eq!(choice(&table, &message("Shop1", "44"), &facts()), None);
}

#[tokio::test]
async fn each_criterion_excludes_what_it_does_not_fit() {
    let routes = vec![
        Route { source_smsc: Some("shop".into()), called_prefix: Some("1".into()), ..to("source") },
        Route { source_smsc: Some("shopper".into()), called_prefix: Some("1".into()), ..to("never") },
        Route { source_type: Some(SourceType::Ims), called_prefix: Some("2".into()), ..to("ims") },
        Route { enum_domain: Some("Carrier.example".into()), called_prefix: Some("3".into()), ..to("enum") },
    ];
    let table = table(routes).await;
    assert_eq!(dest(&table, "1").as_deref(), Some("source"));
    assert_eq!((dest(&table, "2"), dest(&table, "3")), (None, None));
    let mut known = facts();
    known.source_type = Some(SourceType::Ims);
    known.enum_domain = Some("carrier.example.");
    assert_eq!(lane(choice(&table, &message("", "2"), &known)).as_deref(), Some("ims"));
    assert_eq!(lane(choice(&table, &message("", "3"), &known)).as_deref(), Some("enum"), "names of DNS know no case");
    known.source_type = Some(SourceType::Smpp);
    known.enum_domain = Some("er.example");
    assert_eq!((choice(&table, &message("", "2"), &known), choice(&table, &message("", "3"), &known)), (None, None));
}

#[tokio::test]
async fn priority_goes_before_length_and_length_before_chance() {
    let table = table(vec![
        Route { priority: 50, ..called("44", "preferred") },
        called("4477", "longer"),
        called("1", "short"),
        called("1900", "long"),
    ])
    .await;
    assert_eq!(dest(&table, "447700900123").as_deref(), Some("preferred"));
    assert_eq!(dest(&table, "19005550100").as_deref(), Some("long"));
    assert_eq!(dest(&table, "12125550100").as_deref(), Some("short"));
}

#[tokio::test]
async fn equal_routes_share_by_weight() {
    let equal = |weight, dest| Route { weight, priority: 50, ..called("+44", dest) };
    // One digit less of the called number and two of the calling one are worth the same.
    let shaped =
        Route { called_prefix: Some("4".into()), calling_prefix: Some("Sh".into()), weight: 30, priority: 50, ..to("backup") };
    for routes in [vec![equal(70, "primary"), equal(30, "backup")], vec![shaped, equal(70, "primary")]] {
        let table = table(routes).await;
        let primary = (0..10_000).filter(|_| dest(&table, "447700900123").as_deref() == Some("primary")).count();
        assert!((6_800..=7_200).contains(&primary), "{primary}");
        let shares: Vec<u64> = table.matches().into_iter().map(|(_, matched)| matched).collect();
        assert_eq!(shares.iter().sum::<u64>(), 10_000);
        assert!(shares.contains(&(primary as u64)), "{shares:?}");
    }
}

#[tokio::test]
async fn a_route_says_what_becomes_of_the_message_and_whether_it_is_charged() {
    let reply = Route { auto_reply: true, auto_reply_message: Some("closed".into()), ..Route::default() };
    let routes = vec![
        Route { charged: Charged::Yes, priority: 7, ..called("1", "gateway") },
        Route { drop: true, charged: Charged::No, called_prefix: Some("2".into()), ..to("nobody") },
        Route { called_prefix: Some("3".into()), ..reply.clone() },
        Route { called_prefix: Some("4".into()), drop: true, ..reply },
    ];
    let table = table(routes).await;
    let chosen = |number| choice(&table, &message("", number), &facts()).unwrap();
    let answer = |then| Action::Reply { text: "closed".into(), then };
    for (number, expected) in [
        ("1", Choice { route: 1, priority: 7, charged: Charged::Yes, action: Action::Deliver(Lane::from("gateway")) }),
        ("2", Choice { route: 2, priority: 100, charged: Charged::No, action: Action::Drop }),
        ("3", Choice { route: 3, priority: 100, charged: Charged::Default, action: answer(AfterReply::Delivered) }),
        ("4", Choice { route: 4, priority: 100, charged: Charged::Default, action: answer(AfterReply::Dropped) }),
        ("1", Choice { route: 1, priority: 7, charged: Charged::Yes, action: Action::Deliver(Lane::from("gateway")) }),
    ] {
        assert_eq!(chosen(number), expected);
    }
}

#[tokio::test]
async fn an_answer_causes_no_other() {
    let answers = Route { auto_reply: true, auto_reply_message: Some("closed".into()), priority: 1, ..Route::default() };
    let table = table(vec![answers, to("gateway")]).await;
    let mut reply = message("1", "2");
    assert!(matches!(choice(&table, &reply, &facts()).unwrap().action, Action::Reply { .. }));
    reply.extra_mut().auto_reply = true;
    assert_eq!(lane(choice(&table, &reply, &facts())).as_deref(), Some("gateway"));
}

#[tokio::test]
async fn routes_to_nobody_are_passed_over_if_the_operator_wishes() {
    let up = Arc::new(AtomicBool::new(true));
    let mut options = options();
    let watched = up.clone();
    options.alive = Some(Arc::new(move |lane: &Lane| lane.as_str() != "main" || watched.load(Ordering::Relaxed)));
    let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), options).await.unwrap();
    let twin = |dest| Route { priority: 1, ..to(dest) };
    table.import(vec![twin("main"), twin("twin"), Route { priority: 2, ..to("backup") }], ImportMode::Replace).await.unwrap();
    let seen = |rounds: u32| (0..rounds).filter_map(|_| dest(&table, "1")).collect::<BTreeSet<_>>();
    assert_eq!(seen(100), BTreeSet::from(["main".to_owned(), "twin".to_owned()]));
    up.store(false, Ordering::Relaxed);
    assert_eq!(seen(100), BTreeSet::from(["twin".to_owned()]));
    table.delete(2).await.unwrap();
    assert_eq!(dest(&table, "1").as_deref(), Some("backup"));
    table.delete(3).await.unwrap();
    assert_eq!(dest(&table, "1"), None);
    let simulation = table.simulate(&Query::default());
    assert_eq!((simulation.chosen, &*simulation.reason), (None, "all 1 routes that match are passed over"));
    assert_eq!(simulation.others[0].passed_over, Some("nobody serves its destination at present"));
}

#[tokio::test]
async fn changes_count_for_the_next_message() {
    let table = table(vec![]).await;
    assert_eq!(dest(&table, "1"), None);
    let route = table.add(to("one")).await.unwrap();
    assert_eq!(dest(&table, "1").as_deref(), Some("one"));
    table.edit(route.id, |route| route.dest_smsc = Some("two".into())).await.unwrap();
    assert_eq!(dest(&table, "1").as_deref(), Some("two"));
    assert_eq!(table.matches(), [(route.id, 2)], "a changed route goes on counting");
    table.edit(route.id, |route| route.enabled = false).await.unwrap();
    assert_eq!((dest(&table, "1"), table.len()), (None, 1));
    table.edit(route.id, |route| route.enabled = true).await.unwrap();
    assert_eq!(dest(&table, "1").as_deref(), Some("two"));
    table.delete(route.id).await.unwrap();
    assert_eq!((dest(&table, "1"), table.get(route.id)), (None, None));
    assert!(table.add(to("three")).await.unwrap().id > route.id, "numbers are not used again");
    assert!(matches!(table.delete(route.id).await, Err(TableError::Unknown(id)) if id == route.id));
}

#[tokio::test]
async fn the_configuration_fills_only_an_empty_table() {
    let table = table(vec![]).await;
    assert!(!table.seed(vec![]).await.unwrap());
    assert!(table.seed(vec![to("first")]).await.unwrap());
    assert!(!table.seed(vec![to("second")]).await.unwrap());
    assert_eq!((table.len(), dest(&table, "1").as_deref()), (1, Some("first")));
}

#[tokio::test]
async fn a_merge_adds_under_new_numbers_and_twice_is_once() {
    let table = table(vec![called("1", "one")]).await;
    let rows = vec![Route { id: 1, ..called("2", "two") }, called("1", "one")];
    let report = table.import(rows.clone(), ImportMode::Merge).await.unwrap();
    assert_eq!((report.added, report.unchanged, report.deleted), (1, 1, 0));
    let report = table.import(rows, ImportMode::Merge).await.unwrap();
    assert_eq!((report.added, report.unchanged), (0, 2));
    assert_eq!((dest(&table, "1").as_deref(), dest(&table, "2").as_deref()), (Some("one"), Some("two")));
    assert_eq!(table.list(0, 10).iter().map(|route| route.id).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_replace_deletes_all_and_keeps_numbers() {
    let table = table(vec![called("1", "one"), called("2", "two")]).await;
    let report = table.import(vec![to("new"), Route { id: 9, ..called("7", "nine") }], ImportMode::Replace).await.unwrap();
    assert_eq!((report.added, report.deleted), (2, 2));
    assert_eq!(table.list(0, 10).iter().map(|route| route.id).collect::<Vec<_>>(), [9, 10]);
    assert_eq!((dest(&table, "1").as_deref(), dest(&table, "7").as_deref()), (Some("new"), Some("nine")));
}

#[tokio::test]
async fn a_faulty_import_changes_nothing_and_names_the_row() {
    let table = table(vec![called("1", "one")]).await;
    for (bad, said) in [
        (Route { weight: 0, ..to("x") }, "row 2: weight: 0 is not in 1 to 100"),
        (Route::default(), "row 2: dest_smsc: missing, and the route neither replies nor drops"),
        (Route { id: 5, ..to("x") }, "row 2: id: 5 is there twice"),
    ] {
        let rows = vec![Route { id: 5, ..called("2", "two") }, bad];
        assert_eq!(table.import(rows.clone(), ImportMode::Replace).await.unwrap_err().to_string(), said);
        if !said.contains("twice") {
            assert_eq!(table.import(rows, ImportMode::Merge).await.unwrap_err().to_string(), said);
        }
    }
    assert_eq!((table.len(), dest(&table, "1").as_deref(), dest(&table, "2")), (1, Some("one"), None));
}

#[tokio::test]
async fn a_full_table_takes_no_more() {
    let mut options = options();
    options.limit = 2;
    let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), options).await.unwrap();
    table.import(vec![to("a"), to("b")], ImportMode::Merge).await.unwrap();
    assert!(matches!(table.add(to("c")).await, Err(TableError::Full(2))));
    assert!(matches!(table.import(vec![to("c")], ImportMode::Merge).await, Err(TableError::Full(2))));
    assert!(matches!(table.import(vec![to("c"); 3], ImportMode::Replace).await, Err(TableError::Full(2))));
    assert_eq!(table.len(), 2);
}

/// A store that says no while it is told to, and tells what it saw.
#[derive(Default)]
struct Moody {
    broken: AtomicBool,
    saved: Mutex<Vec<RouteChange>>,
}

impl RouteStore for Moody {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn save<'a>(&'a self, changes: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            // Somebody else runs first: whoever waits for this can be gone by now.
            tokio::task::yield_now().await;
            if self.broken.load(Ordering::Relaxed) {
                return Err(StoreError::new("disk on fire"));
            }
            self.saved.lock().unwrap().extend_from_slice(changes);
            Ok(())
        })
    }
}

#[tokio::test]
async fn what_is_not_stored_is_not_seen() {
    let store = Arc::new(Moody::default());
    let table = RouteTable::open(store.clone(), options()).await.unwrap();
    store.broken.store(true, Ordering::Relaxed);
    assert_eq!(table.add(to("one")).await.unwrap_err().to_string(), "the store failed: disk on fire");
    assert_eq!((table.len(), dest(&table, "1")), (0, None));
    store.broken.store(false, Ordering::Relaxed);
    let route = table.add(to("one")).await.unwrap();
    assert_eq!(*store.saved.lock().unwrap(), [RouteChange::Put(route)]);
}

#[tokio::test]
async fn a_change_is_finished_though_nobody_waits_for_it() {
    let store = Arc::new(Moody::default());
    let table = RouteTable::open(store.clone(), options()).await.unwrap();
    let mut adding = Box::pin(table.add(to("one")));
    assert!(adding.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(adding);
    // Writers are served one after the other, so the one before has ended.
    table.add(called("2", "two")).await.unwrap();
    assert_eq!((table.len(), store.saved.lock().unwrap().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_lost_or_misrouted_while_routes_change() {
    let mut routes: Vec<Route> = (0..1000).map(|n| Route { id: n + 1, ..called(&format!("9{n:03}"), "noise") }).collect();
    routes.push(Route { id: 5000, ..called("44", "old") });
    routes.push(called("1", "steady"));
    let table = table(routes).await;
    let stop = Arc::new(AtomicBool::new(false));
    let ask = |table: RouteTable, stop: Arc<AtomicBool>| {
        move || {
            let mut asked = 0_u32;
            while !stop.load(Ordering::Relaxed) || asked < 1000 {
                assert_eq!(dest(&table, "12125550100").as_deref(), Some("steady"));
                let moving = dest(&table, "447700900123");
                assert!(matches!(moving.as_deref(), Some("old" | "new")), "{moving:?}");
                asked += 1;
            }
        }
    };
    let readers: Vec<_> = (0..3).map(|_| std::thread::spawn(ask(table.clone(), stop.clone()))).collect();
    for n in 0..300 {
        table.edit(5000, move |route| route.dest_smsc = Some(if n % 2 == 0 { "new" } else { "old" }.into())).await.unwrap();
        table.add(called("44", "new")).await.unwrap();
        table.delete(1 + n).await.unwrap();
    }
    let all = table.list(0, usize::MAX);
    table.import(all, ImportMode::Replace).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert_eq!(table.len(), 1002);
}

#[tokio::test]
async fn a_simulation_explains_and_counts_nothing() {
    let table = table(vec![
        Route { priority: 50, weight: 70, ..called("+44", "primary") },
        Route { priority: 50, weight: 30, ..called("44", "backup") },
        Route { source_smsc: Some("shop".into()), ..to("default") },
        called("1", "other"),
    ])
    .await;
    let mut query = Query::default();
    (query.calling, query.called, query.source_smsc) = (b"Shop", b"+447700900123", "shop");
    let simulation = table.simulate(&query);
    assert_eq!(simulation.reason, "drawn by weight among 2 routes of equal priority and score");
    let chosen = simulation.chosen.unwrap();
    assert!([1, 2].contains(&chosen.route.id) && chosen.score == 200, "{chosen:?}");
    assert_eq!(chosen.share, f64::from(chosen.route.weight));
    assert_eq!(simulation.others.len(), 2, "the route to 1 does not match");
    let last = simulation.others.last().unwrap();
    assert_eq!((last.route.id, last.score, last.share), (3, 25, 0.0));
    assert_eq!((last.criteria[0].field, &*last.criteria[0].found), ("source_smsc", "shop"));
    table.delete(2).await.unwrap();
    assert_eq!(table.simulate(&query).reason, "priority 50 goes before 100");
    table.edit(1, |route| route.priority = 100).await.unwrap();
    assert_eq!(table.simulate(&query).reason, "more specific at equal priority: 200 points against 25");
    table.delete(3).await.unwrap();
    assert_eq!(table.simulate(&query).reason, "the only route that matches");
    assert_eq!(table.simulate(&Query::default()).reason, "no route matches");
    assert_eq!(table.matches(), []);
}

#[cfg(feature = "json")]
mod document {
    use super::*;
    use smsc_engine::core::route::{DocumentError, read_document};

    fn full() -> Route {
        Route {
            id: 42,
            calling_prefix: Some("1555".into()),
            called_prefix: Some("+44".into()),
            source_smsc: Some("shop".into()),
            source_type: Some(SourceType::Cs),
            enum_domain: Some("carrier.example".into()),
            dest_smsc: Some("uk_gateway".into()),
            auto_reply: true,
            auto_reply_message: Some("we are \"closed\"".into()),
            drop: true,
            charged: Charged::Yes,
            weight: 70,
            priority: 50,
            description: "UK".into(),
            enabled: false,
        }
    }

    #[tokio::test]
    async fn a_document_has_every_field_by_its_name() {
        let table = table(vec![full()]).await;
        let expected = serde_json::json!({"routes": [{
            "id": 42, "calling_prefix": "1555", "called_prefix": "+44", "source_smsc": "shop", "source_type": "CS",
            "enum_domain": "carrier.example", "dest_smsc": "uk_gateway", "auto_reply": true,
            "auto_reply_message": "we are \"closed\"", "drop": true, "charged": "yes", "weight": 70, "priority": 50,
            "description": "UK", "enabled": false,
        }]});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&table.export()).unwrap(), expected);
        assert_eq!(read_document(table.export().as_bytes(), 1).unwrap(), [full()]);
    }

    #[test]
    fn a_bare_list_and_the_other_name_of_the_domain_are_read() {
        let rows = read_document(br#"[{"dest_smsc": "a", "enum_result_domain": "x.org"}]"#, 1).unwrap();
        assert_eq!(rows, [Route { enum_domain: Some("x.org".into()), ..to("a") }]);
    }

    #[test]
    fn errors_name_the_row_and_the_field() {
        for (document, said) in [
            (
                r#"[{"dest_smsc":"a"},{"dest_smsc":"b","weight":"much"}]"#,
                "row 2: weight: invalid type: string \"much\", expected u8",
            ),
            (r#"{"routes":[{"priority":256}]}"#, "row 1: priority: invalid value: integer `256`, expected u8"),
            (r#"[{"source_type":"SS7"}]"#, "row 1: source_type: unknown variant `SS7`, expected one of `IMS`, `CS`, `SMPP`"),
            (r#"[7]"#, "row 1: route: invalid type: integer `7`, expected struct Route"),
            (r#"[{},{},{}]"#, "there are more than 2 rows"),
        ] {
            assert_eq!(read_document(document.as_bytes(), 2).unwrap_err().to_string(), said);
        }
        let unknown = read_document(br#"[{"dest_smsc":"a","colour":1}]"#, 2).unwrap_err();
        assert!(matches!(unknown, DocumentError::Row { row: 1, field, .. } if field == "colour"));
        for document in ["", "{}", "7", "[{}", "[] []", "{\"routes\":{}}x"] {
            assert!(matches!(read_document(document.as_bytes(), 2), Err(DocumentError::Shape(_))), "{document}");
        }
    }

    #[tokio::test]
    async fn a_bad_document_changes_nothing() {
        let table = table(vec![to("one")]).await;
        let bad = br#"{"routes":[{"dest_smsc":"two"},{"weight":7}]}"#.to_vec();
        let error = table.import_document(bad, ImportMode::Replace).await.unwrap_err();
        assert_eq!(error.to_string(), "row 2: dest_smsc: missing, and the route neither replies nor drops");
        assert_eq!(dest(&table, "1").as_deref(), Some("one"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn export_and_replace_give_the_same_routing(
            routes in prop::collection::vec(any_route(), 0..30),
            asked in prop::collection::vec(any_query(), 20),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let (from, into) = (table(routes).await, table(vec![to("old")]).await);
                into.import_document(from.export().into_bytes(), ImportMode::Replace).await.unwrap();
                let routes = from.list(0, usize::MAX);
                assert_eq!(into.list(0, usize::MAX), routes);
                asked.iter().for_each(|asked| compare(&into, &routes, asked));
            });
        }
    }

    #[tokio::test]
    async fn a_simulation_can_be_written_as_json() {
        let table = table(vec![called("44", "uk")]).await;
        let query = Query { called: b"+447700900123", ..Query::default() };
        let json = serde_json::to_value(table.simulate(&query)).unwrap();
        assert_eq!(json["chosen"]["route"]["dest_smsc"], "uk");
        assert_eq!(json["chosen"]["criteria"][0]["points"], 200);
    }
}
