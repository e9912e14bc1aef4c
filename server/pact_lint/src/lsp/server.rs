//! The conversation with one editor: notifications change what is open, and after them everything is judged again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{CodeActionRequest, Completion, GotoDefinition, HoverRequest, RegisterCapability, Request as _};
use lsp_types::{
    CodeActionOrCommand, CodeActionParams, CompletionParams, CompletionResponse, Diagnostic,
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, GotoDefinitionParams, GotoDefinitionResponse,
    Hover, HoverContents, HoverParams, InitializeParams, Location, MarkupContent, MarkupKind, PublishDiagnosticsParams, Range,
    Registration, RegistrationParams, TextDocumentContentChangeEvent, TextDocumentPositionParams,
};
use pact_policy::Finding;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place::{offset, path_of, range, uri_of};
use super::{ServeError, actions, complete, diagnostics, look};
use crate::workspace::Workspace;

/// What is known of one editor's folders.
pub(super) struct Server<'a> {
    connection: &'a Connection,
    workspace: Workspace,
    findings: Vec<Finding>,
    published: BTreeMap<PathBuf, Vec<Diagnostic>>,
    watches: bool,
}

/// An answer, or why there is none.
type Answer = Result<Value, (ErrorCode, String)>;

impl<'a> Server<'a> {
    pub(super) fn new(connection: &'a Connection, params: &InitializeParams) -> Self {
        #[expect(deprecated, reason = "editors that know no workspace folders give their one folder here")]
        let root = params.root_uri.iter();
        let folders = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        let mut roots: Vec<PathBuf> = folders.chain(root).filter_map(path_of).collect();
        roots.sort();
        roots.dedup();
        let watched = params.capabilities.workspace.as_ref().and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let watches = watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false);
        Self { connection, workspace: Workspace::new(roots), findings: Vec::new(), published: BTreeMap::new(), watches }
    }

    /// Answers until the editor leaves.
    pub(super) fn run(mut self) -> Result<(), ServeError> {
        if self.watches {
            self.watch();
        }
        self.judge();
        while let Ok(message) = self.connection.receiver.recv() {
            let mut changed = false;
            // Judging waits until all that has arrived is taken in: who types fast is judged once.
            let mut next = Some(message);
            while let Some(message) = next {
                match message {
                    Message::Request(request) => {
                        if self.connection.handle_shutdown(&request)? {
                            return Ok(());
                        }
                        if std::mem::take(&mut changed) {
                            self.judge();
                        }
                        self.answer(request);
                    }
                    Message::Notification(it) => changed |= self.take(it),
                    Message::Response(_) => {}
                }
                next = self.connection.receiver.try_recv().ok();
            }
            if changed {
                self.judge();
            }
        }
        Ok(())
    }

    /// Asks the editor to tell when files change that it has not open.
    fn watch(&self) {
        let glob = |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![glob("**/*.rhai"), glob("**/plugin.toml")] };
        let registration = Registration {
            id: "files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let params = RegistrationParams { registrations: vec![registration] };
        let request = Request::new(RequestId::from("watch".to_owned()), RegisterCapability::METHOD.to_owned(), params);
        self.send(Message::Request(request));
    }

    /// An editor that has gone is noticed where its messages are read.
    fn send(&self, message: Message) {
        let _ = self.connection.sender.send(message);
    }

    /// Takes in what the editor tells, and says whether anything is to be judged again.
    fn take(&mut self, it: Notification) -> bool {
        match it.method.as_str() {
            DidOpenTextDocument::METHOD => self.told::<DidOpenTextDocument>(it, |workspace, params| {
                let path = path_of(&params.text_document.uri)?;
                workspace.edit(path, params.text_document.text);
                Some(())
            }),
            DidChangeTextDocument::METHOD => self.told::<DidChangeTextDocument>(it, |workspace, params| {
                let path = path_of(&params.text_document.uri)?;
                let mut text = workspace.text(&path)?.to_owned();
                params.content_changes.into_iter().for_each(|change| apply(&mut text, change));
                workspace.edit(path, text);
                Some(())
            }),
            DidCloseTextDocument::METHOD => self.told::<DidCloseTextDocument>(it, |workspace, params| {
                workspace.close(&path_of(&params.text_document.uri)?);
                Some(())
            }),
            DidSaveTextDocument::METHOD => self.told::<DidSaveTextDocument>(it, |workspace, _| {
                workspace.look();
                Some(())
            }),
            DidChangeWatchedFiles::METHOD => self.told::<DidChangeWatchedFiles>(it, |workspace, params| {
                workspace.look();
                params.changes.iter().filter_map(|change| path_of(&change.uri)).for_each(|path| workspace.changed(&path));
                Some(())
            }),
            DidChangeWorkspaceFolders::METHOD => self.told::<DidChangeWorkspaceFolders>(it, |workspace, params| {
                params
                    .event
                    .removed
                    .iter()
                    .filter_map(|folder| path_of(&folder.uri))
                    .for_each(|path| workspace.remove_root(&path));
                params.event.added.iter().filter_map(|folder| path_of(&folder.uri)).for_each(|path| workspace.add_root(path));
                Some(())
            }),
            _ => false,
        }
    }

    fn told<N: lsp_types::notification::Notification>(
        &mut self,
        it: Notification,
        then: impl FnOnce(&mut Workspace, N::Params) -> Option<()>,
    ) -> bool
    where
        N::Params: DeserializeOwned,
    {
        serde_json::from_value(it.params).ok().and_then(|params| then(&mut self.workspace, params)).is_some()
    }

    /// Judges everything together and tells the editor what changed by it.
    fn judge(&mut self) {
        let report = self.workspace.judge();
        let files = diagnostics::by_file(&self.workspace, &report);
        self.findings = report.findings;
        let gone: Vec<PathBuf> = self.published.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
        for path in gone {
            self.published.remove(&path);
            self.publish(path, Vec::new());
        }
        for (path, diagnostics) in files {
            if self.published.get(&path) != Some(&diagnostics) {
                self.published.insert(path.clone(), diagnostics.clone());
                self.publish(path, diagnostics);
            }
        }
    }

    fn publish(&self, path: PathBuf, diagnostics: Vec<Diagnostic>) {
        let Some(uri) = uri_of(&path) else { return };
        let params = PublishDiagnosticsParams { uri, diagnostics, version: None };
        self.send(Message::Notification(Notification::new(PublishDiagnostics::METHOD.to_owned(), params)));
    }

    fn answer(&self, request: Request) {
        let Request { id, method, params } = request;
        let answer = match method.as_str() {
            HoverRequest::METHOD => self.asked(params, Self::hover),
            Completion::METHOD => self.asked(params, Self::complete),
            GotoDefinition::METHOD => self.asked(params, Self::definition),
            CodeActionRequest::METHOD => self.asked(params, Self::actions),
            _ => Err((ErrorCode::MethodNotFound, format!("`{method}` is not served"))),
        };
        let response = match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        self.send(Message::Response(response));
    }

    fn asked<P: DeserializeOwned, R: serde::Serialize>(&self, params: Value, then: impl FnOnce(&Self, P) -> Option<R>) -> Answer {
        let params = serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))?;
        serde_json::to_value(then(self, params)).map_err(|error| (ErrorCode::InternalError, error.to_string()))
    }

    /// The file and byte of a place in an open file.
    fn place(&self, params: &TextDocumentPositionParams) -> Option<(PathBuf, usize)> {
        let path = path_of(&params.text_document.uri)?;
        let byte = offset(self.workspace.text(&path)?, params.position);
        Some((path, byte))
    }

    fn hover(&self, params: HoverParams) -> Option<Hover> {
        let (path, byte) = self.place(&params.text_document_position_params)?;
        let (value, bytes) = look::hover(&self.workspace, &path, byte)?;
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: Some(range(self.workspace.text(&path)?, bytes)) })
    }

    fn complete(&self, params: CompletionParams) -> Option<CompletionResponse> {
        let (path, byte) = self.place(&params.text_document_position)?;
        Some(CompletionResponse::Array(complete::complete(&self.workspace, &path, byte)))
    }

    fn definition(&self, params: GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        let (path, byte) = self.place(&params.text_document_position_params)?;
        let target = look::definition(&self.workspace, &path, byte)?;
        let text = self.workspace.text(&target.path)?;
        let location = Location { uri: uri_of(&target.path)?, range: range(text, target.bytes) };
        Some(GotoDefinitionResponse::Scalar(location))
    }

    fn actions(&self, params: CodeActionParams) -> Option<Vec<CodeActionOrCommand>> {
        let path = path_of(&params.text_document.uri)?;
        let here = self.findings.iter().filter(|finding| {
            path.to_str() == Some(finding.file.as_str()) && meet(diagnostics::range_of(&self.workspace, finding), params.range)
        });
        let mut all: Vec<CodeActionOrCommand> = Vec::new();
        for finding in here {
            let mut offered = actions::of(&self.workspace, finding);
            let wanted = |diagnostic: &&Diagnostic| diagnostic.range == diagnostics::range_of(&self.workspace, finding);
            let meant: Vec<_> = params.context.diagnostics.iter().filter(wanted).cloned().collect();
            offered.iter_mut().for_each(|action| action.diagnostics = Some(meant.clone()));
            all.extend(offered.into_iter().map(CodeActionOrCommand::CodeAction));
        }
        Some(all)
    }
}

fn meet(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

/// Applies a change: of a range, or of the whole text.
fn apply(text: &mut String, change: TextDocumentContentChangeEvent) {
    match change.range {
        Some(range) => {
            let (start, end) = (offset(text, range.start), offset(text, range.end));
            text.replace_range(start..end.max(start), &change.text);
        }
        None => *text = change.text,
    }
}
