//! Routes and translation rules, as a file writes them.

use super::word::Text;
use crate::core::translate::Mode;
use crate::model::{Charged, Route, Rule, SourceType};

settings! {
    /// How routes are chosen.
    Routing {
        /// Whether the "first" translation rule that is selected is the last, or "all" are applied in turn.
        translation_mode: Mode = Mode::First;
        /// Among routes of equal priority the higher sum wins: for each digit of the called prefix.
        called_prefix_weight: u32 = 100, in 0..=10_000;
        /// For each digit of the calling prefix.
        calling_prefix_weight: u32 = 50, in 0..=10_000;
        /// For a source SMSC.
        source_smsc_weight: u32 = 25, in 0..=10_000;
        /// For an ENUM domain.
        enum_domain_weight: u32 = 15, in 0..=10_000;
        /// For a source type.
        source_type_weight: u32 = 10, in 0..=10_000;
    }

    /// One translation rule; a number must begin as the prefixes say, and an empty text matches every number.
    TranslationRule {
        /// How the sender's number begins.
        calling_prefix: String = String::new(), in 0..=255;
        /// How the recipient's number begins.
        called_prefix: String = String::new(), in 0..=255;
        /// Who submitted the message.
        source_smsc: String = String::new(), in 0..=255;
        /// A regular expression on the sender's number.
        calling_match: String = String::new(), in 0..=1_024;
        /// What the sender's number becomes; \1 to \9 are the captured groups. If not given, the expression only selects.
        calling_replace: Option<String> = None, in 0..=1_024;
        /// A regular expression on the recipient's number.
        called_match: String = String::new(), in 0..=1_024;
        /// What the recipient's number becomes.
        called_replace: Option<String> = None, in 0..=1_024;
        /// Lower goes first.
        priority: u32 = 100, in 0..=1_000_000;
        /// For people.
        description: Text = Text::default(), in 0..=1_024;
        /// Whether it counts.
        enabled: bool = true;
    }

    /// One route; an empty text matches every message.
    SmsRoute {
        /// How the sender's number begins.
        calling_prefix: String = String::new(), in 0..=255;
        /// How the recipient's number begins.
        called_prefix: String = String::new(), in 0..=255;
        /// Who submitted the message.
        source_smsc: String = String::new(), in 0..=255;
        /// What kind of network it came from: "IMS", "CS", "SMPP", or "" for any.
        source_type: Option<SourceType> = None;
        /// What ENUM found for the recipient.
        enum_domain: String = String::new(), in 0..=255;
        /// Who delivers; may be empty only if the route replies or drops.
        dest_smsc: String = String::new(), in 0..=255;
        /// Whether the sender is answered and nothing delivered.
        auto_reply: bool = false;
        /// The text of the answer.
        auto_reply_message: Text = Text::default(), in 0..=4_096;
        /// Whether the message is discarded.
        drop: bool = false;
        /// Whether messages are charged: "yes", "no" or "default".
        charged: Charged = Charged::Default;
        /// The share among equal routes.
        weight: u8 = 100, in 1..=100;
        /// Lower goes first.
        priority: u8 = 100, in 1..=255;
        /// For people.
        description: Text = Text::default(), in 0..=1_024;
        /// Whether it counts.
        enabled: bool = true;
    }
}

impl From<&TranslationRule> for Rule {
    fn from(rule: &TranslationRule) -> Self {
        Rule {
            calling_prefix: given(&rule.calling_prefix),
            called_prefix: given(&rule.called_prefix),
            source_smsc: given(&rule.source_smsc),
            calling_match: given(&rule.calling_match),
            calling_replace: rule.calling_replace.clone(),
            called_match: given(&rule.called_match),
            called_replace: rule.called_replace.clone(),
            priority: rule.priority,
            description: rule.description.as_str().into(),
            enabled: rule.enabled,
        }
    }
}

impl From<&SmsRoute> for Route {
    fn from(route: &SmsRoute) -> Self {
        Route {
            id: 0,
            calling_prefix: given(&route.calling_prefix),
            called_prefix: given(&route.called_prefix),
            source_smsc: given(&route.source_smsc),
            source_type: route.source_type,
            enum_domain: given(&route.enum_domain),
            dest_smsc: given(&route.dest_smsc),
            auto_reply: route.auto_reply,
            auto_reply_message: given(route.auto_reply_message.as_str()),
            drop: route.drop,
            charged: route.charged,
            weight: route.weight,
            priority: route.priority,
            description: route.description.as_str().into(),
            enabled: route.enabled,
        }
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.into())
}
