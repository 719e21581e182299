//! The dashboard in a real browser: every page and action, by mouse and by keyboard, judged by axe-core too.
//!
//! Not part of the build yet: `actions`, `desk`, `live`, `pages` and `people` are written but were never compiled or run.

mod webdriver;
