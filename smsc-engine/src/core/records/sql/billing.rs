//! What delivered messages cost.

use std::fmt;

use super::super::SinkError;
use super::SqlRecords;
use crate::model::Timestamp;
use crate::sql::{Row, SqlError, Statement, Value};

/// An amount of money in millionths of the currency's unit, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);

/// What a message to certain numbers costs at a certain time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The beginning of the numbers, with or without `+`; `+` alone stands for all.
    pub destination_prefix: String,
    /// For people.
    pub description: Option<String>,
    /// Per message.
    pub rate_per_message: Amount,
    /// Per segment; the billing report uses this one.
    pub rate_per_segment: Amount,
    /// Three letters.
    pub currency: String,
    /// The first day it is valid on, by UTC.
    pub effective_date: Timestamp,
    /// The last day it is valid on; `None` for good.
    pub expiry_date: Option<Timestamp>,
}

/// What was delivered on one day over one route to the numbers of one prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingLine {
    /// The day of submission, `YYYY-MM-DD` by UTC.
    pub day: String,
    /// The route.
    pub dest_smsc: Option<String>,
    /// The prefix of the rate; `None` if no rate is valid.
    pub destination_prefix: Option<String>,
    /// How many messages.
    pub messages: u64,
    /// How many segments; a message of which nobody knows counts as one.
    pub segments: u64,
    /// What one segment costs.
    pub rate: Amount,
    /// What all of them cost.
    pub total: Amount,
}

impl SqlRecords {
    /// Adds a rate and returns its key.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub async fn add_rate(&self, rate: &Rate) -> Result<i64, SinkError> {
        self.prepare().await?;
        let columns = [
            "destination_prefix",
            "description",
            "rate_per_message",
            "rate_per_segment",
            "currency",
            "effective_date",
            "expiry_date",
        ];
        let row = [
            Value::from(&rate.destination_prefix),
            rate.description.as_ref().into(),
            rate.rate_per_message.units().into(),
            rate.rate_per_segment.units().into(),
            (&rate.currency).into(),
            Value::Date(Some(rate.effective_date)),
            Value::Date(rate.expiry_date),
        ];
        let mut transaction = self.database.begin().await?;
        let key = transaction.insert(Statement::insert("billing_rates", &columns, [row], true)).await?;
        transaction.commit().await?;
        Ok(key)
    }

    /// Returns all rates with their keys.
    ///
    /// # Errors
    /// When the database cannot be reached, or holds amounts that are none.
    pub async fn rates(&self) -> Result<Vec<(i64, Rate)>, SinkError> {
        self.prepare().await?;
        let dialect = self.database.dialect();
        let question = format!(
            "SELECT id, destination_prefix, description, currency, effective_date, expiry_date,
             {} AS rate_per_message, {} AS rate_per_segment FROM billing_rates ORDER BY id",
            dialect.real("rate_per_message"),
            dialect.real("rate_per_segment"),
        );
        let rows = self.database.rows(Statement::new(question)).await?;
        rows.iter().map(|row| Ok((row.get("id")?, rate(row)?))).collect()
    }

    /// Returns what one segment to this number costs on a day, and in which currency.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn price(&self, number: &str, day: Timestamp) -> Result<(Amount, String), SinkError> {
        let rates: Vec<_> = self.rates().await?.into_iter().map(|(_, rate)| rate).collect();
        let best = best_rate(&rates, digits(number), &crate::calendar::date(day));
        Ok(best.map_or((DEFAULT_RATE, "USD".into()), |rate| (rate.rate_per_segment, rate.currency.clone())))
    }

    /// Takes a rate away and tells whether it was there; better is an `expiry_date`, for old bills need old rates.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn delete_rate(&self, key: i64) -> Result<bool, SinkError> {
        self.prepare().await?;
        Ok(self.database.execute(Statement::new("DELETE FROM billing_rates WHERE id = ?").bind(key)).await? > 0)
    }

    /// Bills what was delivered of the messages submitted from `from` until before `until`: by day, route and prefix.
    ///
    /// The rate of a number is that of its longest prefix that is valid on the day; without one it is 0.015.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn billing_report(&self, from: Timestamp, until: Timestamp) -> Result<Vec<BillingLine>, SinkError> {
        let rates: Vec<_> = self.rates().await?.into_iter().map(|(_, rate)| rate).collect();
        // Numbers that begin alike cost alike: no more of them is read than the longest prefix has.
        let width = rates.iter().map(|rate| digits(&rate.destination_prefix).len()).max().unwrap_or(0).max(1);
        let dialect = self.database.dialect();
        let day = dialect.day("submission_time");
        let question = format!(
            "SELECT {day} AS day, dest_smsc, {} AS beginning, COUNT(*) AS messages, {} AS segments
             FROM cdrs WHERE status = 'delivered' AND submission_time >= ? AND submission_time < ?
             GROUP BY day, dest_smsc, beginning ORDER BY day, dest_smsc, beginning",
            format_args!(
                "substr(CASE WHEN called_number LIKE '+%' THEN substr(called_number, 2) ELSE called_number END, 1, {width})"
            ),
            dialect.whole("SUM(COALESCE(message_parts, 1))"),
        );
        let rows = self.database.rows(Statement::new(question).bind(from).bind(until)).await?;
        let mut lines: Vec<BillingLine> = Vec::new();
        for row in &rows {
            add(&mut lines, line(row, &rates)?);
        }
        Ok(lines)
    }
}

impl Amount {
    /// Reads `0.015`; further places than six must be zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > PLACES || whole.is_empty() {
            return None;
        }
        let fraction: u64 = format!("{fraction:0<PLACES$}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(UNIT)?.checked_add(fraction).map(Amount)
    }

    fn units(self) -> f64 {
        self.0 as f64 / UNIT as f64
    }

    /// So many times as much.
    #[must_use]
    pub fn times(self, count: u64) -> Amount {
        Amount(self.0.saturating_mul(count))
    }
}

/// Shows six places: `0.015000`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:0PLACES$}", self.0 / UNIT, self.0 % UNIT)
    }
}

fn rate(row: &Row) -> Result<Rate, SqlError> {
    // Ten digits are exact in floating point, too.
    let amount = |column: &str| Ok::<_, SqlError>(Amount((row.get::<f64>(column)? * UNIT as f64).round() as u64));
    Ok(Rate {
        destination_prefix: row.get("destination_prefix")?,
        description: row.get("description")?,
        rate_per_message: amount("rate_per_message")?,
        rate_per_segment: amount("rate_per_segment")?,
        currency: row.get::<Option<String>>("currency")?.unwrap_or_else(|| "USD".into()),
        effective_date: row.get("effective_date")?,
        expiry_date: row.get("expiry_date")?,
    })
}

fn line(row: &Row, rates: &[Rate]) -> Result<BillingLine, SqlError> {
    let (day, beginning): (String, String) = (row.get("day")?, row.get("beginning")?);
    let rate = best_rate(rates, &beginning, &day);
    let price = rate.map_or(DEFAULT_RATE, |rate| rate.rate_per_segment);
    let segments = row.get("segments")?;
    Ok(BillingLine {
        day,
        dest_smsc: row.get("dest_smsc")?,
        destination_prefix: rate.map(|rate| rate.destination_prefix.clone()),
        messages: row.get("messages")?,
        segments,
        rate: price,
        total: price.times(segments),
    })
}

/// Adds a line to the one of the same day, route and rate, if there is one.
fn add(lines: &mut Vec<BillingLine>, line: BillingLine) {
    let same = |other: &&mut BillingLine| {
        other.day == line.day
            && other.dest_smsc == line.dest_smsc
            && other.destination_prefix == line.destination_prefix
            && other.rate == line.rate
    };
    // Lines of one day and route follow one another.
    let near = lines.iter_mut().rev().take_while(|other| other.day == line.day && other.dest_smsc == line.dest_smsc);
    match near.into_iter().find(same) {
        Some(other) => {
            other.messages += line.messages;
            other.segments += line.segments;
            other.total = other.rate.times(other.segments);
        }
        None => lines.push(line),
    }
}

/// The rate with the longest prefix that is valid on this day; of equals the one that began last.
fn best_rate<'a>(rates: &'a [Rate], number: &str, day: &str) -> Option<&'a Rate> {
    let valid = |rate: &&Rate| {
        let first = crate::calendar::date(rate.effective_date);
        let last = rate.expiry_date.map(crate::calendar::date);
        number.starts_with(digits(&rate.destination_prefix)) && *first <= *day && last.is_none_or(|last| *day <= *last)
    };
    rates.iter().filter(valid).max_by_key(|rate| (digits(&rate.destination_prefix).len(), rate.effective_date))
}

fn digits(prefix: &str) -> &str {
    prefix.strip_prefix('+').unwrap_or(prefix)
}

const PLACES: usize = 6;
const UNIT: u64 = 1_000_000;
/// What a segment costs to where no rate leads.
const DEFAULT_RATE: Amount = Amount(15_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, amount) in [("0.015", 15_000), ("1", 1_000_000), ("12.000001", 12_000_001), ("0.0050000000 ", 5_000)] {
            assert_eq!(Amount::parse(text), Some(Amount(amount)));
        }
        for text in ["", ".5", "-1", "1e3", "0.0000001", "99999999999999999999"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
        assert_eq!(Amount(15_000).times(3).to_string(), "0.045000");
    }
}
