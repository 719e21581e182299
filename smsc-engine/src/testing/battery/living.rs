//! How messages are handed out, changed and ended.

use super::*;

pub(super) async fn order(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..6).map(|_| bench.message()).collect();
    messages[1].priority = 3;
    messages[2].deliver_after = Timestamp(50);
    messages[3].priority = 1;
    messages[4].priority = 3;
    messages[4].deliver_after = Timestamp(50);
    bench.append(&messages).await;
    let wanted: Vec<_> = [4, 1, 3, 2, 0, 5].map(|n| messages[n].id).into();
    assert_eq!(ids(&bench.lease(100, 2).await), wanted[..2], "priority, then due time");
    let rest = bench.lease(100, MANY).await;
    assert_eq!(ids(&rest), wanted[2..], "due time, then id");
    assert_eq!(rest[2], messages[0], "a message comes out as it went in");
    let elsewhere = Lease { max: MANY, now: Timestamp(100), until: Timestamp(160) };
    assert_eq!(bench.queue.lease(&Lane::from("elsewhere"), elsewhere).await.unwrap(), []);
}

pub(super) async fn lanes(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let lanes: Vec<_> = (0..20).map(|number| Lane::from(format!("lane {number}").as_str())).collect();
    // In one call each comes again only after all others, in the next one another way round.
    for stride in [1, 7] {
        let mut messages: Vec<_> = (0..60).map(|_| bench.message()).collect();
        for (place, message) in messages.iter_mut().enumerate() {
            message.lane = lanes[place * stride % lanes.len()].clone();
        }
        bench.append(&messages).await;
        for lane in &lanes {
            let want = Lease { max: MANY, now: Timestamp(100), until: Timestamp(160) };
            let theirs: Vec<_> = messages.iter().filter(|message| message.lane == *lane).cloned().collect();
            assert_eq!(bench.queue.lease(lane, want).await.unwrap(), theirs);
        }
    }
}

pub(super) async fn leases(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    assert_eq!(bench.leased_ids(100).await, [message.id]);
    assert_eq!(bench.leased_ids(159).await, [], "a leased message is hidden");
    assert_eq!(bench.due(), Some(Timestamp(160)));
    assert_eq!(bench.get(message.id).await.leased, Some(Timestamp(160)));
    assert_eq!(bench.leased_ids(160).await, [message.id], "a lease ends");
    bench.queue.release(&[message.id, MessageId(u64::MAX)]);
    assert_eq!(bench.get(message.id).await.leased, None);
    assert_eq!(bench.leased_ids(161).await, [message.id], "a released message is due at once");
    assert_eq!(bench.get(message.id).await.message.attempts, 0, "a lease is no attempt");
    bench.settle(message.id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.leased_ids(9_999).await, []);
    bench.queue.release(&[message.id]);
    assert_eq!(bench.leased_ids(9_999).await, [], "an ended message is not revived");
}

pub(super) async fn due_times(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    assert_eq!(bench.due(), None);
    let mut late = bench.message();
    late.deliver_after = Timestamp(5_000);
    bench.append(std::slice::from_ref(&late)).await;
    assert_eq!(bench.due(), Some(Timestamp(5_000)));
    assert_eq!(bench.leased_ids(4_999).await, []);
    let early = bench.appended().await;
    assert_eq!(bench.due(), Some(Timestamp(100)));
    assert_eq!(bench.leased_ids(4_999).await, [early.id]);
    assert_eq!(bench.leased_ids(5_000).await, [late.id]);
}

pub(super) async fn deadlines(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut never = bench.message();
    never.expires = Timestamp::MAX;
    let mut short = bench.message();
    short.expires = Timestamp(500);
    bench.append(&[never.clone(), short.clone()]).await;
    assert_eq!(bench.queue.next_expiry(), Some(Timestamp(500)));
    let expired = async |now| ids(&bench.queue.expired(Timestamp(now), MANY).await.unwrap());
    assert_eq!(expired(499).await, []);
    assert_eq!(expired(500).await, [short.id]);
    assert_eq!(bench.leased_ids(500).await, [never.id], "an expired message is never handed out");
    assert_eq!(expired(500).await, [short.id], "it stays until it is settled");
    bench.settle(short.id, FinalState::Expired).await.unwrap();
    assert_eq!(expired(501).await, []);
    assert_eq!(bench.queue.next_expiry(), None);

    let held = bench.appended().await;
    bench.lease(9_990, MANY).await;
    assert_eq!(expired(10_001).await, [], "who delivers it may finish");
    assert_eq!(expired(10_050).await, [held.id]);
    let mut dead = bench.message();
    dead.expires = Timestamp(1);
    bench.append(std::slice::from_ref(&dead)).await;
    assert_eq!(ids(&bench.queue.expired(Timestamp(10_050), 1).await.unwrap()), [dead.id], "longest overdue first");
}

pub(super) async fn settling_once(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    let mut receipt = bench.message();
    receipt.about = Some(message.id);
    let settle = with_receipt(End::new(message.id, outcome(FinalState::Delivered, 200)), &receipt);
    let mut second = bench.message();
    second.about = Some(message.id);
    let again = with_receipt(End::new(message.id, outcome(FinalState::Undeliverable, 201)), &second);
    let unknown = with_receipt(End::new(MessageId(u64::MAX), outcome(FinalState::Delivered, 200)), &second);
    let results = bench.queue.apply(vec![settle, again, unknown]).await.unwrap();
    assert_eq!(results, [Ok(()), Err(ChangeError::Final(FinalState::Delivered)), Err(ChangeError::Unknown)]);
    assert_eq!(
        bench.settle(message.id, FinalState::Expired).await,
        Err(ChangeError::Final(FinalState::Delivered)),
        "in a later call, too"
    );
    let record = bench.get(message.id).await;
    assert_eq!(record.outcome, Some(outcome(FinalState::Delivered, 200)));
    assert_eq!(record.status(), Status::Delivered);
    assert_eq!(bench.get(receipt.id).await.message, receipt);
    assert_eq!(bench.queue.get(second.id).await.unwrap(), None, "a refused settlement brings no receipt");
    assert_eq!(bench.leased_ids(200).await, [receipt.id]);

    let taken = with_receipt(End::new(receipt.id, outcome(FinalState::Delivered, 300)), &message);
    assert_eq!(bench.change(taken).await, Err(ChangeError::Duplicate(message.id)));
    assert_eq!(bench.get(receipt.id).await.outcome, None);
}

pub(super) async fn cancel_and_replace(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.lease(100, 1).await;
    assert_eq!(bench.change(cancel(message.id, 159)).await, Err(ChangeError::Leased));
    assert_eq!(bench.change(replace(&message, 159)).await, Err(ChangeError::Leased));
    bench.queue.release(&[message.id]);

    let mut other = message.clone();
    other.user_data = Bytes::from_static(b"quite another text");
    other.deliver_after = Timestamp(300);
    other.priority = 2;
    other.lane = Lane::from("other");
    assert_eq!(bench.change(replace(&other, 160)).await, Ok(()));
    assert_eq!(bench.get(message.id).await.message, other);
    assert_eq!(bench.leased_ids(400).await, [], "it left its lane");
    assert_eq!(bench.queue.next_due(&other.lane), Some(Timestamp(300)));
    assert_eq!(bench.queue.counts().pending, 1);

    let both = vec![replace(&message, 170), cancel(message.id, 170), replace(&other, 170), retry(message.id, 170)];
    let ended = Err(ChangeError::Final(FinalState::Deleted));
    assert_eq!(bench.queue.apply(both).await.unwrap(), [Ok(()), Ok(()), ended, ended]);
    let record = bench.get(message.id).await;
    assert_eq!((record.message, record.outcome), (message.clone(), Some(outcome(FinalState::Deleted, 170))));
    assert_eq!(record.outcome.map(|outcome| outcome.state.status()), Some(Status::Failed));
    assert_eq!(bench.change(cancel(MessageId(u64::MAX), 1)).await, Err(ChangeError::Unknown));

    let held = bench.appended().await;
    bench.lease(200, 1).await;
    assert_eq!(bench.change(cancel(held.id, 260)).await, Ok(()), "a lease that is over hinders nothing");
}

pub(super) async fn retry_and_move(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.lease(100, 1).await;
    assert_eq!(bench.change(retry(message.id, 120)).await, Ok(()));
    assert_eq!(bench.leased_ids(119).await, []);
    let again = bench.lease(120, MANY).await;
    assert_eq!(again, [Message { attempts: 1, deliver_after: Timestamp(120), ..message.clone() }]);

    let backup = Lane::from("backup");
    let moved = Change::Retry { id: message.id, attempts: 2, deliver_after: Timestamp(130), lane: Some(backup.clone()) };
    assert_eq!(bench.change(moved).await, Ok(()));
    assert_eq!(bench.leased_ids(500).await, []);
    let want = Lease { max: 1, now: Timestamp(130), until: Timestamp(190) };
    let there = bench.queue.lease(&backup, want).await.unwrap();
    assert_eq!(there, [Message { attempts: 2, deliver_after: Timestamp(130), lane: backup.clone(), ..message.clone() }]);
    let twice = vec![retry(message.id, 140), retry(message.id, 150)];
    assert_eq!(bench.queue.apply(twice).await.unwrap(), [Ok(()), Ok(())]);
    assert_eq!(bench.queue.next_due(&backup), Some(Timestamp(150)), "the last one counts");
    let want = Lease { now: Timestamp(150), ..want };
    assert_eq!(bench.queue.lease(&backup, want).await.unwrap().len(), 1);
    let given_up = vec![retry(message.id, 160), cancel(message.id, 151)];
    let results = bench.queue.apply(given_up).await.unwrap();
    assert_eq!(results, [Ok(()), Ok(())], "a retry ends the lease");
}

pub(super) async fn reopening(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    let reopen = |id| Change::Reopen { id, deliver_after: Timestamp(300), expires: Timestamp(20_000) };
    assert_eq!(bench.change(reopen(message.id)).await, Err(ChangeError::Pending));
    bench.settle(message.id, FinalState::Undeliverable).await.unwrap();
    let twice = vec![reopen(message.id), reopen(message.id)];
    assert_eq!(bench.queue.apply(twice).await.unwrap(), [Ok(()), Err(ChangeError::Pending)]);
    let again = Message { deliver_after: Timestamp(300), expires: Timestamp(20_000), ..message.clone() };
    assert_eq!(bench.lease(300, 1).await, [again]);
    let counts = bench.queue.counts();
    assert_eq!((counts.pending, counts.failed), (1, 0));
    bench.settle(message.id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.change(reopen(message.id)).await, Err(ChangeError::Final(FinalState::Delivered)));
}
