//! The pages of a gateway: what they show, what they change, and what they never do.

mod action;
mod look;
mod queue;
mod site;
