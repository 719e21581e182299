//! The whole life of messages in a core on a faulty disk, and an oracle that knows what was answered.
//!
//! A seeded run lets an ESME, frontends, networks, an operator and a writer of records do random things to a core in
//! virtual time, while the power fails, a sync fails, the disk is full, or the process is stopped. Whatever was
//! answered must hold after every restart: each accepted message is there once, has ended once, or was deleted by
//! order; each end that owes a receipt has one, and each receipt its end; each record is written once. What was
//! asked and not answered may be done or not, but as a whole.
//!
//! `SMSC_SEEDS=10000` runs more seeds than usual, from `SMSC_FIRST_SEED` on; a failure names its seed. The threads of the
//! journal run freely, so a seed that fails once may need a few repeats. `SMSC_TRACE=1` shows what is asked.

mod call;
mod esme;
mod frontend;
mod model;
mod operator;
mod sink;
mod world;

use std::panic::AssertUnwindSafe;

use world::{Death, World};

/// Lives of one world, one after the other on the same disk.
const LIVES: u64 = 4;
/// Things that happen in one life.
const STEPS: u64 = 40;

impl World {
    /// Lets something happen; tells whether the core still works.
    async fn step(&mut self) -> bool {
        let later = self.now().after(std::time::Duration::from_millis(1 + self.dice.throw(2000)));
        self.clock.forward(later);
        let what = self.dice.throw(60);
        self.trace(|| format!("{what} of the list"));
        match what {
            0..9 => self.submit().await,
            9..12 => self.repeat().await,
            12 => self.repeat_at_once().await,
            13..15 => self.submit_in_place().await,
            15..17 => self.cancel().await,
            17..19 => self.replace().await,
            19..21 => self.query().await,
            21..30 => self.lease().await,
            30..38 => self.report().await,
            38..40 => self.report_twice().await,
            40..42 => self.hear().await,
            42 => self.release(),
            43..46 => self.wait(),
            46..48 => self.expire().await,
            48..50 => self.move_message().await,
            50 => self.rewrite().await,
            51..53 => self.reopen().await,
            53 => self.mark_delivered().await,
            54 => self.count_attempt().await,
            55 => self.delete().await,
            56..58 => self.forget().await,
            _ => {
                let (max, tells) = (1 + self.dice.throw(10) as usize, self.dice.throw(3) > 0);
                self.record(max, tells).await;
            }
        }
        !self.is_broken().await
    }

    /// Lives until something breaks, or for so many steps; tells whether it broke.
    async fn live(&mut self, steps: u64) -> bool {
        for _ in 0..steps {
            if !self.step().await {
                return true;
            }
        }
        false
    }

    /// One life with one kind of trouble, and the restart after it.
    async fn trouble(&mut self) {
        let trouble = self.dice.throw(5);
        if trouble < 2 {
            let changes = self.dice.throw(150);
            self.fail_after(changes);
        }
        let calm = self.dice.throw(STEPS);
        if !self.live(calm).await {
            match trouble {
                2 => self.fail_sync(),
                3 => self.fill_up(),
                _ => {}
            }
            self.live(STEPS - calm).await;
        }
        let death = match (self.is_broken().await, self.dice.throw(4)) {
            (true, _) if trouble < 2 => Death::Crash,
            (_, 0) => Death::Stop,
            (_, 1) => Death::Kill,
            _ => Death::Crash,
        };
        self.restart(death).await;
    }

    /// Lets everything come to its end, and accounts for all of it.
    async fn finish(mut self) {
        self.fail_after(u64::MAX);
        self.drain().await;
        self.restart(Death::Crash).await;
        self.drain().await;
        self.sink.check_all(&self.model);
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test);
}

/// Runs one seed, and names it if it fails.
fn seed(seed: u64) {
    let life = AssertUnwindSafe(|| {
        run(async {
            let mut world = World::new(seed).await;
            for _ in 0..LIVES {
                world.trouble().await;
            }
            world.finish().await;
        });
    });
    if let Err(fault) = std::panic::catch_unwind(life) {
        eprintln!("seed {seed} fails; repeat it with SMSC_FIRST_SEED={seed} SMSC_SEEDS=1");
        std::panic::resume_unwind(fault);
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn every_message_is_accounted_for_whatever_breaks() {
    let first = number("SMSC_FIRST_SEED", 0);
    (first..first + number("SMSC_SEEDS", 100)).for_each(seed);
}

/// Repeats a short life and lets the power fail one change of the disk later each time.
#[test]
fn every_message_is_accounted_for_wherever_the_power_fails() {
    for changes in 0.. {
        let mut broke = false;
        run(async {
            let mut world = World::new(7).await;
            world.fail_after(changes);
            broke = world.live(STEPS).await;
            world.restart(Death::Crash).await;
            world.finish().await;
        });
        if !broke {
            assert!(changes > 40, "the life was long enough to mean something");
            return;
        }
    }
}
