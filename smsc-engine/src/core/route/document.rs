//! Tables as JSON documents: for back-ups, for moving them, for changing many routes at once.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plan::{ImportMode, ImportReport};
use super::table::{RouteTable, TableError};
use crate::core::snapshot::blocking;
use crate::model::Route;

/// Why a document is not taken; the table stays as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is no JSON, or it has another shape.
    #[error("the document cannot be read: {0}")]
    Shape(#[source] serde_json::Error),
    /// A row is no route.
    #[error("row {row}: {field}: {reason}")]
    Row {
        /// Which row, 1 for the first.
        row: usize,
        /// Which field of it.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// There are more rows than a table may have.
    #[error("there are more than {0} rows")]
    TooMany(usize),
    /// The table refuses what the document says.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl RouteTable {
    /// Writes all routes with all fields as one JSON document.
    pub fn export(&self) -> String {
        let state = self.state();
        let routes: Vec<&Route> = state.book.after(0).map(|entry| &*entry.route).collect();
        // Routes are plain data: there is nothing in them that JSON could not say.
        serde_json::to_string(&Document { routes }).unwrap_or_default()
    }

    /// Takes the routes of a document, all or none.
    ///
    /// # Errors
    /// See [`DocumentError`]; the first bad row is named.
    pub async fn import_document(&self, document: Vec<u8>, mode: ImportMode) -> Result<ImportReport, DocumentError> {
        let most = self.limit();
        let routes = blocking(move || read_document(&document, most)).await?;
        Ok(self.import(routes, mode).await?)
    }

    /// Tells what [`RouteTable::import_document`] would do now, and does nothing.
    ///
    /// # Errors
    /// As the import itself.
    pub async fn try_document(&self, document: Vec<u8>, mode: ImportMode) -> Result<ImportReport, DocumentError> {
        let most = self.limit();
        let routes = blocking(move || read_document(&document, most)).await?;
        Ok(self.try_import(routes, mode).await?)
    }
}

/// Reads the routes of a document: what [`RouteTable::export`] writes, or a bare list.
///
/// # Errors
/// See [`DocumentError`]; the first bad row is named.
pub fn read_document(document: &[u8], most: usize) -> Result<Vec<Route>, DocumentError> {
    let mut rows = Rows { routes: Vec::new(), most, fault: None };
    let mut reader = serde_json::Deserializer::from_slice(document);
    let read = rows.deserialize(&mut reader).and_then(|()| reader.end());
    match (rows.fault, read) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => Err(DocumentError::Shape(error)),
        (None, Ok(())) => Ok(rows.routes),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    routes: Vec<&'a Route>,
}

/// Takes rows one by one, so that a large document is in memory once.
struct Rows {
    routes: Vec<Route>,
    most: usize,
    /// What serde's own error could not say.
    fault: Option<DocumentError>,
}

impl Rows {
    fn row(&mut self, row: &Value) -> Result<(), DocumentError> {
        if self.routes.len() >= self.most {
            return Err(DocumentError::TooMany(self.most));
        }
        let route = Route::deserialize(row).map_err(|error| bad_row(self.routes.len() + 1, row, &error))?;
        self.routes.push(route);
        Ok(())
    }
}

/// Names the field that is no good by reading each for itself: serde does not say which one it was.
fn bad_row(row: usize, value: &Value, error: &serde_json::Error) -> DocumentError {
    let fields = value.as_object().into_iter().flatten();
    let alone = fields.map(|(field, value)| (field, Value::Object(Map::from_iter([(field.clone(), value.clone())]))));
    let faults =
        alone.filter_map(|(field, value)| Route::deserialize(&value).err().map(|error| (field.clone(), error.to_string())));
    let (field, reason) = faults.take(1).next().unwrap_or_else(|| ("route".to_owned(), error.to_string()));
    DocumentError::Row { row, field, reason }
}

impl<'de> DeserializeSeed<'de> for &mut Rows {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Rows {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of routes, or an object with such a list as \"routes\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Value>()? {
            if let Err(fault) = self.row(&row) {
                self.fault = Some(fault);
                return Err(A::Error::custom("a row is no good"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "routes" && !found {
                members.next_value_seed(&mut *self)?;
                found = true;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::missing_field("routes")) }
    }
}
