//! The dashboard in a real browser: every page and action, by mouse and by keyboard, judged by axe-core too.

mod webdriver;
