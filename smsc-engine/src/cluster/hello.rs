//! How two nodes find out that they know the same secret, and what each sees.
//!
//! Three frames and an answer: each side sends a random number; then the caller, and after it the called one, sends what
//! it knows under a keyed digest of both numbers and of that. So nothing of the secret is on the wire, nothing can be
//! said again later, neither side can be made to answer its own question, and who does not know the secret learns
//! nothing, not even a name. A frame is a length of two octets and so much JSON. Nothing here knows a socket.

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

/// What a node says of itself to one that knows the secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    /// Its name.
    pub(super) node: String,
    /// Which life of it this is.
    pub(super) epoch: u64,
    /// The cluster of its database.
    pub(super) cluster: String,
    /// The version of its program.
    pub(super) version: String,
    /// Whether its signs of life reach its database now.
    pub(super) beats: bool,
    /// The nodes that give signs of life in its database, by their names.
    pub(super) sees: Vec<String>,
}

/// What all nodes know and nobody else.
#[derive(Clone)]
pub(super) struct Secret(hmac::Key);

/// Why there is no talking to the other side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HelloError {
    /// It knows another secret, or none.
    #[error("it has another secret (node.cluster_secret)")]
    Secret,
    /// It speaks something else.
    #[error("what answers there is no node of this version: {0}")]
    Speech(String),
    /// It cannot be reached, or went away, or took too long.
    #[error("{0}")]
    Away(String),
}

/// The random number of one side.
pub(super) type Nonce = [u8; 32];

/// A frame.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Frame {
    /// The first of each side.
    Nonce(String),
    /// What it knows, as JSON, and the digest in hexadecimal digits.
    Facts(String, String),
    /// The secret is another one.
    Refused,
}

/// Which side speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Caller,
    Called,
}

/// The numbers of both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    pub(super) caller: Nonce,
    pub(super) called: Nonce,
}

impl Secret {
    pub(super) fn new(secret: &str) -> Secret {
        Secret(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// The digest by which a database knows the secret of its cluster.
    pub(super) fn seal(&self, cluster: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"smsc cluster ");
        context.update(cluster.as_bytes());
        hex(context.sign().as_ref())
    }

    /// What a side says, under its digest.
    pub(super) fn say(&self, (talk, side): (&Talk, Side), facts: &Facts) -> Frame {
        let facts = serde_json::to_string(facts).unwrap_or_default();
        let digest = hex(hmac::sign(&self.0, &said((talk, side), &facts)).as_ref());
        Frame::Facts(facts, digest)
    }

    /// Reads what a side said.
    pub(super) fn hear(&self, (talk, side): (&Talk, Side), frame: &Frame) -> Result<Facts, HelloError> {
        let Frame::Facts(facts, digest) = frame else {
            return Err(if *frame == Frame::Refused { HelloError::Secret } else { unexpected() });
        };
        let digest = unhex(digest).ok_or_else(unexpected)?;
        hmac::verify(&self.0, &said((talk, side), facts), &digest).map_err(|_| HelloError::Secret)?;
        serde_json::from_str(facts).map_err(|error| HelloError::Speech(error.to_string()))
    }
}

/// Never shows it.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Frame {
    /// The frame as octets.
    pub(super) fn encode(&self) -> Vec<u8> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let length = u16::try_from(body.len()).unwrap_or(0);
        [&length.to_be_bytes(), body.as_slice()].concat()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Frame, HelloError> {
        serde_json::from_slice(body).map_err(|error| HelloError::Speech(error.to_string()))
    }

    /// The number of the other side.
    pub(super) fn nonce(&self) -> Result<Nonce, HelloError> {
        let Frame::Nonce(digits) = self else { return Err(unexpected()) };
        unhex(digits).and_then(|octets| octets.try_into().ok()).ok_or_else(unexpected)
    }
}

/// A random number, and the frame that says it.
pub(super) fn nonce() -> (Nonce, Frame) {
    let mut nonce = [0; 32];
    // The system's source does not fail once it has begun; a number of zeros would only weaken our own half.
    let _ = SystemRandom::new().fill(&mut nonce);
    (nonce, Frame::Nonce(hex(&nonce)))
}

fn said((talk, side): (&Talk, Side), facts: &str) -> Vec<u8> {
    let label: &[u8] = match side {
        Side::Caller => b"smsc hello 1 caller",
        Side::Called => b"smsc hello 1 called",
    };
    [label, &talk.caller, &talk.called, facts.as_bytes()].concat()
}

fn unexpected() -> HelloError {
    HelloError::Speech("an unexpected frame".into())
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let octets = digits.as_bytes().chunks(2);
    octets.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A list of a hundred long names fits.
pub(super) const MOST_OCTETS: u16 = 32_768;

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(node: &str) -> Facts {
        Facts { node: node.into(), epoch: 7, cluster: "c".into(), beats: true, sees: vec!["sms@a".into()], ..Facts::default() }
    }

    fn talk() -> Talk {
        Talk { caller: nonce().0, called: nonce().0 }
    }

    #[test]
    fn what_a_side_says_is_heard_with_the_same_secret_only() {
        let (secret, talk) = (Secret::new("0123456789abcdef"), talk());
        let frame = secret.say((&talk, Side::Caller), &facts("sms@a"));
        let body = frame.encode().split_off(2);
        assert_eq!(secret.hear((&talk, Side::Caller), &Frame::decode(&body).unwrap()).unwrap(), facts("sms@a"));
        let other = Secret::new("another secret!!");
        assert_eq!(other.hear((&talk, Side::Caller), &frame), Err(HelloError::Secret));
        assert_eq!(secret.hear((&talk, Side::Caller), &Frame::Refused), Err(HelloError::Secret));
    }

    #[test]
    fn nothing_can_be_said_again_or_sent_back() {
        let (secret, first) = (Secret::new("0123456789abcdef"), talk());
        let frame = secret.say((&first, Side::Caller), &facts("sms@a"));
        assert_eq!(secret.hear((&talk(), Side::Caller), &frame), Err(HelloError::Secret), "in another talk");
        assert_eq!(secret.hear((&first, Side::Called), &frame), Err(HelloError::Secret), "by the other side");
        let Frame::Facts(text, digest) = frame else { panic!() };
        let changed = Frame::Facts(text.replace("sms@a", "sms@b"), digest);
        assert_eq!(secret.hear((&first, Side::Caller), &changed), Err(HelloError::Secret), "changed on the way");
    }

    #[test]
    fn the_secret_is_in_no_frame_and_in_no_debug() {
        let secret = Secret::new("hunter2hunter2hunter2");
        let frame = secret.say((&talk(), Side::Called), &facts("sms@a"));
        for text in [format!("{frame:?}"), format!("{secret:?}"), secret.seal("c")] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn frames_that_are_none_are_named() {
        for body in [&b"{}"[..], b"[", b"{\"nonce\":7}", b""] {
            assert!(matches!(Frame::decode(body), Err(HelloError::Speech(_))));
        }
        for digits in ["", "00", "zz", "é"] {
            assert!(Frame::Nonce(digits.into()).nonce().is_err());
        }
        assert_eq!(nonce().1.nonce().unwrap().len(), 32);
    }
}
