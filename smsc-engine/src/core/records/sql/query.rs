//! The questions operators ask, once for all servers.
//!
//! They are texts, so that operators can read them, change them and run them with any tool. Parameters are question
//! marks; times are parameters, so that a report of last month is the same tomorrow.

use crate::sql::Dialect;

/// One question.
#[derive(Clone, Copy)]
pub struct Query {
    /// A short name.
    pub name: &'static str,
    /// What the parameters are, in their order; a pattern is a beginning and `%`.
    pub parameters: &'static [&'static str],
    text: fn(Dialect) -> String,
}

impl Query {
    /// Returns the text for a server, with question marks for the parameters.
    pub fn text(&self, dialect: Dialect) -> String {
        (self.text)(dialect)
    }

    /// Finds a question by its name.
    pub fn named(name: &str) -> Option<&'static Query> {
        QUERIES.iter().find(|query| query.name == name)
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("name", &self.name).field("parameters", &self.parameters).finish()
    }
}

macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident ($($parameter:literal),*) $dialect:ident => $text:expr;)*) => {
        /// All questions: the seventeen of the operators' handbook, the fourteenth in its two forms.
        pub const QUERIES: &[Query] = &[$(Query {
            name: stringify!($name),
            parameters: &[$($parameter),*],
            text: |$dialect| $text,
        },)*];
    };
}

queries! {
    // 1: newest first, as caller or called.
    records_of_party("number", "number") _d =>
        "SELECT * FROM cdrs WHERE calling_number = ? OR called_number = ? ORDER BY submission_time DESC, id DESC LIMIT 100".into();
    // 2
    count_by_status() _d => "SELECT status, COUNT(*) AS count FROM cdrs GROUP BY status ORDER BY count DESC, status".into();
    // 3
    mean_delivery_time() dialect => format!(
        "SELECT {} AS mean_seconds FROM cdrs WHERE status = 'delivered' AND delivery_time IS NOT NULL", mean_seconds(dialect));
    // 4
    volume_by_day_and_route("from") dialect => format!(
        "SELECT {} AS day, dest_smsc, COUNT(*) AS count, {DELIVERED} AS delivered, {} AS segments
         FROM cdrs WHERE submission_time >= ? GROUP BY day, dest_smsc ORDER BY day, dest_smsc",
        dialect.day("submission_time"), segments(dialect));
    // 5
    billable("pattern of calling number", "from", "until") dialect => format!(
        "SELECT COUNT(*) AS count, {0} AS segments, {1} AS cost
         FROM cdrs WHERE calling_number LIKE ? AND status = 'delivered' AND submission_time >= ? AND submission_time < ?",
        segments(dialect), dialect.real("COALESCE(SUM(COALESCE(message_parts, 1)), 0) * 0.01"));
    // 6
    delivery_rate_by_route("from") dialect => format!(
        "SELECT dest_smsc, COUNT(*) AS total, {DELIVERED} AS delivered, {} AS percentage, {} AS mean_attempts, {} AS mean_seconds
         FROM cdrs WHERE submission_time >= ? GROUP BY dest_smsc ORDER BY total DESC, dest_smsc",
        dialect.real(&format!("{DELIVERED} * 100.0 / COUNT(*)")), dialect.real("AVG(delivery_attempts)"), mean_seconds(dialect));
    // 7
    volume_by_hour("from") dialect => format!(
        "SELECT {} AS hour_of_day, COUNT(*) AS count FROM cdrs WHERE submission_time >= ? GROUP BY hour_of_day ORDER BY hour_of_day",
        dialect.hour("submission_time"));
    // 8
    by_number_of_parts() dialect => format!(
        "SELECT message_parts, COUNT(*) AS count, {} AS mean_seconds FROM cdrs GROUP BY message_parts ORDER BY message_parts",
        mean_seconds(dialect));
    // 9
    failing_recipients("from") dialect => format!(
        "SELECT called_number, COUNT(*) AS failures, {} AS mean_attempts, MAX(submission_time) AS last_time
         FROM cdrs WHERE status IN ('failed', 'expired') AND submission_time >= ?
         GROUP BY called_number HAVING COUNT(*) >= 5 ORDER BY failures DESC, called_number",
        dialect.real("AVG(delivery_attempts)"));
    // 10: both directions, with the text.
    conversation("one", "other", "other", "one", "from", "until") _d =>
        "SELECT submission_time, calling_number, called_number, status, message_body FROM cdrs
         WHERE ((calling_number = ? AND called_number = ?) OR (calling_number = ? AND called_number = ?))
         AND submission_time >= ? AND submission_time < ? ORDER BY submission_time, id".into();
    // 11: `SqlRecords::delete` removes them.
    older_than("before") _d =>
        "SELECT id, message_id, submission_time, status FROM cdrs WHERE submission_time < ? ORDER BY submission_time, id LIMIT 10000".into();
    // 12
    volume_by_origin_node("from") _d => format!(
        "SELECT origin_node, COUNT(*) AS count, {DELIVERED} AS delivered FROM cdrs
         WHERE submission_time >= ? GROUP BY origin_node ORDER BY count DESC, origin_node");
    // 13: MariaDB needs the index for large tables; SQLite has none and looks for a part of the text.
    with_word("word") dialect => format!(
        "SELECT * FROM cdrs WHERE {} ORDER BY id DESC LIMIT 100",
        dialect.choose([
            "instr(lower(message_body), lower(?)) > 0",
            "to_tsvector('simple', message_body) @@ plainto_tsquery('simple', ?)",
            "MATCH(message_body) AGAINST(?)",
        ]));
    // 14, first form.
    records_of_caller("calling number") _d =>
        "SELECT * FROM cdrs WHERE calling_number = ? ORDER BY submission_time DESC, id DESC".into();
    // 14, second form.
    caller_or_recipient("calling number", "called number") _d =>
        "SELECT * FROM cdrs WHERE calling_number = ? OR called_number = ? ORDER BY submission_time, id".into();
    // 15
    growth_by_month("from") dialect => format!(
        "SELECT {} AS month_of_year, COUNT(*) AS messages, {} AS octets
         FROM cdrs WHERE submission_time >= ? GROUP BY month_of_year ORDER BY month_of_year",
        dialect.month("submission_time"), dialect.whole("SUM(COALESCE(OCTET_LENGTH(message_body), 0))"));
    // 16
    masked_pairs("from", "until") dialect => format!(
        "SELECT {} AS caller, {} AS called, COUNT(*) AS count FROM cdrs
         WHERE submission_time >= ? AND submission_time < ? GROUP BY caller, called ORDER BY count DESC, caller, called",
        masked(dialect, "calling_number"), masked(dialect, "called_number"));
    // 17
    export_of_month("from", "until") _d =>
        "SELECT id, message_id, calling_number, called_number, dest_smsc, submission_time, delivery_time, status, message_parts
         FROM cdrs WHERE submission_time >= ? AND submission_time < ? ORDER BY submission_time, id".into();
}

const DELIVERED: &str = "COUNT(CASE WHEN status = 'delivered' THEN 1 END)";

fn segments(dialect: Dialect) -> String {
    dialect.whole("COALESCE(SUM(COALESCE(message_parts, 1)), 0)")
}

fn mean_seconds(dialect: Dialect) -> String {
    dialect.real(&format!("AVG({})", dialect.seconds_between("submission_time", "delivery_time")))
}

fn masked(dialect: Dialect, number: &str) -> String {
    let length = dialect.choose(["length", "length", "CHAR_LENGTH"]);
    let kept = format!("CASE WHEN {length}({number}) > 4 THEN substr({number}, 1, {length}({number}) - 4) ELSE '' END");
    dialect.concat(&[&kept, "'XXXX'"])
}
