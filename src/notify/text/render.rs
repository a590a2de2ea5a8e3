use super::words;
use super::writer::Message;
use std::fmt::Write;

/// For robots: Markdown of at most `most` bytes. What names hold cannot become markup, links or mentions.
pub(in crate::notify) fn markdown(message: &Message, most: usize) -> String {
    let whole: Vec<String> = message
        .parts
        .iter()
        .map(|part| {
            let mut text = format!("### {}\n", tame(&part.title));
            for (label, value) in &part.lines {
                // Writing into a String does not fail.
                let _ = writeln!(text, "- {label}: {}", tame(value));
            }
            if let Some(link) = &part.link {
                let _ = writeln!(text, "\n[{}]({link})", words::OPEN.of(message.language));
            }
            text
        })
        .collect();
    joined(&whole, "\n", most, message)
}

/// For mail that shows no HTML.
pub(in crate::notify) fn plain(message: &Message) -> String {
    let mut text = String::new();
    for part in &message.parts {
        let _ = writeln!(text, "{}", one_line(&part.title));
        for (label, value) in &part.lines {
            let _ = writeln!(text, "  {label}: {}", one_line(value));
        }
        if let Some(link) = &part.link {
            let _ = writeln!(text, "  {link}");
        }
        text.push('\n');
    }
    text
}

/// For mail.
pub(in crate::notify) fn html(message: &Message) -> String {
    let mut text = String::from("<!doctype html><html><head><meta charset=\"utf-8\"></head><body>");
    for part in &message.parts {
        let _ = write!(text, "<h3>{}</h3><table>", escape(&part.title));
        for (label, value) in &part.lines {
            let _ = write!(text, "<tr><td>{label}</td><td>{}</td></tr>", escape(value));
        }
        text.push_str("</table>");
        if let Some(link) = &part.link {
            let _ = write!(text, "<p><a href=\"{}\">{}</a></p>", escape(link), words::OPEN.of(message.language));
        }
    }
    text.push_str("</body></html>");
    text
}

/// As many of the parts as there is room for, and how many are left out.
fn joined(parts: &[String], between: &str, most: usize, message: &Message) -> String {
    let note = |left: usize| format!("{between}{}{left}", words::MORE.of(message.language));
    let mut text = String::new();
    for (number, part) in parts.iter().enumerate() {
        let left = parts.len() - number;
        let room = most.saturating_sub(if left > 1 { note(left).len() } else { 0 });
        if text.len() + between.len() + part.len() > room && number > 0 {
            text.push_str(&note(left));
            break;
        }
        if number > 0 {
            text.push_str(between);
        }
        text.push_str(part);
    }
    while text.len() > most {
        text.pop();
    }
    text
}

/// Without line ends and what else controls a terminal or a header.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Without what robots read as markup: in its place stands the same in full width.
fn tame(text: &str) -> String {
    let full_width = |c: char| match c {
        '<' => '＜',
        '>' => '＞',
        '[' => '［',
        ']' => '］',
        '*' => '＊',
        '`' => '｀',
        '@' => '＠',
        c => c,
    };
    one_line(text).chars().map(full_width).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::model::Language;
    use crate::notify::text::writer::Part;
    use proptest::prelude::*;

    fn message(name: &str, parts: usize) -> Message {
        let part = Part {
            title: format!("【告警】{name}"),
            lines: vec![("仪器", name.to_owned())],
            link: Some("https://d.example.org/instruments/a".into()),
        };
        Message { title: part.title.clone(), language: Language::Zh, parts: vec![part; parts] }
    }

    #[test]
    fn names_stay_names() {
        let evil = message("<@all> [x](https://evil) <script>*\n# a & 'b'", 1);
        let text = markdown(&evil, 4_096);
        assert!(!text.contains("<@") && !text.contains("[x]") && !text.contains("\n# a"), "{text}");
        assert!(text.ends_with("\n[查看仪器](https://d.example.org/instruments/a)\n"), "{text}");
        let page = html(&evil);
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;* # a &amp; &#39;b&#39;"), "{page}");
        assert!(plain(&evil).contains("  仪器: <@all> [x](https://evil) <script>* # a"));
    }

    proptest! {
        #[test]
        fn markdown_stays_within_its_room_and_says_what_is_left_out(name in ".{0,40}", parts in 1_usize..60, most in 600_usize..5_000) {
            let text = markdown(&message(&name, parts), most);
            prop_assert!(text.len() <= most);
            let shown = text.matches("### ").count();
            let left = format!("条数：{}", parts - shown);
            prop_assert!(shown == parts || text.ends_with(&left));
        }
    }
}
