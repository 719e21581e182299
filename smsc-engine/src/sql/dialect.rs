//! Where SQLite, PostgreSQL and MariaDB differ, so that everything else is written once.

use std::borrow::Cow;
use std::fmt::Write;

use crate::calendar;
use crate::model::Timestamp;

/// Which SQL a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite in a file.
    Sqlite,
    /// PostgreSQL 13 or later, and what speaks its protocol.
    Postgres,
    /// MariaDB 10.5 or later, MySQL 8 or later.
    MySql,
}

/// Markers of [`Dialect::define`] with their meaning in SQLite, PostgreSQL and MariaDB.
const MARKERS: [(&str, [&str; 3]); 7] = [
    // A key that the program gives; SQLite keeps the rows in its order under this very name only.
    ("{id}", ["INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY", "BIGINT PRIMARY KEY"]),
    ("{key}", ["INTEGER PRIMARY KEY AUTOINCREMENT", "BIGSERIAL PRIMARY KEY", "BIGINT AUTO_INCREMENT PRIMARY KEY"]),
    ("{short_key}", ["INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY", "INT AUTO_INCREMENT PRIMARY KEY"]),
    ("{time}", ["DATETIME", "TIMESTAMP", "DATETIME"]),
    ("{int}", ["INTEGER", "INTEGER", "INT"]),
    ("{blob}", ["BLOB", "BYTEA", "LONGBLOB"]),
    // A server's default may be unable to keep an emoji.
    ("{table}", ["", "", "DEFAULT CHARACTER SET utf8mb4"]),
];

impl Dialect {
    /// Returns the name used in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
            Dialect::MySql => "mysql",
        }
    }

    /// Finds the dialect of a setting; `postgresql` and `mariadb` are known too.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sqlite" => Some(Dialect::Sqlite),
            "postgres" | "postgresql" => Some(Dialect::Postgres),
            "mysql" | "mariadb" => Some(Dialect::MySql),
            _ => None,
        }
    }

    /// Returns the port such a server usually listens on; `None` for a file.
    pub const fn port(self) -> Option<u16> {
        match self {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some(5432),
            Dialect::MySql => Some(3306),
        }
    }

    /// Returns how many values one statement may bind.
    pub const fn max_values(self) -> usize {
        match self {
            Dialect::Sqlite => 32_766,
            Dialect::Postgres | Dialect::MySql => 65_535,
        }
    }

    /// Tells whether statements that define tables can be undone with their transaction.
    pub const fn defines_in_transactions(self) -> bool {
        !matches!(self, Dialect::MySql)
    }

    /// Puts this dialect's words for `{id}`, `{key}`, `{short_key}`, `{time}`, `{int}`, `{blob}` and `{table}` into a definition.
    ///
    /// `{table}` stands after the closing parenthesis of `CREATE TABLE`. All other words for columns
    /// (`BIGINT`, `VARCHAR(255)`, `TEXT`, `BOOLEAN`, `DECIMAL`, `DATE`) are the same in all three.
    pub fn define(self, definition: &str) -> String {
        MARKERS.iter().fold(definition.to_owned(), |text, (marker, words)| {
            let [sqlite, postgres, mysql] = words;
            text.replace(marker, self.choose([sqlite, postgres, mysql]))
        })
    }

    /// Numbers the question marks of a statement where the server wants that; those inside quotes are left alone.
    pub fn placeholders(self, text: &str) -> Cow<'_, str> {
        if self != Dialect::Postgres || !text.contains('?') {
            return Cow::Borrowed(text);
        }
        let (mut out, mut count, mut quote) = (String::with_capacity(text.len() * 5 / 4), 0, None);
        for character in text.chars() {
            match (character, quote) {
                ('?', None) => {
                    count += 1;
                    // Writing to a string cannot fail.
                    let _ = write!(out, "${count}");
                    continue;
                }
                ('\'' | '"', None) => quote = Some(character),
                (character, Some(open)) if character == open => quote = None,
                _ => {}
            }
            out.push(character);
        }
        Cow::Owned(out)
    }

    /// Ends an `INSERT` so that a row with the same key gets the new values of `columns`, or is left alone if there are none.
    pub fn on_duplicate(self, key: &[&str], columns: &[&str]) -> String {
        let key_list = key.join(", ");
        let assign = |value: fn(&str) -> String| {
            let assignments: Vec<_> = columns.iter().map(|column| format!("{column} = {}", value(column))).collect();
            assignments.join(", ")
        };
        match (self, columns) {
            // `INSERT IGNORE` would hide other faults too.
            (Dialect::MySql, []) => format!(" ON DUPLICATE KEY UPDATE {0} = {0}", key.first().unwrap_or(&"id")),
            (Dialect::MySql, _) => format!(" ON DUPLICATE KEY UPDATE {}", assign(|column| format!("VALUES({column})"))),
            (_, []) => format!(" ON CONFLICT ({key_list}) DO NOTHING"),
            _ => format!(" ON CONFLICT ({key_list}) DO UPDATE SET {}", assign(|column| format!("excluded.{column}"))),
        }
    }

    /// Returns what to append to a `SELECT` so that its rows stay as they are until the end of the transaction.
    pub const fn for_update(self) -> &'static str {
        match self {
            // There, one writer locks out all others anyway.
            Dialect::Sqlite => "",
            Dialect::Postgres | Dialect::MySql => " FOR UPDATE",
        }
    }

    /// Returns a moment as a `{time}` column gives it back: MariaDB keeps whole seconds.
    pub fn kept_time(self, moment: Timestamp) -> Timestamp {
        let moment = moment.min(calendar::LAST);
        if self == Dialect::MySql { Timestamp(moment.0 / 1000 * 1000) } else { moment }
    }

    /// Writes the whole and partial seconds from one time column to another.
    pub fn seconds_between(self, from: &str, to: &str) -> String {
        match self {
            Dialect::Sqlite => format!("((julianday({to}) - julianday({from})) * 86400.0)"),
            Dialect::Postgres => format!("CAST(EXTRACT(EPOCH FROM ({to} - {from})) AS DOUBLE PRECISION)"),
            Dialect::MySql => format!("TIMESTAMPDIFF(SECOND, {from}, {to})"),
        }
    }

    /// Writes the day of a time as `YYYY-MM-DD`.
    pub fn day(self, time: &str) -> String {
        match self {
            Dialect::Sqlite => format!("substr({time}, 1, 10)"),
            Dialect::Postgres => format!("to_char({time}, 'YYYY-MM-DD')"),
            Dialect::MySql => format!("DATE_FORMAT({time}, '%Y-%m-%d')"),
        }
    }

    /// Writes the month of a time as `YYYY-MM`.
    pub fn month(self, time: &str) -> String {
        match self {
            Dialect::Sqlite => format!("substr({time}, 1, 7)"),
            Dialect::Postgres => format!("to_char({time}, 'YYYY-MM')"),
            Dialect::MySql => format!("DATE_FORMAT({time}, '%Y-%m')"),
        }
    }

    /// Writes the hour of the day, 0 to 23.
    pub fn hour(self, time: &str) -> String {
        match self {
            Dialect::Sqlite => format!("CAST(substr({time}, 12, 2) AS INTEGER)"),
            Dialect::Postgres => format!("CAST(EXTRACT(HOUR FROM {time}) AS INTEGER)"),
            Dialect::MySql => format!("HOUR({time})"),
        }
    }

    /// Writes a number, such as a mean, as one with a floating point.
    pub fn real(self, number: &str) -> String {
        match self {
            Dialect::Sqlite => format!("CAST({number} AS REAL)"),
            Dialect::Postgres => format!("CAST({number} AS DOUBLE PRECISION)"),
            Dialect::MySql => format!("(({number}) + 0e0)"),
        }
    }

    /// Writes a number, such as a sum, as a whole one.
    pub fn whole(self, number: &str) -> String {
        match self {
            Dialect::Sqlite => format!("CAST({number} AS INTEGER)"),
            Dialect::Postgres => format!("CAST({number} AS BIGINT)"),
            Dialect::MySql => format!("CAST({number} AS SIGNED)"),
        }
    }

    /// Writes texts one after the other.
    pub fn concat(self, texts: &[&str]) -> String {
        match self {
            Dialect::MySql => format!("CONCAT({})", texts.join(", ")),
            Dialect::Sqlite | Dialect::Postgres => format!("({})", texts.join(" || ")),
        }
    }

    /// Picks what belongs to this dialect out of SQLite's, PostgreSQL's and MariaDB's.
    pub fn choose<T>(self, [sqlite, postgres, mysql]: [T; 3]) -> T {
        match self {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
            Dialect::MySql => mysql,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_are_numbered_outside_of_quotes() {
        let text = "SELECT '?', \"?\" FROM t WHERE a = ? AND b = ? -- it's ?";
        assert_eq!(Dialect::Postgres.placeholders("a = ? OR b = '?''?' OR c = ?"), "a = $1 OR b = '?''?' OR c = $2");
        assert_eq!(Dialect::Postgres.placeholders(&text[..46]), "SELECT '?', \"?\" FROM t WHERE a = $1 AND b = $2 -");
        assert_eq!(Dialect::MySql.placeholders(text), text);
    }

    #[test]
    fn names_are_read_back() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql] {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
        assert_eq!(Dialect::from_name("mariadb"), Some(Dialect::MySql));
        assert_eq!(Dialect::from_name("oracle"), None);
    }

    #[test]
    fn a_definition_has_no_marker_left() {
        let definition = "CREATE TABLE t (id {key}, i {id}, a {short_key}, b {time}, c {int}, d {blob}) {table}";
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql] {
            assert!(!dialect.define(definition).contains('{'));
        }
    }
}
