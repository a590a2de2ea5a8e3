//! Tables as CSV (RFC 4180). A time stands twice: as UTC milliseconds, which `dayi evaluate` reads, and as RFC 3339, which people and
//! spreadsheets read.

use super::table::{Cells, Table};
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// A CSV file that is written.
pub(super) struct CsvFile {
    out: ::csv::Writer<BufWriter<File>>,
}

impl CsvFile {
    /// Writes into `file`, beginning with the names of this table's columns. The byte order mark tells spreadsheets that it is UTF-8.
    pub(super) fn begin(file: File, like: &Table) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(256 * 1024, file);
        out.write_all("\u{feff}".as_bytes())?;
        let mut out = ::csv::Writer::from_writer(out);
        for column in &like.0 {
            out.write_field(column.name)?;
            if matches!(column.cells, Cells::Time(_)) {
                out.write_field(format!("{}_time", column.name))?;
            }
        }
        out.write_record(None::<&[u8]>)?;
        Ok(Self { out })
    }

    pub(super) fn write(&mut self, table: &Table) -> io::Result<()> {
        for row in 0..table.rows() {
            for column in &table.0 {
                match &column.cells {
                    Cells::Text(cells) => self.out.write_field(cells[row].as_bytes())?,
                    Cells::Whole(cells) => self.out.write_field(cells[row].to_string())?,
                    Cells::Number(cells) => self.out.write_field(cells[row].to_string())?,
                    Cells::Time(cells) => match cells[row] {
                        Some(ms) => {
                            self.out.write_field(ms.to_string())?;
                            self.out.write_field(Timestamp::from_millisecond(ms).unwrap_or_default().to_string())?;
                        }
                        None => {
                            self.out.write_field("")?;
                            self.out.write_field("")?;
                        }
                    },
                }
            }
            self.out.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
