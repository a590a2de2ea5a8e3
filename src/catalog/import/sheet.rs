//! A file of rows, whatever it was written with: CSV in UTF-8, UTF-16 or GBK, or an Excel workbook.

use calamine::{DataRef, Reader, Xlsx};
use std::io::{Cursor, Read, sink};

/// Rows of a file, without its header.
pub(in crate::catalog) const MOST_ROWS: usize = 10_000;
/// Columns of a file.
const MOST_COLUMNS: usize = 100;
/// What a workbook may be unpacked.
const UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// The longest cell, in bytes.
const LONGEST_CELL: usize = 8 * 1024;

/// The cells of a file as text.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::catalog) struct Sheet {
    /// The names of the columns.
    pub(in crate::catalog) header: Vec<String>,
    /// The rows that are not empty: the line each begins on (the header's is 1), and its cells.
    pub(in crate::catalog) rows: Vec<(u32, Vec<String>)>,
}

/// Why a file is no rows, for the person who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::catalog) enum Unreadable {
    #[error("the file is empty")]
    Empty,
    #[error("the file is neither UTF-8 nor GBK text, nor an Excel workbook (.xlsx); save it as one of these")]
    Encoding,
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
    #[error("the workbook unpacks to more than 64 MiB")]
    Bomb,
    #[error("line {line}: {why}")]
    Csv { line: u64, why: String },
    #[error("a file has at most {MOST_ROWS} rows and {MOST_COLUMNS} columns, and a cell at most 8 KiB")]
    TooMuch,
}

impl Sheet {
    /// Reads a file; takes a while.
    pub(in crate::catalog) fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let rows = if file.starts_with(b"PK\x03\x04") {
            of_workbook(file)?
        } else {
            of_text(&text(file)?.replace("\r\n", "\n"))?
        };
        let mut rows = rows.into_iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
        let (_, header) = rows.next().ok_or(Unreadable::Empty)?;
        Ok(Self { header, rows: rows.collect() })
    }
}

/// The text of a file: with a byte order mark as it says, else UTF-8 where it can be, else GBK.
fn text(file: &[u8]) -> Result<String, Unreadable> {
    let encoding = match encoding_rs::Encoding::for_bom(file) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(file).is_ok() => encoding_rs::UTF_8,
        None => encoding_rs::GB18030,
    };
    let (text, _, wrong) = encoding.decode(file);
    if wrong || text.contains('\0') { Err(Unreadable::Encoding) } else { Ok(text.into_owned()) }
}

type Rows = Vec<(u32, Vec<String>)>;

fn of_text(text: &str) -> Result<Rows, Unreadable> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let often = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    // Excel writes semicolons where commas are decimal, and tabs as "Unicode text".
    let delimiter = [b',', b'\t', b';'].into_iter().rev().max_by_key(often).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Rows::new();
    let (mut line, mut read) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| Unreadable::Csv {
            line: error.position().map_or(0, csv::Position::line),
            why: error.to_string(),
        })?;
        // The place of a record is before the empty lines that were passed over on the way to it.
        let at = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(read);
        let passed = text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches('\n').len());
        line += text.get(read..at + passed).map_or(0, |part| part.bytes().filter(|byte| *byte == b'\n').count());
        read = at + passed;
        let row: Vec<String> = record.iter().map(str::to_owned).collect();
        if rows.len() > MOST_ROWS || row.len() > MOST_COLUMNS || row.iter().any(|cell| cell.len() > LONGEST_CELL) {
            return Err(Unreadable::TooMuch);
        }
        rows.push((u32::try_from(line).unwrap_or(u32::MAX), row));
    }
    Ok(rows)
}

/// The first sheet of a workbook. It is read cell by cell: one far out must not make room for all before it.
fn of_workbook(file: &[u8]) -> Result<Rows, Unreadable> {
    let wrong = |error: &dyn std::error::Error| Unreadable::Workbook(error.to_string());
    unpacked(file)?;
    let mut workbook = Xlsx::new(Cursor::new(file)).map_err(|error| wrong(&error))?;
    let name = workbook.sheet_names().first().cloned().ok_or(Unreadable::Empty)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|error| wrong(&error))?;
    let mut rows = Rows::new();
    while let Some(cell) = cells.next_cell().map_err(|error| wrong(&error))? {
        let (row, column) = cell.get_position();
        let text = cell_text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let column = column as usize;
        if column >= MOST_COLUMNS || text.len() > LONGEST_CELL {
            return Err(Unreadable::TooMuch);
        }
        let line = row.saturating_add(1);
        if rows.last().is_none_or(|(last, _)| *last != line) {
            if rows.len() > MOST_ROWS {
                return Err(Unreadable::TooMuch);
            }
            rows.push((line, Vec::new()));
        }
        if let Some((_, row)) = rows.last_mut() {
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = text;
        }
    }
    Ok(rows)
}

/// Whether what is packed becomes too much, without keeping it: what it says of its own size may be a lie.
fn unpacked(file: &[u8]) -> Result<(), Unreadable> {
    let wrong = |error: &dyn std::error::Error| Unreadable::Workbook(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).map_err(|error| wrong(&error))?;
    let mut left = UNPACKED_BYTES;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| wrong(&error))?;
        let size = std::io::copy(&mut entry.take(left), &mut sink()).map_err(|error| wrong(&error))?;
        left = left.saturating_sub(size);
        if left == 0 {
            return Err(Unreadable::Bomb);
        }
    }
    Ok(())
}

fn cell_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        // As Excel shows it: numbers that people write as numbers are whole or short.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(time) if time.is_datetime() => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTime(time) => time.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

    fn sheet(header: &[&str], rows: &[(u32, &[&str])]) -> Sheet {
        let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        Sheet { header: owned(header), rows: rows.iter().map(|(line, cells)| (*line, owned(cells))).collect() }
    }

    #[test]
    fn csv_is_read_in_every_encoding_and_with_every_delimiter() {
        let expected = sheet(&["名称", "房间"], &[(2, &["电镜", "1, 2"]), (4, &["质谱", ""])]);
        let text = "名称,房间\r\n电镜,\"1, 2\"\r\n\r\n质谱,\r\n";
        let (gbk, _, _) = encoding_rs::GBK.encode(text);
        let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let marked = format!("\u{feff}{text}");
        for file in [text.as_bytes(), &gbk, &utf_16, marked.as_bytes()] {
            assert_eq!(Sheet::read(file), Ok(Sheet { header: expected.header.clone(), rows: expected.rows.clone() }));
        }
        assert_eq!(Sheet::read(b"a;b\n1;2"), Ok(sheet(&["a", "b"], &[(2, &["1", "2"])])));
        assert_eq!(Sheet::read(b"a\tb\n1\t2"), Ok(sheet(&["a", "b"], &[(2, &["1", "2"])])));
        assert_eq!(Sheet::read(b"\n \n"), Err(Unreadable::Empty));
        assert_eq!(Sheet::read(&[0xff, 0x00, 0xff]), Err(Unreadable::Encoding));
    }

    fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut workbook = Workbook::new();
        fill(workbook.add_worksheet());
        workbook.save_to_buffer().unwrap()
    }

    #[test]
    fn a_workbook_is_read_with_its_dates_and_numbers() {
        let file = workbook(|page| {
            let date = Format::new().set_num_format("yyyy-mm-dd");
            page.write(0, 0, "名称").unwrap().write(0, 1, "购置日期").unwrap().write(0, 2, "原值").unwrap();
            page.write(2, 0, "电镜").unwrap();
            page.write_datetime_with_format(2, 1, ExcelDateTime::from_ymd(2019, 8, 12).unwrap(), &date).unwrap();
            page.write(2, 2, 1_234_567.5).unwrap();
        });
        let expected = sheet(&["名称", "购置日期", "原值"], &[(3, &["电镜", "2019-08-12", "1234567.5"])]);
        assert_eq!(Sheet::read(&file), Ok(expected));
    }

    #[test]
    fn a_cell_far_out_or_a_file_of_nothing_but_zeros_is_refused() {
        let far = workbook(|page| {
            page.write(0, 0, "a").unwrap().write(1_048_575, 16_383, "b").unwrap();
        });
        assert_eq!(Sheet::read(&far), Err(Unreadable::TooMuch));
        let many = format!("a\n{}", "1\n".repeat(MOST_ROWS + 1));
        assert_eq!(Sheet::read(many.as_bytes()), Err(Unreadable::TooMuch));
        let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        std::io::copy(&mut std::io::repeat(0).take(UNPACKED_BYTES + 1), &mut bomb).unwrap();
        assert_eq!(Sheet::read(bomb.finish().unwrap().get_ref()), Err(Unreadable::Bomb));
    }

    proptest! {
        #[test]
        fn no_file_is_more_than_refused(file in proptest::collection::vec(any::<u8>(), 0..300), packed in any::<bool>()) {
            let file = if packed { [b"PK\x03\x04".to_vec(), file].concat() } else { file };
            let _ = Sheet::read(&file);
        }
    }
}
