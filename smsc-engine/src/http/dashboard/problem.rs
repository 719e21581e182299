//! What the core says, as a page.

use crate::core::HandleError;
use crate::http::pages::problem::Problem;

impl From<HandleError> for Problem {
    fn from(error: HandleError) -> Problem {
        match error {
            HandleError::Unknown(_) => Problem::missing(format!(
                "{error}. It may have been forgotten after the time of retention; its record is kept longer."
            )),
            HandleError::Queue(_) | HandleError::Events(_) => Problem::broken(error),
            _ => Problem::conflict(error),
        }
    }
}
