//! How often each `command_status` came up.

use alloc::vec::Vec;

use smpp_pdu::CommandStatus;

/// Responses counted by their `command_status`, in bounded memory.
///
/// A peer can make up any number of values: the first 64 errors have a count each, the others one
/// together.
///
/// ```
/// use smpp_pdu::CommandStatus;
/// use smpp_session::Statuses;
///
/// let mut statuses = Statuses::default();
/// statuses.count(CommandStatus::ROK);
/// statuses.count(CommandStatus::RTHROTTLED);
/// assert_eq!(statuses.of(CommandStatus::RTHROTTLED), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statuses {
    ok: u64,
    /// In the order of their values.
    errors: Vec<(CommandStatus, u64)>,
    others: u64,
}

impl Statuses {
    /// Counts one response.
    #[inline]
    pub fn count(&mut self, status: CommandStatus) {
        if status.is_ok() {
            self.ok += 1;
        } else {
            self.add_error(status, 1);
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Statuses) {
        self.ok += other.ok;
        self.others += other.others;
        other.errors.iter().for_each(|(status, count)| self.add_error(*status, *count));
    }

    /// How often this value came up, as far as it has a count of its own.
    pub fn of(&self, status: CommandStatus) -> u64 {
        if status.is_ok() {
            return self.ok;
        }
        let found = self.find(status).ok().and_then(|at| self.errors.get(at));
        found.map_or(0, |(_, count)| *count)
    }

    /// Every value that came up and has a count of its own, `ESME_ROK` first.
    pub fn iter(&self) -> impl Iterator<Item = (CommandStatus, u64)> + '_ {
        let ok = (self.ok > 0).then_some((CommandStatus::ROK, self.ok));
        ok.into_iter().chain(self.errors.iter().copied())
    }

    /// How often values came up that have no count of their own.
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// All responses.
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, count)| count).sum::<u64>() + self.others
    }

    #[cold]
    fn add_error(&mut self, status: CommandStatus, count: u64) {
        match self.find(status) {
            Ok(at) => {
                if let Some((_, counted)) = self.errors.get_mut(at) {
                    *counted += count;
                }
            }
            Err(at) if self.errors.len() < MAX_ERRORS => self.errors.insert(at, (status, count)),
            Err(_) => self.others += count,
        }
    }

    fn find(&self, status: CommandStatus) -> Result<usize, usize> {
        self.errors.binary_search_by_key(&status.0, |(known, _)| known.0)
    }
}

// All errors of SMPP 3.4 that an MC is likely to use, and some of its own; one kilobyte.
const MAX_ERRORS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_end_take_bounded_memory_and_none_is_lost() {
        let mut statuses = Statuses::default();
        (0..1000).for_each(|value| statuses.count(CommandStatus(value)));
        assert_eq!((statuses.iter().count(), statuses.others(), statuses.total()), (1 + MAX_ERRORS, 1000 - 65, 1000));
        assert_eq!((statuses.of(CommandStatus(64)), statuses.of(CommandStatus(65))), (1, 0));
    }

    #[test]
    fn merged_counts_add_up() {
        let (mut one, mut other) = (Statuses::default(), Statuses::default());
        one.count(CommandStatus::RTHROTTLED);
        one.count(CommandStatus::ROK);
        other.count(CommandStatus::RTHROTTLED);
        other.count(CommandStatus::RINVDSTADR);
        one.merge(&other);
        let all: Vec<_> = one.iter().collect();
        assert_eq!(all, [(CommandStatus::ROK, 1), (CommandStatus::RINVDSTADR, 1), (CommandStatus::RTHROTTLED, 2)]);
    }
}
