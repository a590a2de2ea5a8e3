//! The name of whoever says something, as long as there are no accounts.

use super::problem::Problem;

/// The longest name of a person, in characters.
const LONGEST: usize = 100;

/// Who says something, as entered, without the blanks around it.
///
/// # Errors
/// When it is no name.
pub fn author(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    match name.chars().count() {
        1..=LONGEST => Ok(name),
        _ => Err(Problem::unprocessable("author is the name of who says it, 1 to 100 characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_to_a_hundred_characters_in_any_script() {
        assert_eq!(author("  王老师 ").unwrap(), "王老师");
        assert!(author(&"王".repeat(100)).is_ok());
        assert!(author(&"王".repeat(101)).is_err());
        assert!(author("   ").is_err());
    }
}
