use super::csv::CsvFile;
use super::parquet::ParquetFile;
use super::table::{Cells, Column, Table};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use std::fs::File;
use std::path::Path;

fn table(from: i64, rows: i64) -> Table {
    let column = |name, cells| Column { name, cells };
    Table(vec![
        column("instrument", Cells::Text((0..rows).map(|row| format!("仪,器 \"{row}\"").into()).collect())),
        column("ts", Cells::Time((from..from + rows).map(|ms| (ms % 3 != 0).then_some(ms * 1_000)).collect())),
        column("seq", Cells::Whole((from..from + rows).map(|row| row - 5).collect())),
        column("current_a", Cells::Number((from..from + rows).map(|row| row as f32 / 1_000.0).collect())),
    ])
}

fn file(folder: &Path, name: &str) -> (std::path::PathBuf, File) {
    let path = folder.join(name);
    (path.clone(), File::create(path).unwrap())
}

#[test]
fn csv_is_read_by_spreadsheets_and_by_programs() {
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = file(folder.path(), "a.csv");
    let mut csv = CsvFile::begin(file, &table(0, 0)).unwrap();
    csv.write(&table(0, 2)).unwrap();
    csv.finish().unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    insta::assert_snapshot!(text.strip_prefix('\u{feff}').unwrap(), @r#"
    instrument,ts,ts_time,seq,current_a
    "仪,器 ""0""",,,-5,0
    "仪,器 ""1""",1000,1970-01-01T00:00:01Z,-4,0.001
    "#);
}

#[test]
fn parquet_comes_back_as_it_was_over_several_row_groups() {
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = file(folder.path(), "a.parquet");
    let mut parquet = ParquetFile::begin(file, &table(0, 0)).unwrap();
    for part in 0..3 {
        parquet.write(table(part * 300_000, 300_000)).unwrap();
    }
    parquet.finish().unwrap();
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    assert_eq!(reader.num_row_groups(), 2);
    let mut number = 0;
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        let ts = if number % 3 == 0 { Field::Null } else { Field::TimestampMillis(number * 1_000) };
        assert_eq!(fields[0], &Field::Str(format!("仪,器 \"{}\"", number % 300_000)));
        assert_eq!((fields[1], fields[2]), (&ts, &Field::Long(number - 5)));
        assert_eq!(fields[3], &Field::Float(number as f32 / 1_000.0));
        number += 1;
    }
    assert_eq!(number, 900_000);
}

#[test]
fn a_file_without_rows_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = file(folder.path(), "a.parquet");
    ParquetFile::begin(file, &table(0, 0)).unwrap().finish().unwrap();
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 4);
}
