//! The JSON forms of a route.

use crate::http::rest::forms::forms;
use crate::model::{Charged, Route, SourceType};

forms! {
    Route;
    /// One route: which messages it claims and what becomes of them. A criterion that is `null` matches every message.
    show RouteForm;
    /// A new route. It is `dest_smsc`, `auto_reply` or `drop` that says what becomes of messages.
    ///
    /// A field that is not known is refused: a criterion that is left out by mistake would match every message.
    #[serde(deny_unknown_fields)]
    make NewRoute;
    /// What is to be changed of a route.
    #[serde(deny_unknown_fields)]
    change RouteChange;
    shown {
        /// Its number.
        id: [u64],
    }
    required {}
    optional {
        /// How the sender's number begins; a leading `+` on either side does not count.
        calling_prefix: [Option<String>] max 64,
        /// How the recipient's number begins; a leading `+` on either side does not count.
        #[schema(example = "+44")]
        called_prefix: [Option<String>] max 64,
        /// Who submitted the message.
        source_smsc: [Option<String>] max 253,
        /// What kind of network it came from.
        source_type: [Option<SourceType>],
        /// What ENUM found for the recipient; `enum_result_domain` is read, too.
        #[serde(alias = "enum_result_domain")]
        enum_domain: [Option<String>] max 253,
        /// Who delivers; may be missing only if the route replies or drops.
        #[schema(example = "uk_gateway")]
        dest_smsc: [Option<String>] max 253,
        /// Answers the sender instead of delivering.
        auto_reply: [bool],
        /// The text of the answer.
        #[schema(max_length = 4096)]
        auto_reply_message: [Option<String>],
        /// Discards the message.
        drop: [bool],
        /// Whether messages are charged; `default` is as the general switch says.
        charged: [Charged],
        /// The share among equal routes.
        #[schema(minimum = 1, maximum = 100)]
        weight: [u8],
        /// Lower goes first.
        #[schema(minimum = 1, maximum = 255)]
        priority: [u8],
        /// For people.
        #[schema(max_length = 1024)]
        description: [String],
        /// Off is ignored.
        enabled: [bool],
    }
}
