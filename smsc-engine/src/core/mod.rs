//! What the message centre itself does, apart from any protocol: it knows no PDU and no connection.

pub mod queue;
