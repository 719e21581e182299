//! What was answered before something else came is reported before that.

use tokio::sync::watch;

/// Lets others wait until everything that was answered so far is reported.
///
/// A receipt may come right behind the response that names its message: the core must hear of the response first.
#[derive(Debug)]
pub(in crate::frontend) struct Settling {
    asked: watch::Sender<u64>,
    reached: watch::Sender<u64>,
}

impl Settling {
    /// Nothing is under way.
    pub(in crate::frontend) fn new() -> Settling {
        Settling { asked: watch::Sender::new(0), reached: watch::Sender::new(0) }
    }

    /// Waits until what was answered before this call is reported.
    pub(in crate::frontend) async fn settled(&self) {
        let mut mine = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            mine = *asked;
        });
        // An error cannot be: the sender is here.
        let _ = self.reached.subscribe().wait_for(|reached| *reached >= mine).await;
    }

    /// What has to be reached; ask before looking for answers.
    pub(super) fn asked(&self) -> u64 {
        *self.asked.borrow()
    }

    /// Everything answered before this was asked is reported.
    pub(super) fn reach(&self, asked: u64) {
        self.reached.send_if_modified(|reached| {
            let is_new = *reached < asked;
            *reached = asked.max(*reached);
            is_new
        });
    }

    /// Sees a change when somebody waits.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn who_waits_is_released_when_what_was_asked_is_reached() {
        let settling = Settling::new();
        let mut settled = std::pin::pin!(settling.settled());
        assert!(settled.as_mut().now_or_never().is_none());
        assert_eq!(settling.asked(), 1);
        settling.reach(0);
        assert!(settled.as_mut().now_or_never().is_none());
        settling.reach(1);
        settled.await;
        settling.reach(u64::MAX);
        settling.settled().await;
    }
}
