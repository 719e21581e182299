//! The dashboard as browsers see it: pages for each role, actions, bad forms, texts that strangers wrote.

mod action;
mod look;
pub(crate) mod seed;
mod site;
