//! The report as one page that needs nothing else.

use super::document::{Block, Document, Section};
use super::style::STYLE;
use super::units::escape;
use super::{bars, lines, quantiles};

pub(super) fn html(document: &Document) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>dayi: {0}</title><style>{STYLE}</style></head><body>\n<h1>{0}</h1>\n",
        escape(&document.title)
    );
    for paragraph in &document.intro {
        page.push_str(&format!("<p>{}</p>\n", escape(paragraph)));
    }
    for section in &document.sections {
        page.push_str(&section_html(section));
    }
    page + "</body></html>\n"
}

fn section_html(section: &Section) -> String {
    let blocks: String = section.blocks.iter().map(block_html).collect();
    format!("<section><h2>{}</h2>\n{blocks}</section>\n", escape(&section.title))
}

fn block_html(block: &Block) -> String {
    match block {
        Block::Text(text) => format!("<p>{}</p>\n", escape(text)),
        Block::Verdict { kept, text } => {
            let (class, word) = if *kept { ("good", "Kept.") } else { ("bad", "Broken.") };
            format!("<p><span class=\"{class}\">{word}</span> {}</p>\n", escape(text))
        }
        Block::Listing(lines) => format!("<pre>{}</pre>\n", escape(&lines.join("\n"))),
        Block::Table { heads, rows } => {
            let row = |cells: &[String], tag: &str| {
                let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect();
                format!("<tr>{cells}</tr>\n")
            };
            let rows: String = rows.iter().map(|cells| row(cells, "td")).collect();
            format!("<table>{}{rows}</table>\n", row(heads, "th"))
        }
        Block::Lines(plot) => lines::svg(plot),
        Block::Bars(plot) => bars::svg(plot),
        Block::Quantiles(plot) => quantiles::svg(plot),
    }
}
