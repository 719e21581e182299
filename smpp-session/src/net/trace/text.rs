//! Traces as lines of text, and how moments and octets are written in them.

use std::boxed::Box;
use std::fmt;
use std::io::{BufWriter, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Connection, Record, Trace};
use crate::CloseReason;

/// Writes one line per PDU: time in UTC, session, peer, account, direction, fields, octets.
///
/// ```
/// use smpp_session::net::{Filter, TextLines, Tracer};
///
/// let tracer = Tracer::new(TextLines::new(std::io::stderr()));
/// tracer.start(Filter::default());
/// ```
pub struct TextLines {
    out: Mutex<BufWriter<Box<dyn Write + Send>>>,
    lost: AtomicU64,
}

impl TextLines {
    /// Lines go to `out`, batch by batch.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        TextLines { out: Mutex::new(BufWriter::new(Box::new(out))), lost: AtomicU64::new(0) }
    }

    /// Times something could not be written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn write(&self, action: impl FnOnce(&mut BufWriter<Box<dyn Write + Send>>) -> std::io::Result<()>) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if action(&mut out).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Trace for TextLines {
    fn record(&self, record: &Record) {
        self.write(|out| writeln!(out, "{record}"));
    }

    fn batch_end(&self) {
        self.write(Write::flush);
    }

    fn closed(&self, connection: &Connection, at: SystemTime, why: CloseReason) {
        let Connection { id, peer, system_id, .. } = connection;
        self.write(|out| {
            writeln!(out, "{} #{id} {peer} {system_id:?} closed: {why}", Moment(at))?;
            out.flush()
        });
    }
}

/// A moment as `2026-01-31T23:59:59.123456Z`.
pub(super) struct Moment(pub(super) SystemTime);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", since.subsec_micros())
    }
}

/// Year, month and day of a day counted from 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, leap days come last in their year, their century and their 400 years.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

/// Octets in hexadecimal.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::time::Duration;

    #[test]
    fn moments_are_written_as_people_write_them() {
        let shown = |seconds, micros: u32| format!("{}", Moment(UNIX_EPOCH + Duration::new(seconds, micros * 1000)));
        assert_eq!(shown(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(shown(951_782_400, 1), "2000-02-29T00:00:00.000001Z");
        assert_eq!(shown(1_709_251_199, 999_999), "2024-02-29T23:59:59.999999Z");
        assert_eq!(shown(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
    }

    /// A disk that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_written_is_counted() {
        let lines = TextLines::new(Full);
        lines.write(|out| out.write_all(b"line"));
        assert_eq!(lines.lost(), 0);
        lines.batch_end();
        assert_eq!(lines.lost(), 1);
    }
}
