//! Partners of a gateway: who may come in, what they hand in and what they are brought.

mod alert;
mod both;
mod change;
mod door;
mod log;
mod message;
mod slow;
mod world;
