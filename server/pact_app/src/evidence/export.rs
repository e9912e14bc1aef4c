//! The evidence file: everything that somebody needs to check the log without trusting this server.

use pact_evidence::PolicyAct;
use pact_evidence::file::Line;
use pact_store::evidence as store;
use tokio::sync::mpsc;

use super::recording::record;
use super::signing::sign;
use crate::{Actor, App, Refusal};

/// Rows that are read at once.
const ROWS_AT_ONCE: u64 = 500;

/// Writes the evidence file line by line, up to the checkpoint that is signed now. The export itself is an entry of the log.
///
/// The last line says that the file is whole; what is cut off before it is found by `pact audit verify`.
///
/// # Errors
/// A store that does not answer. Whoever stops listening stops the export, which is no error.
pub async fn export(app: &App, actor: &Actor, out: &mpsc::Sender<String>) -> Result<(), Refusal> {
    let (now, by) = (app.clock.now(), actor.clone());
    app.store
        .write(async move |tx| {
            let size = store::hold_head(tx).await?.map_or(0, |head| u64::try_from(head.size).unwrap_or(0));
            record(tx, &by, now, PolicyAct::EvidenceExported { size }).await
        })
        .await?;
    let newest = sign(app).await?.ok_or(Refusal::NotFound { what: "audit log" })?;
    let conn = app.store.read();
    let checkpoints = store::checkpoints(conn).await?.into_iter().filter(|row| row.size <= newest.size);
    let mut part = Line::Head.write();
    part.extend(checkpoints.map(|row| Line::Checkpoint(row.note).write()));
    let mut from = 0;
    while from < newest.size && out.send(std::mem::take(&mut part)).await.is_ok() {
        let rows = store::entries(conn, from, ROWS_AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        from = last.number + 1;
        part.extend(rows.iter().filter(|row| row.number < newest.size).map(|row| Line::Entry(&row.body).write()));
    }
    let mut after = String::new();
    while out.send(std::mem::take(&mut part)).await.is_ok() {
        let rows = store::texts(conn, &after, ROWS_AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.hash);
        part.extend(rows.into_iter().map(|row| Line::Text(row.body).write()));
    }
    // Nobody may be listening any more.
    let _ = out.send(Line::End.write()).await;
    Ok(())
}
