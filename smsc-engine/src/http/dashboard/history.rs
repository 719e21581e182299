//! What charts show: one sample a second for an hour, one a minute for a day.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smpp_session::Distribution;

use crate::control::Control;
use crate::model::Timestamp;

/// Rates and levels of one second or one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    /// Its end, in seconds since 1970.
    pub(super) at: u64,
    /// Per second: accepted, delivered, failed or dead, attempts.
    pub(super) received: f32,
    pub(super) delivered: f32,
    pub(super) failed: f32,
    pub(super) attempted: f32,
    /// Messages that wait.
    pub(super) pending: u64,
    /// Milliseconds from acceptance to delivery, of half and of 95 % of those delivered; negative if there were none.
    pub(super) median: f32,
    pub(super) slow: f32,
}

/// How long ago a chart begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Minutes,
    Hour,
    Day,
}

impl Span {
    pub(super) fn from_name(name: &str) -> Span {
        match name {
            "1h" => Span::Hour,
            "24h" => Span::Day,
            _ => Span::Minutes,
        }
    }
}

/// The samples of the last day.
#[derive(Debug, Default)]
pub(super) struct History {
    rings: Mutex<Rings>,
}

#[derive(Debug, Default)]
struct Rings {
    seconds: VecDeque<Sample>,
    minutes: VecDeque<Sample>,
    second: Option<Totals>,
    minute: Option<Totals>,
}

/// Counts since the start, at some moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    at: Timestamp,
    received: u64,
    delivered: u64,
    failed: u64,
    attempted: u64,
    pending: u64,
    delivery: Distribution,
}

impl Totals {
    pub(super) fn of(control: &Control) -> Totals {
        let meters = control.handle.meters();
        Totals {
            at: control.now(),
            received: meters.received.get(),
            delivered: meters.delivered.get(),
            failed: meters.failed.get() + meters.dead_letter.get(),
            attempted: meters.attempted.get(),
            pending: control.handle.counts().pending,
            delivery: meters.delivery.snapshot(),
        }
    }

    /// What happened since `before`.
    fn since(&self, before: &Totals) -> Sample {
        let seconds = self.at.since(before.at).as_secs_f32().max(0.001);
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f32 / seconds;
        let times = between(&before.delivery, &self.delivery);
        Sample {
            at: self.at.0 / 1000,
            received: rate(self.received, before.received),
            delivered: rate(self.delivered, before.delivered),
            failed: rate(self.failed, before.failed),
            attempted: rate(self.attempted, before.attempted),
            pending: self.pending,
            median: quantile(&times, 0.5),
            slow: quantile(&times, 0.95),
        }
    }
}

impl History {
    /// Takes the counts of this moment and returns what happened since the last time.
    pub(super) fn take(&self, totals: Totals) -> Sample {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let rings = &mut *rings;
        let sample = rings.second.as_ref().map(|before| totals.since(before));
        if let Some(sample) = sample {
            push(&mut rings.seconds, sample, SECONDS);
        }
        match &rings.minute {
            Some(before) if totals.at.since(before.at) >= MINUTE => {
                push(&mut rings.minutes, totals.since(before), MINUTES);
                rings.minute = Some(totals.clone());
            }
            Some(_) => {}
            None => rings.minute = Some(totals.clone()),
        }
        rings.second = Some(totals);
        sample.unwrap_or_default()
    }

    /// The samples of a span, earliest first.
    pub(super) fn samples(&self, span: Span) -> Vec<Sample> {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let last = |ring: &VecDeque<Sample>, count: usize| ring.iter().skip(ring.len().saturating_sub(count)).copied().collect();
        match span {
            Span::Minutes => last(&rings.seconds, FEW),
            Span::Hour => last(&rings.seconds, SECONDS),
            Span::Day => last(&rings.minutes, MINUTES),
        }
    }
}

fn push(ring: &mut VecDeque<Sample>, sample: Sample, most: usize) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(sample);
}

/// The times that the later distribution has and the earlier has not.
fn between(before: &Distribution, after: &Distribution) -> Vec<(Duration, u64)> {
    let mut earlier = before.iter().peekable();
    let new = after.iter().map(|(time, count)| {
        let known = earlier.next_if(|(earlier, _)| *earlier == time).map_or(0, |(_, count)| count);
        (time, count.saturating_sub(known))
    });
    new.filter(|(_, count)| *count > 0).collect()
}

fn quantile(times: &[(Duration, u64)], part: f64) -> f32 {
    let total: u64 = times.iter().map(|(_, count)| count).sum();
    let mut left = (total as f64 * part).ceil() as u64;
    for (time, count) in times {
        if left <= *count && total > 0 {
            return time.as_secs_f32() * 1000.0;
        }
        left = left.saturating_sub(*count);
    }
    -1.0
}

/// Samples as JSON: a list of times, then one list for each curve, as uPlot wants them.
pub(super) fn columns(samples: &[Sample]) -> String {
    let column = |value: &dyn Fn(&Sample) -> f32| {
        let values: Vec<String> = samples.iter().map(|sample| number(value(sample))).collect();
        format!("[{}]", values.join(","))
    };
    let times: Vec<String> = samples.iter().map(|sample| sample.at.to_string()).collect();
    let curves: [&dyn Fn(&Sample) -> f32; 7] = [
        &|sample| sample.received,
        &|sample| sample.delivered,
        &|sample| sample.failed,
        &|sample| sample.attempted,
        &|sample| sample.pending as f32,
        &|sample| sample.median,
        &|sample| sample.slow,
    ];
    let curves: Vec<String> = curves.iter().map(|curve| column(curve)).collect();
    format!("[[{}],{}]", times.join(","), curves.join(","))
}

/// A gap for what is not known.
fn number(value: f32) -> String {
    if value < 0.0 { "null".to_owned() } else { format!("{:.1}", f64::from(value)) }
}

/// The points of a small curve, 100 wide and 24 high.
pub(super) fn spark(samples: &[Sample], value: impl Fn(&Sample) -> f32) -> String {
    let highest = samples.iter().map(&value).fold(1.0_f32, f32::max);
    let step = 1000.0 / (samples.len().saturating_sub(1).max(1)) as f32;
    let mut points = String::with_capacity(samples.len() * POINT);
    for (place, sample) in samples.iter().enumerate() {
        points.push_str(if place == 0 { "" } else { " " });
        put_tenths(place as f32 * step, &mut points);
        points.push(',');
        put_tenths(230.0 - 220.0 * value(sample).max(0.0) / highest, &mut points);
    }
    points
}

/// Appends so many tenths. There are thousands on a page, and numbers with a point are slow to write.
fn put_tenths(number: f32, out: &mut String) {
    let tenths = number.round() as u32;
    // Writing to a string cannot fail.
    _ = write!(out, "{}.{}", tenths / 10, tenths % 10);
}

/// Octets of a point of a small curve.
const POINT: usize = 11;
const SECONDS: usize = 3_600;
const MINUTES: usize = 1_440;
const FEW: usize = 300;
const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(second: u64, received: u64) -> Totals {
        Totals { at: Timestamp(second * 1000), received, pending: received / 2, ..Totals::default() }
    }

    #[test]
    fn seconds_are_kept_for_an_hour_and_minutes_for_a_day() {
        let history = History::default();
        assert_eq!(history.take(totals(0, 0)), Sample::default());
        for second in 1..=100_000 {
            let sample = history.take(totals(second, second * 3));
            assert!((sample.received - 3.0).abs() < 0.01, "{sample:?}");
        }
        assert_eq!(history.samples(Span::Minutes).len(), 300);
        assert_eq!(history.samples(Span::Hour).len(), 3_600);
        let day = history.samples(Span::Day);
        assert_eq!((day.len(), day.last().unwrap().at), (1_440, 99_960));
    }

    #[test]
    fn latency_is_that_of_the_last_second_only() {
        let histogram = smpp_session::Histogram::new();
        (0..100).for_each(|_| histogram.record(Duration::from_millis(900)));
        let before = histogram.snapshot();
        assert_eq!(quantile(&between(&before, &before), 0.5), -1.0);
        (0..90).for_each(|_| histogram.record(Duration::from_millis(10)));
        (0..10).for_each(|_| histogram.record(Duration::from_millis(100)));
        let times = between(&before, &histogram.snapshot());
        let (median, slow) = (quantile(&times, 0.5), quantile(&times, 0.95));
        assert!((10.0..12.0).contains(&median) && (100.0..115.0).contains(&slow), "{median} {slow}");
    }

    #[test]
    fn charts_get_columns_with_gaps() {
        let samples = [Sample { at: 5, received: 1.25, median: -1.0, slow: -1.0, ..Sample::default() }];
        assert_eq!(columns(&samples), "[[5],[1.2],[0.0],[0.0],[0.0],[0.0],[null],[null]]");
        assert_eq!(spark(&samples, |sample| sample.received), "0.0,1.0");
        assert_eq!(columns(&[]), "[[],[],[],[],[],[],[],[]]");
    }
}
