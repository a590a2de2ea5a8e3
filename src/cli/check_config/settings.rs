//! What is set.

use crate::platform::config::Config;
use serde_json::Value;

/// Every setting that is not the default, as `section.key = value`; secrets are not told.
pub(super) fn different(config: &Config) -> Result<Vec<String>, serde_json::Error> {
    let mut lines = Vec::new();
    compare("", &serde_json::to_value(config)?, &serde_json::to_value(Config::default())?, &mut lines);
    Ok(lines)
}

fn compare(key: &str, set: &Value, default: &Value, lines: &mut Vec<String>) {
    match set {
        Value::Object(fields) => {
            for (name, value) in fields {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                compare(&key, value, &default[name], lines);
            }
        }
        value if value == default => {}
        value => lines.push(format!("{key} = {}", told(key, value))),
    }
}

/// A value, without what nobody should see.
fn told(key: &str, value: &Value) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    if ["token", "password", "secret"].iter().any(|secret| name.contains(secret)) {
        return "(set)".into();
    }
    match value.as_str().and_then(|text| text.split_once("://")) {
        // An address may hold a password before its host, and more behind its question mark.
        Some((scheme, rest)) if rest.contains('@') || rest.contains('?') => {
            let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            format!("{scheme}://…@{}", rest.split('?').next().unwrap_or(rest))
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_told_without_secrets() {
        let mut config = Config::default();
        assert_eq!(different(&config).unwrap(), [""; 0]);
        config.http.admin_token = Some("hush".into());
        config.database.url = Some("postgres://dayi:hush@db.example/dayi?password=hush".into());
        config.journal.max_mb = 7;
        let lines = different(&config).unwrap();
        assert_eq!(
            lines,
            ["database.url = postgres://…@db.example/dayi", "http.admin_token = (set)", "journal.max_mb = 7"]
        );
    }
}
