use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Names one instrument everywhere: in topics, in addresses of pages, in the database.
///
/// 1 to 64 characters of `A-Z a-z 0-9 . _ -`, so that it can stand in an MQTT topic level and in a URL path
/// segment as it is. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstrumentId(Arc<str>);

/// Why a text cannot be an [`InstrumentId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId(String);

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not an instrument id: use 1 to 64 of the characters A-Z a-z 0-9 . _ -", self.0)
    }
}

impl std::error::Error for InvalidId {}

impl InstrumentId {
    /// The longest id, in characters.
    pub const MAX_LEN: usize = 64;

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstrumentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(allowed) {
            return Err(InvalidId(text.chars().take(80).collect()));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for InstrumentId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<InstrumentId> for String {
    fn from(id: InstrumentId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_fits_a_topic_level_and_a_path_segment() {
        assert_eq!("i00001".parse::<InstrumentId>().unwrap().as_str(), "i00001");
        for bad in ["", "a/b", "a b", "+", "#", "电镜", &"x".repeat(65)] {
            assert!(bad.parse::<InstrumentId>().is_err(), "{bad:?}");
        }
    }
}
