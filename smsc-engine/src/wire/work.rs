//! Work for frontends, and what became of it.

use std::time::Duration;

use super::error::WireError;
use super::value::{Wire, fields};
use crate::api::{Attempt, NetworkReport, Report};
use crate::model::{FormFault, Lane};

/// What a frontend wants to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    /// Under which name.
    pub(crate) lane: Lane,
    /// At most so many messages.
    pub(crate) max: usize,
    /// For how long.
    pub(crate) hold: Duration,
}

/// What a gateway tells of messages it took.
///
/// It numbers what it tells, and tells the next only when this is durable: so the core knows what it has heard before.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    /// Which gateway, or rather which start of it: drawn by lot, and how many it has told, this included.
    pub(crate) teller: (u64, u64),
    /// What it tells.
    pub(crate) reports: Vec<Report>,
}

fields! {
    Want { lane max hold }
    Reports { teller reports }
    Report { message attempt }
    NetworkReport { lane remote state error done }
}

impl Wire for Attempt {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Attempt::Delivered => out.push(0),
            Attempt::Handed(remote) => {
                out.push(1);
                remote.put(out);
            }
            Attempt::Failed(state, error) => {
                out.push(2);
                state.put(out);
                error.put(out);
            }
            Attempt::TryAgain(error) => {
                out.push(3);
                error.put(out);
            }
            Attempt::Unknown => out.push(4),
        }
    }

    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        Ok(match u8::take(rest)? {
            0 => Attempt::Delivered,
            1 => Attempt::Handed(Wire::take(rest)?),
            2 => Attempt::Failed(Wire::take(rest)?, Wire::take(rest)?),
            3 => Attempt::TryAgain(Wire::take(rest)?),
            4 => Attempt::Unknown,
            _ => return Err(FormFault::Value.into()),
        })
    }
}
