//! Topics and filters: what is one, which match, which is part of another.

/// The most levels of a filter. It bounds how deep the tree of filters is.
const MAX_LEVELS: usize = 128;

/// Whether a client may name this as the topic of a message.
pub(super) fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#', '\0'])
}

/// Whether this is a filter: `#` only as the last level, `+` only as a whole one.
pub(super) fn is_filter(filter: &str) -> bool {
    if filter.is_empty() || filter.contains('\0') {
        return false;
    }
    if filter.split('/').nth(MAX_LEVELS).is_some() {
        return false;
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let is_last = levels.peek().is_none();
        if level.contains('#') && !(level == "#" && is_last) || level.contains('+') && level != "+" {
            return false;
        }
    }
    true
}

/// A filter taken apart: the group it is shared in, if any, and what selects topics (MQTT 5, 4.8.2). `None` when it is no
/// filter.
pub(super) fn parse_filter(filter: &str) -> Option<(Option<&str>, &str)> {
    let (group, filter) = match filter.strip_prefix("$share/") {
        Some(shared) => shared.split_once('/').map(|(group, filter)| (Some(group), filter))?,
        None => (None, filter),
    };
    let is_group = group.is_none_or(|group| !group.is_empty() && !group.contains(['+', '#']));
    (is_group && is_filter(filter)).then_some((group, filter))
}

/// Whether a filter selects a topic. A wildcard at the beginning does not select topics that start with `$`.
pub(super) fn matches(filter: &str, topic: &str) -> bool {
    covers(filter, topic)
}

/// Whether everything `filter` selects is also selected by `pattern`.
pub(super) fn covers(pattern: &str, filter: &str) -> bool {
    if filter.starts_with('$') && pattern.starts_with(['+', '#']) {
        return false;
    }
    let mut filter = filter.split('/');
    for wanted in pattern.split('/') {
        if wanted == "#" {
            return true;
        }
        match filter.next() {
            Some("#") | None => return false,
            Some(level) if wanted == "+" || wanted == level => {}
            // `a/#` selects `a`, but a literal level selects only itself.
            Some(_) => return false,
        }
    }
    filter.next().is_none()
}

/// Whether any of the patterns covers the filter or selects the topic.
pub(super) fn any_covers<P: AsRef<str>>(patterns: &[P], filter: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern.as_ref(), filter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_topic_has_no_wildcards() {
        for good in ["a", "a/b", "/", "电/流", "$SYS/x", "a b"] {
            assert!(is_topic(good), "{good}");
        }
        for bad in ["", "a/+", "#", "a\0"] {
            assert!(!is_topic(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_filters_wildcards_are_whole_levels() {
        for good in ["#", "+", "a/#", "+/a/+", "/+", "电/#", "a//b"] {
            assert!(is_filter(good), "{good}");
        }
        for bad in ["", "a#", "#/a", "a/#/b", "a+", "++", "+a/b", "a\0", "##"] {
            assert!(!is_filter(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_shared_filter_names_its_group() {
        assert_eq!(parse_filter("$share/g/a/+"), Some((Some("g"), "a/+")));
        assert_eq!(parse_filter("$share/g//a"), Some((Some("g"), "/a")));
        assert_eq!(parse_filter("a/$share"), Some((None, "a/$share")));
        for bad in ["$share/g", "$share//a", "$share/g/", "$share/+/a", "$share/g/a#", &"/".repeat(128)] {
            assert_eq!(parse_filter(bad), None, "{bad}");
        }
    }

    #[test]
    fn matching_follows_the_specification() {
        for (filter, topic) in [
            ("sport/tennis/player1/#", "sport/tennis/player1"),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"),
            ("#", "a"),
            ("+/+", "/finance"),
            ("/+", "/finance"),
            ("sport/+", "sport/"),
            ("$SYS/#", "$SYS/x"),
            ("电/+", "电/流"),
        ] {
            assert!(matches(filter, topic), "{filter} {topic}");
        }
        for (filter, topic) in
            [("sport/+", "sport"), ("+", "/finance"), ("#", "$SYS/x"), ("+/x", "$SYS/x"), ("a/b", "a"), ("a", "a/b")]
        {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }

    #[test]
    fn rights_to_a_filter_cover_its_parts_only() {
        for (pattern, filter) in [("a/#", "a/+/c"), ("a/#", "a/#"), ("a/+", "a/+"), ("a/+", "a/b"), ("#", "+/x")] {
            assert!(covers(pattern, filter), "{pattern} {filter}");
        }
        for (pattern, filter) in [("a/+", "a/#"), ("a/b", "a/+"), ("a/b/#", "a/#"), ("+/x", "#"), ("#", "$SYS/#")] {
            assert!(!covers(pattern, filter), "{pattern} {filter}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(a in ".{0,30}", b in ".{0,30}") {
            let _ = (is_topic(&a), parse_filter(&a), covers(&a, &b));
        }

        #[test]
        fn what_covers_also_matches(pattern in "[ab+]/[ab+]/[ab#+]", filter in "[ab+]/[ab+]/[ab#+]", topic in "[ab]/[ab]/[ab]") {
            if covers(&pattern, &filter) && matches(&filter, &topic) {
                prop_assert!(matches(&pattern, &topic));
            }
        }
    }
}
