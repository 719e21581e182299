//! Locations of subscribers: registrations, their ends, and who hears of them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smsc_engine::BoxFuture;
use smsc_engine::core::StoreError;
use smsc_engine::core::location::{
    LocationChange, LocationError, LocationOptions, LocationStore, Locations, MemoryLocationStore, Reach,
};
use smsc_engine::model::{Lane, Location, Timestamp};

const NOW: Timestamp = Timestamp(1_000_000);
const END: Timestamp = Timestamp(2_000_000);

fn at(imsi: &str, msisdn: &str, frontend: &str) -> Location {
    let (imsi, msisdn, location) = (imsi.into(), msisdn.into(), Some(frontend.into()));
    Location { imsi, msisdn, location, expires: Some(END), ..Location::default() }
}

async fn locations() -> (Locations, Arc<Mutex<Vec<Reach>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut options = LocationOptions::default();
    options.limit = 3;
    let hearing = heard.clone();
    options.listener = Some(Arc::new(move |reach| hearing.lock().unwrap().push(reach)));
    (Locations::open(Arc::new(MemoryLocationStore::default()), options).await.unwrap(), heard)
}

fn heard(heard: &Mutex<Vec<Reach>>) -> Vec<Reach> {
    std::mem::take(&mut heard.lock().unwrap())
}

fn served(msisdn: &str, by: &str) -> Reach {
    Reach::Served { msisdn: msisdn.into(), by: Lane::from(by) }
}

fn lost(msisdn: &str) -> Reach {
    Reach::Lost { msisdn: msisdn.into() }
}

fn serving(locations: &Locations, msisdn: &str, now: Timestamp) -> Option<String> {
    locations.serving(msisdn.as_bytes(), now).map(|lane| lane.to_string())
}

#[tokio::test]
async fn a_registration_makes_a_number_reachable_until_it_ends() {
    let (locations, told) = locations().await;
    assert_eq!(serving(&locations, "+447700900123", NOW), None);
    let (location, new) = locations.upsert(at("1", "+447700900123", "uk_gateway"), NOW).await.unwrap();
    assert!(new && location.id == 1 && location.inserted_at == NOW && location.updated_at == NOW);
    for number in ["+447700900123", "447700900123"] {
        assert_eq!(serving(&locations, number, NOW).as_deref(), Some("uk_gateway"));
        assert_eq!(serving(&locations, number, Timestamp(END.0 - 1)).as_deref(), Some("uk_gateway"));
        assert_eq!(serving(&locations, number, END), None, "an expired record is ignored");
        assert_eq!(locations.by_msisdn(number).unwrap(), location);
    }
    assert_eq!((serving(&locations, "44770090012", NOW), serving(&locations, "4477009001234", NOW)), (None, None));
    assert_eq!(heard(&told), [served("+447700900123", "uk_gateway")]);
}

#[tokio::test]
async fn the_same_imsi_is_the_same_record() {
    let (locations, told) = locations().await;
    locations.upsert(at("1", "44", "a"), NOW).await.unwrap();
    let (location, new) = locations.upsert(at("1", "44", "a"), NOW.after(Duration::from_secs(1))).await.unwrap();
    assert!(!new && location.id == 1 && location.inserted_at == NOW && location.updated_at > NOW);
    assert_eq!(heard(&told), [served("44", "a")], "who stays is not told of again");
    locations.upsert(at("1", "55", "b"), NOW).await.unwrap();
    assert_eq!(heard(&told), [lost("44"), served("55", "b")]);
    assert_eq!((locations.len(), serving(&locations, "44", NOW)), (1, None));
    assert_eq!(locations.by_imsi("1").unwrap().msisdn, "55");
}

#[tokio::test]
async fn a_number_with_two_records_follows_the_latest_valid_one() {
    let (locations, told) = locations().await;
    let forever = Location { expires: None, ..at("1", "44", "old_sim") };
    locations.upsert(forever, NOW).await.unwrap();
    let (newer, _) = locations.upsert(at("2", "+44", "new_sim"), NOW.after(Duration::from_secs(1))).await.unwrap();
    assert_eq!(serving(&locations, "44", NOW).as_deref(), Some("new_sim"));
    assert_eq!(serving(&locations, "44", END).as_deref(), Some("old_sim"));
    locations.delete(newer.id, NOW).await.unwrap();
    assert_eq!(serving(&locations, "44", NOW).as_deref(), Some("old_sim"));
    assert_eq!(heard(&told), [served("44", "old_sim"), served("+44", "new_sim"), served("+44", "old_sim")]);
}

#[tokio::test]
async fn a_patch_changes_what_it_says_and_nothing_else() {
    let (locations, told) = locations().await;
    locations.upsert(at("1", "44", "a"), NOW).await.unwrap();
    locations.upsert(at("2", "55", "a"), NOW).await.unwrap();
    heard(&told);
    let patched = locations.patch(1, NOW, |location| (location.id, location.registered) = (9, Some(false))).await.unwrap();
    assert_eq!((patched.id, patched.location.as_deref()), (1, Some("a")));
    assert_eq!((serving(&locations, "44", NOW), heard(&told)), (None, vec![lost("44")]));
    let taken = locations.patch(1, NOW, |location| location.imsi = "2".into()).await;
    assert!(matches!(taken, Err(LocationError::Taken(2))));
    assert!(matches!(locations.patch(7, NOW, |_| ()).await, Err(LocationError::Unknown(7))));
    locations.patch(1, NOW, |location| location.registered = Some(true)).await.unwrap();
    assert_eq!(heard(&told), [served("44", "a")]);
}

#[tokio::test]
async fn the_end_of_a_registration_is_told_once_and_the_record_goes_later() {
    let (locations, told) = locations().await;
    let keep = Duration::from_secs(60);
    locations.upsert(at("1", "44", "a"), NOW).await.unwrap();
    heard(&told);
    assert_eq!(locations.sweep(Timestamp(END.0 - 1), keep).await.unwrap(), 0);
    assert_eq!(heard(&told), []);
    assert_eq!(locations.sweep(END, keep).await.unwrap(), 0);
    assert_eq!(heard(&told), [lost("44")]);
    assert_eq!(locations.sweep(END, keep).await.unwrap(), 0);
    assert_eq!((locations.len(), heard(&told)), (1, vec![]));
    assert_eq!(locations.sweep(END.after(keep), keep).await.unwrap(), 1);
    assert_eq!((locations.len(), heard(&told)), (0, vec![]));
}

#[tokio::test]
async fn who_registers_again_is_not_swept() {
    let (locations, told) = locations().await;
    locations.upsert(at("1", "44", "a"), NOW).await.unwrap();
    locations.sweep(END, Duration::MAX).await.unwrap();
    let later = END.after(Duration::from_secs(3600));
    locations.upsert(Location { expires: Some(later), ..at("1", "44", "a") }, END).await.unwrap();
    assert_eq!(heard(&told), [served("44", "a"), lost("44"), served("44", "a")]);
    assert_eq!(locations.sweep(Timestamp(later.0 - 1), Duration::ZERO).await.unwrap(), 0);
    assert_eq!(serving(&locations, "44", END).as_deref(), Some("a"));
}

#[tokio::test]
async fn records_without_a_frontend_serve_nobody() {
    let (locations, told) = locations().await;
    locations.upsert(Location { location: None, ..at("1", "44", "") }, NOW).await.unwrap();
    locations.upsert(at("2", "55", ""), NOW).await.unwrap();
    assert_eq!((serving(&locations, "44", NOW), serving(&locations, "55", NOW)), (None, None));
    assert_eq!(heard(&told), []);
}

#[tokio::test]
async fn bad_records_and_too_many_are_refused() {
    let (locations, _) = locations().await;
    let said = async |location| locations.upsert(location, NOW).await.unwrap_err().to_string();
    assert_eq!(said(at("", "44", "a")).await, "imsi is required");
    assert_eq!(said(at("1", "", "a")).await, "msisdn is required");
    assert_eq!(said(at("1", &"4".repeat(65), "a")).await, "msisdn: more than 64 octets");
    assert_eq!(said(at("1", "44", &"a".repeat(513))).await, "location: more than 512 octets");
    for imsi in ["1", "2", "3"] {
        locations.upsert(at(imsi, "44", "a"), NOW).await.unwrap();
    }
    assert_eq!(said(at("4", "44", "a")).await, "there is no room for more than 3 locations");
    assert!(locations.upsert(at("3", "44", "b"), NOW).await.is_ok(), "who is known may still register");
}

#[derive(Default)]
struct Breaking {
    kept: MemoryLocationStore,
    broken: AtomicBool,
}

impl LocationStore for Breaking {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Location>, StoreError>> {
        self.kept.load()
    }

    fn save<'a>(&'a self, changes: &'a [LocationChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        if self.broken.load(Ordering::Relaxed) {
            return Box::pin(async { Err(StoreError::new("disk on fire")) });
        }
        self.kept.save(changes)
    }
}

#[tokio::test]
async fn what_is_stored_is_there_after_a_restart_and_what_is_not_is_not_seen() {
    let store = Arc::new(Breaking::default());
    let open = async || Locations::open(store.clone(), LocationOptions::default()).await.unwrap();
    let locations = open().await;
    locations.upsert(at("1", "44", "a"), NOW).await.unwrap();
    store.broken.store(true, Ordering::Relaxed);
    assert_eq!(locations.upsert(at("2", "55", "a"), NOW).await.unwrap_err().to_string(), "the store failed: disk on fire");
    assert!(locations.sweep(END.after(Duration::from_secs(1)), Duration::ZERO).await.is_err());
    assert_eq!((locations.len(), serving(&locations, "55", NOW)), (1, None));
    store.broken.store(false, Ordering::Relaxed);
    let again = open().await;
    assert_eq!(again.list(0, 9), locations.list(0, 9));
    assert_eq!(locations.upsert(at("3", "66", "a"), NOW).await.unwrap().0.id, 3, "no number is used twice");
    assert_eq!(locations.sweep(END, Duration::ZERO).await.unwrap(), 2, "what the store refused is tried again");
}
