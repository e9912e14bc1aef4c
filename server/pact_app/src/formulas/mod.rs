//! Formulas: fields whose values are computed, and kept up to date.
//!
//! ```text
//! a change of what a formula reads     the database notes the record in its own transaction (migration m0020), on whichever node
//! jobs::formulas, at once              reads what is noted, computes in a worker, writes what is different, takes the note off;
//!                                      a record that changed meanwhile has another token, and is computed again
//! what hangs on the same customer      is noted, where formulas read such records, as long as values change
//! a formula is defined, a day begins   all records of its kind are noted, a thousand at a time
//! ```
//!
//! Formulas read each other in an order; a circle is refused when it is defined ([`mod@order`]). What a formula may read is said by
//! [`pact_policy::formula`], what it may reveal by the linter.

pub(crate) mod order;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use pact_policy::formula::Reads;
use pact_policy::manifest::{Field, FieldOn};
use pact_policy::table::Kind;
use pact_script::plugin::formulas as scripts_of;
use pact_script::run::Scripts;
use pact_store::Tx;
use pact_store::entity::custom_field;
use uuid::Uuid;

use crate::facts::field_record;
use crate::{Refusal, fields};

pub(crate) use work::{settle, step};

/// The name under which formulas run.
const RUN_AS: &str = "fields";

/// Every formula that is computed, by the kind of record that has it, in the order in which they read each other.
#[derive(Debug, Default)]
pub(crate) struct Formulas {
    scripts: Option<Arc<Scripts>>,
    of: BTreeMap<Kind, Vec<Formula>>,
    /// Every field: a formula reads them all.
    fields: Arc<[custom_field::Model]>,
    /// The formulas that were defined when these were read, computed or not.
    defined: Defined,
}

/// Formulas as they are defined: ids and revisions.
type Defined = Vec<(Uuid, String)>;

/// A formula that is computed.
#[derive(Clone, Debug)]
pub(crate) struct Formula {
    field: custom_field::Model,
    call: String,
    reads: Reads,
}

impl Formulas {
    /// The formulas among fields, of those that may be computed.
    pub(crate) fn of(all: &[custom_field::Model], may_run: impl Fn(&custom_field::Model) -> bool) -> Self {
        let computed: Vec<(custom_field::Model, Field, Reads)> = all
            .iter()
            .filter(|row| row.formula.is_some() && may_run(row))
            .filter_map(|row| {
                let field = fields::definition(row).ok()?;
                let reads = reads_of(&field).ok()??;
                Some((row.clone(), field, reads))
            })
            .collect();
        let defined = defined(all);
        let Ok(order) = order::of(&computed.iter().map(|(row, _, reads)| (name_of(row), reads)).collect::<Vec<_>>()) else {
            tracing::error!("formulas read each other in a circle, so none is computed");
            return Self { defined, ..Self::default() };
        };
        let manifests: Vec<Field> = computed.iter().map(|(_, field, _)| field.clone()).collect();
        let (scripts, calls) = scripts_of(RUN_AS, &manifests);
        let mut of: BTreeMap<Kind, Vec<Formula>> = BTreeMap::new();
        for at in order {
            let (row, field, reads) = &computed[at];
            let call = calls.iter().find(|call| call.on == field.on.kind() && call.field == field.name);
            let Some(call) = call.map(|call| call.call.clone()) else { continue };
            of.entry(field.on.kind()).or_default().push(Formula { field: row.clone(), call, reads: reads.clone() });
        }
        Self { scripts: (!of.is_empty()).then(|| Arc::new(scripts)), of, fields: all.into(), defined }
    }

    /// Whether these are the formulas that are defined now. Who knows others must not take a note off: it may be about a formula that they do not know.
    async fn are_of_now(&self, tx: &Tx) -> Result<bool, Refusal> {
        Ok(defined(&pact_store::field::all(tx).await?) == self.defined)
    }

    /// The kinds of record that have formulas, as the store words them.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.of.keys().filter_map(|kind| field_record(*kind))
    }

    /// Whether there is nothing to compute.
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The kinds of record whose formulas read other records of this kind.
    fn readers_of(&self, kind: Kind) -> impl Iterator<Item = &'static str> {
        let read = move |formulas: &Vec<Formula>| formulas.iter().any(|formula| formula.reads.reached.contains(&kind));
        self.of.iter().filter(move |(_, formulas)| read(formulas)).filter_map(|(on, _)| field_record(*on))
    }
}

fn defined(all: &[custom_field::Model]) -> Defined {
    all.iter().filter(|row| row.formula.is_some()).map(|row| (row.id, row.revision.clone())).collect()
}

/// The record and the name of a field, as sentences and the audit log have it.
pub(crate) fn name_of(row: &custom_field::Model) -> String {
    format!("{}.{}", row.on_record, row.removed_name.as_ref().unwrap_or(&row.name))
}

/// What the formula of a field reads; nothing for a field without one.
///
/// # Errors
/// A formula that cannot be read, or that reads what goes on by itself.
pub(crate) fn reads_of(field: &Field) -> Result<Option<Reads>, Refusal> {
    let Some(formula) = &field.formula else { return Ok(None) };
    match pact_policy::formula::reads(field.on, formula) {
        Ok(reads) => Ok(Some(reads)),
        Err(why) => Err(Refusal::invalid("formula", format!("{}: {why}.", field.name))),
    }
}

/// Says in the store what the present fields' formulas read, and refuses those that read each other in a circle. To be called in every transaction that
/// changes a definition.
///
/// # Errors
/// A circle, a formula that reads what it may not, or a store that does not answer.
pub(crate) async fn renew(tx: &Tx) -> Result<(), Refusal> {
    let mut formulas = Vec::new();
    for row in pact_store::field::all(tx).await?.iter().filter(|row| row.formula.is_some()) {
        if let Some(reads) = reads_of(&fields::definition(row)?)? {
            formulas.push((name_of(row), reads));
        }
    }
    order::of(&formulas.iter().map(|(name, reads)| (name.clone(), reads)).collect::<Vec<_>>())?;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (_, reads) in &formulas {
        let Some(on) = field_record(reads.own) else { continue };
        pairs.extend(reads.kinds().map(|kind| (on.to_owned(), crate::facts::noun(kind).to_owned())));
    }
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pact_store::formula::set_reads(tx, pairs).await?)
}

/// The kind of record with this word.
pub(crate) fn kind_of(on_record: &str) -> Option<Kind> {
    [FieldOn::Customer, FieldOn::Contact, FieldOn::Lead, FieldOn::Plan, FieldOn::Person]
        .into_iter()
        .find(|on| on.name() == on_record)
        .map(FieldOn::kind)
}
