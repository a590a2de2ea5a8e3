//! Files to be filled in.

use super::columns::template;
use crate::platform::problem::{Problem, Query};
use crate::platform::spreadsheet::{BYTE_ORDER_MARK, harmless};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Language {
    /// `zh` for a Chinese header, `en` for an English one.
    #[serde(default = "chinese")]
    #[param(example = "zh")]
    lang: String,
}

fn chinese() -> String {
    "zh".into()
}

/// A CSV file with every column that an import knows, and one row as an example.
#[utoipa::path(get, path = "/api/v1/imports/template.csv", operation_id = "get_import_template_csv", tag = "imports",
    params(Language), responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn csv_file(Query(Language { lang }): Query<Language>) -> Result<Response, Problem> {
    let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    for row in template(lang != "en") {
        file.write_record(row.into_iter().map(harmless)).map_err(|error| Problem::unavailable(&error))?;
    }
    let file = file.into_inner().map_err(|error| Problem::unavailable(&error))?;
    Ok(attachment("text/csv; charset=utf-8", "instruments.csv", file))
}

/// The same as an Excel workbook.
#[utoipa::path(get, path = "/api/v1/imports/template.xlsx", operation_id = "get_import_template_xlsx", tag = "imports",
    params(Language),
    responses((status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub(super) async fn workbook(Query(Language { lang }): Query<Language>) -> Result<Response, Problem> {
    let file = written(lang != "en").map_err(|error| Problem::unavailable(&error))?;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(attachment(media_type, "instruments.xlsx", file))
}

fn written(chinese: bool) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    // Text, so that Excel takes no code for a number and no date for another.
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    for (column, (name, example)) in (0_u16..).zip(template(chinese)[0].iter().zip(&template(chinese)[1])) {
        page.set_column_format(column, &text)?.set_column_width(column, 16)?;
        page.write_with_format(0, column, *name, &bold)?.write_with_format(1, column, *example, &text)?;
    }
    workbook.save_to_buffer()
}

fn attachment(media_type: &'static str, name: &str, file: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, file).into_response()
}
