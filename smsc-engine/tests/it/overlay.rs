//! Lists of the file with changes over them, in a real database file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use proptest::prelude::*;
use serde_json::{Value, json};
use smsc_engine::accounts::{AccountForm, AccountRecord, Accounts, Verdict};
use smsc_engine::core::translate::{Mode, Numbers, Translator};
use smsc_engine::model::Rule;
use smsc_engine::overlay::{AccountBook, Book, BookError, Entry, Listed, Origin, RuleBook};
use smsc_engine::sql::{Database, DatabaseConfig, Statement};

/// Something with a name and a number, which must be less than 1000.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Peer {
    name: String,
    number: u64,
}

impl Entry for Peer {
    const KIND: &'static str = "peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        if self.number < 1000 { Ok(()) } else { Err("number: less than 1000".into()) }
    }

    fn store(&self) -> Value {
        json!([self.name, self.number])
    }

    fn restore(stored: Value) -> Result<Peer, String> {
        let (name, number) = serde_json::from_value(stored).map_err(|error| error.to_string())?;
        Ok(Peer { name, number })
    }
}

fn peer(name: &str, number: u64) -> Peer {
    Peer { name: name.into(), number }
}

async fn database(directory: &Path) -> Database {
    Database::open(&DatabaseConfig::sqlite(directory.join("centre.sqlite"))).await.unwrap()
}

/// A list over a file with the peers "a" and "b".
async fn open(directory: &Path) -> Book<Peer> {
    Book::open(&database(directory).await, vec![peer("a", 1), peer("b", 2)]).await.unwrap()
}

fn shown(list: &[Listed<Peer>]) -> Vec<(&str, u64, Origin)> {
    list.iter().map(|listed| (listed.entry.name.as_str(), listed.entry.number, listed.origin)).collect()
}

#[tokio::test]
async fn changes_win_over_the_file_at_the_next_start_and_can_be_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let book = open(directory.path()).await;
    book.add(peer("c", 3), "ann").await.unwrap();
    book.put(peer("b", 22), "bob").await.unwrap();
    book.delete("a", "ann").await.unwrap();
    for book in [book, open(directory.path()).await] {
        assert_eq!(shown(&book.list()), [("b", 22, Origin::Changed), ("c", 3, Origin::Added)]);
        assert_eq!(book.get("b").unwrap().change.unwrap().by, "bob");
        let deleted = book.deleted();
        assert_eq!(
            (deleted.len(), deleted[0].key.as_str(), deleted[0].in_file, deleted[0].change.by.as_str()),
            (1, "a", true, "ann")
        );
    }
    let book = open(directory.path()).await;
    book.revert("a").await.unwrap();
    book.revert("b").await.unwrap();
    book.delete("c", "ann").await.unwrap();
    for book in [book, open(directory.path()).await] {
        assert_eq!(shown(&book.list()), [("a", 1, Origin::File), ("b", 2, Origin::File)]);
        assert!(book.deleted().is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let book = open(directory.path()).await;
    let refused = [
        (book.add(peer("a", 3), "").await, "there is peer \"a\" already"),
        (book.put(peer("a", 1000), "").await, "peer \"a\": number: less than 1000"),
        (book.put(peer("", 1), "").await, "peer \"\": a name has 1 to 255 octets and no control characters"),
        (book.put(peer("a\n", 1), "").await, "peer \"a\\n\": a name has 1 to 255 octets and no control characters"),
        (book.edit("z", "", |_| Ok(())).await, "there is no peer \"z\""),
        (book.edit("a", "", |_| Err("not today".into())).await, "peer \"a\": not today"),
        (
            book.edit("a", "", |peer| {
                peer.name.push('x');
                Ok(())
            })
            .await,
            "peer \"a\": its name cannot be changed",
        ),
        (book.delete("z", "").await, "there is no peer \"z\""),
        (book.revert("a").await, "peer \"a\": there is nothing in the file to go back to"),
        (book.replace_file(vec![peer("x", 1), peer("x", 2)]).await, "peer \"x\": there are two of this name"),
    ];
    for (result, expected) in refused {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    book.add(peer("c", 3), "").await.unwrap();
    assert!(matches!(book.revert("c").await, Err(BookError::NothingToRevert { .. })));
    assert_eq!(shown(&book.list()), [("a", 1, Origin::File), ("b", 2, Origin::File), ("c", 3, Origin::Added)]);
}

#[tokio::test]
async fn what_the_follower_refuses_is_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let book = open(directory.path()).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let follower = seen.clone();
    let apply = move |peers: Vec<Peer>| {
        if peers.iter().any(|peer| peer.number == 13) {
            return Err("13 brings bad luck".into());
        }
        *follower.lock().unwrap() = peers;
        Ok(())
    };
    book.follow(apply).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [peer("a", 1), peer("b", 2)], "it begins with what there is");
    book.put(peer("a", 5), "").await.unwrap();
    let kept = [peer("a", 5), peer("b", 2)];
    for refused in
        [book.put(peer("b", 13), "").await, book.add(peer("c", 13), "").await, book.replace_file(vec![peer("b", 13)]).await]
    {
        assert_eq!(refused.unwrap_err().to_string(), "the change is refused: 13 brings bad luck");
    }
    assert_eq!((*seen.lock().unwrap()).as_slice(), kept);
    assert_eq!(book.entries(), kept);
    assert_eq!(open(directory.path()).await.entries(), kept, "nothing of it is in the database");
    assert!(matches!(book.follow(|_| Err("never".into())).await, Err(BookError::Refused(_))));
    book.put(peer("a", 6), "").await.unwrap();
    assert_eq!(seen.lock().unwrap()[0], peer("a", 6), "who followed before still does");
}

#[tokio::test]
async fn a_change_that_is_not_durable_does_not_happen() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path()).await;
    let book = Book::open(&database, vec![peer("a", 1)]).await.unwrap();
    database.close().await;
    assert!(matches!(book.put(peer("a", 5), "").await, Err(BookError::Database(_))));
    assert_eq!(shown(&book.list()), [("a", 1, Origin::File)]);
}

#[tokio::test]
async fn a_change_that_fails_at_the_very_end_is_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path()).await;
    let book = Book::open(&database, vec![peer("a", 1)]).await.unwrap();
    for statement in [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER late AFTER INSERT ON overlay WHEN NEW.entry LIKE '%13%' BEGIN INSERT INTO child VALUES (9); END",
    ] {
        database.execute(Statement::new(statement)).await.unwrap();
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let follower = seen.clone();
    book.follow(move |peers: Vec<Peer>| {
        follower.lock().unwrap().push(peers.first().map(|peer| peer.number));
        Ok(())
    })
    .await
    .unwrap();
    assert!(matches!(book.put(peer("a", 13), "").await, Err(BookError::Database(_))));
    assert_eq!(*seen.lock().unwrap(), [Some(1), Some(13), Some(1)]);
    assert_eq!(shown(&book.list()), [("a", 1, Origin::File)]);
    book.put(peer("a", 5), "").await.unwrap();
    assert_eq!(shown(&book.list()), [("a", 5, Origin::Changed)]);
}

#[cfg(all(feature = "postgres", feature = "mysql"))]
#[tokio::test]
async fn the_table_is_the_same_on_every_server() {
    use crate::servers::Server;
    use smsc_engine::sql::Dialect;

    for dialect in [Dialect::Postgres, Dialect::MySql] {
        let Some(server) = Server::start(dialect).await else { continue };
        let database = Database::open(&server.config()).await.unwrap();
        let book = Book::open(&database, vec![peer("a", 1)]).await.unwrap();
        // Letters in either case, a space at the end, and more than one octet each.
        let names = ["A", "ä", "a ", "👋"];
        for (name, number) in names.into_iter().zip(2..) {
            book.add(peer(name, number), "'ann' \"👋\"").await.unwrap();
        }
        book.put(peer("ä", 33), "ann").await.unwrap();
        book.delete("a", "ann").await.unwrap();
        book.delete("a ", "ann").await.unwrap();
        let again = Book::open(&database, vec![peer("a", 1)]).await.unwrap();
        assert_eq!(again.list(), book.list().into_iter().map(|listed| whole_seconds(listed, dialect)).collect::<Vec<_>>());
        assert_eq!(shown(&again.list()), [("A", 2, Origin::Added), ("ä", 33, Origin::Added), ("👋", 5, Origin::Added)]);
        assert_eq!((again.deleted()[0].key.as_str(), again.deleted()[0].in_file), ("a", true));
        again.revert("a").await.unwrap();
        assert_eq!(Book::open(&database, vec![peer("a", 1)]).await.unwrap().len(), 4);
    }

    /// As the server gives it back.
    fn whole_seconds(listed: Listed<Peer>, dialect: Dialect) -> Listed<Peer> {
        let change = listed.change.map(|change| smsc_engine::overlay::Change { at: dialect.kept_time(change.at), ..change });
        Listed { change, ..listed }
    }
}

#[tokio::test]
async fn changes_at_once_come_one_after_the_other_and_are_finished_without_their_caller() {
    let directory = tempfile::tempdir().unwrap();
    let book = open(directory.path()).await;
    let count = || {
        book.edit("a", "", |peer| {
            peer.number += 1;
            Ok(())
        })
    };
    for result in futures_util::future::join_all((0..50).map(|_| count())).await {
        result.unwrap();
    }
    assert_eq!(book.get("a").unwrap().entry.number, 51);
    let mut given_up = Box::pin(count());
    assert!(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(given_up);
    // Whoever comes later is served later.
    book.put(peer("b", 3), "").await.unwrap();
    assert_eq!(open(directory.path()).await.entries(), [peer("a", 52), peer("b", 3)]);
}

#[tokio::test]
async fn there_is_room_for_so_many_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path()).await;
    let book = Book::with_room(&database, vec![peer("a", 1), peer("b", 2)], 3).await.unwrap();
    book.add(peer("c", 3), "").await.unwrap();
    let full = book.add(peer("d", 4), "").await.unwrap_err();
    assert_eq!(full.to_string(), "there is no room for more than 3 entries of kind peer");
    book.put(peer("c", 4), "").await.unwrap();
    // Deletions take room in the table, too.
    book.delete("a", "").await.unwrap();
    book.delete("b", "").await.unwrap();
    assert!(matches!(book.add(peer("d", 4), "").await, Err(BookError::Full { .. })));
    book.revert("a").await.unwrap();
    assert!(matches!(book.replace_file((0..4).map(|n| peer(&n.to_string(), n)).collect()).await, Err(BookError::Full { .. })));
    assert!(matches!(Book::with_room(&database, vec![peer("a", 1), peer("b", 2)], 1).await, Err(BookError::Full { .. })));
}

#[tokio::test]
async fn a_stored_row_that_cannot_be_read_stops_the_start_and_is_named() {
    for (stored, reason) in [
        ("no json", "no JSON at column"),
        ("{}", "invalid type"),
        (r#"["c", 1000]"#, "number: less than 1000"),
        (r#"["x", 1]"#, "it is that of \"x\""),
    ] {
        let directory = tempfile::tempdir().unwrap();
        open(directory.path()).await.add(peer("c", 3), "").await.unwrap();
        let database = database(directory.path()).await;
        database.execute(Statement::new("UPDATE overlay SET entry = ?").bind(stored)).await.unwrap();
        let error = Book::<Peer>::open(&database, Vec::new()).await.unwrap_err().to_string();
        assert!(error.starts_with("the stored peer \"c\" cannot be read: ") && error.contains(reason), "{error}");
    }
}

/// What a list should be, without any cleverness.
#[derive(Clone, Debug, Default)]
struct Model {
    file: Vec<Peer>,
    /// Keys ever changed in their order, each with its entry, or none if it was deleted.
    changes: Vec<(String, Option<Peer>)>,
}

impl Model {
    fn list(&self) -> Vec<(String, u64, Origin)> {
        let in_file = self.file.iter().filter_map(|peer| match self.changes.iter().find(|(key, _)| *key == peer.name) {
            None => Some((peer.name.clone(), peer.number, Origin::File)),
            Some((_, Some(changed))) => Some((changed.name.clone(), changed.number, Origin::Changed)),
            Some((_, None)) => None,
        });
        let added = self.changes.iter().filter(|(key, _)| !self.has(key)).filter_map(|(_, entry)| entry.clone());
        in_file.chain(added.map(|peer| (peer.name, peer.number, Origin::Added))).collect()
    }

    fn has(&self, key: &str) -> bool {
        self.file.iter().any(|peer| peer.name == key)
    }

    fn lists(&self, key: &str) -> bool {
        self.list().iter().any(|(name, ..)| name == key)
    }

    fn note(&mut self, key: &str, entry: Option<Peer>) {
        match self.changes.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = entry,
            None => self.changes.push((key.into(), entry)),
        }
    }

    fn forget(&mut self, key: &str) {
        self.changes.retain(|(known, _)| known != key);
    }

    /// Does it, and tells whether it can be done.
    fn apply(&mut self, call: &Call) -> bool {
        let (name, ok) = match call {
            Call::Restart => return true,
            Call::File(numbers) => {
                self.file = peers(numbers);
                return true;
            }
            Call::Put(name, number) => {
                self.note(name, Some(peer(name, *number)));
                return true;
            }
            Call::Add(name, _) => (name, !self.lists(name)),
            Call::Delete(name) => (name, self.lists(name)),
            Call::Revert(name) => {
                let change = self.changes.iter().find(|(key, _)| key == name);
                (name, change.is_some_and(|(_, entry)| entry.is_none() || self.has(name)))
            }
        };
        match call {
            _ if !ok => {}
            Call::Add(_, number) => self.note(name, Some(peer(name, *number))),
            Call::Delete(_) if self.has(name) => self.note(name, None),
            _ => self.forget(name),
        }
        ok
    }
}

#[derive(Clone, Debug)]
enum Call {
    Put(String, u64),
    Add(String, u64),
    Delete(String),
    Revert(String),
    /// The file says this from now on.
    File(BTreeMap<String, u64>),
    Restart,
}

fn peers(numbers: &BTreeMap<String, u64>) -> Vec<Peer> {
    // Not in the order of the names.
    numbers.iter().rev().map(|(name, number)| peer(name, *number)).collect()
}

fn call() -> impl Strategy<Value = Call> {
    let name = || "[a-eA]";
    prop_oneof![
        3 => (name(), 0..9_u64).prop_map(|(name, number)| Call::Put(name, number)),
        2 => (name(), 0..9_u64).prop_map(|(name, number)| Call::Add(name, number)),
        3 => name().prop_map(Call::Delete),
        3 => name().prop_map(Call::Revert),
        1 => proptest::collection::btree_map(name(), 10..19_u64, 0..5).prop_map(Call::File),
        1 => Just(Call::Restart),
    ]
}

proptest! {
    // Every change is one sync of the disk.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_list_is_what_a_simple_model_says(calls in proptest::collection::vec(call(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let database = database(directory.path()).await;
            let mut model = Model { file: vec![peer("b", 1), peer("a", 2)], ..Model::default() };
            let mut book = Book::open(&database, model.file.clone()).await.unwrap();
            for call in calls {
                let done = match &call {
                    Call::Put(name, number) => book.put(peer(name, *number), "").await,
                    Call::Add(name, number) => book.add(peer(name, *number), "").await,
                    Call::Delete(name) => book.delete(name, "").await,
                    Call::Revert(name) => book.revert(name).await,
                    Call::File(numbers) => book.replace_file(peers(numbers)).await,
                    Call::Restart => {
                        book = Book::open(&database, model.file.clone()).await.unwrap();
                        Ok(())
                    }
                };
                prop_assert_eq!(done.is_ok(), model.apply(&call), "{:?}: {:?}", call, done);
                let list = book.list();
                let shown: Vec<_> = shown(&list).into_iter().map(|(name, number, origin)| (name.to_owned(), number, origin)).collect();
                prop_assert_eq!(shown, model.list(), "after {:?}", call);
                let mut deleted: Vec<_> = book.deleted().into_iter().map(|deleted| (deleted.key, deleted.in_file)).collect();
                let mut wanted: Vec<_> = model.changes.iter().filter(|(_, entry)| entry.is_none()).map(|(key, _)| (key.clone(), model.has(key))).collect();
                deleted.sort();
                wanted.sort();
                prop_assert_eq!(deleted, wanted);
            }
            Ok(())
        })?;
    }
}

fn form(json: Value) -> AccountForm {
    serde_json::from_value(json).unwrap()
}

#[cfg(feature = "passwords")]
#[tokio::test]
async fn accounts_change_at_run_time_and_their_passwords_are_kept_as_hashes() {
    let directory = tempfile::tempdir().unwrap();
    let file = || vec![AccountRecord::new("shop", "hunter22"), AccountRecord::new("bank", "hunter33")];
    let book = AccountBook::open(&database(directory.path()).await, file()).await.unwrap();
    let accounts = Arc::new(Accounts::new(Vec::new()).unwrap());
    book.follow_accounts(&accounts).await.unwrap();
    let right = async |name: &str, password: &str| {
        matches!(accounts.verify(name.as_bytes(), password.as_bytes()).await, Verdict::Right(_))
    };
    assert!(right("shop", "hunter22").await);
    book.add(form(json!({ "system_id": "new", "password": "hunter44", "messages_per_day": 7 })), "ann").await.unwrap();
    // Another limit, the same password.
    book.set(form(json!({ "system_id": "shop", "max_sessions": 5 })), "ann").await.unwrap();
    book.set(form(json!({ "system_id": "bank", "password": "hunter55" })), "ann").await.unwrap();
    assert!(right("new", "hunter44").await && right("shop", "hunter22").await && right("bank", "hunter55").await);
    assert!(!right("bank", "hunter33").await);
    for refused in [
        book.add(form(json!({ "system_id": "x" })), "").await,
        book.add(form(json!({ "system_id": "x", "password": "hunter66hunter66" })), "").await,
        book.add(form(json!({ "system_id": "shop", "password": "hunter66" })), "").await,
        book.set(form(json!({ "system_id": "y", "password": "hunter66" })), "").await,
        book.set(form(json!({ "system_id": "shop", "password_hash": "hunter66" })), "").await,
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(!error.contains("hunter"), "{error}");
    }
    let reopened = AccountBook::open(&database(directory.path()).await, file()).await.unwrap();
    reopened.follow_accounts(&accounts).await.unwrap();
    assert_eq!(reopened.get("shop").unwrap().entry.max_sessions, 5);
    assert_eq!(reopened.get("new").unwrap().entry.quota.day, Some(7));
    assert!(right("new", "hunter44").await && right("shop", "hunter22").await && right("bank", "hunter55").await);
    reopened.delete("shop", "ann").await.unwrap();
    reopened.revert("bank").await.unwrap();
    assert!(right("bank", "hunter33").await && !right("shop", "hunter22").await);
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let octets = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!octets.windows(6).any(|window| window == b"hunter"), "no password is kept in clear");
    }
    assert!(!format!("{reopened:?} {:?}", reopened.list()).contains("hunter"));
}

#[tokio::test]
async fn an_account_that_the_listener_does_not_take_is_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let records = vec![AccountRecord::new("shop", "hunter22")];
    let book = AccountBook::open(&database(directory.path()).await, records).await.unwrap();
    let accounts = Arc::new(Accounts::new(Vec::new()).unwrap());
    book.follow_accounts(&accounts).await.unwrap();
    assert!(book.replace_file(vec![AccountRecord::new("a name too long", "x"), AccountRecord::new("", "x")]).await.is_err());
    assert!(accounts.record("shop").is_some());
    drop(accounts);
    book.replace_file(vec![AccountRecord::new("bank", "x")]).await.unwrap();
    assert_eq!(book.records().len(), 1, "a listener that is gone refuses nothing");
}

fn rule(pattern: &str, replace: &str, priority: u32) -> Rule {
    Rule { called_match: Some(pattern.into()), called_replace: Some(replace.into()), priority, ..Rule::default() }
}

#[tokio::test]
async fn rules_change_at_run_time_keep_their_numbers_and_are_tried_in_their_order() {
    let directory = tempfile::tempdir().unwrap();
    let (translator, mode) = (Arc::new(Translator::default()), Mode::First);
    let file = || vec![rule("^1$", "one", 20), rule("^2$", "two", 10), rule("^2$", "two", 10)];
    let open = async |file| RuleBook::open(&database(directory.path()).await, file, (translator.clone(), mode)).await.unwrap();
    let translated = |number: &str| {
        let translation = translator.translate(Numbers { called: number.as_bytes(), ..Numbers::default() });
        translation.map(|translation| String::from_utf8(translation.called.octets().to_vec()).unwrap())
    };
    let order =
        |book: &RuleBook| -> Vec<_> { book.list().into_iter().map(|listed| listed.entry.rule.called_replace.unwrap()).collect() };
    let book = open(file()).await;
    let ids: Vec<u64> = book.list().iter().map(|listed| listed.entry.id).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids.iter().all(|id| *id < 1 << 53));
    assert_eq!((order(&book), translated("1").as_deref()), (vec!["two".into(), "two".into(), "one".into()], Some("one")));

    let added = book.add(rule("^1$", "first", 5), "ann").await.unwrap();
    book.edit(ids[0], "ann", |rule| rule.called_replace = Some("zwei".into())).await.unwrap();
    assert_eq!((added.id, translated("1").as_deref(), translated("2").as_deref()), (1, Some("first"), Some("zwei")));
    let bad = book.add(rule("(", "x", 1), "ann").await.unwrap_err().to_string();
    assert!(bad.starts_with("translation rule \"2\": called_match: "), "{bad}");
    // Even one that is switched off.
    let off = Rule { enabled: false, ..rule("(", "", 1) };
    assert!(book.edit(added.id, "", move |rule| *rule = off).await.is_err());

    // Another rule before them in the file changes no number.
    let mut longer = file();
    longer.insert(0, rule("^3$", "three", 1));
    let book = open(longer).await;
    assert_eq!(order(&book), ["three", "first", "zwei", "two", "one"].map(str::to_owned));
    assert_eq!(book.get(ids[0]).unwrap().origin, Origin::Changed);
    book.delete(ids[2], "ann").await.unwrap();
    book.revert(ids[0]).await.unwrap();
    assert_eq!((translated("2").as_deref(), book.deleted().len()), (Some("two"), 1));
    assert_eq!(book.add(rule("^4$", "four", 1), "ann").await.unwrap().id, 2);
    let json = serde_json::to_value(book.get(added.id).unwrap().entry).unwrap();
    assert_eq!((&json["id"], &json["called_replace"]), (&json!(1), &json!("first")));
}
