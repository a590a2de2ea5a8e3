//! Just enough of PromQL and Flux to find the names in a query.

use std::collections::BTreeSet;

/// The names of metrics and of their labels.
pub(super) struct Words {
    pub(super) names: BTreeSet<String>,
    pub(super) labels: BTreeSet<String>,
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Words and single signs; texts in quotes become a `"`, and what is in square brackets is left out.
fn tokens(query: &str) -> Vec<String> {
    let (mut tokens, mut chars) = (Vec::new(), query.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    if c == '\\' {
                        chars.next();
                    }
                }
                tokens.push("\"".into());
            }
            '[' => while chars.next().is_some_and(|c| c != ']') {},
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                tokens.push(word);
            }
            c if c.is_whitespace() => {}
            c => tokens.push(c.into()),
        }
    }
    tokens
}

/// What a PromQL query, or Grafana's `label_values`, names.
pub(super) fn prometheus_words(query: &str) -> Words {
    const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];
    const LISTS: [&str; 4] = ["by", "without", "on", "ignoring"];
    let mut words = Words { names: BTreeSet::new(), labels: BTreeSet::new() };
    let query = match query.strip_prefix("label_values(").and_then(|rest| rest.rsplit_once(", ")) {
        Some((metric, label)) => {
            words.labels.insert(label.trim_end_matches(')').to_owned());
            metric
        }
        None => query,
    };
    let (mut in_braces, mut in_list) = (false, false);
    let tokens = tokens(query);
    for (n, token) in tokens.iter().enumerate() {
        let next = tokens.get(n + 1).map_or("", String::as_str);
        match token.as_str() {
            "{" => in_braces = true,
            "}" => in_braces = false,
            ")" => in_list = false,
            word if LISTS.contains(&word) => in_list = true,
            word if !word.starts_with(|c: char| c.is_ascii_alphabetic()) || OPERATORS.contains(&word) => {}
            word if in_braces || in_list => {
                words.labels.insert(word.to_owned());
            }
            // A function, or an aggregation with its list of labels in front.
            _ if next == "(" || LISTS.contains(&next) => {}
            word => {
                words.names.insert(word.to_owned());
            }
        }
    }
    words
}

/// The measurements, fields and other columns that a Flux query names. Columns that begin with an underscore are Flux's
/// own; what a query makes itself (`name: …` in a record) is its own, too.
pub(super) fn flux_words(query: &str) -> (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>) {
    let quoted = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let after = |what: &str| query.split(what).skip(1).map(quoted).collect::<BTreeSet<_>>();
    let mut columns = BTreeSet::new();
    for (at, _) in query.match_indices("r.") {
        let alone = !query[..at].ends_with(is_word) && !query[..at].ends_with('^');
        let word: String = query[at + 2..].chars().take_while(|c| is_word(*c)).collect();
        if alone && !word.is_empty() {
            columns.insert(word);
        }
    }
    columns.extend(query.split("r[").skip(1).map(quoted));
    columns.extend(query.split("tag: ").skip(1).map(quoted));
    for list in query.split("columns: [").skip(1) {
        columns.extend(list.split(']').next().unwrap_or_default().split('"').skip(1).step_by(2).map(str::to_owned));
    }
    let own = |column: &String| query.contains(&format!("{column}: ")) || column.starts_with('_');
    columns.retain(|column| !own(column));
    (after("r._measurement == "), after("r._field == "), columns)
}

/// The variables in a query.
pub(super) fn variables(query: &str) -> BTreeSet<String> {
    let parts = query.split('$').skip(1).filter(|part| part.starts_with(|c: char| c == '{' || is_word(c)));
    parts.map(|part| part.trim_start_matches('{').chars().take_while(|c| is_word(*c)).collect()).collect()
}

/// The query as Grafana sends it when everything is chosen, or this instrument.
pub(super) fn fill(query: &str, instrument: &str) -> String {
    let values = [
        ("${lookback}", "35d"),
        ("$__rate_interval", "1m"),
        ("$__interval", "1h"),
        ("$__range", "1h"),
        ("$city", ".*"),
        ("$institution", ".*"),
        ("$instrument", instrument),
    ];
    let filled = values.iter().fold(query.to_owned(), |query, (name, value)| query.replace(name, value));
    assert!(!filled.contains('$'), "{filled}");
    filled
}
