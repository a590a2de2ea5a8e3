//! Names that people gave, as ids.

use crate::domain::InstrumentId;

/// The text as the id of a unit: itself where it fits; else what of it fits, and a number that tells it from others that look
/// alike then.
#[must_use]
pub fn fitting_id(text: &str) -> String {
    if text.parse::<InstrumentId>().is_ok() {
        return text.to_owned();
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let kept = text.chars().map(|c| if matches!(c, ' ' | '/') { '-' } else { c }).filter(|c| fits(*c));
    let kept: String = kept.take(50).collect();
    format!("{kept}-{:08x}", crc32fast::hash(text.as_bytes()))
}

/// The id of a city that has none yet.
#[must_use]
pub fn city_id(name: &str, name_en: &str) -> String {
    let name = if name_en.is_empty() { name } else { name_en };
    fitting_id(&format!("city-{}", name.replace([' ', '/'], "-").to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_stays() {
        assert_eq!(fitting_id("zju-materials"), "zju-materials");
        assert_eq!(city_id("杭州市", "Hangzhou"), "city-hangzhou");
        assert_ne!(city_id("杭州市", ""), city_id("宁波市", ""));
        assert_ne!(fitting_id("a/b"), fitting_id("a b"));
    }

    proptest! {
        #[test]
        fn it_always_fits(text in ".{0,90}") {
            prop_assert!(fitting_id(&text).parse::<InstrumentId>().is_ok());
        }
    }
}
