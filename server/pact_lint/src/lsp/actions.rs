//! Changes that an editor offers where they are mechanical: they declare what a script does, or say what a field is for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lsp_types::{CodeAction, CodeActionKind, TextEdit, WorkspaceEdit};
use pact_policy::{Finding, Rule, Source};

use super::manifest::{Edit, add_below, add_line, add_to_list};
use super::place::{offset, range, uri_of};
use crate::files::MANIFEST_FILE;
use crate::workspace::Workspace;

/// What is offered for a finding.
pub(crate) fn of(workspace: &Workspace, finding: &Finding) -> Vec<CodeAction> {
    match finding.rule {
        Rule::EveryEffectDeclared => declare(workspace, finding).into_iter().collect(),
        Rule::NoUnflaggedCoaching => {
            let title = "Say `coaching = true` in the manifest: the script then runs only inside an open period";
            in_manifest(workspace, finding, title, |text, in_script| add_line(text, in_script, "coaching = true"))
                .into_iter()
                .collect()
        }
        Rule::EveryFieldHelps if finding.message.contains("does not say whom") => ["sale", "customer", "rep"]
            .into_iter()
            .filter_map(|whom| {
                let title = format!("It helps the {whom}");
                below(workspace, finding, &title, &format!("helps = \"{whom}\""))
            })
            .collect(),
        Rule::NoTickBox | Rule::NoActivityCounter if finding.message.starts_with("whose?") => {
            let title = "It is the customer's act: `about = \"customer\"` (logged, and shown to auditors)";
            below(workspace, finding, title, "about = \"customer\"").into_iter().collect()
        }
        Rule::NoHiddenFlow if finding.message.starts_with("the character U+") => {
            take_out(workspace, finding).into_iter().collect()
        }
        Rule::NoActivityMetric
        | Rule::NoActivityTally
        | Rule::NoActivityRanking
        | Rule::NoReactionTime
        | Rule::NoActivityExport
        | Rule::NoHiddenFlow
        | Rule::NoCoachingLeak
        | Rule::NoTickBox
        | Rule::NoActivityCounter
        | Rule::NoActivityView
        | Rule::EveryFieldHelps => Vec::new(),
    }
}

/// Adds the word that the manifest does not list: to `may`, `reads` or `webhooks`, whichever the finding names.
fn declare(workspace: &Workspace, finding: &Finding) -> Option<CodeAction> {
    let list = ["may", "reads", "webhooks"].into_iter().find(|list| finding.message.contains(&format!("`{list}`")))?;
    let word = finding.message.split('"').nth(1)?;
    let title = format!("Add \"{word}\" to `{list}` in the manifest");
    in_manifest(workspace, finding, &title, |text, in_script| add_to_list(text, in_script, list, word))
}

fn in_manifest(
    workspace: &Workspace,
    finding: &Finding,
    title: &str,
    edit: impl Fn(&str, bool) -> Option<Edit>,
) -> Option<CodeAction> {
    let Source::Plugin(plugin) = workspace.source_of(Path::new(&finding.file))? else { return None };
    let path = PathBuf::from(&plugin.manifest_file.name);
    let in_script = path.file_name().is_none_or(|name| name != MANIFEST_FILE);
    let text = workspace.text(&path)?;
    action(&path, text, title, edit(text, in_script)?)
}

fn below(workspace: &Workspace, finding: &Finding, title: &str, line: &str) -> Option<CodeAction> {
    let path = Path::new(&finding.file);
    let text = workspace.text(path)?;
    action(path, text, title, add_below(text, finding.line, line)?)
}

/// Takes out the one character that hides something.
fn take_out(workspace: &Workspace, finding: &Finding) -> Option<CodeAction> {
    let path = Path::new(&finding.file);
    let text = workspace.text(path)?;
    let start = offset(text, super::place::of_finding(text, finding.line, finding.column));
    let length = text[start..].chars().next()?.len_utf8();
    action(path, text, "Take this character out", (start..start + length, String::new()))
}

fn action(path: &Path, text: &str, title: &str, (bytes, new_text): Edit) -> Option<CodeAction> {
    let edit = TextEdit { range: range(text, bytes), new_text };
    // The protocol's own type has this map.
    #[expect(clippy::mutable_key_type, reason = "the key only caches how it was parsed")]
    let changes = HashMap::from([(uri_of(path)?, vec![edit])]);
    Some(CodeAction {
        title: title.to_owned(),
        kind: Some(CodeActionKind::QUICKFIX),
        edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
        ..CodeAction::default()
    })
}
