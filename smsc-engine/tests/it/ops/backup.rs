use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use smsc_engine::api::{Attempt, CoreApi, Report, Submission};
use smsc_engine::core::queue::{Page, Record};
use smsc_engine::model::Status;
use smsc_engine::ops::backup::{self, Manifest, RestoreError, RestoreOptions, Sources};
use smsc_engine::sql::Statement;

use super::*;

const HOLD: Duration = Duration::from_secs(60);

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// All messages of a queue, by their ids.
async fn all(queue: &dyn Queue) -> HashMap<MessageId, Record> {
    let records = queue.list(&Page { max: 100_000, ..Page::default() }).await.unwrap();
    records.into_iter().map(|record| (record.message.id, record)).collect()
}

/// Submits and delivers in the background until told to stop; tells which ids were answered.
fn flow(core: Core, answered: Arc<Mutex<Vec<MessageId>>>, stop: Arc<Mutex<bool>>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        for round in 0_u32.. {
            let batch = (0..50).map(|number| Submission::new(message(&format!("{round} {number} {}", "x".repeat(300)))));
            for answer in core.submit(batch.collect()).await {
                let id = answer.wait().await.unwrap().id;
                answered.lock().unwrap().push(id);
            }
            let leased = core.lease(&Lane::from("uk"), 25, HOLD).await;
            core.report(leased.into_iter().map(|message| Report { message, attempt: Attempt::Delivered }).collect()).await;
            // So that segments die and are tidied away under the backup.
            core.handle().queue().forget(Timestamp::now().before(Duration::from_millis(200))).await.unwrap();
            if *stop.lock().unwrap() {
                return;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_everything_that_was_answered_before() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plant = Plant::new(home.path()).await;
    let (answered, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
    let flowing = flow(plant.core.clone(), answered.clone(), stop.clone());
    for _ in 0..3 {
        let enough = answered.lock().unwrap().len() + 3_500;
        while answered.lock().unwrap().len() < enough {
            tokio::task::yield_now().await;
        }
        // What is forgotten by then cannot be in it.
        let before = all(plant.operations.control.handle.queue().as_ref()).await;
        let report = backup::backup(&plant.operations.sources(), target.path()).await.unwrap();
        let copy = JournalQueue::open(report.directory.join("journal"), options()).unwrap();
        let copied = all(&copy).await;
        let now = all(plant.operations.control.handle.queue().as_ref()).await;
        for (id, record) in before.iter().filter(|(id, _)| now.contains_key(id)) {
            let copied = copied.get(id).unwrap_or_else(|| panic!("message {id} was answered and is not in the backup"));
            assert_eq!(copied.message.submitted, record.message.submitted);
            assert!(copied.status() == record.status() || record.status() == Status::Pending, "{copied:?}");
        }
        assert!(before.values().any(|record| record.status() == Status::Pending) && before.len() > 1_000);
    }
    assert!(answered.lock().unwrap().len() > 10_000);
    *stop.lock().unwrap() = true;
    flowing.await.unwrap();
}

#[tokio::test]
async fn a_restored_centre_has_the_same_messages_routes_tables_and_keys() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plant = Plant::new(home.path()).await;
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(plant.core.handle().submit(Submission::new(message(text))).await.unwrap().id);
    }
    let leased = plant.core.lease(&Lane::from("uk"), 2, HOLD).await;
    let attempts = [Attempt::Delivered, Attempt::TryAgain(8)].into_iter();
    plant.core.report(leased.into_iter().zip(attempts).map(|(message, attempt)| Report { message, attempt }).collect()).await;
    let database = &plant.operations.databases[0].1;
    database.execute(Statement::new("CREATE TABLE notes (text TEXT)")).await.unwrap();
    database.execute(Statement::new("INSERT INTO notes VALUES ('kept')")).await.unwrap();
    let (settings, key) = (target.path().join("smsc.toml"), target.path().join("server.key"));
    fs::write(&settings, "[smpp]\n").unwrap();
    fs::write(&key, "the key").unwrap();
    *plant.program.files.lock().unwrap() = vec![settings.clone(), key.clone()];
    let before = all(plant.operations.control.handle.queue().as_ref()).await;

    let backups = target.path().join("backups");
    let report = backup::backup(&plant.operations.sources(), &backups).await.unwrap();
    assert_eq!((report.pending, mode(&report.directory)), (2, 0o700));
    let manifest = Manifest::read(&report.directory).unwrap();
    assert_eq!((manifest.version.as_str(), manifest.files.len()), ("smsc 1.2.3", report.files));
    for file in &manifest.files {
        assert_eq!(mode(&report.directory.join(&file.path)), 0o600, "{}", file.path);
    }
    let origin = manifest.files.iter().find(|file| file.path == "configuration/server.key").unwrap().origin.clone();
    assert_eq!(origin.as_deref(), Some(key.as_path()));
    let routes = fs::read_to_string(report.directory.join("routes.json")).unwrap();
    assert_eq!(routes, plant.core.handle().routes().unwrap().export());

    let (fresh, etc) = (target.path().join("fresh"), target.path().join("etc"));
    let options = RestoreOptions { configuration: Some(etc.clone()), ..RestoreOptions::default() };
    let restored = backup::restore(&report.directory, &fresh, &options).unwrap();
    assert_eq!((restored.pending, restored.before), (2, None));
    assert_eq!((fs::read_to_string(etc.join("server.key")).unwrap().as_str(), mode(&etc.join("server.key"))), ("the key", 0o600));
    // R-LC-60: status and times survive; leases do not.
    let again = Plant::new(&fresh).await;
    let after = all(again.operations.control.handle.queue().as_ref()).await;
    assert_eq!(after.len(), 3);
    for id in ids {
        let (before, after) = (&before[&id], &after[&id]);
        assert_eq!((&before.message, before.outcome), (&after.message, after.outcome));
    }
    let rows = again.operations.databases[0].1.rows(Statement::new("SELECT text FROM notes")).await.unwrap();
    assert_eq!(rows[0].get::<String>("text").unwrap(), "kept");
}

#[tokio::test]
async fn a_restore_touches_neither_a_running_centre_nor_what_is_there() {
    let home = tempfile::tempdir().unwrap();
    let plant = Plant::new(home.path()).await;
    plant.core.handle().submit(Submission::new(message("kept"))).await.unwrap();
    // Where it does not belong, and is not lost all the same.
    let report = backup::backup(&plant.operations.sources(), &home.path().join("backups")).await.unwrap();
    let force = RestoreOptions { force: true, ..RestoreOptions::default() };
    let refused = backup::restore(&report.directory, home.path(), &force).unwrap_err();
    assert!(matches!(refused, RestoreError::InUse(_)), "{refused}");
    plant.core.handle().queue().close().await.unwrap();
    plant.operations.databases[0].1.close().await;
    let refused = backup::restore(&report.directory, home.path(), &RestoreOptions::default()).unwrap_err();
    assert!(matches!(refused, RestoreError::Occupied(_)), "{refused}");
    let restored = backup::restore(&report.directory, home.path(), &force).unwrap();
    let aside = restored.before.unwrap();
    assert!(aside.starts_with(home.path()) && aside.join("centre.sqlite").exists());
    let queue = JournalQueue::open(home.path(), options()).unwrap();
    assert_eq!(all(&queue).await.len(), 1);
    drop(queue);
    // What was moved aside is no reason to refuse the next time.
    backup::restore(&report.directory, home.path(), &force).unwrap();
    assert!(aside.exists() && report.directory.exists());
}

#[tokio::test]
async fn a_damaged_backup_is_refused_before_anything_is_changed() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plant = Plant::new(home.path()).await;
    plant.core.handle().submit(Submission::new(message("kept"))).await.unwrap();
    let report = backup::backup(&plant.operations.sources(), target.path()).await.unwrap();
    let journal = report.directory.join("journal/journal-0000000001.log");
    let good = fs::read(&journal).unwrap();
    let fresh = target.path().join("fresh");
    let mut changed = good.clone();
    changed[100] ^= 1;
    for (octets, what) in [(changed, "checksum"), (good[..good.len() - 1].to_vec(), "octets instead of")] {
        fs::write(&journal, octets).unwrap();
        let refused = backup::restore(&report.directory, &fresh, &RestoreOptions::default()).unwrap_err().to_string();
        assert!(refused.contains("journal-0000000001.log") && refused.contains(what), "{refused}");
    }
    fs::remove_file(&journal).unwrap();
    assert!(backup::restore(&report.directory, &fresh, &RestoreOptions::default()).is_err());
    fs::write(report.directory.join("manifest.json"), r#"{"format":9,"version":"","created":"","pending":0,"files":[]}"#)
        .unwrap();
    let refused = backup::restore(&report.directory, &fresh, &RestoreOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("format 9 is not known"), "{refused}");
    assert!(!fresh.exists());
}

#[tokio::test]
async fn a_failed_backup_leaves_nothing() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plant = Plant::new(home.path()).await;
    *plant.program.files.lock().unwrap() = vec!["/no/such/key".into()];
    let refused = backup::backup(&plant.operations.sources(), target.path()).await.unwrap_err().to_string();
    assert!(refused.starts_with("/no/such/key: "), "{refused}");
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn backups_that_are_old_go_and_everything_else_stays() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plant = Plant::new(home.path()).await;
    let report = backup::backup(&plant.operations.sources(), target.path()).await.unwrap();
    fs::create_dir(target.path().join("smsc-notes")).unwrap();
    let month = Duration::from_secs(30 * 86_400);
    let now = Timestamp::now();
    assert!(backup::remove_older(target.path(), month, now).unwrap().is_empty());
    let removed = backup::remove_older(target.path(), month, now.after(month + HOLD)).unwrap();
    assert_eq!(removed, std::slice::from_ref(&report.directory));
    assert!(!report.directory.exists() && target.path().join("smsc-notes").exists());
}

#[tokio::test]
async fn a_centre_that_does_not_run_is_backed_up_from_its_directory() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plant = Plant::new(home.path()).await;
    plant.core.handle().submit(Submission::new(message("kept"))).await.unwrap();
    assert!(Sources::of_stopped(home.path(), options()).await.is_err(), "it runs");
    plant.core.handle().queue().close().await.unwrap();
    let sources = Sources::of_stopped(home.path(), options()).await.unwrap();
    let report = backup::backup(&sources, target.path()).await.unwrap();
    let manifest = Manifest::read(&report.directory).unwrap();
    assert!(manifest.files.iter().any(|file| file.path == "databases/centre.sqlite"), "{manifest:?}");
    let copy = JournalQueue::open(report.directory.join("journal"), options()).unwrap();
    assert_eq!((all(&copy).await.len(), manifest.pending), (1, 1));
}
