//! How messages are found, counted and forgotten, and what happens when many ask at once.

use std::collections::BTreeSet;

use super::*;

pub(super) async fn finding(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..8).map(|_| bench.message()).collect();
    for message in &mut messages {
        message.destination = Address::new(1, 1, "447900000001");
    }
    messages[1].account = Account::from("rival");
    messages[2].service_type = Word::new("WAP");
    messages[3].destination = Address::new(1, 1, "447900000002");
    messages[4].source = Address::new(5, 0, "Other");
    messages[5].destination = Address::new(2, 1, "447900000001");
    bench.append(&messages).await;
    bench.settle(messages[7].id, FinalState::Delivered).await.unwrap();
    let mut like = Like {
        account: Account::from("shop"),
        source: messages[0].source.clone(),
        destination: messages[0].destination.clone(),
        service_type: Some(Word::default()),
    };
    let found = async |like: &Like, max| {
        let records = bench.queue.find(like, max).await.unwrap();
        records.into_iter().map(|record| record.message.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&like, MANY).await, [messages[6].id, messages[0].id], "pending and alike, newest first");
    assert_eq!(found(&like, 1).await, [messages[6].id]);
    like.service_type = None;
    assert_eq!(found(&like, MANY).await, [messages[6].id, messages[2].id, messages[0].id]);
    like.account = Account::from("nobody");
    assert_eq!(found(&like, MANY).await, []);
}

pub(super) async fn finding_in_a_crowd(maker: &dyn QueueMaker) {
    let bench = Bench::of(maker.fresh(20_000).await);
    // A few that are alike among many that are not, far apart.
    let mut messages: Vec<_> = (0..18_500).map(|_| bench.message()).collect();
    // A queue that gets its ids from elsewhere may give higher ones for a while.
    messages.sort_unstable_by_key(|message| message.id);
    let rare = Address::new(1, 1, "447900000001x");
    messages.iter_mut().step_by(1000).for_each(|message| message.destination = rare.clone());
    for some in messages.chunks(1000) {
        bench.append(some).await;
    }
    let (account, source) = (messages[0].account.clone(), messages[0].source.clone());
    let like = Like { account, source, destination: rare, service_type: None };
    let found = async |queue: &dyn Queue, max| {
        let records = queue.find(&like, max).await.unwrap();
        let places = records.iter().map(|record| messages.iter().position(|message| message.id == record.message.id));
        places.map(Option::unwrap).collect::<Vec<_>>()
    };
    let down_from = |first: usize| (0..=first).rev().map(|turn| turn * 1000).collect::<Vec<_>>();
    assert_eq!(found(&*bench.queue, MANY).await, down_from(18));
    assert_eq!(found(&*bench.queue, 3).await, [18_000, 17_000, 16_000]);
    // Few stay of what came first, then none.
    let end = |place: &usize| Change::Settle(End::new(messages[*place].id, outcome(FinalState::Undeliverable, 200)));
    let of_many = (0..9500).filter(|place| place % 100 > 0);
    let changes: Vec<_> = of_many.map(|place| end(&place)).collect();
    for some in changes.chunks(1000) {
        bench.queue.apply(some.to_vec()).await.unwrap();
    }
    assert_eq!(found(&*bench.queue, MANY).await, down_from(18));
    bench.queue.apply([18_000, 9000, 0].iter().map(end).collect()).await.unwrap();
    // The last to end, so that it is not the first to be forgotten.
    let failed = End::new(messages[3000].id, outcome(FinalState::Undeliverable, 300));
    bench.change(Change::Settle(failed)).await.unwrap();
    let again = Change::Reopen { id: messages[3000].id, deliver_after: Timestamp(300), expires: Timestamp(10_000) };
    bench.change(again).await.unwrap();
    let mut rest = down_from(17);
    rest.retain(|place| ![9000, 0].contains(place));
    assert_eq!(found(&*bench.queue, MANY).await, rest);
    assert_eq!(found(&*bench.queue, 11).await, rest[..11]);
    bench.queue.close().await.unwrap();
    if let Some(queue) = maker.reopen().await {
        assert_eq!(found(&*queue, MANY).await, rest);
    }
}

pub(super) async fn listing_and_counting(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..6).map(|_| bench.message()).collect();
    messages[1].lane = Lane::from("other");
    bench.append(&messages).await;
    bench.settle(messages[0].id, FinalState::Delivered).await.unwrap();
    bench.settle(messages[2].id, FinalState::Rejected).await.unwrap();
    bench.lease(100, 1).await;
    let listed = async |page: Page| {
        let records = bench.queue.list(&page).await.unwrap();
        records.iter().map(|record| messages.iter().position(|m| m.id == record.message.id).unwrap()).collect::<Vec<_>>()
    };
    let all = Page { max: MANY, ..Page::default() };
    assert_eq!(listed(all.clone()).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(listed(Page { newest_first: true, max: 2, ..all.clone() }).await, [5, 4]);
    let beyond = Some(messages[4].id);
    assert_eq!(listed(Page { newest_first: true, max: 2, beyond, ..all.clone() }).await, [3, 2]);
    assert_eq!(listed(Page { beyond, ..all.clone() }).await, [5]);
    assert_eq!(listed(Page { status: Some(Status::Rejected), ..all.clone() }).await, [2]);
    assert_eq!(listed(Page { status: Some(Status::Pending), ..all.clone() }).await, [1, 3, 4, 5]);
    assert_eq!(listed(Page { lane: Some(Lane::from("other")), ..all.clone() }).await, [1]);
    assert_eq!(listed(Page { lane: Some(Lane::from("unheard-of")), ..all }).await, [] as [usize; 0]);
    let lane = |name, pending, leased| LaneCount { lane: Lane::from(name), pending, leased };
    let wanted = Counts {
        lanes: vec![lane("other", 1, 0), lane(LANE, 3, 1)],
        pending: 4,
        delivered: 1,
        failed: 0,
        expired: 0,
        rejected: 1,
        unrecorded: 0,
    };
    assert_eq!(bench.queue.counts(), wanted);
}

pub(super) async fn oldest(maker: &dyn QueueMaker) {
    let bench = Bench::of(maker.fresh(5_000).await);
    let oldest = async || bench.queue.oldest().await.unwrap().map(|record| record.message);
    assert_eq!(oldest().await, None);
    // More than are looked at together.
    let messages: Vec<_> = (0..3_000).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    assert_eq!(oldest().await.as_ref(), Some(&messages[0]));
    bench.lease(100, 1).await;
    bench.change(retry(messages[0].id, 5_000)).await.unwrap();
    assert_eq!(oldest().await.map(|message| message.id), Some(messages[0].id), "leased or waiting, it is pending");
    let end = |message: &Message| Change::Settle(End::new(message.id, outcome(FinalState::Delivered, 200)));
    let but_one = messages[..2_500].iter().filter(|message| message.id != messages[7].id);
    bench.queue.apply(but_one.map(end).collect()).await.unwrap();
    assert_eq!(oldest().await.as_ref(), Some(&messages[7]));
    // The last to end, so that it is not the first to be forgotten.
    let failed = End::new(messages[7].id, outcome(FinalState::Undeliverable, 300));
    bench.change(Change::Settle(failed)).await.unwrap();
    assert_eq!(oldest().await.as_ref(), Some(&messages[2_500]));
    let again = Change::Reopen { id: messages[7].id, deliver_after: Timestamp(300), expires: Timestamp(10_000) };
    bench.change(again).await.unwrap();
    assert_eq!(oldest().await.map(|message| message.id), Some(messages[7].id));
    bench.change(Change::Delete { id: messages[7].id }).await.unwrap();
    assert_eq!(oldest().await.as_ref(), Some(&messages[2_500]));
    bench.queue.close().await.unwrap();
    if let Some(queue) = maker.reopen().await {
        assert_eq!(queue.oldest().await.unwrap().map(|record| record.message.id), Some(messages[2_500].id));
        queue.apply(messages[2_500..].iter().map(end).collect()).await.unwrap();
        assert_eq!(queue.oldest().await, Ok(None));
    }
}

pub(super) async fn limits(maker: &dyn QueueMaker) {
    let bench = Bench::of(maker.fresh(3).await);
    let messages: Vec<_> = (0..4).map(|_| bench.message()).collect();
    let full = Err(QueueError::Full { limit: 3 });
    assert_eq!(bench.queue.append(messages.clone()).await, full, "all or none");
    assert_eq!(bench.queue.counts().pending, 0);
    bench.append(&messages[..3]).await;
    assert_eq!(bench.queue.append(messages[3..].to_vec()).await, full);
    let outcome = outcome(FinalState::Delivered, 200);
    let receipt = Some(Box::new(messages[3].clone()));
    let settle = Change::Settle(End { receipt, ..End::new(messages[0].id, outcome) });
    assert_eq!(bench.change(settle).await, Ok(()), "a receipt is taken even by a full queue");
    assert_eq!(bench.queue.append(vec![bench.message()]).await, full);
    bench.settle(messages[1].id, FinalState::Delivered).await.unwrap();
    let fits = bench.message();
    let twice = vec![bench.message(), messages[2].clone()];
    bench.settle(messages[3].id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.queue.append(twice.clone()).await, Err(QueueError::Duplicate(messages[2].id)));
    assert_eq!(bench.queue.get(twice[0].id).await.unwrap(), None, "all or none");
    bench.append(&[fits.clone(), twice[0].clone()]).await;
    assert_eq!(bench.queue.append(vec![bench.message()]).await, full);
}

pub(super) async fn forgetting(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let messages: Vec<_> = (0..3).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    for (message, done) in messages.iter().zip([200, 300]) {
        let outcome = outcome(FinalState::Delivered, done);
        bench.change(Change::Settle(End::new(message.id, outcome))).await.unwrap();
    }
    assert_eq!(bench.queue.forget(Timestamp(300)).await, Ok(1));
    assert_eq!(bench.queue.get(messages[0].id).await.unwrap(), None);
    assert_eq!(bench.get(messages[1].id).await.message, messages[1]);
    assert_eq!(bench.queue.forget(Timestamp::MAX).await, Ok(1), "a pending message is never forgotten");
    assert_eq!(bench.get(messages[2].id).await.message, messages[2]);
    assert_eq!(bench.settle(messages[1].id, FinalState::Expired).await, Err(ChangeError::Unknown));
}

/// What was forgotten stays so: the next call that becomes durable makes that durable, too.
pub(super) async fn forgetting_for_good(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let messages: Vec<_> = (0..4).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    for message in &messages[..3] {
        bench.settle(message.id, FinalState::Undeliverable).await.unwrap();
    }
    bench.change(Change::Reopen { id: messages[1].id, deliver_after: Timestamp(100), expires: Timestamp(900) }).await.unwrap();
    assert_eq!(bench.queue.forget(Timestamp(201)).await, Ok(2));
    bench.settle(messages[1].id, FinalState::Undeliverable).await.unwrap();
    bench.queue.close().await.unwrap();
    let Some(queue) = maker.reopen().await else { return };
    let bench = Bench::of(queue);
    for (message, there) in messages.iter().zip([false, true, false, true]) {
        assert_eq!(bench.queue.get(message.id).await.unwrap().is_some(), there, "{}", message.id);
    }
}

/// Many tasks come in at once, each call from two sides: it comes in once, whole or not at all, as long as there is room.
pub(super) async fn rushing(maker: &dyn QueueMaker) {
    const LIMIT: usize = 300;
    let bench = Bench::of(maker.fresh(LIMIT).await);
    let call = |number: usize| (0..=number % 3).map(|_| bench.message()).collect::<Vec<_>>();
    let calls: Vec<_> = (0..250).map(call).collect();
    let offer = |call: &Vec<Message>| {
        let (queue, call) = (Arc::clone(&bench.queue), call.clone());
        tokio::spawn(async move { queue.append(call).await })
    };
    let tasks: Vec<_> = calls.iter().map(|call| (offer(call), call)).collect();
    let again: Vec<_> = calls.iter().rev().map(offer).collect();
    let mut came_in = BTreeSet::new();
    for ((first, call), second) in tasks.into_iter().zip(again.into_iter().rev()) {
        let answers = [first.await.unwrap(), second.await.unwrap()];
        let full = Err(QueueError::Full { limit: LIMIT });
        let known = |answer: &Result<(), QueueError>| *answer == Err(QueueError::Duplicate(call[0].id));
        if answers.contains(&Ok(())) {
            assert!(answers.iter().any(|answer| known(answer) || *answer == full), "it came in twice: {answers:?}");
            came_in.extend(call.iter().map(|message| message.id));
        } else {
            assert!(answers.iter().all(|answer| *answer == full), "{answers:?}");
        }
    }
    // The largest call has three.
    assert!((LIMIT - 2..=LIMIT).contains(&came_in.len()), "{}", came_in.len());
    assert_eq!(bench.queue.counts().pending, came_in.len() as u64);
    assert!(bench.leased_ids(200).await.into_iter().eq(came_in));
}

/// Many tasks do everything at once; each message must end exactly once.
pub(super) async fn races(maker: &dyn QueueMaker) {
    let bench = Arc::new(Bench::new(maker).await);
    let mut tasks = Vec::new();
    for task in 0..8_u64 {
        let bench = Arc::clone(&bench);
        tasks.push(tokio::spawn(async move {
            let mut ends = 0;
            for round in 0..12 {
                let messages: Vec<_> = (0..3).map(|_| bench.message()).collect();
                bench.append(&messages).await;
                let now = 200 + task + round;
                for message in bench.lease(now, 4).await {
                    ends += u64::from(bench.settle(message.id, FinalState::Delivered).await.is_ok());
                }
                ends += u64::from(bench.change(cancel(messages[1].id, now)).await.is_ok());
                let _ = bench.change(replace(&messages[2], now)).await;
            }
            ends
        }));
    }
    let mut ends = 0;
    for task in tasks {
        ends += task.await.unwrap();
    }
    let counts = bench.queue.counts();
    assert_eq!(counts.delivered + counts.failed, ends);
    assert_eq!(counts.pending + ends, 8 * 12 * 3);
    let left = bench.leased_ids(9_000).await;
    assert_eq!(left.len() as u64, counts.pending);
}

pub(super) async fn watching(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut watch = bench.queue.watch(&bench.lane);
    let mut other = bench.queue.watch(&Lane::from("other"));
    let message = bench.appended().await;
    watch.changed().await.unwrap();
    bench.lease(100, 1).await;
    bench.queue.release(&[message.id]);
    watch.changed().await.unwrap();
    assert!(!other.has_changed().unwrap());
    let lane = Some(Lane::from("other"));
    bench.change(Change::Retry { id: message.id, attempts: 1, deliver_after: Timestamp(5), lane }).await.unwrap();
    other.changed().await.unwrap();
}

pub(super) async fn closing(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.queue.close().await.unwrap();
    assert_eq!(bench.queue.append(vec![bench.message()]).await, Err(QueueError::Closed));
    assert_eq!(bench.queue.apply(vec![cancel(message.id, 1)]).await, Err(QueueError::Closed));
    let want = Lease { max: 1, now: Timestamp(100), until: Timestamp(160) };
    assert_eq!(bench.queue.lease(&bench.lane, want).await, Err(QueueError::Closed));
    assert_eq!(bench.queue.get(message.id).await, Err(QueueError::Closed));
    assert_eq!(bench.queue.close().await, Ok(()), "closing twice is no error");
}

pub(super) async fn coming_back(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..5).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    bench.lease(100, 2).await;
    bench.settle(messages[0].id, FinalState::Delivered).await.unwrap();
    bench.change(retry(messages[2].id, 700)).await.unwrap();
    messages[3].user_data = Bytes::from_static(b"replaced");
    bench.change(replace(&messages[3], 100)).await.unwrap();
    let last = bench.queue.next_id();
    bench.queue.close().await.unwrap();
    drop(bench);
    let Some(queue) = maker.reopen().await else {
        return;
    };
    let bench = Bench::of(queue);
    assert!(bench.queue.next_id() > last, "ids are not used twice");
    assert_eq!(bench.get(messages[0].id).await.outcome, Some(outcome(FinalState::Delivered, 200)));
    assert_eq!(bench.settle(messages[0].id, FinalState::Expired).await, Err(ChangeError::Final(FinalState::Delivered)));
    let free: &[usize] = if maker.leases_survive() { &[3, 4] } else { &[1, 3, 4] };
    let free: Vec<_> = free.iter().map(|n| messages[*n].id).collect();
    assert_eq!(bench.leased_ids(100).await, free, "leases are gone, or as they were");
    assert_eq!(bench.get(messages[3].id).await.message, messages[3]);
    let retried = Message { attempts: 1, deliver_after: Timestamp(700), ..messages[2].clone() };
    assert_eq!(bench.lease(700, 10).await.last(), Some(&retried));
    assert_eq!(bench.queue.append(vec![messages[1].clone()]).await, Err(QueueError::Duplicate(messages[1].id)));
    let counts = bench.queue.counts();
    assert_eq!((counts.pending, counts.delivered), (4, 1));
}
