//! The table of locations.

use super::bulk::RowChange;
use super::rows::Rows;
use super::stored::stored;
use crate::BoxFuture;
use crate::core::location::{LocationChange, LocationStore};
use crate::core::{News, StoreError, Turn};
use crate::model::Location;
use crate::sql::{Database, Migration, SqlError, Step};

stored! {
    Location in "locations", MIGRATIONS, {
        imsi = "imsi",
        msisdn = "msisdn",
        location = "location",
        ran_location = "ran_location",
        imei = "imei",
        ims_capable = "ims_capable",
        csfb = "csfb",
        registered = "registered",
        expires = "expires",
        user_agent = "user_agent",
        inserted_at = "inserted_at",
        updated_at = "updated_at",
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "locations",
    steps: &[Step::All(
        "CREATE TABLE locations (id {id}, imsi TEXT NOT NULL, msisdn TEXT NOT NULL, location TEXT, ran_location TEXT, imei TEXT,
         ims_capable BOOLEAN, csfb BOOLEAN, registered BOOLEAN, expires {time}, user_agent TEXT, inserted_at {time} NOT NULL,
         updated_at {time} NOT NULL) {table}",
    )],
}];

/// Keeps the locations of subscribers in a database.
#[derive(Clone, Debug)]
pub struct SqlLocations {
    rows: Rows<Location>,
}

impl SqlLocations {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        Ok(SqlLocations { rows: Rows::open(database).await? })
    }
}

impl LocationStore for SqlLocations {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Location>, StoreError>> {
        Box::pin(async { self.rows.load().await.map_err(StoreError::new) })
    }

    fn save<'a>(&'a self, changes: &'a [LocationChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.rows.write(&steps(changes)).await.map_err(StoreError::new) })
    }

    fn turn(&self) -> BoxFuture<'_, Result<Turn<'_, Vec<LocationChange>, Location>, StoreError>> {
        Box::pin(async {
            let (turn, news) = self.rows.turn().await.map_err(StoreError::new)?;
            let save = |changes: Vec<LocationChange>| -> BoxFuture<'_, _> {
                Box::pin(async move { turn.save(&steps(&changes)).await.map(|()| changes).map_err(StoreError::new) })
            };
            Ok(Turn::new(news, Box::new(save)))
        })
    }

    fn news(&self) -> BoxFuture<'_, Result<News<Location>, StoreError>> {
        Box::pin(async { self.rows.news().await.map_err(StoreError::new) })
    }
}

fn steps(changes: &[LocationChange]) -> Vec<RowChange<'_, Location>> {
    let steps = changes.iter().map(|change| match change {
        LocationChange::Put(location) => RowChange::Put(location),
        LocationChange::Delete(id) => RowChange::Delete(*id),
    });
    steps.collect()
}
