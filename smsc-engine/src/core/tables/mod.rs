//! The operator's tables in a database: one row for each thing, one column for each of its fields.
//!
//! They stand beside the traits they keep the tables of, not in [`crate::sql`], which knows no table. Operators open
//! them with the tools of their database: a time is a time there and a choice is its word. Routes are read into memory
//! by [`RouteTable`](crate::core::route::RouteTable); a row that was changed by hand counts from its next reload on.

mod account;
mod bulk;
mod column;
mod frontend;
mod location;
mod mms;
mod route;
mod rows;
mod ss7;
mod stored;
pub(crate) mod version;

pub use account::SqlAccounts;
pub use frontend::SqlFrontends;
pub use location::SqlLocations;
pub use route::SqlRoutes;
pub use stored::{SqlTable, Stored};
