//! The dashboard in a real browser: every page and action, by mouse and by keyboard, judged by axe-core too.

mod actions;
mod desk;
mod live;
mod pages;
mod people;
