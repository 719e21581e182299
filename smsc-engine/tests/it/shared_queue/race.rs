//! Two nodes that do the same at the same time.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Runs the same on both nodes at once, in several tasks each, and returns what they returned.
async fn crowd<T: Send + 'static, F>(nodes: [&Arc<SharedQueue>; 2], work: impl Fn(Arc<SharedQueue>, u64) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..8).map(|task| tokio::spawn(work(Arc::clone(nodes[task as usize % 2]), task))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn nodes() -> Option<(Server, Arc<SharedQueue>, Arc<SharedQueue>)> {
    let (server, a, b) = pair().await?;
    Some((server, Arc::new(a), Arc::new(b)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_message_is_handed_out_once_however_many_ask() {
    let Some((_server, a, b)) = nodes().await else { return };
    let mut all: BTreeSet<_> = appended(&a, 1000).await.into_iter().collect();
    all.extend(appended(&b, 1000).await);
    assert_eq!(all.len(), 2000, "ids of two nodes differ");
    let count = Arc::new(AtomicU32::new(0));
    let leased = crowd([&a, &b], |queue, _| {
        let count = Arc::clone(&count);
        async move {
            let mut leased = Vec::new();
            while count.load(Ordering::Relaxed) < 2000 {
                let some = lease(&queue, 100, 37).await;
                count.fetch_add(some.len() as u32, Ordering::Relaxed);
                leased.extend(ids(&some));
            }
            leased
        }
    })
    .await
    .concat();
    assert_eq!(leased.len(), 2000);
    assert_eq!(leased.into_iter().collect::<BTreeSet<_>>(), all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_ends_of_one_message_one_counts() {
    let Some((_server, a, b)) = nodes().await else { return };
    let ids = Arc::new(appended(&a, 200).await);
    // Each in an order of its own.
    let results = crowd([&a, &b], |queue, task| {
        let ids = Arc::clone(&ids);
        async move {
            let mut ended = Vec::new();
            let mut order = ids.to_vec();
            order.rotate_left(task as usize * 25);
            if task % 3 == 0 {
                order.reverse();
            }
            for part in order.chunks(20) {
                let results = queue.apply(part.iter().map(|id| settle(*id)).collect()).await.unwrap();
                ended.extend(part.iter().zip(results).filter(|(_, result)| result.is_ok()).map(|(id, _)| *id));
            }
            ended
        }
    })
    .await
    .concat();
    assert_eq!(results.len(), 200);
    assert_eq!(results.into_iter().collect::<BTreeSet<_>>(), ids.iter().copied().collect());
}

/// What somebody was told about a message, and the text that goes with it.
type Seen = Vec<(MessageId, &'static str, Bytes)>;

/// Replaces the even messages, cancels the odd ones, or leases whatever there is, by the number of the task.
async fn disturb(queue: Arc<SharedQueue>, task: u64, messages: Arc<Vec<Message>>) -> Seen {
    let mut seen = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        let now = Timestamp(100);
        match (task, place % 2) {
            (0 | 1, 0) => {
                let text = Bytes::from(format!("{} by {task}", message.id));
                let other = Message { user_data: text.clone(), ..message.clone() };
                let replaced = change(&queue, Change::Replace { message: Box::new(other), now }).await;
                seen.extend(replaced.is_ok().then_some((message.id, "replaced", text)));
            }
            (2 | 3, 1) => {
                let cancelled = change(&queue, Change::Cancel(end(message.id, FinalState::Deleted, 100))).await;
                seen.extend(cancelled.is_ok().then(|| (message.id, "cancelled", Bytes::new())));
            }
            (4.., _) if place % 10 == 0 => {
                let leased = lease(&queue, 100, 13).await.into_iter();
                seen.extend(leased.map(|message| (message.id, "leased", message.user_data)));
            }
            _ => {}
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_is_handed_out_or_cancelled_and_as_it_was_replaced() {
    let Some((_server, a, b)) = nodes().await else { return };
    let messages: Arc<Vec<Message>> = Arc::new((0..600).map(|_| message(&a)).collect());
    a.append(messages.to_vec()).await.unwrap();
    let seen = crowd([&a, &b], |queue, task| disturb(queue, task, Arc::clone(&messages))).await.concat();
    let of = |what: &'static str| seen.iter().filter(move |(_, this, _)| *this == what).map(|(id, _, text)| (*id, text.clone()));
    let leased: BTreeMap<_, _> = of("leased").collect();
    let cancelled: BTreeSet<_> = of("cancelled").map(|(id, _)| id).collect();
    assert_eq!(of("leased").count(), leased.len(), "nothing is handed out twice");
    assert_eq!(of("cancelled").count(), cancelled.len());
    assert!(cancelled.iter().all(|id| !leased.contains_key(id)) && !leased.is_empty());
    for message in messages.iter() {
        let texts: Vec<_> = of("replaced").filter(|(id, _)| *id == message.id).map(|(_, text)| text).collect();
        let text = a.get(message.id).await.unwrap().unwrap().message.user_data;
        assert!(if texts.is_empty() { text == message.user_data } else { texts.contains(&text) }, "{}", message.id);
        if let Some(handed_out) = leased.get(&message.id) {
            assert_eq!(*handed_out, text, "nobody replaces what is handed out, and what goes out is the latest");
        }
    }
}
