//! What a group does once it is durable, and who waits for it: the same for every queue that keeps an index.

use tokio::sync::oneshot;

use super::QueueError;
use super::index::Effect;

/// The answer to whoever waits for a group.
pub(super) type Durable = oneshot::Receiver<Result<(), QueueError>>;

/// The effects of a group in their order, and who is answered once they are done.
#[derive(Debug)]
pub(super) struct Promises<B> {
    pub(super) effects: Vec<Effect<B>>,
    /// Each with how many of the effects it waits for.
    waiters: Vec<(usize, oneshot::Sender<Result<(), QueueError>>)>,
}

/// How many effects are done under one lock.
const PART: usize = 256;

impl<B> Promises<B> {
    /// Waits for the group with all effects that it has so far.
    pub(super) fn join(&mut self) -> Durable {
        let (answer, durable) = oneshot::channel();
        self.waiters.push((self.effects.len(), answer));
        durable
    }

    /// Tells whether nobody waits.
    pub(super) fn is_lonely(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Does what is durable now and answers those who wait, part by part: the first ones can go on while the last ones
    /// are worked on, and nobody is locked out for long. `commit` does one part under its lock.
    pub(super) fn keep(self, mut commit: impl FnMut(&mut dyn Iterator<Item = Effect<B>>)) {
        let all = self.effects.len();
        let mut effects = self.effects.into_iter();
        let mut waiters = self.waiters.into_iter().peekable();
        // Once at least: some wait for nothing but the group.
        loop {
            commit(&mut effects.by_ref().take(PART));
            let done = all - effects.len();
            while let Some((_, waiter)) = waiters.next_if(|(effects, _)| *effects <= done) {
                answer(waiter, Ok(()));
            }
            if effects.len() == 0 {
                break;
            }
        }
    }

    /// Answers everybody that nothing is done.
    pub(super) fn refuse(self, error: &QueueError) {
        for (_, waiter) in self.waiters {
            answer(waiter, Err(error.clone()));
        }
    }
}

impl<B> Default for Promises<B> {
    fn default() -> Self {
        Promises { effects: Vec::new(), waiters: Vec::new() }
    }
}

fn answer(waiter: oneshot::Sender<Result<(), QueueError>>, result: Result<(), QueueError>) {
    // Whoever asked may have gone away.
    let _ = waiter.send(result);
}
