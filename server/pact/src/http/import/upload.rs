//! A file as it comes in: as the body itself, or as one part of a browser's form, with what is said about it beside.

use std::path::Path;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use pact_app::import::layout::Said;
use pact_app::import::{Format, MAX_FILE_BYTES, Mapping};
use pact_app::ops::import::{Incoming, Received, read_import_mapping};
use pact_app::{App, Refusal};
use serde::Deserialize;
use utoipa::IntoParams;

use super::types::ImportMapping;
use crate::http::body;
use crate::http::problem::{Problem, ProblemType};

/// The largest part of a form that is not the file.
const MAX_PART_BYTES: usize = 256 * 1024;
/// The most parts of a form.
const MAX_PARTS: usize = 32;
/// How much of a file a preview looks at.
const PREVIEW_BYTES: usize = 1024 * 1024;
/// The name of an import whose file has none.
const NAMELESS: &str = "import";

/// What is said about a file beside it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Options {
    /// A name by which people know the import again; the file's name when it is left out.
    name: Option<String>,
    /// The name of a saved mapping, or a mapping as JSON; guessed from the columns' names when it is left out.
    mapping: Option<String>,
    /// The source of leads whose row names none.
    source: Option<String>,
    /// The product of leads whose row names none.
    product: Option<String>,
    /// The currency of values that name none: its ISO 4217 code.
    currency: Option<String>,
    /// Whether `03/04/2026` is the third of April; found from the file when it is left out.
    day_first: Option<bool>,
    /// Whether the first row names the columns; found from the file when it is left out.
    header: Option<bool>,
    /// The file's encoding, such as `windows-1252`; found from the file when it is left out.
    encoding: Option<String>,
    /// `csv` or `ndjson`; found from the file when it is left out.
    format: Option<String>,
}

/// A file that came in, with what is said about it.
pub(super) struct Upload<F> {
    pub(super) file: F,
    pub(super) name: String,
    pub(super) said: Said,
    pub(super) mapping: Option<Mapping>,
}

/// Where the pieces of a file go.
trait Sink {
    async fn take(&mut self, piece: &[u8]) -> Result<(), Problem>;
}

impl Sink for Incoming {
    async fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        Ok(self.add(piece).await?)
    }
}

/// The start of a file.
#[derive(Default)]
struct Start(Vec<u8>);

impl Sink for Start {
    async fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let room = PREVIEW_BYTES.saturating_sub(self.0.len());
        self.0.extend_from_slice(&piece[..piece.len().min(room)]);
        Ok(())
    }
}

/// Reads a file onto the disk.
pub(super) async fn receive(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    options: Options,
) -> Result<Upload<Received>, Problem> {
    let mut incoming = Incoming::begin(app).await?;
    let beside = Body::new(request, options)?.read(payload, &mut incoming).await?;
    let file = incoming.finish().await?;
    beside.about(app, file).await
}

/// Reads the start of a file.
pub(super) async fn look(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    options: Options,
) -> Result<Upload<Vec<u8>>, Problem> {
    let mut start = Start::default();
    let beside = Body::new(request, options)?.read(payload, &mut start).await?;
    beside.about(app, start.0).await
}

/// A body with a file in it, not read yet.
struct Body {
    request: HttpRequest,
    is_form: bool,
    beside: Beside,
}

/// What is said about a file, as far as it is read.
struct Beside {
    options: Options,
    /// The format by the media type.
    format: Option<Format>,
    file_name: Option<String>,
    bytes: u64,
}

impl Body {
    fn new(request: &HttpRequest, options: Options) -> Result<Self, Problem> {
        if request.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(Problem::new(
                ProblemType::UnsupportedMediaType,
                "A file is sent as it is, without Content-Encoding. Unpack it first.",
            ));
        }
        let kind = request.content_type().to_ascii_lowercase();
        let (is_form, format) = (kind == "multipart/form-data", format_of(&kind));
        let is_any = matches!(kind.as_str(), "" | "text/plain" | "application/octet-stream" | "application/vnd.ms-excel");
        if !is_form && format.is_none() && !is_any {
            return Err(Problem::new(
                ProblemType::UnsupportedMediaType,
                "Send the file as text/csv, application/x-ndjson or application/octet-stream, or as the part \"file\" of multipart/form-data.",
            ));
        }
        Ok(Self { request: request.clone(), is_form, beside: Beside { options, format, file_name: None, bytes: 0 } })
    }

    async fn read(mut self, mut payload: Payload, sink: &mut impl Sink) -> Result<Beside, Problem> {
        if self.is_form {
            let form = Multipart::from_request(&self.request, &mut payload).await.map_err(|_| broken())?;
            self.beside.read_form(form, sink).await?;
        } else {
            while let Some(piece) = payload.next().await {
                self.beside.take(&piece.map_err(|_| broken())?, sink).await?;
            }
        }
        Ok(self.beside)
    }
}

impl Beside {
    async fn read_form(&mut self, mut form: Multipart, sink: &mut impl Sink) -> Result<(), Problem> {
        let mut parts = 0;
        let mut has_file = false;
        while let Some(part) = form.next().await {
            let mut part = part.map_err(|_| broken())?;
            parts += 1;
            if parts > MAX_PARTS {
                return Err(Problem::new(
                    ProblemType::InvalidBody,
                    format!("The form has more than {MAX_PARTS} parts. Send the file and what belongs to it."),
                ));
            }
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" && !has_file {
                has_file = true;
                self.file_name = part.content_disposition().and_then(|said| said.get_filename()).map(str::to_owned);
                let kind = part.content_type().map(|kind| kind.essence_str().to_ascii_lowercase()).unwrap_or_default();
                self.format = format_of(&kind);
                while let Some(piece) = part.next().await {
                    self.take(&piece.map_err(|_| broken())?, sink).await?;
                }
            } else {
                let bytes =
                    part.bytes(MAX_PART_BYTES).await.map_err(|_| too_large(MAX_PART_BYTES as u64))?.map_err(|_| broken())?;
                let text = std::str::from_utf8(&bytes).map_err(|_| broken())?.trim();
                self.set(&name, text)?;
            }
        }
        if has_file {
            Ok(())
        } else {
            Err(Refusal::invalid("file", "the form has no part \"file\". Add the file under this name.").into())
        }
    }

    async fn take(&mut self, piece: &[u8], sink: &mut impl Sink) -> Result<(), Problem> {
        self.bytes += piece.len() as u64;
        if self.bytes > MAX_FILE_BYTES { Err(too_large(MAX_FILE_BYTES)) } else { sink.take(piece).await }
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        let options = &mut self.options;
        let given = (!text.is_empty()).then(|| text.to_owned());
        let yes_no = || match text {
            "" => Ok(None),
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(Problem::from(Refusal::invalid(name, "it is true or false."))),
        };
        match name {
            "name" => options.name = given,
            "mapping" => options.mapping = given,
            "source" => options.source = given,
            "product" => options.product = given,
            "currency" => options.currency = given,
            "encoding" => options.encoding = given,
            "format" => options.format = given,
            "day_first" => options.day_first = yes_no()?,
            "header" => options.header = yes_no()?,
            _ => {
                let why = "unknown part. A form has file, name, mapping, source, product, currency, day_first, header, encoding and format.";
                return Err(Problem::new(ProblemType::InvalidBody, format!("{name}: {why}")).with_field(name, why));
            }
        }
        Ok(())
    }

    async fn about<F>(self, app: &App, file: F) -> Result<Upload<F>, Problem> {
        let Self { options, format, file_name, .. } = self;
        let file_name =
            file_name.map(|name| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()).filter(|name| !name.is_empty());
        let by_name = file_name.as_deref().and_then(|name| Path::new(name).extension()?.to_str().map(str::to_ascii_lowercase));
        let by_name = by_name.filter(|ending| ["ndjson", "jsonl"].contains(&ending.as_str())).map(|_| Format::Ndjson);
        let format = match options.format.as_deref() {
            None => by_name.or(format.filter(|format| *format == Format::Ndjson)),
            Some("csv") => Some(Format::Csv),
            Some("ndjson") => Some(Format::Ndjson),
            Some(other) => {
                return Err(Refusal::invalid("format", format!("{other:?} is none that is read. Choose csv or ndjson.")).into());
            }
        };
        let mapping = mapping(app, &options).await?;
        let name = options.name.or(file_name).unwrap_or_else(|| NAMELESS.to_owned());
        Ok(Upload { file, name, said: Said { format, encoding: None, header: None }, mapping: Some(mapping) })
    }
}

/// The mapping that is named or given, with what is said beside it.
async fn mapping(app: &App, options: &Options) -> Result<Mapping, Problem> {
    let mapping: Mapping = match options.mapping.as_deref().map(str::trim) {
        None | Some("") => Mapping::default(),
        Some(json) if json.starts_with('{') => body::parse::<ImportMapping>(json.as_bytes())?.into(),
        Some(name) => read_import_mapping(app, name).await?.mapping,
    };
    let currency = options.currency.as_deref().map(str::parse).transpose();
    Ok(Mapping {
        source: options.source.clone().or(mapping.source),
        product: options.product.clone().or(mapping.product),
        currency: currency
            .map_err(|error: pact_core::money::MoneyError| Refusal::invalid("currency", error.to_string()))?
            .or(mapping.currency),
        day_first: options.day_first.or(mapping.day_first),
        header: options.header.or(mapping.header),
        encoding: options.encoding.clone().or(mapping.encoding),
        columns: mapping.columns,
        custom: mapping.custom,
    })
}

fn format_of(kind: &str) -> Option<Format> {
    match kind {
        "text/csv" | "application/csv" | "text/tab-separated-values" => Some(Format::Csv),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => Some(Format::Ndjson),
        _ => None,
    }
}

fn broken() -> Problem {
    Problem::new(ProblemType::MalformedRequest, "The body broke off or could not be read. Send the file again.")
}

fn too_large(bytes: u64) -> Problem {
    let size = if bytes >= 1024 * 1024 { format!("{} MiB", bytes / 1024 / 1024) } else { format!("{} KiB", bytes / 1024) };
    Problem::new(
        ProblemType::BodyTooLarge,
        format!("A part of this body is larger than {size}, the most that is read. Cut the file into several."),
    )
}

/// Query parameters, read by hand so that they are refused in the words of a problem.
pub(super) fn options_of(request: &HttpRequest) -> Result<Options, Problem> {
    let read = web::Query::<Options>::from_query(request.query_string());
    read.map(web::Query::into_inner).map_err(|error| {
        let said = error.to_string();
        Problem::parameter("query", said.trim_start_matches("Query deserialize error: ").to_owned())
    })
}
