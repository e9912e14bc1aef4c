//! `pact openapi`: prints the document that `openapi/pact.json` locks.

use std::io::Write;

use crate::http::docs::Document;

pub(super) fn run() -> anyhow::Result<()> {
    let text = Document::text(&crate::http::document())?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
