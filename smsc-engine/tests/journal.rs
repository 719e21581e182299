//! What a journal does when its disk, its files or its users misbehave.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use smsc_engine::core::queue::io::Io;
use smsc_engine::core::queue::{
    Change, ChangeError, End, JournalOptions, JournalQueue, Lease, OpenError, Page, Queue, QueueError, Record, repair,
};
use smsc_engine::model::{Account, FinalState, Lane, Message, MessageId, Outcome, Timestamp};
use smsc_engine::testing::{Dice, FaultyIo};

const FIRST: &str = "journal-0000000001.log";
const SEGMENT: u32 = 8192;

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    options.reserve_octets = 0;
    options.segment_octets = SEGMENT;
    options.recent_octets = 0;
    options
}

fn open(io: &FaultyIo) -> JournalQueue {
    try_open(io).unwrap_or_else(|error| panic!("{error}"))
}

fn try_open(io: &FaultyIo) -> Result<JournalQueue, OpenError> {
    JournalQueue::open_on(Arc::new(io.clone()), options())
}

fn message(queue: &JournalQueue, octets: usize) -> Message {
    let mut message = Message::new(queue.next_id(), Account::from("shop"), Lane::from("sandbox"));
    message.user_data = Bytes::from(vec![b'x'; octets]);
    message
}

async fn append(queue: &JournalQueue, octets: usize) -> Message {
    let message = message(queue, octets);
    queue.append(vec![message.clone()]).await.unwrap();
    message
}

fn settle(id: MessageId) -> Change {
    let outcome = Outcome { state: FinalState::Delivered, error: 0, attempts: 1, done: Timestamp(5) };
    Change::Settle(End::new(id, outcome))
}

async fn content(queue: &JournalQueue) -> BTreeMap<MessageId, Record> {
    let page = Page { max: usize::MAX, ..Page::default() };
    let records = queue.list(&page).await.unwrap();
    records.into_iter().map(|record| (record.message.id, record)).collect()
}

fn segments(io: &FaultyIo) -> Vec<String> {
    io.list().unwrap().into_iter().filter(|name| name.starts_with("journal-")).collect()
}

/// Fills several segments with messages and settles every third of them.
async fn fill(queue: &JournalQueue) {
    for turn in 0..60 {
        let id = append(queue, 300).await.id;
        if turn % 3 == 0 {
            queue.apply(vec![settle(id)]).await.unwrap();
        }
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..2000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}

#[tokio::test]
async fn a_failed_sync_poisons_the_queue_and_loses_nothing_that_was_answered() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let kept = append(&queue, 10).await;
    io.fail_next_sync("journal-");
    let lost = message(&queue, 10);
    let poisoned = queue.append(vec![lost.clone()]).await.unwrap_err();
    assert_eq!(
        poisoned.to_string(),
        "the queue stopped after a failed write and must be reopened: journal-0000000001.log: the disk could not sync"
    );
    assert_eq!(queue.append(vec![lost]).await, Err(poisoned.clone()));
    assert_eq!(queue.apply(vec![settle(kept.id)]).await, Err(poisoned.clone()));
    assert_eq!(queue.get(kept.id).await.unwrap().unwrap().message, kept, "what is known can be asked for");
    let want = Lease { max: 1, now: Timestamp(1), until: Timestamp(2) };
    assert_eq!(queue.lease(&Lane::from("sandbox"), want).await, Err(poisoned.clone()));
    assert_eq!((content(&queue).await.len(), queue.counts().pending), (1, 1));
    assert_eq!(queue.close().await, Err(poisoned));
    drop(queue);
    let queue = open(&io.crash());
    assert_eq!(content(&queue).await.keys().copied().collect::<Vec<_>>(), [kept.id]);
}

/// Appends until the disk is full and returns what was accepted.
async fn fill_the_disk(queue: &JournalQueue, io: &FaultyIo) -> Vec<MessageId> {
    io.limit(6 * u64::from(SEGMENT));
    let mut kept = Vec::new();
    loop {
        // It is the thread that tidies who notices; a slow machine must give it time.
        if !io.list().unwrap().iter().any(|name| name.starts_with("spare-")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let message = message(queue, 500);
        match queue.append(vec![message.clone()]).await {
            Ok(()) => kept.push(message.id),
            Err(error) => {
                assert_eq!(error, QueueError::NoRoom);
                return kept;
            }
        }
    }
}

/// Appends as soon as there is room again.
async fn append_at_last(queue: &JournalQueue) -> MessageId {
    let message = message(queue, 500);
    for _ in 0..2000 {
        match queue.append(vec![message.clone()]).await {
            Ok(()) => return message.id,
            Err(error) => assert_eq!(error, QueueError::NoRoom),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the queue did not recover");
}

#[tokio::test]
async fn a_full_disk_refuses_new_messages_only_and_the_queue_recovers_by_itself() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let mut kept = fill_the_disk(&queue, &io).await;
    assert!(kept.len() > 30, "{}", kept.len());
    let want = Lease { max: 5, now: Timestamp(1), until: Timestamp(2) };
    let leased = queue.lease(&Lane::from("sandbox"), want).await.unwrap();
    assert_eq!(leased.iter().map(|message| message.id).collect::<Vec<_>>(), kept[..5], "what is there goes out");
    assert_eq!(queue.apply(vec![settle(kept[0])]).await.unwrap(), [Ok(())], "and can be settled");
    assert_eq!(content(&queue).await.len(), kept.len());
    io.limit(u64::MAX);
    kept.push(append_at_last(&queue).await);
    drop(queue);
    let there = content(&open(&io.crash())).await;
    assert!(kept.iter().eq(there.keys()));
    assert!(there[&kept[0]].outcome.is_some());
}

#[tokio::test]
async fn the_reserve_is_not_touched_for_a_moment_either() {
    let io = FaultyIo::new(1);
    let mut options = options();
    options.reserve_octets = 3 * u64::from(SEGMENT);
    let queue = JournalQueue::open_on(Arc::new(io.clone()), options).unwrap();
    // Half a segment more than whole ones: there is always some room, and it is not enough.
    let limit = 9 * u64::from(SEGMENT) + u64::from(SEGMENT) / 2;
    io.limit(limit);
    let mut refused = 0;
    while refused < 20 {
        match queue.append(vec![message(&queue, 500)]).await {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error, QueueError::NoRoom);
                refused += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    assert!(limit - io.most_used() >= 3 * u64::from(SEGMENT), "{} of {limit}", io.most_used());
}

#[tokio::test]
async fn changes_that_find_no_room_have_no_effect() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let kept = fill_the_disk(&queue, &io).await;
    let (mut attempts, last) = (0, kept[0]);
    let error = loop {
        let retry = Change::Retry { id: last, attempts: attempts + 1, deliver_after: Timestamp(0), lane: None };
        match queue.apply(vec![retry]).await {
            Ok(results) => assert_eq!(results, [Ok(())]),
            Err(error) => break error,
        }
        attempts += 1;
    };
    assert_eq!(error, QueueError::NoRoom);
    let refused = vec![settle(kept[1]), Change::Delete { id: kept[2] }];
    assert_eq!(queue.apply(refused.clone()).await, Err(QueueError::NoRoom));
    assert_eq!(queue.counts().pending as usize, kept.len());
    let record = queue.get(kept[1]).await.unwrap().unwrap();
    assert!(record.outcome.is_none() && record.leased.is_some(), "it is held back, for it may have been delivered");
    io.limit(u64::MAX);
    append_at_last(&queue).await;
    assert_eq!(queue.apply(refused).await.unwrap(), [Ok(()), Ok(())]);
    drop(queue);
    let there = content(&open(&io.crash())).await;
    assert_eq!(there[&last].message.attempts, attempts);
    assert!(there[&kept[1]].outcome.is_some() && !there.contains_key(&kept[2]));
}

#[tokio::test]
async fn a_full_disk_recovers_when_what_it_holds_is_done_with() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let kept = fill_the_disk(&queue, &io).await;
    queue.apply(kept.into_iter().map(settle).collect()).await.unwrap();
    queue.forget(Timestamp::MAX).await.unwrap();
    append_at_last(&queue).await;
}

#[tokio::test]
async fn a_journal_is_open_once() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    assert!(matches!(try_open(&io), Err(OpenError::Locked)));
    queue.close().await.unwrap();
    assert!(try_open(&io).is_ok(), "closing is enough, the handle may live on");
}

#[tokio::test]
async fn a_real_directory_is_open_once() {
    let directory = std::env::temp_dir().join(format!("smsc-engine-lock-{}", std::process::id()));
    let queue = JournalQueue::open(&directory, options()).unwrap();
    assert!(matches!(JournalQueue::open(&directory, options()), Err(OpenError::Locked)));
    drop(queue);
    drop(JournalQueue::open(&directory, options()).unwrap());
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn damage_in_the_middle_is_refused_with_its_place_and_repair_saves_the_rest() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    fill(&queue).await;
    let before = content(&queue).await;
    drop(queue);
    let names = segments(&io);
    assert!(names.len() > 2);
    // In the middle of a body in the second segment.
    let mut octets = io.content(&names[1]).unwrap();
    octets[4000] ^= 1;
    io.overwrite(&names[1], octets.clone());
    let Err(error @ OpenError::Corrupt { .. }) = try_open(&io) else { panic!("it was opened") };
    let text = error.to_string();
    assert!(text.starts_with("journal-0000000002.log, octet ") && text.contains("repair"), "{text}");
    let OpenError::Corrupt { offset, .. } = error else { unreachable!() };
    assert!((3000..4000).contains(&offset), "{offset}");
    assert_eq!(io.content(&names[1]).unwrap(), octets, "nothing was changed");

    let fresh = FaultyIo::new(2);
    let repaired = repair(&io, Arc::new(fresh.clone()), options()).unwrap();
    assert_eq!(repaired.damage.len(), 1, "{repaired:?}");
    let queue = open(&fresh);
    let after = content(&queue).await;
    assert_eq!(repaired.messages as usize, after.len());
    assert_eq!(after.len(), before.len() - 1);
    assert!(after.iter().all(|(id, record)| before[id] == *record));
    assert!(queue.next_id() > *before.keys().last().unwrap());
    assert!(matches!(repair(&io, Arc::new(fresh), options()), Err(OpenError::Locked)));
    drop(queue);
}

#[tokio::test]
async fn a_missing_segment_is_refused_and_the_others_can_be_saved() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    fill(&queue).await;
    let before = content(&queue).await;
    drop(queue);
    let names = segments(&io);
    io.delete(&names[1]).unwrap();
    let Err(error) = try_open(&io) else { panic!("it was opened") };
    assert!(error.to_string().starts_with("journal-0000000002.log, octet 0: the file is missing"), "{error}");
    let fresh = FaultyIo::new(2);
    let repaired = repair(&io, Arc::new(fresh.clone()), options()).unwrap();
    assert_eq!(repaired.damage, ["journal-0000000002.log, octet 0: the file is missing"]);
    let after = content(&open(&fresh)).await;
    assert!(after.len() > 20 && after.len() < before.len());
    assert!(after.iter().all(|(id, record)| before[id].message == record.message));
}

/// Every single flipped bit is noticed, except where it means nothing or where it looks like a torn end.
#[tokio::test]
async fn no_flipped_bit_changes_what_is_read() {
    let mut refused = 0;
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let io = FaultyIo::new(seed);
        let queue = open(&io);
        for _ in 0..12 {
            fill_one(&queue, &mut dice).await;
        }
        let before = content(&queue).await;
        drop(queue);
        let names = segments(&io);
        let name = &names[dice.throw(names.len() as u64) as usize];
        let mut octets = io.content(name).unwrap();
        let used = octets.iter().rposition(|octet| *octet != 0).unwrap() as u64;
        octets[dice.throw(used) as usize] ^= 1 << dice.throw(8);
        io.overwrite(name, octets);
        match try_open(&io) {
            Err(OpenError::Corrupt { .. } | OpenError::Version { .. }) => refused += 1,
            Err(other) => panic!("seed {seed}: {other}"),
            Ok(queue) => {
                let after = content(&queue).await;
                let last = *before.keys().last().unwrap();
                // All but what the last group said.
                for (id, record) in &before {
                    assert!(*id == last || after[id] == *record, "seed {seed}: {id}");
                }
            }
        }
    }
    assert!(refused > 200, "{refused}");
}

/// One group: a message, and the end of the one before.
async fn fill_one(queue: &JournalQueue, dice: &mut Dice) {
    let octets = dice.throw(1500) as usize;
    append(queue, octets).await;
}

#[tokio::test]
async fn a_torn_end_is_passed_over() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let kept = append(&queue, 100).await;
    drop(queue);
    let whole = io.content(FIRST).unwrap();
    let end = whole.iter().rposition(|octet| *octet != 0).unwrap() + 1;
    let queue = open(&io);
    let torn = append(&queue, 1000).await;
    drop(queue);
    let mut octets = io.content(FIRST).unwrap();
    // The last sector of the group never reached the disk.
    let last = octets.iter().rposition(|octet| *octet != 0).unwrap();
    octets[last - 400..].fill(0);
    assert!(last - 400 > end);
    io.overwrite(FIRST, octets);
    let queue = open(&io);
    assert_eq!(content(&queue).await.keys().copied().collect::<Vec<_>>(), [kept.id]);
    assert!(queue.next_id() > torn.id, "its id was handed out all the same");
    let next = append(&queue, 10).await;
    drop(queue);
    assert!(content(&open(&io)).await.contains_key(&next.id));
}

/// A group in the wrong place, say by a disk that mixes up its sectors, does not revive what it says.
#[tokio::test]
async fn an_old_group_at_the_end_is_passed_over() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let end = || {
        let used = io.content(FIRST).unwrap();
        (used.iter().rposition(|octet| *octet != 0).unwrap() + 1).next_multiple_of(4)
    };
    let start = end();
    let ended = append(&queue, 100).await;
    let middle = end();
    queue.apply(vec![settle(ended.id)]).await.unwrap();
    drop(queue);
    let mut octets = io.content(FIRST).unwrap();
    octets.copy_within(start..middle, end());
    io.overwrite(FIRST, octets);
    let record = open(&io).get(ended.id).await.unwrap().unwrap();
    assert!(record.outcome.is_some());
}

#[tokio::test]
async fn ids_are_not_handed_out_again_after_a_crash_even_if_nothing_was_appended() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let last = (0..100).map(|_| queue.next_id()).last().unwrap();
    let io = io.crash();
    drop(queue);
    let queue = open(&io);
    let next = queue.next_id();
    assert!(next > last);
    queue.close().await.unwrap();
    drop(queue);
    assert_eq!(open(&io).next_id().0, next.0 + 1, "a clean end wastes none");
}

#[tokio::test]
async fn old_segments_are_emptied_and_what_is_pending_in_them_survives() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let mut kept = Vec::new();
    for turn in 0..600 {
        let message = append(&queue, 300).await;
        if turn % 50 == 0 {
            kept.push(message);
        } else {
            queue.apply(vec![settle(message.id)]).await.unwrap();
            queue.forget(Timestamp::MAX).await.unwrap();
        }
    }
    until("few segments are left", || segments(&io).len() <= 5).await;
    assert!(!segments(&io).contains(&FIRST.to_owned()));
    let check = async |queue: &JournalQueue| {
        // Forgotten messages may come back, but only as ended ones.
        let there = content(queue).await.into_values();
        let pending = there.filter(|record| record.outcome.is_none());
        assert!(pending.map(|record| record.message).eq(kept.iter().cloned()));
    };
    check(&queue).await;
    drop(queue);
    check(&open(&io)).await;
    let io = io.crash();
    check(&open(&io)).await;
}

#[tokio::test]
async fn an_ended_message_survives_tidying_until_it_is_forgotten() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let first = append(&queue, 300).await;
    queue.apply(vec![settle(first.id)]).await.unwrap();
    for _ in 0..300 {
        let id = append(&queue, 300).await.id;
        let mut ended = settle(id);
        if let Change::Settle(end) = &mut ended {
            end.outcome.done = Timestamp(1);
        }
        queue.apply(vec![ended]).await.unwrap();
        queue.forget(Timestamp(5)).await.unwrap();
    }
    until("the first segment is gone", || !segments(&io).contains(&FIRST.to_owned())).await;
    drop(queue);
    let queue = open(&io);
    let record = queue.get(first.id).await.unwrap().unwrap();
    assert_eq!((&record.message, record.outcome.is_some()), (&first, true));
    assert_eq!(queue.apply(vec![settle(first.id)]).await.unwrap(), [Err(ChangeError::Final(FinalState::Delivered))]);
}

#[tokio::test]
async fn a_snapshot_spares_reading_and_is_not_believed_when_it_does_not_fit() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    fill(&queue).await;
    let before = content(&queue).await;
    queue.close().await.unwrap();
    drop(queue);
    let names = segments(&io);
    let whole = io.content(&names[1]).unwrap();
    let snapshot = io.content("snapshot").unwrap();

    // With the snapshot nobody reads the second segment, so nobody sees that it is damaged.
    let mut octets = whole.clone();
    octets[4000] ^= 1;
    io.overwrite(&names[1], octets);
    let queue = open(&io);
    let unreadable = before.len() - content(&queue).await.len();
    assert_eq!(unreadable, 1, "the damaged body shows when it is read");
    let more = append(&queue, 100).await;
    drop(queue);

    // What came after the snapshot is read from the journal.
    io.overwrite(&names[1], whole);
    let queue = open(&io);
    let after = content(&queue).await;
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|(id, record)| after[id] == *record) && after.contains_key(&more.id));
    drop(queue);

    for place in 0..snapshot.len() {
        let mut octets = snapshot.clone();
        octets[place] ^= 0x10;
        io.overwrite("snapshot", octets);
        if place % 41 == 0 {
            assert_eq!(content(&open(&io)).await, after, "octet {place} of the snapshot");
        }
    }
    io.overwrite("snapshot", snapshot[..snapshot.len() / 2].to_vec());
    assert_eq!(content(&open(&io)).await, after);
}

#[tokio::test]
async fn a_snapshot_of_segments_that_are_gone_is_not_believed() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    fill(&queue).await;
    queue.close().await.unwrap();
    drop(queue);
    let queue = open(&io);
    let all: Vec<_> = content(&queue).await.into_keys().collect();
    queue.apply(all.into_iter().map(settle).collect()).await.unwrap();
    queue.forget(Timestamp::MAX).await.unwrap();
    until("the first segment is gone", || !segments(&io).contains(&FIRST.to_owned())).await;
    drop(queue);
    let queue = open(&io);
    let counts = queue.counts();
    assert_eq!((counts.pending, counts.delivered), (0, content(&queue).await.len() as u64));
}

/// Every segment dies at once, so that its file is the next one but a few.
async fn live_and_die(io: &FaultyIo) -> Result<(), QueueError> {
    let Ok(queue) = try_open(io) else {
        return Err(QueueError::Closed);
    };
    for _ in 0..16 {
        let message = message(&queue, 2500);
        let id = message.id;
        queue.append(vec![message]).await?;
        queue.apply(vec![settle(id)]).await?;
        queue.forget(Timestamp::MAX).await.unwrap();
    }
    Ok(())
}

#[tokio::test]
async fn a_journal_that_uses_its_files_again_opens_wherever_the_power_failed() {
    for seed in 0..3 {
        for changes in 0.. {
            let io = FaultyIo::new(seed * 1000 + changes);
            io.fail_after(changes);
            let lived = live_and_die(&io).await;
            let queue = open(&io.crash());
            // At most the last message was not settled yet.
            assert!(queue.counts().pending <= 1);
            if lived.is_ok() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_newer_format_is_named() {
    let io = FaultyIo::new(1);
    drop(open(&io));
    let mut octets = io.content(FIRST).unwrap();
    octets[8] = 3;
    io.overwrite(FIRST, octets);
    let Err(error) = try_open(&io) else { panic!("it was opened") };
    assert_eq!(error.to_string(), "journal-0000000001.log: format 3 is not known to this program");
}

#[tokio::test]
async fn senseless_options_are_refused() {
    for segment_octets in [0, 4095, (1 << 30) + 1] {
        let mut options = options();
        options.segment_octets = segment_octets;
        let refused = JournalQueue::open_on(Arc::new(FaultyIo::new(1)), options);
        assert!(matches!(refused, Err(OpenError::Options(_))));
    }
    let mut options = options();
    options.waiting_octets = (1 << 28) + 1;
    let refused = JournalQueue::open_on(Arc::new(FaultyIo::new(1)), options);
    assert!(matches!(refused, Err(OpenError::Options(_))));
}

#[tokio::test]
async fn large_messages_and_batches_fit_or_are_refused() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let mut batch: Vec<_> = (0..200).map(|_| message(&queue, 300)).collect();
    queue.append(batch.clone()).await.unwrap();
    let mut large = message(&queue, 65_535);
    large.tlvs = Bytes::from(vec![1; 65_535]);
    queue.append(vec![large.clone()]).await.unwrap();
    batch.push(large);
    let too_large = message(&queue, 300_000);
    let Err(QueueError::TooLarge { octets, limit }) = queue.append(vec![too_large.clone()]).await else { panic!() };
    assert!(octets > 300_000 && limit < octets);
    let replace = Change::Replace { message: Box::new(Message { id: batch[0].id, ..too_large.clone() }), now: Timestamp(0) };
    let results = queue.apply(vec![replace]).await.unwrap();
    assert!(matches!(results[0], Err(ChangeError::TooLarge { .. })));
    assert_eq!(queue.get(too_large.id).await.unwrap(), None);
    let fits = Message { user_data: Bytes::from(vec![1; 200_000]), ..too_large };
    let many = vec![Change::Replace { message: Box::new(fits.clone()), now: Timestamp(0) }; 400];
    assert!(matches!(queue.apply(many).await, Err(QueueError::TooLarge { .. })));
    assert!(matches!(queue.append(vec![fits; 400]).await, Err(QueueError::TooLarge { .. })));
    drop(queue);
    let there = content(&open(&io)).await.into_values().map(|record| record.message);
    assert!(there.eq(batch));
}

/// With room for one group only, callers wait for each other and all get through.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_get_through_a_narrow_door() {
    let mut options = options();
    options.waiting_octets = 1;
    let io = FaultyIo::new(1);
    let queue = Arc::new(JournalQueue::open_on(Arc::new(io.clone()), options).unwrap());
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { append(&queue, 100).await.id })
        })
        .collect();
    for caller in callers {
        let id = caller.await.unwrap();
        assert!(queue.get(id).await.unwrap().is_some());
    }
    assert_eq!(queue.counts().pending, 200);
}

#[tokio::test]
async fn messages_on_their_way_take_their_places_and_their_ids() {
    let mut options = options();
    options.pending_limit = 10;
    let queue = Arc::new(JournalQueue::open_on(Arc::new(FaultyIo::new(1)), options).unwrap());
    let (early, late) = (message(&queue, 10), message(&queue, 10));
    for message in [late, early] {
        // The second time with an id below those that are known.
        let call = || queue.append(vec![message.clone()]);
        let results = tokio::join!(call(), call());
        assert_eq!(results, (Ok(()), Err(QueueError::Duplicate(message.id))));
        assert_eq!(call().await, Err(QueueError::Duplicate(message.id)), "it has come");
    }
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (queue, message) = (Arc::clone(&queue), message(&queue, 10));
        calls.spawn(async move { queue.append(vec![message]).await });
    }
    let results = calls.join_all().await;
    let full = results.iter().filter(|result| **result == Err(QueueError::Full { limit: 10 }));
    assert_eq!(full.count(), 22);
    assert_eq!(queue.counts().pending, 10);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_holds_up_no_other() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let first = append(&queue, 300).await;
    let second = append(&queue, 300).await;
    let whole = io.content(FIRST).unwrap();
    let place = whole.windows(300).position(|octets| octets == [b'x'; 300]).unwrap();
    let mut octets = whole;
    octets[place] ^= 1;
    io.overwrite(FIRST, octets);
    let want = Lease { max: 10, now: Timestamp(1), until: Timestamp(2) };
    let leased = queue.lease(&Lane::from("sandbox"), want).await.unwrap();
    assert_eq!(leased, [second]);
    let Err(QueueError::Corrupt(why)) = queue.get(first.id).await else { panic!("it was read") };
    assert!(why.starts_with(FIRST) && why.ends_with("the record is damaged"), "{why}");
}

#[tokio::test]
async fn an_erased_text_leaves_the_disk_with_its_segment() {
    const SECRET: &[u8] = b"your PIN is 1234";
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let mut secret = message(&queue, 0);
    secret.user_data = Bytes::from_static(SECRET);
    secret.extra_mut().raw_pdu = Bytes::from_static(SECRET);
    queue.append(vec![secret.clone()]).await.unwrap();
    let Change::Settle(end) = settle(secret.id) else { unreachable!() };
    queue.apply(vec![Change::Settle(End { erase: true, ..end })]).await.unwrap();
    let on_disk = || {
        let contents = io.list().unwrap().into_iter().filter_map(|name| io.content(&name));
        contents.filter(|octets| octets.windows(SECRET.len()).any(|octets| octets == SECRET)).count()
    };
    assert_eq!(on_disk(), 1);
    for _ in 0..200 {
        let id = append(&queue, 300).await.id;
        queue.apply(vec![settle(id), Change::Delete { id }]).await.unwrap();
    }
    until("the first segment is gone", || !segments(&io).contains(&FIRST.to_owned())).await;
    assert_eq!(on_disk(), 0, "neither under another name");
    secret.user_data = Bytes::new();
    secret.extra_mut().raw_pdu = Bytes::new();
    assert_eq!(queue.get(secret.id).await.unwrap().unwrap().message, secret);
    drop(queue);
    assert_eq!(open(&io.crash()).get(secret.id).await.unwrap().unwrap().message, secret);
}

#[tokio::test]
async fn a_snapshot_is_written_while_messages_come_and_go() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    let mut appended = 0;
    while io.content("snapshot").is_none() {
        fill(&queue).await;
        appended += 60;
        assert!(appended < 6000, "no snapshot was written");
    }
    fill(&queue).await;
    let before = content(&queue).await;
    let io = io.crash();
    drop(queue);
    assert_eq!(content(&open(&io)).await, before);
    // Nobody reads the first segments any more, so nobody sees that one is damaged.
    let name = &segments(&io)[1];
    let mut octets = io.content(name).unwrap();
    octets[4000] ^= 1;
    io.overwrite(name, octets);
    assert_eq!(content(&open(&io)).await.len(), before.len() - 1);
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_to_is_named_at_the_start() {
    let io = FaultyIo::new(1);
    let queue = open(&io);
    append(&queue, 10).await;
    drop(queue);
    io.read_only(true);
    let Err(error) = try_open(&io) else { panic!("it was opened") };
    assert_eq!(error.to_string(), "lock: read-only filesystem or storage medium");
    io.read_only(false);
    assert_eq!(open(&io).counts().pending, 1);
}
