use serde_json::{Value, json};

/// What of a longer body is kept, in bytes.
const LONGEST: usize = 16 * 1024;
/// Stands where a secret was.
const REDACTED: &str = "(secret)";

/// What is written down of a request's body: JSON without secrets, of anything else, or of more than can be kept, its kind
/// and size.
#[must_use]
pub fn recorded(content_type: &str, body: &[u8]) -> String {
    let size = || json!({"content_type": content_type, "bytes": body.len()});
    let value = if body.is_empty() {
        Value::Null
    } else if content_type.starts_with("application/json") && body.len() <= LONGEST {
        serde_json::from_slice(body).map(redacted).unwrap_or_else(|_| size())
    } else {
        size()
    };
    value.to_string()
}

/// The value without what opens something.
fn redacted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| {
                let value = if is_secret(&key) && !value.is_null() { REDACTED.into() } else { redacted(value) };
                (key, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        // Robots' addresses carry their keys behind the question mark.
        Value::String(text) if text.starts_with("http") && text.contains('?') => {
            let plain = text.split('?').next().unwrap_or_default();
            format!("{plain}?{REDACTED}").into()
        }
        other => other,
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["password", "secret", "token"].iter().any(|word| key.contains(word))
        || matches!(&*key, "current" | "new" | "key" | "access_key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_written_down() {
        let body = json!({
            "login": "wang", "password": "x", "nested": [{"client_secret": "y", "token": null}],
            "url": "https://oapi.example.cn/robot/send?access_token=z", "link": "https://example.cn/a"
        });
        let kept = recorded("application/json", body.to_string().as_bytes());
        let expected = json!({
            "login": "wang", "password": REDACTED, "nested": [{"client_secret": REDACTED, "token": null}],
            "url": format!("https://oapi.example.cn/robot/send?{REDACTED}"), "link": "https://example.cn/a"
        });
        assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), expected);
    }

    #[test]
    fn of_files_and_of_what_is_no_json_the_size_is_kept() {
        assert_eq!(recorded("text/csv", b"a,b"), r#"{"bytes":3,"content_type":"text/csv"}"#);
        assert_eq!(recorded("application/json", b"{"), r#"{"bytes":1,"content_type":"application/json"}"#);
        assert_eq!(recorded("", b""), "null");
    }
}
