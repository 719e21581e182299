//! Questions and orders about messages already accepted.

use super::error::WireError;
use super::value::{Wire, fields};
use crate::api::{Cancel, Question, Replacement, Standing};

fields! {
    Question { account id source }
    Standing { state done error }
    Cancel { account id source destination service_type }
    Replacement { account id source deliver_after expires registered_delivery sm_default_msg_id user_data }
}
