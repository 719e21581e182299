//! Behaviour of the engine: queues, and a whole centre over real sockets.

mod centre;
mod queue;
mod refusals;
mod support;
