//! Paths that are limited together.

/// Paths that are limited together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Endpoint {
    /// `POST /api/messages`.
    Messages,
    /// `POST /api/messages/create_async`.
    CreateAsync,
    /// `POST /api/messages_raw`.
    Raw,
    /// `POST /api/messages_raw/async`.
    RawAsync,
    /// Everything below `/api/core/`, where one call is many messages.
    Bulk,
    /// Everything that only reads.
    Reads,
    /// Everything else.
    Writes,
}
