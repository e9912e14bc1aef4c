//! `pact lsp`: a language server over standard input and output.
//!
//! | part | holds |
//! |---|---|
//! | [`serve`], [`server`] | the conversation with the editor |
//! | [`diagnostics`], [`actions`] | what the judge found, and what can be done about it |
//! | [`complete`], [`look`], [`words`] | what the interface table and the plugin's own files say of a name |
//! | [`tokens`], [`infer`] | what an unfinished script tells by its words |
//! | [`place`], [`manifest`] | places in texts, and small edits of a manifest |

mod actions;
mod complete;
mod diagnostics;
mod infer;
mod look;
mod manifest;
mod place;
mod server;
mod tokens;
pub mod words;

use lsp_server::{Connection, ProtocolError};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, HoverProviderCapability, OneOf,
    PositionEncodingKind, SaveOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use thiserror::Error;

/// Why the server ended without being asked to.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The editor does not speak the protocol, or broke off.
    #[error("the conversation with the editor broke off: {0}; start `pact lsp` from an editor")]
    Protocol(#[from] ProtocolError),
    /// A message that cannot be read or written.
    #[error("a message of the editor cannot be read: {0}")]
    Message(#[from] serde_json::Error),
    /// Standard input or output failed.
    #[error("standard input or output failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves one editor over standard input and output, until it says that it leaves.
///
/// # Errors
/// An editor that breaks off or does not speak the protocol.
pub fn serve_stdio() -> Result<(), ServeError> {
    let (connection, threads) = Connection::stdio();
    serve(&connection)?;
    drop(connection);
    threads.join()?;
    Ok(())
}

/// Serves one editor over a connection.
///
/// # Errors
/// An editor that breaks off or does not speak the protocol.
pub fn serve(connection: &Connection) -> Result<(), ServeError> {
    let (id, params) = connection.initialize_start()?;
    let params = serde_json::from_value(params)?;
    let about = serde_json::json!({
        "capabilities": capabilities(),
        "serverInfo": { "name": "pact lsp", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, about)?;
    server::Server::new(connection, &params).run()
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(PositionEncodingKind::UTF16),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", ":", "\"", "("].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
