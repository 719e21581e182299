//! The text format 0.0.4 of Prometheus.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};
use std::time::Duration;

use smpp_session::Distribution;

use super::table::{Family, Kind};

/// Collects samples by family, in any order.
#[derive(Debug, Default)]
pub(super) struct Writer {
    samples: BTreeMap<&'static str, String>,
}

/// Names and values of labels, as the table has them.
pub(super) type Labels<'a> = &'a [(&'static str, &'a dyn Display)];

impl Writer {
    /// Adds one sample.
    pub(super) fn put(&mut self, family: &Family, labels: Labels<'_>, value: impl Display) {
        self.line(family, "", labels, value);
    }

    /// Adds times, in milliseconds.
    pub(super) fn times(&mut self, family: &Family, labels: Labels<'_>, times: &Distribution) {
        self.durations(family, labels, (times, Duration::from_millis(1)));
    }

    /// Adds times, in this unit.
    pub(super) fn durations(&mut self, family: &Family, labels: Labels<'_>, (times, unit): (&Distribution, Duration)) {
        let buckets: Vec<u64> = family.bounds().iter().map(|bound| times.at_most(unit.mul_f64(*bound))).collect();
        self.histogram(family, labels, (&buckets, times.count(), millis(times.sum()) / millis(unit)));
    }

    /// Adds a histogram: how many were at most each bound, how many there were, and their sum.
    pub(super) fn histogram(&mut self, family: &Family, labels: Labels<'_>, (at_most, count, sum): (&[u64], u64, f64)) {
        for (bound, count) in family.bounds().iter().zip(at_most) {
            self.bucket(family, labels, (bound, *count));
        }
        self.bucket(family, labels, (&"+Inf", count));
        self.line(family, "_sum", labels, sum);
        self.line(family, "_count", labels, count);
    }

    /// Returns everything of these families, with help and type of each, in the order of their names.
    pub(super) fn text(&self, families: &[Family]) -> String {
        let mut families: Vec<&Family> = families.iter().collect();
        families.sort_by_key(|family| family.name);
        let mut text = String::with_capacity(self.samples.values().map(String::len).sum::<usize>() + 200 * families.len());
        for Family { name, kind, help, .. } in families {
            let samples = self.samples.get(name).map_or("", String::as_str);
            // Writing to a string cannot fail.
            let _ = write!(text, "# HELP {name} {}\n# TYPE {name} {}\n{samples}", Escaped(help, false), kind.name());
        }
        text
    }

    fn bucket(&mut self, family: &Family, labels: Labels<'_>, (bound, count): (&dyn Display, u64)) {
        let mut all = labels.to_vec();
        all.push(("le", bound));
        self.line(family, "_bucket", &all, count);
    }

    fn line(&mut self, family: &Family, suffix: &str, labels: Labels<'_>, value: impl Display) {
        debug_assert!(suffix.is_empty() != matches!(family.kind, Kind::Histogram(_)), "{} is a histogram", family.name);
        let text = self.samples.entry(family.name).or_default();
        text.push_str(family.name);
        text.push_str(suffix);
        for (place, (name, label)) in labels.iter().enumerate() {
            let open = if place == 0 { '{' } else { ',' };
            let _ = write!(text, "{open}{name}=\"{}\"", Escaped(&label.to_string(), true));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(text, "{close} {value}");
    }
}

/// Milliseconds with their parts.
pub(super) fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

/// A text of one line; a label's with its quotes escaped too.
struct Escaped<'a>(&'a str, bool);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '"' if self.1 => f.write_str("\\\"")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{DELIVERY_ATTEMPTED, ENUM_TIME, FAMILIES, PENDING};
    use super::*;

    #[test]
    fn labels_cannot_break_out_of_their_line() {
        let mut writer = Writer::default();
        writer.put(&DELIVERY_ATTEMPTED, &[("dest_smsc", &"a\"} 1\nb\\")], 7);
        let text = writer.text(FAMILIES);
        assert!(text.contains("sms_c_delivery_attempted_count{dest_smsc=\"a\\\"} 1\\nb\\\\\"} 7\n"), "{text}");
    }

    #[test]
    fn every_family_has_help_and_type_and_they_are_sorted() {
        let mut writer = Writer::default();
        writer.put(&PENDING, &[], 1);
        let text = writer.text(FAMILIES);
        let names = |word: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix(word));
            lines.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
        };
        let mut sorted: Vec<_> = FAMILIES.iter().map(|family| family.name.to_owned()).collect();
        sorted.sort();
        assert_eq!(names("# HELP "), sorted);
        assert_eq!(names("# TYPE "), sorted);
    }

    #[test]
    fn a_histogram_grows_from_bucket_to_bucket_up_to_its_count() {
        let times = smpp_session::Histogram::new();
        for millis in [1, 40, 40, 70_000] {
            times.record(Duration::from_millis(millis));
        }
        let mut writer = Writer::default();
        writer.times(&ENUM_TIME, &[("success", &true)], &times.snapshot());
        let text = writer.text(FAMILIES);
        for line in [
            "sms_c_enum_lookup_stop_duration_bucket{success=\"true\",le=\"25\"} 1\n",
            "sms_c_enum_lookup_stop_duration_bucket{success=\"true\",le=\"50\"} 3\n",
            "sms_c_enum_lookup_stop_duration_bucket{success=\"true\",le=\"60000\"} 3\n",
            "sms_c_enum_lookup_stop_duration_bucket{success=\"true\",le=\"+Inf\"} 4\n",
            "sms_c_enum_lookup_stop_duration_sum{success=\"true\"} 70081\n",
            "sms_c_enum_lookup_stop_duration_count{success=\"true\"} 4\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
