use std::fmt;
use std::str::FromStr;

/// The characters of a code: no letter that is taken for a digit or another letter.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters before the check character.
const LENGTH: usize = 8;

/// The number that dayi itself gives an instrument, to be printed on a label and typed: eight characters and a check
/// character after ISO 7064 MOD 37,36, which finds every wrong character and nearly every swap. Shown in groups,
/// `4K7P-92QX-M`; read in any case, with blanks and dashes or without, with O for 0 and I or L for 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DayiCode(String);

/// That a text is no such number, or was mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    /// Not the right characters, or not so many.
    #[error("a dayi code is eight letters and digits and one that checks them, such as 4K7P-92QX-M")]
    Form,
    /// Mistyped.
    #[error("the dayi code was mistyped: its last character does not fit the others")]
    Check,
}

impl DayiCode {
    /// The code that a random number makes; `None` where the check character would be easily misread: draw again.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        let digit = |place: usize| char::from(ALPHABET[(number >> (5 * place) & 31) as usize]);
        let mut code: String = (0..LENGTH).map(digit).collect();
        let check = check_character(&code)?;
        ALPHABET.contains(&u8::try_from(check).ok()?).then(|| {
            code.push(check);
            Self(code)
        })
    }

    /// Without dashes, as it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The check character of ISO 7064 MOD 37,36 for digits and capital letters.
fn check_character(text: &str) -> Option<char> {
    let product = text.chars().try_fold(36, |product, c| {
        let sum = (product + c.to_digit(36)?) % 36;
        Some(if sum == 0 { 36 } else { sum } * 2 % 37)
    })?;
    char::from_digit((37 - product) % 36, 36).map(|c| c.to_ascii_uppercase())
}

impl fmt::Display for DayiCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<&str> =
            [(0, 4), (4, 8), (8, 9)].iter().filter_map(|(from, to)| self.0.get(*from..*to)).collect();
        f.write_str(&groups.join("-"))
    }
}

impl FromStr for DayiCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let plain = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let code: String =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 2).map(plain).collect();
        let fits = code.len() == LENGTH + 1 && code.bytes().all(|byte| ALPHABET.contains(&byte));
        let (digits, check) = code.split_at_checked(LENGTH).filter(|_| fits).ok_or(InvalidCode::Form)?;
        if check_character(digits).is_some_and(|right| check.starts_with(right)) {
            Ok(Self(code))
        } else {
            Err(InvalidCode::Check)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_character_is_that_of_the_norm() {
        // The example of ISO 7064: A12425GABC1234002 has M.
        assert_eq!(check_character("A12425GABC1234002"), Some('M'));
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_people_type_it_and_one_wrong_character_is_found(
            number in any::<u64>(), place in 0..9_usize, other in 0..32_usize,
        ) {
            let Some(code) = DayiCode::from_number(number) else { return Ok(()) };
            let shown = code.to_string();
            prop_assert_eq!(shown.len(), 11);
            for typed in [shown.to_lowercase(), shown.replace('-', " "), shown.replace('0', "o").replace('1', "l")] {
                prop_assert_eq!(typed.parse(), Ok(code.clone()));
            }
            let mut wrong = code.as_str().as_bytes().to_vec();
            if wrong[place] != ALPHABET[other] {
                wrong[place] = ALPHABET[other];
                prop_assert_eq!(String::from_utf8(wrong).unwrap().parse::<DayiCode>(), Err(InvalidCode::Check));
            }
        }

        #[test]
        fn no_text_is_more_than_refused(text in ".{0,20}") {
            let _ = text.parse::<DayiCode>();
        }
    }
}
