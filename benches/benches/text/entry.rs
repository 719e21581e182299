//! A job and those who do it, checked before they are timed.

use std::fmt::Debug;
use std::hint::black_box;

use smsc_benches::clock::Contestant;
use smsc_benches::contest::Contest;
use smsc_benches::report::Bar;

/// Inputs, what must come of each, and who was seen to do so.
pub(crate) struct Job<I, E> {
    inputs: Vec<I>,
    expected: Vec<E>,
    contestants: Vec<Contestant>,
}

impl<I: Copy + 'static, E: PartialEq + Debug> Job<I, E> {
    pub(crate) fn new(inputs: Vec<I>, expected: impl Fn(I) -> E) -> Self {
        let expected = inputs.iter().map(|input| expected(*input)).collect();
        Self { inputs, expected, contestants: Vec::new() }
    }

    /// Somebody who does the job into a buffer that is kept; `shown` tells what is in it.
    pub(crate) fn into_buffer<O: Default + 'static>(
        mut self,
        name: &'static str,
        mut work: impl FnMut(I, &mut O) + 'static,
        shown: impl Fn(&O) -> E,
    ) -> Self {
        let mut out = O::default();
        for (input, expected) in self.inputs.iter().zip(&self.expected) {
            work(*input, &mut out);
            assert_eq!(shown(&out), *expected, "{name}");
        }
        self.contestants.push(Contestant::reusing(name, (self.inputs.clone(), out), move |(inputs, out)| {
            for input in inputs {
                work(black_box(*input), out);
                black_box(&mut *out);
            }
        }));
        self
    }

    /// Somebody who gives a value of his own, which is dropped each time; `shown` tells what it is.
    pub(crate) fn into_value<R>(
        mut self,
        name: &'static str,
        mut work: impl FnMut(I) -> R + 'static,
        shown: impl Fn(R) -> E,
    ) -> Self {
        for (input, expected) in self.inputs.iter().zip(&self.expected) {
            assert_eq!(shown(work(*input)), *expected, "{name}");
        }
        self.contestants.push(Contestant::reusing(name, self.inputs.clone(), move |inputs| {
            for input in inputs {
                black_box(&work(black_box(*input)));
            }
        }));
        self
    }

    /// The contest of all named so far, ours first.
    pub(crate) fn contest(self, way: &'static str, case: &'static str, octets: impl Fn(&I) -> usize, bars: &[Bar]) -> Contest {
        let works = self.inputs.len();
        let octets = self.inputs.iter().map(octets).sum::<usize>() as f64 / works as f64;
        Contest { case, way, works, octets, bars: bars.to_vec(), contestants: self.contestants }
    }
}

/// How our own entry is called.
pub(crate) const OURS: &str = "ours";
