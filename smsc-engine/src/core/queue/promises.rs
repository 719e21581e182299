//! What a group does once it is durable, and who waits for it: the same for every queue that keeps an index.
//!
//! Callers wait in handfuls: a handful is answered in one place and woken by one task of the runtime that its first
//! caller works on. A thread that is none of the runtime's would have to reach into it for each.

use std::fmt;
use std::iter::Peekable;
use std::mem;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::vec::Drain;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::QueueError;
use super::index::Effect;
use crate::model::MessageId;

/// The effects of a group in their order, and who is answered once they are done.
#[derive(Debug)]
pub(super) struct Promises<B> {
    pub(super) effects: Vec<Effect<B>>,
    /// How many effects are done before each caller is answered.
    calls: Vec<u32>,
    waiting: Vec<Waiting>,
}

/// Resolves once the group is durable and all effects before it are done, or this call is refused.
pub(super) struct Durable {
    handful: Arc<Handful>,
    /// Which one of the handful it is.
    caller: u32,
    /// Where a later waker is.
    place: Option<u32>,
    /// Who looks first is woken without more, for he has left his waker already.
    told: bool,
}

/// The next few effects of several groups.
pub(super) struct Few<'a, 'b, B> {
    sources: &'a mut [Source<'b, B>],
    left: usize,
    /// The group that goes on as long as its ids are not above this one.
    place: usize,
    until: MessageId,
}

/// What is left of a group.
struct Source<'a, B> {
    effects: Drain<'a, Effect<B>>,
    waiting: Peekable<Drain<'a, Waiting>>,
    done: usize,
}

/// A handful, as the group sees it; when it is dropped, nobody waits for it in vain.
#[derive(Debug)]
struct Waiting {
    handful: Arc<Handful>,
    callers: usize,
    /// Of those callers who left one when they joined.
    wakers: Vec<Waker>,
    /// How many effects are done before this handful, and before it is answered.
    before: usize,
    effects: usize,
    /// Callers who are told something else than the others.
    refused: Refused,
}

/// Callers of a handful that were refused each on his own, in their order.
type Refused = Vec<(u32, QueueError)>;

/// Callers who are answered at once.
struct Handful {
    answer: OnceLock<(Result<(), QueueError>, Refused)>,
    /// Of those callers who left theirs, or another one, only when they looked again.
    wakers: Mutex<Vec<Waker>>,
    /// Where they are woken; `None` when that is not sure to get round to it.
    runtime: Option<Handle>,
}

/// Those who are to be woken, whatever becomes of the task that does it.
struct Woken(Vec<Waker>);

/// Wakes a thread.
struct Parked(Thread);

/// How many effects are done under one lock: some twenty microseconds.
const PART: usize = 64;
/// Callers of one handful, and effects: as many tasks as the queue of a worker of tokio's takes.
const HANDFUL: usize = 256;
/// For fewer callers a task of its own does not pay.
const FEW: usize = 8;
/// Effects whose room is kept for the next group.
const KEPT: usize = 16 << 10;

impl<B> Promises<B> {
    /// Waits for the group with all effects that it has so far. The waker must be of the task that looks next, or `None`.
    pub(super) fn join(&mut self, waker: Option<Waker>) -> Durable {
        let told = waker.is_some();
        let effects = self.effects.len();
        let before = self.waiting.last().map_or(0, |last| last.effects);
        let last = self.waiting.last_mut().filter(|last| last.callers < HANDFUL && effects - last.before <= HANDFUL);
        let handful = match last {
            Some(last) => {
                last.callers += 1;
                last.effects = effects;
                last.wakers.extend(waker);
                Arc::clone(&last.handful)
            }
            None => {
                let handful = Arc::new(Handful::new());
                let wakers = waker.into_iter().collect();
                let refused = Refused::new();
                self.waiting.push(Waiting { handful: Arc::clone(&handful), callers: 1, wakers, before, effects, refused });
                handful
            }
        };
        let caller = self.waiting.last().map_or(0, |last| last.callers as u32 - 1);
        self.calls.push(effects as u32);
        Durable { handful, caller, place: None, told }
    }

    /// Tells whether nobody waits.
    pub(super) fn is_lonely(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Judges each call by its effects, once. Who is refused is told so when the others are answered; what the call would
    /// have done, whose places this returns, is for the group to leave out.
    pub(super) fn judge(&mut self, mut verdict: impl FnMut(&[Effect<B>]) -> Result<(), QueueError>) -> Vec<Range<usize>> {
        let mut refused = Vec::new();
        let (mut start, mut left_out) = (0, 0);
        let mut ends = self.calls.drain(..).map(|end| end as usize);
        for waiting in &mut self.waiting {
            waiting.before -= left_out;
            for (caller, end) in ends.by_ref().take(waiting.callers).enumerate() {
                let call = start..end;
                if let Err(error) = verdict(self.effects.get(call.clone()).unwrap_or_default()) {
                    left_out += call.len();
                    waiting.refused.push((caller as u32, error));
                    refused.push(call);
                }
                start = end;
            }
            waiting.effects -= left_out;
        }
        refused
    }

    /// Answers everybody that nothing is done.
    pub(super) fn refuse(mut self, error: &QueueError) {
        self.waiting.iter_mut().for_each(|waiting| waiting.answer(Err(error.clone())));
    }

    /// Returns promises without any, with the room that these had unless that is much.
    pub(super) fn emptied(mut self) -> Self {
        self.waiting.clear();
        self.calls.clear();
        self.effects.clear();
        self.effects.shrink_to(KEPT);
        self
    }
}

impl<B> Default for Promises<B> {
    fn default() -> Self {
        Promises { effects: Vec::new(), calls: Vec::new(), waiting: Vec::new() }
    }
}

/// Does what is durable now and answers those who wait, part by part: the first ones can go on while the last ones are
/// worked on, and nobody is locked out for long. `commit` does one part under its lock. What one group does comes in its
/// order; between several it goes by the ids, for new messages are found a place in the index more quickly in theirs.
pub(super) fn keep<'a, B: 'a>(groups: impl Iterator<Item = &'a mut Promises<B>>, mut commit: impl FnMut(&mut Few<'_, 'a, B>)) {
    let sources = groups.map(|promises| Source {
        effects: promises.effects.drain(..),
        waiting: promises.waiting.drain(..).peekable(),
        done: 0,
    });
    let mut sources: Vec<_> = sources.collect();
    loop {
        let left: usize = sources.iter().map(|source| source.effects.len()).sum();
        if left > 0 {
            let mut few = Few { sources: &mut sources, left: left.min(PART), place: 0, until: MessageId(0) };
            commit(&mut few);
            few.for_each(drop);
        }
        for source in &mut sources {
            while let Some(mut waiting) = source.waiting.next_if(|waiting| waiting.effects <= source.done) {
                waiting.answer(Ok(()));
            }
        }
        if left == 0 {
            return;
        }
    }
}

impl<B> Few<'_, '_, B> {
    /// Turns to the group with the lowest id, to go on with it up to the lowest one of the others.
    fn turn(&mut self) {
        let heads = || self.sources.iter().enumerate().filter_map(|(place, source)| Some((source.head()?, place)));
        let lowest = heads().min().map_or(0, |(_, place)| place);
        self.until = heads().filter(|(_, place)| *place != lowest).map(|(head, _)| head).min().unwrap_or(MessageId(u64::MAX));
        self.place = lowest;
    }
}

/// Each with the place of its group among all.
impl<B> Iterator for Few<'_, '_, B> {
    type Item = (usize, Effect<B>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let goes_on = |source: &Source<'_, B>| source.head().is_some_and(|head| head <= self.until);
        if !self.sources.get(self.place).is_some_and(goes_on) {
            self.turn();
        }
        let source = self.sources.get_mut(self.place)?;
        source.done += 1;
        Some((self.place, source.effects.next()?))
    }
}

impl<B> Source<'_, B> {
    fn head(&self) -> Option<MessageId> {
        self.effects.as_slice().first().map(Effect::id)
    }
}

impl Durable {
    /// Blocks this thread until it resolves.
    pub(super) fn wait(self) -> Result<(), QueueError> {
        let waker = Waker::from(Arc::new(Parked(thread::current())));
        let mut this = pin!(self);
        loop {
            match this.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => thread::park(),
            }
        }
    }
}

impl Future for Durable {
    type Output = Result<(), QueueError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Durable { handful, caller, place, told } = &mut *self;
        if let Some(answer) = handful.answer_to(*caller) {
            return Poll::Ready(answer);
        }
        if mem::take(told) {
            return Poll::Pending;
        }
        let mut wakers = handful.lock();
        // It may have come before the lock did.
        if let Some(answer) = handful.answer_to(*caller) {
            return Poll::Ready(answer);
        }
        match place.and_then(|place| wakers.get_mut(place as usize)) {
            Some(waker) => waker.clone_from(context.waker()),
            None => {
                *place = Some(wakers.len() as u32);
                wakers.push(context.waker().clone());
            }
        }
        Poll::Pending
    }
}

impl Waiting {
    /// Answers all of them, unless that was done.
    fn answer(&mut self, answer: Result<(), QueueError>) {
        self.handful.answer((answer, mem::take(&mut self.refused)), mem::take(&mut self.wakers));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Of two answers the first one counts.
        self.answer(Err(QueueError::Closed));
    }
}

impl Handful {
    fn new() -> Self {
        // The workers of the larger runtime are always at work; the smaller one works only while somebody waits in it.
        let runtime = Handle::try_current().ok().filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        Handful { answer: OnceLock::new(), wakers: Mutex::default(), runtime }
    }

    /// Answers all, once, and wakes those as well who left their wakers with the group.
    fn answer(&self, answer: (Result<(), QueueError>, Refused), mut wakers: Vec<Waker>) {
        let mut later = self.lock();
        if self.answer.set(answer).is_err() {
            return;
        }
        wakers.append(&mut later);
        drop(later);
        let woken = Woken(wakers);
        match &self.runtime {
            Some(runtime) if woken.0.len() > FEW => drop(runtime.spawn(async move { drop(woken) })),
            _ => drop(woken),
        }
    }

    fn answer_to(&self, caller: u32) -> Option<Result<(), QueueError>> {
        let (answer, refused) = self.answer.get()?;
        let own = refused.binary_search_by_key(&caller, |(caller, _)| *caller).ok().and_then(|place| refused.get(place));
        Some(own.map_or_else(|| answer.clone(), |(_, error)| Err(error.clone())))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Handful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handful").field("answer", &self.answer).finish_non_exhaustive()
    }
}

impl Drop for Woken {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn promise(promises: &mut Promises<()>, effects: u64) -> Durable {
        promises.effects.extend((0..effects).map(|id| Effect::Deleted { id: MessageId(id) }));
        promises.join(None)
    }

    fn keep_all(promises: &mut Promises<()>) {
        keep([promises].into_iter(), |few| few.for_each(drop));
    }

    fn poll(durable: &mut Durable) -> Poll<Result<(), QueueError>> {
        Pin::new(durable).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn everybody_is_answered_as_soon_as_his_effects_are_done_and_not_before() {
        let mut promises = Promises::default();
        // Some wait for nothing but the group, some for more than is done under one lock.
        let calls = [0, 1, 100, 100, 100, 600, 0, 1, 300];
        let mut durables: Vec<_> = calls.iter().map(|effects| promise(&mut promises, *effects)).collect();
        promises.effects.push(Effect::Deleted { id: MessageId(9) });
        let ends: Vec<u64> = calls
            .iter()
            .scan(0, |end, effects| {
                *end += effects;
                Some(*end)
            })
            .collect();
        let mut done = 0;
        keep([&mut promises].into_iter(), |few| {
            for (durable, end) in durables.iter_mut().zip(&ends).filter(|(_, end)| **end > done) {
                assert_eq!(poll(durable), Poll::Pending, "{end} of {done}");
            }
            let count = few.count() as u64;
            assert!((1..=PART as u64).contains(&count));
            done += count;
        });
        assert_eq!(done, ends[8] + 1);
        assert!(durables.iter_mut().all(|durable| poll(durable) == Poll::Ready(Ok(()))));
        assert!(promises.is_lonely() && promises.effects.is_empty());
    }

    #[test]
    fn several_groups_are_done_in_the_order_of_their_ids_and_each_in_its_own() {
        let mut groups: [Promises<()>; 3] = Default::default();
        let effects = |ids: &[u64]| ids.iter().map(|id| Effect::Deleted { id: MessageId(*id) }).collect::<Vec<_>>();
        let mut durables = Vec::new();
        for (group, calls) in groups.iter_mut().zip([&[&[2][..], &[3, 9, 4]][..], &[], &[&[1], &[5], &[7], &[]]]) {
            for call in calls {
                group.effects.extend(effects(call));
                durables.push(group.join(None));
            }
        }
        let mut done = Vec::new();
        keep(groups.iter_mut(), |few| done.extend(few.map(|(place, effect)| (place, effect.id().0))));
        assert_eq!(done, [(2, 1), (0, 2), (0, 3), (2, 5), (2, 7), (0, 9), (0, 4)]);
        assert!(durables.iter_mut().all(|durable| poll(durable) == Poll::Ready(Ok(()))));
        // Who is behind is answered later, in a group that is not.
        let long: Vec<u64> = (0..100).collect();
        groups[0].effects.extend(effects(&long));
        let (mut early, mut late) = (groups[0].join(None), promise(&mut groups[2], 100));
        groups[2].effects.drain(..).for_each(drop);
        groups[2].effects.extend(effects(&long.iter().map(|id| id + 100).collect::<Vec<_>>()));
        let mut turns = 0;
        keep(groups.iter_mut(), |few| {
            few.for_each(drop);
            turns += 1;
            if turns > 2 {
                assert_eq!((poll(&mut early), poll(&mut late)), (Poll::Ready(Ok(())), Poll::Pending));
            }
        });
        assert_eq!((turns, poll(&mut late)), (4, Poll::Ready(Ok(()))));
    }

    #[test]
    fn who_brings_what_cannot_be_is_told_and_the_others_are_not_disturbed() {
        let mut promises = Promises::<()>::default();
        let calls = [1, 2, 0, 1, 3].into_iter().cycle().take(HANDFUL + 100);
        let mut durables: Vec<_> = calls.map(|effects| (promise(&mut promises, effects), effects)).collect();
        let count = promises.effects.len();
        let mut asked = 0;
        let refused = promises.judge(|call| {
            asked += 1;
            if asked % 3 == 1 { Err(QueueError::Duplicate(MessageId(call.len() as u64))) } else { Ok(()) }
        });
        assert_eq!(asked, HANDFUL + 100);
        let mut place = 0;
        promises.effects.retain(|_| {
            place += 1;
            !refused.iter().any(|call| call.contains(&(place - 1)))
        });
        assert!(promises.effects.len() < count);
        let mut done = 0;
        keep([&mut promises].into_iter(), |few| done += few.count());
        let stayed = |number: usize| !number.is_multiple_of(3);
        let kept = durables.iter().enumerate().filter(|(number, _)| stayed(*number));
        assert_eq!(done as u64, kept.map(|(_, (_, effects))| effects).sum::<u64>());
        for (number, (durable, effects)) in durables.iter_mut().enumerate() {
            let answer = if stayed(number) { Ok(()) } else { Err(QueueError::Duplicate(MessageId(*effects))) };
            assert_eq!(poll(durable), Poll::Ready(answer), "{number}");
        }
        // Whoever waits for a group that comes to nothing is told that, unless he was refused before.
        let (mut one, mut other) = (promise(&mut promises, 0), promise(&mut promises, 0));
        let mut first = true;
        promises.judge(|_| if std::mem::take(&mut first) { Err(QueueError::Full { limit: 1 }) } else { Ok(()) });
        promises.refuse(&QueueError::NoRoom);
        assert_eq!(poll(&mut one), Poll::Ready(Err(QueueError::Full { limit: 1 })));
        assert_eq!(poll(&mut other), Poll::Ready(Err(QueueError::NoRoom)));
    }

    #[test]
    fn who_waits_is_refused_or_told_that_nobody_will_answer() {
        let mut promises = Promises::default();
        let refused = promise(&mut promises, 1);
        promises.refuse(&QueueError::NoRoom);
        assert_eq!(refused.wait(), Err(QueueError::NoRoom));
        let mut promises = Promises::default();
        let forgotten = promise(&mut promises, 1);
        let waits = thread::spawn(|| forgotten.wait());
        drop(promises);
        assert_eq!(waits.join().unwrap(), Err(QueueError::Closed));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thousand_tasks_are_woken_in_handfuls_and_some_of_them_have_gone_away() {
        let mut promises = Promises::default();
        let (sender, mut waiting) = tokio::sync::mpsc::channel(1000);
        let tasks: Vec<_> = (0..1000)
            .map(|number| (number, promise(&mut promises, 1)))
            .map(|(number, mut durable)| {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let first = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut durable).poll(context))).await;
                    assert!(first.is_pending());
                    sender.send(()).await.unwrap();
                    if number % 3 == 0 { Ok(()) } else { durable.await }
                })
            })
            .collect();
        for _ in 0..1000 {
            waiting.recv().await.unwrap();
        }
        thread::spawn(move || keep_all(&mut promises)).join().unwrap();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
    }

    #[test]
    fn who_left_his_waker_is_woken_by_it_or_by_the_one_he_showed_later() {
        struct Bell(AtomicUsize);
        impl Wake for Bell {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let bells: [_; 3] = std::array::from_fn(|_| Arc::new(Bell(AtomicUsize::new(0))));
        let wakers = bells.each_ref().map(|bell| Waker::from(Arc::clone(bell)));
        let rung = || bells.each_ref().map(|bell| bell.0.load(Ordering::Relaxed));
        let poll = |durable: &mut Durable, waker| Pin::new(durable).poll(&mut Context::from_waker(waker));
        let mut promises = Promises::<()>::default();
        let (mut stays, mut moves) = (promises.join(Some(wakers[0].clone())), promises.join(Some(wakers[0].clone())));
        assert!(poll(&mut stays, &wakers[0]).is_pending() && poll(&mut moves, &wakers[0]).is_pending());
        assert!(poll(&mut moves, &wakers[1]).is_pending(), "another task has it now");
        assert!(poll(&mut moves, &wakers[2]).is_pending(), "and another one");
        assert_eq!(rung(), [0, 0, 0]);
        keep_all(&mut promises);
        assert_eq!(rung(), [2, 0, 1]);
        assert_eq!(poll(&mut stays, &wakers[0]), Poll::Ready(Ok(())));
        assert_eq!(poll(&mut moves, &wakers[2]), Poll::Ready(Ok(())));
    }

    #[test]
    fn callers_of_another_runtime_are_answered_when_the_first_one_is_gone() {
        let runtime = |threads| tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
        let (first, second) = (runtime(1), runtime(1));
        let mut promises = Promises::default();
        let entered = first.enter();
        let of_first = promise(&mut promises, 1);
        drop(entered);
        let tasks: Vec<_> = (0..20).map(|_| second.spawn(promise(&mut promises, 1))).collect();
        drop(of_first);
        first.shutdown_background();
        keep_all(&mut promises);
        for task in tasks {
            assert_eq!(second.block_on(task).unwrap(), Ok(()));
        }
    }
}
