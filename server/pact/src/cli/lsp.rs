//! `pact lsp`: serves an editor until it leaves.

/// Runs the command.
pub(super) fn run() -> anyhow::Result<()> {
    Ok(pact_lint::lsp::serve_stdio()?)
}
