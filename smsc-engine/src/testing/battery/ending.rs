//! What else an end can bring: another lane, no text, nothing at all, a record; and messages the next MC has.

use super::*;

pub(super) async fn delivered_by_another(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.lease(100, 1).await;
    let by = Some(Lane::from("backup"));
    let end = End { by, ..End::new(message.id, outcome(FinalState::Delivered, 200)) };
    bench.change(Change::Settle(end)).await.unwrap();
    let wanted = Message { lane: Lane::from("backup"), ..message };
    assert_eq!(bench.get(wanted.id).await.message, wanted);
    let counts = bench.queue.counts();
    assert!(counts.lanes.iter().all(|lane| lane.pending == 0) && counts.pending == 0, "{counts:?}");
    let page = Page { max: MANY, lane: Some(Lane::from("backup")), ..Page::default() };
    assert_eq!(bench.queue.list(&page).await.unwrap().len(), 1);
}

pub(super) async fn erasing(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..2).map(|_| bench.message()).collect();
    for message in &mut messages {
        message.extra_mut().raw_pdu = Bytes::from_static(b"the text again");
        message.extra_mut().source_imsi = Word::new("262011234567890");
    }
    bench.append(&messages).await;
    let end = End { erase: true, ..End::new(messages[0].id, outcome(FinalState::Delivered, 200)) };
    let kept = End::new(messages[1].id, outcome(FinalState::Delivered, 200));
    assert_eq!(bench.queue.apply(vec![Change::Settle(end), Change::Settle(kept)]).await.unwrap(), [Ok(()), Ok(())]);
    messages[0].user_data = Bytes::new();
    messages[0].extra_mut().raw_pdu = Bytes::new();
    let check = async |bench: &Bench| {
        for message in &messages {
            assert_eq!(bench.get(message.id).await.message, *message);
        }
    };
    check(&bench).await;
    bench.queue.close().await.unwrap();
    if let Some(queue) = maker.reopen().await {
        check(&Bench::of(queue)).await;
    }
}

pub(super) async fn deleting(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let messages: Vec<_> = (0..4).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    bench.settle(messages[1].id, FinalState::Delivered).await.unwrap();
    bench.lease(100, 1).await;
    let delete = |message: &Message| Change::Delete { id: message.id };
    let changes = messages[..3].iter().map(delete).chain([retry(messages[2].id, 300), delete(&messages[2])]);
    let gone = Err(ChangeError::Unknown);
    assert_eq!(bench.queue.apply(changes.collect()).await.unwrap(), [Ok(()), Ok(()), Ok(()), gone, gone]);
    assert_eq!(bench.settle(messages[0].id, FinalState::Delivered).await, gone, "a report that comes later");
    let check = async |bench: &Bench, now| {
        for message in &messages[..3] {
            assert_eq!(bench.queue.get(message.id).await.unwrap(), None);
        }
        assert_eq!(bench.queue.list(&Page { max: MANY, ..Page::default() }).await.unwrap().len(), 1);
        assert_eq!(bench.leased_ids(now).await, [messages[3].id]);
        let counts = bench.queue.counts();
        assert_eq!((counts.pending, counts.delivered), (1, 0));
    };
    check(&bench, 900).await;
    bench.queue.close().await.unwrap();
    if let Some(queue) = maker.reopen().await {
        check(&Bench::of(queue), 960).await;
    }
}

fn handed(id: MessageId, remote: &str, until: u64) -> Change {
    Change::Handed { id, remote: Word::new(remote), until: Timestamp(until) }
}

pub(super) async fn handing_over(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    assert_eq!(bench.get(message.id).await.remote, None);
    bench.lease(100, 1).await;
    bench.change(handed(message.id, "A1", 500)).await.unwrap();
    assert_eq!(bench.leased_ids(499).await, [], "it is on no work list");
    let record = bench.get(message.id).await;
    assert_eq!((record.status(), record.leased, record.remote), (Status::Pending, None, Some(Word::new("A1"))));
    assert_eq!(bench.handed(LANE, "A1").await, Some(message.id));
    assert_eq!(bench.handed(LANE, "A").await, None);
    assert_eq!(bench.handed("other", "A1").await, None, "other lanes have ids of their own");
    let again = bench.lease(500, 1).await;
    assert_eq!(again, [Message { deliver_after: Timestamp(500), ..message.clone() }], "nothing was heard");

    let second = bench.appended().await;
    bench.change(handed(second.id, "A1", 600)).await.unwrap();
    assert_eq!(bench.handed(LANE, "A1").await, Some(second.id), "the latest counts");
    bench.change(handed(message.id, "A1", 600)).await.unwrap();
    assert_eq!(bench.handed(LANE, "A1").await, Some(message.id), "whichever is older");
    bench.change(handed(message.id, "A2", 600)).await.unwrap();
    assert_eq!(bench.handed(LANE, "A1").await, Some(second.id));
    let lane = Some(Lane::from("backup"));
    let moved = Change::Retry { id: message.id, attempts: 1, deliver_after: Timestamp(600), lane };
    bench.change(moved).await.unwrap();
    assert_eq!(bench.handed(LANE, "A2").await, Some(message.id), "where it was handed over");
    bench.settle(message.id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.handed(LANE, "A2").await, Some(message.id), "also after its end");
    assert_eq!(bench.change(handed(message.id, "A3", 700)).await, Err(ChangeError::Final(FinalState::Delivered)));
    bench.queue.forget(Timestamp::MAX).await.unwrap();
    assert_eq!(bench.handed(LANE, "A2").await, None);
    bench.change(replace(&second, 200)).await.unwrap();
    assert_eq!(bench.get(second.id).await.remote, None, "another content was never handed over");
    assert_eq!(bench.handed(LANE, "A1").await, None);
}

pub(super) async fn handings_come_back(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let messages: Vec<_> = (0..3).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    let long = "an id of more octets than are kept in place".repeat(3);
    let ids = [messages[1].id, messages[0].id, messages[2].id];
    let changes = vec![handed(ids[0], "A1", 500), handed(ids[1], "A1", 500), handed(ids[2], &long, 500)];
    assert!(bench.queue.apply(changes).await.unwrap().iter().all(Result::is_ok));
    bench.settle(messages[0].id, FinalState::Delivered).await.unwrap();
    bench.queue.close().await.unwrap();
    let Some(queue) = maker.reopen().await else { return };
    let bench = Bench::of(queue);
    assert_eq!(bench.handed(LANE, "A1").await, Some(messages[0].id), "the latest, though it ended");
    assert_eq!(bench.handed(LANE, &long).await, Some(messages[2].id));
    assert_eq!(bench.leased_ids(499).await, []);
    bench.change(Change::Delete { id: messages[0].id }).await.unwrap();
    assert_eq!(bench.handed(LANE, "A1").await, Some(messages[1].id));
    bench.change(handed(messages[2].id, "A1", 600)).await.unwrap();
    assert_eq!(bench.handed(LANE, "A1").await, Some(messages[2].id));
}

pub(super) async fn recording(maker: &dyn QueueMaker) {
    let bench = Bench::of(maker.keeping(4).await);
    let mut messages: Vec<_> = (0..4).map(|_| bench.message()).collect();
    messages[1].kind = Kind::Mo;
    messages[3].kind = Kind::Receipt;
    bench.append(&messages).await;
    for (message, done) in messages.iter().zip([300, 200, 200, 100]) {
        bench.change(Change::Settle(End::new(message.id, outcome(FinalState::Undeliverable, done)))).await.unwrap();
    }
    let [first, second, third, _] = [0, 1, 2, 3].map(|n: usize| messages[n].id);
    assert_eq!(bench.unrecorded(None, MANY).await, [second, third, first], "in the order they ended");
    assert_eq!(bench.unrecorded(None, 1).await, [second]);
    assert_eq!(bench.unrecorded(Some((Timestamp(200), second)), MANY).await, [third, first]);
    assert_eq!(bench.unrecorded(Some((Timestamp(250), second)), MANY).await, [first]);
    assert_eq!(bench.queue.forget(Timestamp::MAX).await, Ok(1), "a receipt has no record");
    assert_eq!(bench.queue.counts().unrecorded, 3);
    assert_eq!(bench.get(first).await.outcome, Some(outcome(FinalState::Undeliverable, 300)));
    bench.appended().await;
    assert_eq!(bench.queue.append(vec![bench.message()]).await, Err(QueueError::Full { limit: 4 }), "they count as pending");
    bench.queue.recorded(vec![second, third, MessageId(u64::MAX)]).await.unwrap();
    assert_eq!(bench.unrecorded(None, MANY).await, [first]);
    bench.appended().await;
    let pending = bench.appended().await;
    bench.queue.recorded(vec![pending.id, second]).await.unwrap();
    assert_eq!(bench.queue.forget(Timestamp::MAX).await, Ok(2));
    bench.settle(pending.id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.unrecorded(None, MANY).await, [pending.id, first], "what had not ended was not recorded");

    let reopen = Change::Reopen { id: first, deliver_after: Timestamp(300), expires: Timestamp(20_000) };
    bench.queue.recorded(vec![first, pending.id]).await.unwrap();
    bench.change(reopen).await.unwrap();
    bench.settle(first, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.unrecorded(None, MANY).await, [first], "another end, another record");
    bench.change(Change::Delete { id: first }).await.unwrap();
    assert_eq!(bench.unrecorded(None, MANY).await, []);
    assert_eq!(bench.queue.counts().unrecorded, 0);
}

pub(super) async fn records_come_back(maker: &dyn QueueMaker) {
    let bench = Bench::of(maker.keeping(MANY).await);
    let messages: Vec<_> = (0..4).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    for message in &messages[..3] {
        bench.settle(message.id, FinalState::Delivered).await.unwrap();
    }
    bench.queue.recorded(vec![messages[1].id]).await.unwrap();
    bench.queue.close().await.unwrap();
    let Some(queue) = maker.reopen().await else { return };
    let bench = Bench::of(queue);
    assert_eq!(bench.unrecorded(None, MANY).await, [messages[0].id, messages[2].id]);
    assert_eq!(bench.queue.counts().unrecorded, 2);
    assert_eq!(bench.queue.forget(Timestamp::MAX).await, Ok(1));
    assert_eq!(bench.queue.get(messages[1].id).await.unwrap(), None);
    let without = Bench::new(maker).await;
    let message = without.appended().await;
    without.settle(message.id, FinalState::Delivered).await.unwrap();
    assert_eq!(without.unrecorded(None, MANY).await, [], "nobody asked to keep them");
}
