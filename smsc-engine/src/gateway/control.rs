//! All that an operator does with a running gateway.

use crate::frontend::{Binds, ClientPeer, ServerPeer};
use crate::model::Timestamp;
use crate::overlay::Book;
use crate::remote::RemoteCore;

/// The parts of one running gateway that people and programs ask about or change; used as `Arc<GatewayControl>`.
pub struct GatewayControl {
    /// The name the gateway has towards the core.
    pub name: String,
    /// When it was started.
    pub started: Timestamp,
    /// The binds that run.
    pub binds: Binds,
    /// The core.
    pub core: RemoteCore,
    /// Carriers of the file with changes over them.
    pub clients: Book<ClientPeer>,
    /// Partners of the file with changes over them.
    pub servers: Book<ServerPeer>,
}
