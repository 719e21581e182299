//! How contestants are timed: batches, round robin, tenth percentile.
//!
//! The machine is assumed noisy. Contestants of one case take turns, one short sample each, so a slow
//! second hits all of them; the tenth percentile of many samples then forgets the slow ones. Only
//! ratios within one run mean anything.

use std::time::{Duration, Instant};

use crate::allocation;

/// One batch of work, ready to be run over and over.
pub trait Work {
    /// Makes the next batch's input; not timed.
    fn prepare(&mut self);
    /// Works one batch; timed.
    fn run(&mut self);
}

/// Somebody who can do a case.
pub struct Contestant {
    /// Who it is.
    pub name: &'static str,
    work: Box<dyn Work>,
}

impl Contestant {
    /// A contestant whose batches use up their input: `prepare` makes it anew each time.
    pub fn consuming<I: 'static>(
        name: &'static str,
        prepare: impl FnMut() -> I + 'static,
        run: impl FnMut(I) + 'static,
    ) -> Contestant {
        let work = Box::new(Consuming { input: None, prepare, run });
        Contestant { name, work }
    }

    /// A contestant whose batches leave their input as it was.
    pub fn reusing<I: 'static>(name: &'static str, input: I, run: impl FnMut(&mut I) + 'static) -> Contestant {
        let work = Box::new(Reusing { input, run });
        Contestant { name, work }
    }

    /// The time `batches` batches take, input not included.
    pub fn time(&mut self, batches: u64) -> Duration {
        (0..batches).map(|_| self.time_one()).sum()
    }

    /// How often one batch asks the allocator for memory, once buffers have grown.
    pub fn allocations(&mut self) -> u64 {
        self.time_one();
        self.work.prepare();
        allocation::count(|| self.work.run())
    }

    fn time_one(&mut self) -> Duration {
        self.work.prepare();
        let start = Instant::now();
        self.work.run();
        start.elapsed()
    }
}

struct Consuming<I, P, R> {
    input: Option<I>,
    prepare: P,
    run: R,
}

impl<I, P: FnMut() -> I, R: FnMut(I)> Work for Consuming<I, P, R> {
    fn prepare(&mut self) {
        self.input = Some((self.prepare)());
    }

    fn run(&mut self) {
        if let Some(input) = self.input.take() {
            (self.run)(input);
        }
    }
}

struct Reusing<I, R> {
    input: I,
    run: R,
}

impl<I, R: FnMut(&mut I)> Work for Reusing<I, R> {
    fn prepare(&mut self) {}

    fn run(&mut self) {
        (self.run)(&mut self.input);
    }
}

/// How long and how often to sample.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Samples per contestant.
    pub samples: usize,
    /// Least length of one sample.
    pub least: Duration,
}

impl Sampling {
    /// Enough for ratios stable within some percent on a busy machine.
    pub const FULL: Sampling = Sampling { samples: 201, least: Duration::from_micros(250) };
    /// Once, to see that it runs.
    pub const SMOKE: Sampling = Sampling { samples: 1, least: Duration::ZERO };

    /// Nanoseconds per batch of each contestant: tenth percentile of the interleaved samples.
    pub fn measure(self, contestants: &mut [Contestant]) -> Vec<f64> {
        let idle = self.idle();
        let mut samples = vec![Vec::with_capacity(self.samples); contestants.len()];
        for _ in 0..self.samples {
            for (contestant, times) in contestants.iter_mut().zip(&mut samples) {
                times.push((self.sample(contestant) - idle).max(0.0));
            }
        }
        samples.iter_mut().map(|times| tenth_percentile(times)).collect()
    }

    fn sample(self, contestant: &mut Contestant) -> f64 {
        let (mut batches, mut total) = (0_u32, Duration::ZERO);
        while batches == 0 || total < self.least {
            total += contestant.time_one();
            batches += 1;
        }
        total.as_nanos() as f64 / f64::from(batches)
    }

    /// What reading the clock twice costs, so that short batches do not pay for it.
    fn idle(self) -> f64 {
        let mut nothing = Contestant::reusing("nothing", (), |()| ());
        let mut times: Vec<f64> = (0..self.samples).map(|_| self.sample_idle(&mut nothing)).collect();
        tenth_percentile(&mut times)
    }

    fn sample_idle(self, nothing: &mut Contestant) -> f64 {
        nothing.time(IDLE_BATCHES).as_nanos() as f64 / IDLE_BATCHES as f64
    }
}

fn tenth_percentile(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 10).copied().unwrap_or(f64::NAN)
}

/// Enough readings of the clock to average its own granularity away.
const IDLE_BATCHES: u64 = 100;
