//! The gateway's dashboard in a real browser, with a core, carriers and partners as processes and sessions of their own:
//! every page and action, by mouse and by keyboard, judged by axe-core too.

mod desk;
mod live;
mod logs;
mod pages;
mod peers;
mod people;
mod queue;
