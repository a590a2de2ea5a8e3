use serde_json::{Map, Value, json};
use std::str::FromStr;

const NAMES: [&str; 5] = ["unit", "class", "state", "instrument", "q"];
const STATES: [&str; 5] = ["unknown", "offline", "off", "standby", "on"];

/// One condition of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    name: &'static str,
    value: String,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("a condition is NAME=VALUE, such as state=standby")?;
        let known = NAMES.into_iter().find(|known| *known == name);
        let name = known.ok_or_else(|| format!("there is no condition {name:?}; there are {}", NAMES.join(", ")))?;
        if name == "state" && !STATES.contains(&value) {
            return Err(format!("there is no state {value:?}; there are {}", STATES.join(", ")));
        }
        Ok(Self { name, value: value.into() })
    }
}

impl Condition {
    /// All of them as the protocol's `where`.
    pub(super) fn all(conditions: &[Self]) -> Value {
        let mut wanted = Map::new();
        for Self { name, value } in conditions {
            if *name == "q" {
                wanted.insert("q".into(), value.as_str().into());
            } else if let Value::Array(values) = wanted.entry(*name).or_insert_with(|| json!([])) {
                values.push(value.as_str().into());
            }
        }
        wanted.into()
    }
}

/// Where the server's live push is.
pub(super) fn live_url(server: &str) -> Result<String, String> {
    let wrong = || format!("{server:?} is no server: give its address, such as https://dayi.example.org");
    let (scheme, rest) = server.split_once("://").ok_or_else(wrong)?;
    let scheme = match scheme {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => return Err(wrong()),
    };
    Ok(format!("{scheme}://{}/api/v1/live", rest.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_become_the_protocols_own() {
        let read = |text: &str| text.parse::<Condition>();
        let all: Vec<_> =
            ["unit=hz", "state=standby", "state=on", "q=电镜"].into_iter().map(|one| read(one).unwrap()).collect();
        assert_eq!(Condition::all(&all), json!({"unit": ["hz"], "state": ["standby", "on"], "q": "电镜"}));
        assert_eq!(Condition::all(&[]), json!({}));
        for (wrong, says) in [("unit", "NAME=VALUE"), ("city=x", "\"city\""), ("state=asleep", "\"asleep\"")] {
            assert!(read(wrong).unwrap_err().contains(says), "{wrong}");
        }
    }

    #[test]
    fn a_server_is_an_address_of_the_web() {
        assert_eq!(live_url("http://127.0.0.1:8080").unwrap(), "ws://127.0.0.1:8080/api/v1/live");
        assert_eq!(live_url("https://dayi.example.org/").unwrap(), "wss://dayi.example.org/api/v1/live");
        assert!(live_url("dayi.example.org").is_err() && live_url("mqtt://x").is_err());
    }
}
