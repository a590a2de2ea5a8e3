//! The SHA-256 that covers a whole artifact, itself as zeros.

use sha2::{Digest, Sha256};

/// How the digest is introduced in the metadata: a JSON text inside a JSON text.
const MARK: &[u8] = br#"\"sha256\":\""#;

/// The digest before it is known.
pub(super) const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Writes the digest over its zeros; `None` if there is no place for it.
pub(super) fn seal(bytes: &mut [u8]) -> Option<()> {
    let at = place(bytes)?;
    let digest = digest(bytes, at);
    bytes.get_mut(at..at + BLANK.len())?.copy_from_slice(digest.as_bytes());
    Some(())
}

/// Whether the bytes are those that were sealed.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let Some(at) = place(bytes) else { return false };
    bytes.get(at..at + BLANK.len()) == Some(digest(bytes, at).as_bytes())
}

fn place(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(MARK.len()).position(|w| w == MARK)? + MARK.len();
    (at + BLANK.len() <= bytes.len()).then_some(at)
}

fn digest(bytes: &[u8], at: usize) -> String {
    let digest = Sha256::new()
        .chain_update(&bytes[..at])
        .chain_update(BLANK)
        .chain_update(&bytes[at + BLANK.len()..])
        .finalize();
    digest.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(u32::from(n), 16)).collect()
}
