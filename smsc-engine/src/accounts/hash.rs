//! Hashed passwords: the one place that knows Argon2.

#[cfg(feature = "passwords")]
use super::Secret;

/// A hash that was read and found sound.
#[derive(Clone)]
pub(crate) struct Hash(imp::Hash);

/// What a hash costs whoever makes or checks it.
#[cfg(feature = "passwords")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, in KiB.
    pub kibibytes: u32,
    /// How often all of it is gone over.
    pub passes: u32,
}

#[cfg(feature = "passwords")]
impl Default for HashCost {
    fn default() -> Self {
        // What the Open Worldwide Application Security Project asks for at least: some hundredths of a second.
        HashCost { kibibytes: 19 * 1024, passes: 2 }
    }
}

/// Hashes a password with Argon2id and a random salt, into the PHC form. Takes its time: not for a thread that serves others.
///
/// # Errors
/// The cost is out of range, or the system has no random octets; the text says what.
#[cfg(feature = "passwords")]
pub fn hash_password(password: &str, cost: HashCost) -> Result<Secret, String> {
    imp::make(password, cost).map(Secret::new)
}

impl Hash {
    /// Reads the PHC form.
    ///
    /// # Errors
    /// It is malformed, of another algorithm, or asks for more than a server should spend; the text says what.
    pub(crate) fn read(text: &str) -> Result<Hash, String> {
        imp::read(text).map(Hash)
    }

    /// Compares; takes about a tenth of a second of one processor with usual parameters.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        imp::is_of(&self.0, password)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(feature = "passwords")]
mod imp {
    use std::sync::Arc;

    use argon2::password_hash::phc::PasswordHash;
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};
    use argon2::{Algorithm, Argon2, Params, Version};

    use super::HashCost;

    pub(super) type Hash = Arc<PasswordHash>;

    pub(super) fn read(text: &str) -> Result<Hash, String> {
        let hash = PasswordHash::new(text).map_err(|error| format!("no PHC string: {error}"))?;
        Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| format!("{} is not Argon2", hash.algorithm))?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err("salt or hash is missing".into());
        }
        let params = Params::try_from(&hash).map_err(|error| format!("its parameters: {error}"))?;
        if params.m_cost() > MOST_KIBIBYTES || params.t_cost() > MOST_PASSES || params.p_cost() > MOST_LANES {
            return Err(format!("its parameters: at most m={MOST_KIBIBYTES},t={MOST_PASSES},p={MOST_LANES}"));
        }
        Ok(Arc::new(hash))
    }

    pub(super) fn is_of(hash: &Hash, password: &[u8]) -> bool {
        // The parameters are those of the hash.
        Argon2::default().verify_password(password, &**hash).is_ok()
    }

    pub(super) fn make(password: &str, cost: HashCost) -> Result<String, String> {
        let params = Params::new(cost.kibibytes, cost.passes, 1, None).map_err(|error| format!("its parameters: {error}"))?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: PasswordHash = hasher.hash_password(password.as_bytes()).map_err(|error| format!("not hashed: {error}"))?;
        Ok(hash.to_string())
    }

    // Each check takes so much memory, and several run at a time.
    const MOST_KIBIBYTES: u32 = 256 * 1024;
    const MOST_PASSES: u32 = 64;
    const MOST_LANES: u32 = 16;
}

#[cfg(not(feature = "passwords"))]
mod imp {
    pub(super) type Hash = std::convert::Infallible;

    pub(super) fn read(_: &str) -> Result<Hash, String> {
        Err("this build has no hashed passwords (feature passwords)".into())
    }

    pub(super) fn is_of(hash: &Hash, _: &[u8]) -> bool {
        match *hash {}
    }
}

#[cfg(all(test, feature = "passwords"))]
mod tests {
    use super::*;

    // Made by argon2-cffi, of "secret08" and "somesalt".
    const KNOWN: [&str; 3] = [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$DmcayA9G+CayksHTvAXrc5r7K65hz78YQXuN0jPWGnU",
        "$argon2i$v=19$m=64,t=3,p=4$c29tZXNhbHQ$vxQMFL7m2dDcIFGITTvUzXMYhAmkQ3Ll",
        "$argon2d$v=19$m=128,t=1,p=2$c29tZXNhbHQ$eiPHd916Vt/Te7a0Rdnn1u3QnVM2G1pPI+BJc6ySqA0",
    ];

    #[test]
    fn hashes_of_another_program_and_of_other_parameters_are_verified() {
        for hash in KNOWN {
            let read = Hash::read(hash).unwrap();
            assert!(read.is_of(b"secret08") && !read.is_of(b"secret09") && !read.is_of(b""), "{hash}");
        }
    }

    #[test]
    fn what_is_no_sound_hash_is_refused_with_its_reason() {
        for (hash, reason) in [
            ("", "no PHC string"),
            ("secret", "no PHC string"),
            ("$argon2id$v=19$m=65536,t=2,p=1", "missing"),
            ("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ", "missing"),
            ("$scrypt$ln=16,r=8,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "not Argon2"),
            ("$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "at most"),
            ("$argon2id$v=19$m=65536,t=65,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "at most"),
        ] {
            let refused = Hash::read(hash).err().unwrap();
            assert!(refused.contains(reason), "{hash}: {refused}");
        }
    }
}
