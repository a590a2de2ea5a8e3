use super::model::NewAccount;
use crate::domain::{Caller, Permission, Role, UnitPath};

/// How long a session lasts without being used, in milliseconds.
pub const SESSION_MS: i64 = 12 * 3_600_000;
/// The same of a wall screen, which nobody signs in again every day.
pub(super) const WALL_SESSION_MS: i64 = 90 * 24 * 3_600_000;
/// How long a link that opens once may lie about, in milliseconds.
pub(super) const LINK_MS: i64 = 24 * 3_600_000;
/// The longest life of a token, in days.
pub(super) const TOKEN_DAYS: u32 = 400;

/// How long a session of somebody with these roles lasts without being used, in milliseconds.
pub(super) fn session_ms(mut roles: impl Iterator<Item = Role>) -> i64 {
    if roles.all(|role| role == Role::WallScreen) { WALL_SESSION_MS } else { SESSION_MS }
}

/// Whether the caller may give, or take, this role in this place: only who manages accounts there, and nothing that they
/// may not do themselves.
pub(super) fn may_grant(caller: &Caller, role: Role, units: &[UnitPath]) -> bool {
    !units.is_empty()
        && units.iter().all(|unit| {
            caller.may_at(Permission::ManageAccounts, unit)
                && role.permissions().iter().all(|permission| caller.may_at(*permission, unit))
        })
}

/// What is typed to sign in, as it is kept.
pub(super) fn login(typed: &str) -> Result<String, String> {
    let login = typed.trim().to_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-');
    if (2..=64).contains(&login.len()) && login.chars().all(allowed) {
        Ok(login)
    } else {
        Err("login is 2 to 64 of the characters a-z 0-9 . _ @ -".into())
    }
}

/// Whether a password is good enough: long rather than strange (NIST SP 800-63B, 5.1.1.2).
pub(super) fn password(password: &str, login: &str) -> Result<(), String> {
    let length = password.chars().count();
    if !(10..=200).contains(&length) {
        return Err("a password has 10 to 200 characters".into());
    }
    let lower = password.to_lowercase();
    if lower.contains(login) {
        return Err("the password must not hold the login".into());
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 {
        return Err("the password repeats too few characters: use at least five different ones".into());
    }
    Ok(())
}

/// The account as it is kept.
pub(super) fn checked(new: NewAccount) -> Result<NewAccount, String> {
    let login = login(&new.login)?;
    let name = name(&new.name)?;
    let email = email(new.email)?;
    language(&new.language)?;
    Ok(NewAccount { login, name, email, ..new })
}

pub(super) fn name(name: &str) -> Result<String, String> {
    let name = name.trim();
    match name.chars().count() {
        1..=100 => Ok(name.into()),
        _ => Err("name has 1 to 100 characters".into()),
    }
}

pub(super) fn email(email: Option<String>) -> Result<Option<String>, String> {
    let Some(email) = email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty()) else {
        return Ok(None);
    };
    match email.parse::<lettre::Address>() {
        Ok(_) if email.len() <= 200 => Ok(Some(email)),
        _ => Err(format!("{email:?} is not an e-mail address")),
    }
}

pub(super) fn language(language: &str) -> Result<(), String> {
    if matches!(language, "zh" | "en") { Ok(()) } else { Err("language is zh or en".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grant;

    #[test]
    fn nobody_gives_away_more_than_they_have() {
        let (own, other) = (UnitPath::root().child("a"), UnitPath::root().child("b"));
        let grants = [Grant { role: Role::InstitutionManager, unit: own.clone() }].into();
        let manager = Caller { account: "m".into(), name: "M".into(), grants, only: None };
        assert!(may_grant(&manager, Role::Operator, std::slice::from_ref(&own)));
        assert!(may_grant(&manager, Role::InstitutionManager, &[own.child("lab")]));
        assert!(!may_grant(&manager, Role::Administrator, std::slice::from_ref(&own)));
        assert!(!may_grant(&manager, Role::Researcher, &[own, other]));
        assert!(!may_grant(&manager, Role::Researcher, &[]));
        assert!(may_grant(&Caller::configured(), Role::Administrator, &[UnitPath::root()]));
    }

    #[test]
    fn logins_and_passwords_are_checked() {
        assert_eq!(login(" Wang.Li ").unwrap(), "wang.li");
        assert!(login("王丽").is_err() && login("w").is_err());
        assert!(password("正确的马电池订书钉一二", "wang").is_ok());
        assert!(password("kurz", "wang").is_err());
        assert!(password("xx wang.li xx", "wang.li").is_err());
        assert!(password("abababababab", "wang").is_err());
        assert!(email(Some("a@b.cn".into())).is_ok() && email(Some("a b".into())).is_err());
    }

    #[test]
    fn a_wall_screen_stays_signed_in_for_long_but_nobody_else_does() {
        assert_eq!(session_ms([Role::WallScreen].into_iter()), WALL_SESSION_MS);
        assert_eq!(session_ms([Role::WallScreen, Role::Operator].into_iter()), SESSION_MS);
    }
}
