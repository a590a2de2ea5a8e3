//! Files that people open in a spreadsheet.

/// Tells Excel that a file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text that a spreadsheet does not take for a formula.
#[must_use]
pub fn harmless(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

/// The text that [`harmless`] was given.
#[must_use]
pub fn as_it_was(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_no_formula_and_is_read_as_it_was(text in "[=+@'a-]{0,4}") {
            let written = harmless(&text);
            prop_assert!(!written.starts_with(FORMULA));
            // An apostrophe before a formula that somebody wrote himself is taken for ours.
            if !text.starts_with('\'') {
                prop_assert_eq!(as_it_was(&written), text);
            }
        }
    }
}
