//! Peers as they are kept beside the file: in the words of the file.

use serde_json::Value;

use crate::config::{ClientBind, ServerBind, peer_fault, read_peer, write_peer};
use crate::frontend::{ClientPeer, ServerPeer};
use crate::overlay::Entry;

impl Entry for ClientPeer {
    const KIND: &'static str = "client peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        peer_fault(&ClientBind::from(self))
    }

    fn store(&self) -> Value {
        Value::String(write_peer(&ClientBind::from(self)))
    }

    fn restore(stored: Value) -> Result<Self, String> {
        read_peer::<ClientBind>(text(&stored)?).map(|bind| ClientPeer::from(&bind))
    }
}

impl Entry for ServerPeer {
    const KIND: &'static str = "server peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        peer_fault(&ServerBind::from(self))
    }

    fn store(&self) -> Value {
        Value::String(write_peer(&ServerBind::from(self)))
    }

    fn restore(stored: Value) -> Result<Self, String> {
        read_peer::<ServerBind>(text(&stored)?).map(|bind| ServerPeer::from(&bind))
    }
}

fn text(stored: &Value) -> Result<&str, String> {
    stored.as_str().ok_or_else(|| "it is no text".into())
}
