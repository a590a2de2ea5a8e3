//! Tables as Apache Parquet: half a million rows a row group, zstd, and for each type of column the encoding that suits it.

use super::table::{Cells, Column, Table};
use ::parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, FloatType, Int64Type};
use ::parquet::errors::Result;
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnPath, Type};
use std::fs::File;
use std::sync::Arc;

/// Rows of a row group, at least.
const ROWS: usize = 500_000;

/// A Parquet file that is written.
pub(super) struct ParquetFile {
    out: SerializedFileWriter<File>,
    gathered: Table,
}

impl ParquetFile {
    /// Writes into `file` tables with the columns of this one.
    pub(super) fn begin(file: File, like: &Table) -> Result<Self> {
        let fields = like.0.iter().map(field).collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("dayi").with_fields(fields).build()?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("dayi ", env!("CARGO_PKG_VERSION")).to_owned());
        for column in &like.0 {
            properties = suited(properties, column);
        }
        let out = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self { out, gathered: Table::default() })
    }

    pub(super) fn write(&mut self, table: Table) -> Result<()> {
        self.gathered.append(table);
        if self.gathered.rows() >= ROWS { self.flush() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        if self.gathered.rows() > 0 {
            self.flush()?;
        }
        self.out.close().map(drop)
    }

    fn flush(&mut self) -> Result<()> {
        let mut group = self.out.next_row_group()?;
        for column in std::mem::take(&mut self.gathered).0 {
            match column.cells {
                Cells::Text(cells) => {
                    let values: Vec<ByteArray> =
                        cells.iter().map(|text| ByteArray::from(text.as_bytes().to_vec())).collect();
                    put::<ByteArrayType>(&mut group, &values, None)?;
                }
                Cells::Time(cells) => {
                    let there: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
                    let values: Vec<i64> = cells.into_iter().flatten().collect();
                    put::<Int64Type>(&mut group, &values, Some(&there))?;
                }
                Cells::Whole(cells) => put::<Int64Type>(&mut group, &cells, None)?,
                Cells::Number(cells) => put::<FloatType>(&mut group, &cells, None)?,
            }
        }
        group.close().map(drop)
    }
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Result<()> {
    // There are as many columns as the schema has.
    let Some(mut column): Option<SerializedColumnWriter<'_>> = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(values, there, None)?;
    column.close()
}

fn field(column: &Column) -> Result<Arc<Type>> {
    let (physical, logical, repetition) = match column.cells {
        Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED),
        Cells::Time(_) => {
            let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
            (Physical::INT64, Some(time), Repetition::OPTIONAL)
        }
        Cells::Whole(_) => (Physical::INT64, None, Repetition::REQUIRED),
        Cells::Number(_) => (Physical::FLOAT, None, Repetition::REQUIRED),
    };
    let field = Type::primitive_type_builder(column.name, physical);
    field.with_logical_type(logical).with_repetition(repetition).build().map(Arc::new)
}

/// Times grow by nearly the same each row; of an instrument there are few words; currents change little.
fn suited(properties: WriterPropertiesBuilder, column: &Column) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(column.name);
    let encoding = match column.cells {
        Cells::Text(_) => return properties,
        Cells::Time(_) | Cells::Whole(_) => Encoding::DELTA_BINARY_PACKED,
        Cells::Number(_) => Encoding::BYTE_STREAM_SPLIT,
    };
    properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding)
}
