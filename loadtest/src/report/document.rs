use super::bars::Bars;
use super::lines::Lines;
use super::quantiles::Quantiles;
use std::fmt;

/// A report for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What was measured.
    pub title: String,
    /// How, in paragraphs.
    pub intro: Vec<String>,
    /// What came out.
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What it says, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Whether a promise was kept, and what says so.
    Verdict {
        /// Whether it was.
        kept: bool,
        /// In words.
        text: String,
    },
    /// Lines as they are.
    Listing(Vec<String>),
    /// Heads and rows.
    Table {
        /// The heads.
        heads: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
    /// Values over time.
    Lines(Lines),
    /// Values side by side.
    Bars(Bars),
    /// Distributions.
    Quantiles(Quantiles),
}

impl Section {
    /// A section without content.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// Adds a block.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.with(Block::Text(text.into()))
    }

    /// Adds a table.
    #[must_use]
    pub fn table(self, heads: &[&str], rows: Vec<Vec<String>>) -> Self {
        self.with(Block::Table { heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows })
    }
}

impl fmt::Display for Section {
    /// For a terminal: everything but the plots.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.title)?;
        for block in &self.blocks {
            match block {
                Block::Text(text) => writeln!(f, "  {text}")?,
                Block::Verdict { kept, text } => writeln!(f, "  {} {text}", if *kept { "KEPT" } else { "BROKEN" })?,
                Block::Listing(lines) => lines.iter().try_for_each(|line| writeln!(f, "    {line}"))?,
                Block::Table { heads, rows } => table(f, heads, rows)?,
                Block::Lines(_) | Block::Bars(_) | Block::Quantiles(_) => {}
            }
        }
        Ok(())
    }
}

fn table(f: &mut fmt::Formatter<'_>, heads: &[String], rows: &[Vec<String>]) -> fmt::Result {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let width = |column: usize| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    for row in all() {
        write!(f, " ")?;
        for (column, cell) in row.iter().enumerate() {
            let width = width(column).unwrap_or(0);
            if column == 0 { write!(f, " {cell:<width$}")? } else { write!(f, "  {cell:>width$}")? }
        }
        writeln!(f)?;
    }
    Ok(())
}
