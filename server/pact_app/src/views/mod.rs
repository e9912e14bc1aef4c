//! Views, run: a saved view becomes a query by its words, and what comes back a table.
//!
//! Nothing runs that was not judged: the verdict that is stored with a view holds for its very words and for the rules of this program, or it is
//! judged again first. `k` is held here, by [`pact_core::release`]; there are no totals.

mod ask;
mod export;
mod list;
mod report;

use std::collections::HashMap;

use pact_core::money::Money;
use pact_core::role::Right;
use pact_core::time::{Instant, WorkSpan};
use pact_policy::table::Kind;
use pact_policy::view::path::{Form, Path};
use pact_policy::view::{Of, Release, View};
use pact_store::Scope;
use pact_store::entity::{custom_field, view};
use pact_store::view::{Base, Hop, Place, Query};
use serde_json::{Value as Json, json};

use crate::access::rights;
use crate::facts::noun;
use crate::organisation::Snapshot;
use crate::{App, Caller, Refusal};

pub(crate) use export::whole;
pub use export::{Format, MAX_EXPORT_ROWS, export};

/// Rows of a list on one page at most.
pub const PAGE_ROWS: u64 = 200;
/// How deep into a list pages go.
pub const MAX_OFFSET: u64 = 100_000;
/// Groups that a report shows at most.
pub const MAX_GROUPS: usize = 2_000;

/// What a view shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its columns: of a report its groups, then its measures.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Shown>>,
    /// Where the next page of a list begins.
    pub next: Option<u64>,
    /// A report has more groups than it shows.
    pub cut: bool,
    /// Groups are left out because fewer than `k` people stand behind them, or because these could be computed otherwise.
    pub withheld: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its word in the view.
    pub name: String,
    /// What it holds.
    pub holds: &'static str,
    /// Whether it tells of one person.
    who: bool,
}

/// What stands in a row under a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A text, a day or an instant.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Amounts, one for each currency: minor units and the currency.
    Money(Vec<(i64, String)>),
    /// Working time in minutes.
    Work(i64),
}

/// For whom a view is run.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Who looks.
    pub caller: Caller,
    /// What they see.
    pub scope: Scope,
}

/// What is asked of a list.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Rows that were shown before.
    pub offset: u64,
    /// Rows wanted.
    pub limit: u64,
}

/// Runs a saved view.
///
/// # Errors
/// A caller who may not read what it shows, a view that the policy refuses by now, a custom field that is gone, or a store that does not answer.
pub async fn run(app: &App, reader: &Reader, row: &view::Model, window: Window) -> Result<Table, Refusal> {
    let (view, release) = crate::judging::standing_view(app, row).await?;
    allow(&reader.caller, &view)?;
    let running = Running::new(app, reader, &view, release).await?;
    if view.is_report() { report::run(&running).await } else { list::run(&running, window).await }
}

/// Refuses a caller who may not read every kind of record that the view goes through.
///
/// # Errors
/// [`Refusal::Forbidden`].
pub fn allow(caller: &Caller, view: &View) -> Result<(), Refusal> {
    let mut kinds = vec![view.of.kind()];
    for path in paths(view) {
        kinds.extend(path.hops.iter().map(|hop| hop.of));
        if let Form::Record(kind) = path.form {
            kinds.push(kind);
        }
    }
    kinds.into_iter().try_for_each(|kind| rights::allow(caller, right_to_read(kind)))
}

fn right_to_read(kind: Kind) -> Right {
    match kind {
        Kind::Lead | Kind::Push | Kind::LeadEvent => Right::ReadLeads,
        Kind::Customer | Kind::Contact => Right::ReadCustomers,
        Kind::Card => Right::ReadCards,
        Kind::Plan => Right::ReadPlans,
        Kind::Request => Right::ReadRequests,
        Kind::Person | Kind::Team | Kind::Territory | Kind::Period | Kind::Act => Right::ReadOrganisation,
        Kind::Pack => Right::ReadPacks,
        Kind::Goal => Right::ReadGoals,
    }
}

/// Every path that a view names.
fn paths(view: &View) -> impl Iterator<Item = Path> {
    use pact_policy::view::{Key, Measure, order};
    let sorts = view.sort.iter().filter(|_| !view.is_report()).map(|word| order(&word.text).0);
    let keys = view.group.iter().map(|word| Key::of(&word.text).path);
    let measures = view.measure.iter().filter_map(|word| Measure::of(&word.text)?.path);
    let words =
        view.columns.iter().map(|word| word.text.as_str()).chain(view.filter.iter().map(|filter| filter.by.text.as_str()));
    let kind = view.of.kind();
    let found: Vec<Path> = words.chain(sorts).chain(keys).chain(measures).filter_map(|text| Path::of(kind, text).ok()).collect();
    found.into_iter()
}

/// A run of a view.
struct Running<'a> {
    app: &'a App,
    reader: &'a Reader,
    view: &'a View,
    release: Release,
    snapshot: std::sync::Arc<Snapshot>,
    now: Instant,
    fields: HashMap<(Kind, String), custom_field::Model>,
}

impl<'a> Running<'a> {
    async fn new(app: &'a App, reader: &'a Reader, view: &'a View, release: Release) -> Result<Self, Refusal> {
        let all = pact_store::field::all(app.store.read()).await?;
        let fields: HashMap<(Kind, String), custom_field::Model> =
            all.into_iter().filter_map(|field| Some(((kind_of(&field.on_record)?, field.name.clone()), field))).collect();
        let named = paths(view).flat_map(|path| path.hops).filter(|hop| hop.field);
        let hidden = named
            .filter_map(|hop| fields.get(&(hop.of, hop.name)))
            .find(|field| !crate::fields::reads(field, reader.caller.role));
        if let Some(field) = hidden {
            return Err(Refusal::forbidden(format!(
                "This view shows the field \"{}\", which your role, {}, may not read. It takes the role {}: ask somebody who has it.",
                field.label,
                reader.caller.role,
                field.read_by.join(" or ")
            )));
        }
        Ok(Self { app, reader, view, release, snapshot: app.organisation(), now: app.clock.now(), fields })
    }

    fn base(&self) -> Result<Base, Refusal> {
        match self.view.of {
            Of::Leads => Ok(Base::Leads),
            Of::Customers => Ok(Base::Customers),
            Of::Cards => Ok(Base::Cards),
            Of::Goals => Ok(Base::Goals),
            Of::Plans | Of::Requests | Of::Pushes | Of::History => Err(Refusal::defect("a view of acts was judged lawful")),
        }
    }

    fn query(&self) -> Result<Query, Refusal> {
        Ok(Query::of(&self.reader.scope, self.base()?))
    }

    fn path(&self, text: &str) -> Result<Path, Refusal> {
        Path::of(self.view.of.kind(), text).map_err(Refusal::defect)
    }

    /// Where a path ends in the store.
    fn place(&self, query: &mut Query, path: &Path) -> Result<Place, Refusal> {
        let hops = path.hops.iter().map(|hop| match hop.field {
            true => self.field(hop.of, &hop.name).map(|field| Hop::Field(field.id)),
            false => Ok(Hop::Member { of: noun(hop.of), name: hop.name.clone() }),
        });
        let hops: Vec<Hop> = hops.collect::<Result<_, _>>()?;
        query.place(self.base()?, &hops).ok_or_else(|| Refusal::NotNow {
            why: format!("`{}` is computed when it is read, so a view cannot show it. Take it out of the view.", path.text()),
        })
    }

    fn field(&self, of: Kind, name: &str) -> Result<&custom_field::Model, Refusal> {
        self.fields.get(&(of, name.to_owned())).ok_or_else(|| Refusal::NotNow {
            why: format!(
                "There is no custom field `{name}` on a {} any more. Change the view, or define the field again.",
                noun(of)
            ),
        })
    }

    /// The custom field that a path ends with.
    fn last_field(&self, path: &Path) -> Result<Option<&custom_field::Model>, Refusal> {
        path.field().map(|hop| self.field(hop.of, &hop.name)).transpose()
    }

    fn column(&self, name: &str, path: &Path) -> Result<Column, Refusal> {
        let field = self.last_field(path)?;
        let holds = match path.form {
            Form::Text => "text",
            Form::Number => "number",
            Form::Money => "money",
            Form::Day => "day",
            Form::Instant => "instant",
            Form::Bool => "yes_no",
            Form::Clock => "work_span",
            Form::Record(_) => "name",
            Form::Field => match field.map(|field| field.field_type.as_str()) {
                Some("number") => "number",
                Some("money") => "money",
                Some("day") => "day",
                Some("yes_no") => "yes_no",
                _ => "text",
            },
        };
        Ok(Column { name: name.to_owned(), holds, who: path.who })
    }
}

fn kind_of(on_record: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| noun(*kind) == on_record)
}

impl Shown {
    /// As JSON.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Nothing => Json::Null,
            Self::Text(text) => text.clone().into(),
            Self::Number(number) => exact(*number).map_or_else(|| (*number).into(), Json::from),
            Self::Bool(value) => (*value).into(),
            Self::Money(amounts) => amounts
                .iter()
                .map(|(minor, currency)| json!({ "amount": amount(*minor, currency), "currency": currency }))
                .collect(),
            Self::Work(minutes) => WorkSpan::of_minutes(*minutes).to_string().into(),
        }
    }

    /// As a text for people.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => exact(*number).map_or_else(|| format!("{number:.2}"), |whole| whole.to_string()),
            Self::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
            Self::Money(amounts) => {
                let each = amounts.iter().map(|(minor, currency)| format!("{} {currency}", amount(*minor, currency)));
                each.collect::<Vec<_>>().join("; ")
            }
            Self::Work(minutes) => WorkSpan::of_minutes(*minutes).to_string(),
        }
    }

    /// By what rows are ordered: nothing comes last in both directions.
    fn compare(&self, other: &Self, descending: bool) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        let number = |shown: &Self| match shown {
            Self::Number(number) => Some(*number),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Money(amounts) => amounts.iter().map(|(minor, _)| *minor as f64).reduce(f64::max),
            Self::Work(minutes) => Some(*minutes as f64),
            Self::Nothing | Self::Text(_) => None,
        };
        let order = match (self, other) {
            (Self::Nothing, Self::Nothing) => return Ordering::Equal,
            (Self::Nothing, _) => return Ordering::Greater,
            (_, Self::Nothing) => return Ordering::Less,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal),
        };
        if descending { order.reverse() } else { order }
    }
}

fn exact(number: f64) -> Option<i64> {
    // Beyond this a double has no whole numbers of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// An amount in major units.
pub(crate) fn amount(minor: i64, currency: &str) -> String {
    currency.parse().map_or_else(|_| minor.to_string(), |currency| Money { minor, currency }.to_decimal().to_string())
}
