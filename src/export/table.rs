use std::sync::Arc;

/// Rows, column by column. All columns are of the same length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table(pub(super) Vec<Column>);

/// A column with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) cells: Cells,
}

/// What is in a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cells {
    /// Words.
    Text(Vec<Arc<str>>),
    /// UTC milliseconds; `None` for a time that has not come.
    Time(Vec<Option<i64>>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Numbers.
    Number(Vec<f32>),
}

impl Table {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.0.first().map_or(0, |column| column.cells.len())
    }

    /// Adds the rows of a table with the same columns.
    pub(super) fn append(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        for (column, more) in self.0.iter_mut().zip(other.0) {
            match (&mut column.cells, more.cells) {
                (Cells::Text(cells), Cells::Text(more)) => cells.extend(more),
                (Cells::Time(cells), Cells::Time(more)) => cells.extend(more),
                (Cells::Whole(cells), Cells::Whole(more)) => cells.extend(more),
                (Cells::Number(cells), Cells::Number(more)) => cells.extend(more),
                // One kind of export makes all tables of a file.
                _ => debug_assert!(false, "{} of two types", column.name),
            }
        }
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Time(cells) => cells.len(),
            Self::Whole(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
        }
    }
}
