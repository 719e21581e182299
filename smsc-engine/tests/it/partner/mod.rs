//! Partners of a gateway: who may come in, what they hand in and what they are brought.

mod change;
mod door;
mod message;
mod slow;
mod world;
