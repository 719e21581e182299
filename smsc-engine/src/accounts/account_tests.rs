use smpp_session::Rate;

use super::*;
use crate::accounts::{AccountStore, MemoryAccountStore, Quota, Secret};
use crate::model::{Address, Lane, MessageId};

fn plain(name: &str) -> AccountRecord {
    AccountRecord::new(name, "secret08")
}

fn verdict(accounts: &Accounts, name: &str, password: &str) -> Verdict {
    accounts.verify_now(name.as_bytes(), password.as_bytes()).expect("no hash is needed")
}

fn message() -> Message {
    let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::default());
    message.destination = Address::new(1, 1, "447700900123");
    message
}

#[test]
fn only_the_right_password_is_right() {
    let mut closed = plain("closed");
    closed.enabled = false;
    let accounts = Accounts::new(vec![plain("shop"), closed]).unwrap();
    assert!(matches!(verdict(&accounts, "shop", "secret08"), Verdict::Right(record) if record.system_id == "shop"));
    for wrong in ["secret09", "secret0", "secret08\0", "", &"x".repeat(10_000)] {
        assert!(matches!(verdict(&accounts, "shop", wrong), Verdict::WrongPassword));
        assert!(matches!(verdict(&accounts, "closed", wrong), Verdict::WrongPassword));
    }
    assert!(matches!(verdict(&accounts, "closed", "secret08"), Verdict::Disabled));
    for name in ["shoq", "", "SHOP"] {
        assert!(matches!(verdict(&accounts, name, NOBODY), Verdict::Unknown), "{name}");
    }
    assert!(matches!(accounts.verify_now(b"sh\xF6p", b"secret08"), Some(Verdict::Unknown)));
}

#[test]
fn records_that_cannot_be_used_are_named_and_change_nothing() {
    let accounts = Accounts::new(vec![plain("shop")]).unwrap();
    assert_eq!(accounts.replace(vec![plain("a"), plain("a")]), Err(AccountError::Twice("a".into())));
    for name in ["", "sixteen-octets--", "Häuser"] {
        assert_eq!(accounts.replace(vec![plain(name)]), Err(AccountError::Name(name.into())));
    }
    let mut broken = plain("broken");
    broken.password = Password::Hashed(Secret::new("$argon2id$oops"));
    let error = accounts.replace(vec![plain("a"), broken]).unwrap_err();
    assert!(matches!(&error, AccountError::Hash { system_id, .. } if system_id == "broken"));
    assert!(error.to_string().contains("broken") && !error.to_string().contains("oops"), "{error}");
    assert!(accounts.record("shop").is_some() && accounts.record("a").is_none());
}

#[test]
fn replaced_records_count_at_once_and_counters_stay() {
    let mut shop = plain("shop");
    shop.quota.day = Some(3);
    let accounts = Accounts::new(vec![shop.clone()]).unwrap();
    let (name, now) = (Account::from("shop"), Timestamp(1_000_000_000_000));
    let admit = || accounts.admit(&name, &mut message(), now);
    assert_eq!((admit(), admit()), (Ok(()), Ok(())));
    shop.quota = Quota { day: Some(2), month: None };
    accounts.replace(vec![shop.clone()]).unwrap();
    assert_eq!(admit(), Err(Denial::Day));
    shop.quota.day = Some(3);
    shop.destinations = vec!["1".into()];
    accounts.replace(vec![shop.clone()]).unwrap();
    assert_eq!(admit(), Err(Denial::Destination));
    shop.destinations.clear();
    shop.rate = Some(Rate::per_second(1));
    shop.defaults.source = (5, 0);
    accounts.replace(vec![shop]).unwrap();
    let mut one = message();
    assert_eq!(accounts.admit(&name, &mut one, now), Ok(()));
    assert_eq!((one.source.ton, admit()), (5, Err(Denial::Day)));
    accounts.replace(Vec::new()).unwrap();
    assert_eq!(admit(), Err(Denial::Account));
}

#[tokio::test]
async fn counters_outlive_the_process_in_a_store() {
    let mut shop = plain("shop");
    shop.quota.month = Some(3);
    let (name, now) = (Account::from("shop"), Timestamp(1_000_000_000_000));
    let (before, store) = (Accounts::new(vec![shop.clone(), plain("idle")]).unwrap(), MemoryAccountStore::default());
    before.admit(&name, &mut message(), now).unwrap();
    before.admit(&name, &mut message(), now).unwrap();
    store.save(before.usage()).await.unwrap();
    let after = Accounts::new(vec![shop]).unwrap();
    after.restore(&store.load().await.unwrap());
    assert_eq!(after.usage().len(), 1);
    assert_eq!(after.admit(&name, &mut message(), now), Ok(()));
    assert_eq!(after.admit(&name, &mut message(), now), Err(Denial::Month));
}

#[tokio::test(start_paused = true)]
async fn counters_are_saved_when_they_changed() {
    let mut shop = plain("shop");
    shop.quota.month = Some(3);
    let (accounts, store) = (Arc::new(Accounts::new(vec![shop]).unwrap()), Arc::new(MemoryAccountStore::default()));
    let kept: Arc<dyn AccountStore> = store.clone();
    let keeper = tokio::spawn(crate::accounts::keep_usage(accounts.clone(), kept, std::time::Duration::from_secs(10)));
    accounts.admit(&Account::from("shop"), &mut message(), Timestamp(1_000_000_000_000)).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    assert_eq!(store.load().await.unwrap(), accounts.usage());
    assert_eq!(accounts.usage()[0].month_messages, 1);
    keeper.abort();
}

#[cfg(feature = "passwords")]
mod hashed {
    use futures_util::future::join_all;

    use super::*;

    // Of "secret08" and "secret09", as cheap as Argon2 can be; made by argon2-cffi.
    const HASH_08: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$OrX+g0RWEOM8nUs+Me3pOGELzCwVkeRk68naU/2wyFA";
    const HASH_09: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$H4DzaQFrvYdMZmapr8pomp+ubTuN4yF8vbsw34dRc30";

    fn hashed(name: &str, hash: &str) -> AccountRecord {
        AccountRecord { password: Password::Hashed(Secret::new(hash)), ..plain(name) }
    }

    async fn ask(accounts: &Accounts, name: &str, password: &str) -> Verdict {
        accounts.verify(name.as_bytes(), password.as_bytes()).await
    }

    #[tokio::test]
    async fn a_hash_is_checked_once_for_each_answer_until_it_changes() {
        let accounts = Accounts::new(vec![hashed("shop", HASH_08)]).unwrap();
        for _ in 0..100 {
            assert!(matches!(ask(&accounts, "shop", "secret08").await, Verdict::Right(_)));
            assert!(matches!(ask(&accounts, "shop", "secret09").await, Verdict::WrongPassword));
        }
        assert_eq!(accounts.stats().hash_runs, 2);
        assert!(matches!(accounts.verify_now(b"shop", b"secret08"), Some(Verdict::Right(_))));
        accounts.replace(vec![hashed("shop", HASH_09)]).unwrap();
        assert!(accounts.verify_now(b"shop", b"secret08").is_none(), "forgotten with the hash");
        assert!(matches!(ask(&accounts, "shop", "secret08").await, Verdict::WrongPassword));
        assert!(matches!(ask(&accounts, "shop", "secret09").await, Verdict::Right(_)));
    }

    #[tokio::test]
    async fn an_unknown_name_and_a_plain_account_cost_what_a_wrong_password_costs() {
        let accounts = Accounts::new(vec![hashed("shop", HASH_08), plain("plain")]).unwrap();
        for (offers, name) in ["shop", "nobody", "plain"].into_iter().enumerate() {
            assert_eq!(accounts.stats().hash_runs, offers as u64);
            let verdict = ask(&accounts, name, "secret07").await;
            assert_eq!(matches!(verdict, Verdict::Unknown), name == "nobody");
        }
        // The decoy's own password opens nothing.
        assert!(matches!(ask(&accounts, "nobody", "secret08").await, Verdict::Unknown));
        assert!(matches!(accounts.verify_now(b"plain", b"secret08"), Some(Verdict::Right(_))));
    }

    #[tokio::test]
    async fn a_flood_of_wrong_binds_costs_a_bounded_number_of_checks() {
        let limits = VerifyLimits { under_way: 2, waiting: 20, remembered: 100 };
        let accounts = Accounts::with_limits(vec![hashed("shop", HASH_08)], limits).unwrap();
        assert!(matches!(ask(&accounts, "shop", "secret08").await, Verdict::Right(_)));
        // Nobody yields between them, as when they all come in at once.
        let flood: Vec<_> = (0..10_000).map(|one| accounts.verify(b"shop", format!("{one:08}").as_bytes())).collect();
        assert!(matches!(accounts.verify_now(b"shop", b"secret08"), Some(Verdict::Right(_))), "the right one is let in");
        let verdicts = join_all(flood).await;
        let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| wanted(verdict)).count();
        assert_eq!(count(|verdict| matches!(verdict, Verdict::WrongPassword)), 20);
        assert_eq!(count(|verdict| matches!(verdict, Verdict::Busy)), 9_980);
        assert_eq!((accounts.stats().hash_runs, accounts.stats().turned_away), (21, 9_980));
        // Afterwards there is room again.
        assert!(matches!(ask(&accounts, "shop", "another").await, Verdict::WrongPassword));
    }

    #[tokio::test]
    async fn a_reconnect_storm_costs_one_check() {
        let limits = VerifyLimits { under_way: 1, waiting: 1, remembered: 100 };
        let accounts = Accounts::with_limits(vec![hashed("shop", HASH_08)], limits).unwrap();
        let storm = join_all((0..1000).map(|_| ask(&accounts, "shop", "secret08"))).await;
        assert!(storm.iter().all(|verdict| matches!(verdict, Verdict::Right(_))));
        assert_eq!(accounts.stats().hash_runs, 1);
    }

    #[test]
    fn nothing_shows_a_password_or_its_hash() {
        let accounts = Accounts::new(vec![hashed("shop", HASH_08), plain("plain")]).unwrap();
        let shown = format!("{accounts:?}");
        assert!(shown.contains("shop") && !shown.contains("secret08") && !shown.contains("OrX+g0RW"), "{shown}");
    }
}

#[cfg(not(feature = "passwords"))]
#[test]
fn a_build_without_hashes_says_so() {
    let mut record = plain("shop");
    record.password = Password::Hashed(Secret::new("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ"));
    assert!(Accounts::new(vec![record]).unwrap_err().to_string().contains("feature passwords"));
}
