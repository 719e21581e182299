//! Peers as they are kept beside the file: in the words of the file.

use serde_json::Value;

use crate::config::{ClientBind, PeerText, ServerBind};
use crate::frontend::{ClientPeer, ServerPeer};
use crate::overlay::Entry;

impl Entry for ClientPeer {
    const KIND: &'static str = "client peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        ClientBind::from(self).fault()
    }

    fn store(&self) -> Value {
        Value::String(ClientBind::from(self).to_text())
    }

    fn restore(stored: Value) -> Result<Self, String> {
        ClientBind::from_text(text(&stored)?).map(|bind| ClientPeer::from(&bind))
    }
}

impl Entry for ServerPeer {
    const KIND: &'static str = "server peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        ServerBind::from(self).fault()
    }

    fn store(&self) -> Value {
        Value::String(ServerBind::from(self).to_text())
    }

    fn restore(stored: Value) -> Result<Self, String> {
        ServerBind::from_text(text(&stored)?).map(|bind| ServerPeer::from(&bind))
    }
}

fn text(stored: &Value) -> Result<&str, String> {
    stored.as_str().ok_or_else(|| "it is no text".into())
}
