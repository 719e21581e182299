//! A centre and its pages.

use std::ops::Deref;

use smsc_engine::http::dashboard::{DashboardOptions, router};

use super::seed::Seed;
use crate::browser::Browser;

pub(super) struct Site {
    pub(super) seed: Seed,
    browser: Browser,
}

impl Site {
    pub(super) async fn new() -> Site {
        Site::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut DashboardOptions)) -> Site {
        let seed = Seed::busy().await;
        let app = async |users| {
            let mut options = seed.options().await;
            options.users = Some(users);
            change(&mut options);
            router(seed.control.clone(), options)
        };
        let browser = Browser::new(&seed.database, app).await;
        Site { seed, browser }
    }
}

impl Deref for Site {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}
