//! The name of whoever says something.

use super::problem::Problem;
use crate::domain::Caller;

/// The longest name of a person, in characters.
const LONGEST: usize = 100;

/// Who says something: the caller; for the token of the configuration, which stands for nobody, whom it names.
///
/// # Errors
/// When what it names is no name.
pub fn author(named: Option<&str>, caller: &Caller) -> Result<String, Problem> {
    let named = named.map(str::trim).filter(|_| *caller == Caller::configured());
    match named {
        None => Ok(caller.name.to_string()),
        Some(name) if (1..=LONGEST).contains(&name.chars().count()) => Ok(name.into()),
        Some(_) => Err(Problem::unprocessable("author is the name of who says it, 1 to 100 characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_speak_for_themselves_and_the_configured_token_for_whom_it_names() {
        let nobody = Caller::configured();
        let person = Caller { account: "a".into(), name: "王丽".into(), ..nobody.clone() };
        assert_eq!(author(Some("somebody else"), &person).unwrap(), "王丽");
        assert_eq!(author(Some("  王老师 "), &nobody).unwrap(), "王老师");
        assert_eq!(author(None, &nobody).unwrap(), "configured token");
        assert!(author(Some(&"王".repeat(101)), &nobody).is_err() && author(Some("  "), &nobody).is_err());
    }
}
