//! Peers as they are kept beside the file.

use serde_json::Value;

use super::peer::{ClientPeer, ServerPeer};
use crate::overlay::Entry;

impl Entry for ClientPeer {
    const KIND: &'static str = "client peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn store(&self) -> Value {
        Value::Null
    }

    fn restore(_stored: Value) -> Result<Self, String> {
        Err("not yet".into())
    }
}

impl Entry for ServerPeer {
    const KIND: &'static str = "server peer";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn store(&self) -> Value {
        Value::Null
    }

    fn restore(_stored: Value) -> Result<Self, String> {
        Err("not yet".into())
    }
}
