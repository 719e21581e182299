//! What must be said once per server because the driver's types differ: binding, running, reading.

use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use super::{List, Row, Statement, Value};
use crate::model::Timestamp;

/// What a statement that returns no rows did.
pub(super) struct Done {
    pub(super) rows: u64,
    /// The automatic key of the last inserted row; PostgreSQL does not tell.
    pub(super) key: i64,
}

macro_rules! backend {
    ($name:ident, $driver:ident, $form:ident, $key:expr) => {
        pub(super) mod $name {
            use std::sync::Arc;

            use sqlx::Arguments as _;

            use super::$form as form;
            use super::*;

            pub(in super::super) type Connection = sqlx::pool::PoolConnection<sqlx::$driver>;
            type Arguments = <sqlx::$driver as sqlx::Database>::Arguments;

            fn arguments(values: &[Value<'_>]) -> Result<Arguments, sqlx::Error> {
                let mut arguments = Arguments::default();
                for value in values {
                    let added = match value {
                        Value::Bool(flag) => arguments.add(*flag),
                        Value::Int(number) => arguments.add(*number),
                        Value::Real(number) => arguments.add(*number),
                        Value::Text(text) => arguments.add(text.as_deref()),
                        Value::Blob(octets) => arguments.add(octets.as_deref()),
                        Value::Time(moment) => arguments.add(moment.map(form::time)),
                        Value::Date(moment) => arguments.add(moment.map(form::date)),
                        Value::List(list) => form::list(&mut arguments, list),
                    };
                    added.map_err(sqlx::Error::Encode)?;
                }
                Ok(arguments)
            }

            pub(in super::super) async fn execute(
                connection: &mut Connection,
                (text, statement): (String, &Statement<'_>),
            ) -> Result<Done, sqlx::Error> {
                let query = sqlx::query_with(AssertSqlSafe(text), arguments(&statement.values)?).persistent(statement.kept);
                let result = query.execute(&mut **connection).await?;
                let key: fn(&<sqlx::$driver as sqlx::Database>::QueryResult) -> i64 = $key;
                Ok(Done { rows: result.rows_affected(), key: key(&result) })
            }

            pub(in super::super) async fn rows(
                connection: &mut Connection,
                (text, statement): (String, &Statement<'_>),
            ) -> Result<Vec<Row>, sqlx::Error> {
                let query = sqlx::query_with(AssertSqlSafe(text), arguments(&statement.values)?).persistent(statement.kept);
                let answer = query.fetch_all(&mut **connection).await?;
                let Some(first) = answer.first() else { return Ok(Vec::new()) };
                let columns: Arc<[Box<str>]> = first.columns().iter().map(|column| column.name().into()).collect();
                let row = |row: &_| Ok(Row { columns: Arc::clone(&columns), values: values(row)? });
                answer.iter().map(row).collect()
            }

            fn values(row: &<sqlx::$driver as sqlx::Database>::Row) -> Result<Vec<Value<'static>>, sqlx::Error> {
                (0..row.len()).map(|place| form::value(row, place)).collect()
            }

            /// Runs statements as they are, without values.
            pub(in super::super) async fn raw(connection: &mut Connection, text: String) -> Result<(), sqlx::Error> {
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **connection).await.map(drop)
            }
        }
    };
}

/// How SQLite takes and gives values: it has no type for times.
mod sqlite_form {
    use super::*;
    use crate::calendar;

    pub(super) fn time(moment: Timestamp) -> String {
        calendar::text(moment)
    }

    pub(super) fn date(moment: Timestamp) -> String {
        calendar::date(moment)
    }

    pub(super) fn list(_: &mut sqlx::sqlite::SqliteArguments, _: &List<'_>) -> Result<(), sqlx::error::BoxDynError> {
        Err(NO_LISTS.into())
    }

    pub(super) fn value(row: &sqlx::sqlite::SqliteRow, place: usize) -> Result<Value<'static>, sqlx::Error> {
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            return Ok(Value::Text(None));
        }
        Ok(match raw.type_info().name() {
            "INTEGER" | "BOOLEAN" | "NUMERIC" => Value::Int(row.try_get_unchecked(place)?),
            "REAL" => Value::Real(row.try_get_unchecked(place)?),
            "BLOB" => Value::Blob(row.try_get_unchecked::<Option<Vec<u8>>, _>(place)?.map(Into::into)),
            _ => Value::Text(row.try_get_unchecked::<Option<String>, _>(place)?.map(Into::into)),
        })
    }
}

/// How the servers take and give values.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! server_form {
    ($name:ident, $row:ty, $unit:literal, $list:path) => {
        mod $name {
            use sqlx::types::chrono::{DateTime, NaiveDate, NaiveDateTime};

            pub(super) use $list as list;

            use super::*;
            use crate::calendar;

            pub(super) fn time(moment: Timestamp) -> NaiveDateTime {
                let millis = moment.min(calendar::LAST).0 / $unit * $unit;
                let moment = i64::try_from(millis).ok().and_then(DateTime::from_timestamp_millis);
                moment.unwrap_or_default().naive_utc()
            }

            pub(super) fn date(moment: Timestamp) -> NaiveDate {
                time(moment).date()
            }

            fn moment(time: NaiveDateTime) -> Timestamp {
                // No record of ours is older than 1970.
                Timestamp(u64::try_from(time.and_utc().timestamp_millis()).unwrap_or(0))
            }

            pub(super) fn value(row: &$row, place: usize) -> Result<Value<'static>, sqlx::Error> {
                let raw = row.try_get_raw(place)?;
                if raw.is_null() {
                    return Ok(Value::Text(None));
                }
                let kind = raw.type_info();
                Ok(match kind.name() {
                    "BOOL" | "BOOLEAN" => Value::Bool(row.try_get_unchecked(place)?),
                    "INT2" => Value::Int(row.try_get_unchecked::<Option<i16>, _>(place)?.map(Into::into)),
                    "INT4" => Value::Int(row.try_get_unchecked::<Option<i32>, _>(place)?.map(Into::into)),
                    "INT8" | "TINYINT" | "SMALLINT" | "INT" | "MEDIUMINT" | "BIGINT" => Value::Int(row.try_get_unchecked(place)?),
                    "FLOAT4" | "FLOAT" => Value::Real(row.try_get_unchecked::<Option<f32>, _>(place)?.map(Into::into)),
                    "FLOAT8" | "DOUBLE" => Value::Real(row.try_get_unchecked(place)?),
                    "TIMESTAMP" | "DATETIME" => {
                        Value::Time(row.try_get_unchecked::<Option<NaiveDateTime>, _>(place)?.map(moment))
                    }
                    "DATE" => {
                        let day = row.try_get_unchecked::<Option<NaiveDate>, _>(place)?;
                        Value::Date(day.map(|day| moment(day.and_time(Default::default()))))
                    }
                    "BYTEA" | "BLOB" | "LONGBLOB" | "MEDIUMBLOB" | "TINYBLOB" | "BINARY" | "VARBINARY" => {
                        Value::Blob(row.try_get_unchecked::<Option<Vec<u8>>, _>(place)?.map(Into::into))
                    }
                    "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "LONGTEXT" | "MEDIUMTEXT" | "TINYTEXT" | "DECIMAL" => {
                        Value::Text(row.try_get_unchecked::<Option<String>, _>(place)?.map(Into::into))
                    }
                    other => return Err(sqlx::Error::Decode(format!("columns of type {other} are not read").into())),
                })
            }
        }
    };
}

#[cfg(feature = "postgres")]
fn postgres_list(arguments: &mut sqlx::postgres::PgArguments, list: &List<'_>) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;

    match list {
        List::Bools(flags) => arguments.add(flags),
        List::Ints(numbers) => arguments.add(numbers),
        List::Texts(texts) => arguments.add(texts),
        List::Blobs(octets) => arguments.add(octets),
    }
}

#[cfg(feature = "mysql")]
fn mysql_list(_: &mut sqlx::mysql::MySqlArguments, _: &List<'_>) -> Result<(), sqlx::error::BoxDynError> {
    Err(NO_LISTS.into())
}

const NO_LISTS: &str = "only PostgreSQL takes lists";

backend!(sqlite, Sqlite, sqlite_form, |done| done.last_insert_rowid());
#[cfg(feature = "postgres")]
server_form!(postgres_form, sqlx::postgres::PgRow, 1, super::postgres_list);
#[cfg(feature = "postgres")]
backend!(postgres, Postgres, postgres_form, |_| 0);
// `DATETIME` keeps whole seconds, and MariaDB would round them up.
#[cfg(feature = "mysql")]
server_form!(mysql_form, sqlx::mysql::MySqlRow, 1000, super::mysql_list);
#[cfg(feature = "mysql")]
backend!(mysql, MySql, mysql_form, |done| i64::try_from(done.last_insert_id()).unwrap_or(0));
