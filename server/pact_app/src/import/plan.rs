//! Which column says what, and what a row says by it.

use std::collections::{BTreeMap, HashMap};

use pact_core::money::Currency;
use pact_script::value::Value;
use serde::{Deserialize, Serialize};

use super::custom::{Custom, Habits};
use super::layout::Sample;
use super::rows::Cells;
use super::{Field, Unreadable, header, places, value};
use crate::Refusal;
use crate::ops::lead::{ContactGiven, CustomerGiven, EnterLead};

/// Where leads come from when neither the file nor whoever sends it says so.
pub const DEFAULT_SOURCE: &str = "import";
/// How many names of columns a sentence holds.
const NAMES_IN_SENTENCE: usize = 30;

/// A mapping as people make and save it: what columns of certain names say, and what holds for all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// What each column says, by its name; one that is not named, or null, is left out.
    pub columns: BTreeMap<String, Option<Field>>,
    /// Columns that say custom fields, by their names: the record and the field, such as `customer.seats`.
    pub custom: BTreeMap<String, String>,
    /// The source of leads whose row names none.
    pub source: Option<String>,
    /// The product of leads whose row names none.
    pub product: Option<String>,
    /// The currency of values that name none.
    pub currency: Option<Currency>,
    /// Whether `03/04/2026` is the third of April; found from the file when it is left out.
    pub day_first: Option<bool>,
    /// Whether the first row names the columns; found from the file when it is left out.
    pub header: Option<bool>,
    /// The file's encoding; found from the file when it is left out.
    pub encoding: Option<String>,
}

/// A mapping on a file: what each of its columns says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The file's columns, in their order.
    pub columns: Vec<Column>,
    /// Whether the first row names the columns.
    pub header: bool,
    /// The source of leads whose row names none.
    pub source: String,
    /// The product of leads whose row names none.
    pub product: Option<String>,
    /// The currency of values that name none.
    pub currency: Option<Currency>,
    /// Whether `03/04/2026` is the third of April.
    pub day_first: bool,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, which no other column has.
    pub name: String,
    /// What it says; a column that says nothing to PACT is left out.
    pub field: Option<Field>,
    /// The custom field that it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
}

impl Plan {
    /// Puts a mapping on a file, or guesses one. `home` is the organisation's country.
    ///
    /// # Errors
    /// A mapping for another file, or a file of which no column says who asks.
    pub fn make(sample: &Sample, mapping: Option<&Mapping>, home: &str) -> Result<Self, Unreadable> {
        let given = mapping.filter(|mapping| !mapping.columns.is_empty());
        let fields = match given {
            Some(mapping) => mapped(&sample.columns, mapping)?,
            None => header::guess(&sample.columns, &sample.rows),
        };
        if !fields.iter().flatten().any(|field| field.says_who()) {
            return Err(Unreadable::Nobody(names(&sample.columns)));
        }
        let day_at = fields.iter().position(|field| *field == Some(Field::ExpectedOn));
        let days = sample.rows.iter().filter_map(|row| row.get(day_at?).map(String::as_str));
        let mapping = mapping.cloned().unwrap_or_default();
        Ok(Self {
            day_first: mapping.day_first.or_else(|| value::tells_day_first(days)).unwrap_or(home != "US"),
            columns: sample
                .columns
                .iter()
                .cloned()
                .zip(fields)
                .map(|(name, field)| Column { name, field, custom: None })
                .collect(),
            header: sample.layout.header,
            source: mapping.source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned()),
            product: mapping.product,
            currency: mapping.currency.or_else(|| value::currency_of(home)),
        })
    }

    /// The same plan with columns that say custom fields; each of `custom` is looked for as its mapping has it.
    ///
    /// # Errors
    /// A column that the file does not have.
    pub fn with_custom(mut self, mapping: &Mapping, custom: &BTreeMap<String, Custom>) -> Result<Self, Unreadable> {
        for (name, says) in &mapping.custom {
            let alike = header::plain(name);
            let column = self.columns.iter_mut().find(|column| column.name == *name || header::plain(&column.name) == alike);
            let Some(column) = column else {
                return Err(Unreadable::OtherMapping(names(
                    &self.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>(),
                )));
            };
            column.field = None;
            column.custom = custom.get(says).cloned();
        }
        Ok(self)
    }

    /// The columns that say nothing to PACT.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|column| column.field.is_none() && column.custom.is_none()).map(|column| column.name.as_str())
    }

    /// Reads rows by this plan.
    pub fn reader(&self) -> Reader<'_> {
        let places = self.columns.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect();
        Reader { plan: self, places }
    }

    /// Why a lead of a row was refused, with the name of the column that is to blame.
    pub fn explain(&self, refusal: &Refusal) -> String {
        let Refusal::Invalid { field, why } = refusal else { return refusal.to_string() };
        let alike = match field.parse::<Field>() {
            Ok(Field::ContactName) => vec![Field::ContactName, Field::ContactLastName, Field::ContactFirstName],
            Ok(field) => vec![field],
            Err(_) => Vec::new(),
        };
        let column = alike.iter().find_map(|field| self.columns.iter().find(|column| column.field == Some(*field)));
        match column {
            Some(column) => in_column(&column.name, why),
            None => why.clone(),
        }
    }
}

/// Columns by a mapping: by the same name, or by one that differs in case, accents and signs only.
fn mapped(columns: &[String], mapping: &Mapping) -> Result<Vec<Option<Field>>, Unreadable> {
    let alike: HashMap<String, Option<Field>> =
        mapping.columns.iter().map(|(name, field)| (header::plain(name), *field)).collect();
    let of = |name: &String| mapping.columns.get(name).or_else(|| alike.get(&header::plain(name)));
    if !columns.iter().any(|name| of(name).is_some()) {
        return Err(Unreadable::OtherMapping(names(columns)));
    }
    Ok(columns.iter().map(|name| of(name).copied().flatten()).collect())
}

fn names(columns: &[String]) -> String {
    let mut names: Vec<String> = columns.iter().take(NAMES_IN_SENTENCE).map(|name| format!("\"{name}\"")).collect();
    if columns.len() > NAMES_IN_SENTENCE {
        names.push("…".to_owned());
    }
    names.join(", ")
}

fn in_column(name: &str, why: &str) -> String {
    format!("Column \"{name}\": {why}")
}

/// Reads rows by a plan.
pub struct Reader<'a> {
    plan: &'a Plan,
    places: HashMap<&'a str, usize>,
}

/// What a row says, by field; each with the name of its column.
struct Said<'a> {
    by_field: HashMap<Field, (&'a str, String)>,
}

impl Said<'_> {
    fn take(&mut self, field: Field) -> Option<String> {
        self.by_field.remove(&field).map(|(_, text)| text)
    }

    /// A cell that has to be more than text; `None` from `read` refuses it.
    fn read<T>(&mut self, field: Field, read: impl FnOnce(&str) -> Option<T>, wanted: &str) -> Result<Option<T>, String> {
        let Some((column, text)) = self.by_field.remove(&field) else { return Ok(None) };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(in_column(column, &format!("\"{}\" is no {wanted}", shortened(&text)))),
        }
    }
}

impl Reader<'_> {
    /// What a row says, as a lead to enter.
    ///
    /// # Errors
    /// Why it cannot be read, with the column's name.
    pub fn lead(&self, cells: &Cells) -> Result<EnterLead, String> {
        let plan = self.plan;
        let mut said = Said { by_field: HashMap::new() };
        self.gather(cells, &mut said)?;
        let lead = EnterLead {
            title: said.take(Field::Title),
            source: said.take(Field::Source).unwrap_or_else(|| plan.source.clone()),
            product: said.take(Field::Product).or_else(|| plan.product.clone()),
            message: said.take(Field::Message),
            value: self.value(&mut said)?,
            expected_on: said.read(
                Field::ExpectedOn,
                |text| value::day(text, plan.day_first),
                "day. Write it like 2026-12-31 or 31.12.2026.",
            )?,
            customer: customer(&mut said)?,
            contact: contact(&mut said)?,
            external_key: said.take(Field::ExternalKey),
            bulk: true,
        };
        Ok(lead)
    }

    /// What a row says of custom fields.
    ///
    /// # Errors
    /// Why a cell cannot be read, with the column's name.
    pub fn custom(&self, cells: &Cells) -> Result<Vec<(Custom, Value)>, String> {
        let habits = Habits { day_first: self.plan.day_first, currency: self.plan.currency };
        let mut values = Vec::new();
        for (at, column) in self.plan.columns.iter().enumerate() {
            let Some(custom) = &column.custom else { continue };
            let cell = match cells {
                Cells::Placed(cells) => cells.get(at).map(String::as_str),
                Cells::Named(cells) => cells.iter().find(|(name, _)| *name == column.name).map(|(_, cell)| cell.as_str()),
            };
            let value = custom.read(cell.unwrap_or_default(), habits).map_err(|why| in_column(&column.name, &why))?;
            values.extend(value.map(|value| (custom.clone(), value)));
        }
        Ok(values)
    }

    fn gather<'b>(&'b self, cells: &Cells, said: &mut Said<'b>) -> Result<(), String> {
        let columns = &self.plan.columns;
        match cells {
            Cells::Placed(cells) => {
                if cells.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
                    return Err(format!(
                        "The row has {} cells and the file {} columns. A delimiter inside a text needs quotes around the text.",
                        cells.len(),
                        columns.len(),
                    ));
                }
                columns.iter().zip(cells).for_each(|(column, cell)| add(column, cell, said));
            }
            Cells::Named(cells) => {
                for (name, cell) in cells {
                    if let Some(at) = self.places.get(name.as_str()) {
                        add(&columns[*at], cell, said);
                    }
                }
            }
        }
        if said.by_field.keys().any(|field| field.says_who()) {
            return Ok(());
        }
        Err("The row does not say who asks: no company, no name, no e-mail address. Add one of them.".to_owned())
    }

    fn value(&self, said: &mut Said<'_>) -> Result<Option<pact_core::money::Money>, String> {
        let currency = said.read(Field::Currency, currency, "currency. Write its code of three letters, such as EUR.")?;
        let Some((column, text)) = said.by_field.remove(&Field::Value) else { return Ok(None) };
        value::money(&text, currency.or(self.plan.currency)).map(Some).map_err(|why| in_column(column, &why))
    }
}

/// Adds what a cell says to its field.
fn add<'b>(column: &'b Column, cell: &str, said: &mut Said<'b>) {
    let (Some(field), Some(text)) = (column.field, value::said(cell)) else { return };
    match said.by_field.get_mut(&field) {
        None => {
            said.by_field.insert(field, (&column.name, text.to_owned()));
        }
        Some((_, before)) => {
            if let Some(between) = field.joined_by() {
                before.push_str(between);
                before.push_str(text);
            }
        }
    }
}

fn currency(text: &str) -> Option<Currency> {
    text.parse().ok().or_else(|| value::money(&format!("1 {text}"), None).ok().map(|money| money.currency))
}

fn customer(said: &mut Said<'_>) -> Result<CustomerGiven, String> {
    Ok(CustomerGiven {
        id: None,
        name: said.take(Field::CustomerName),
        website: said.take(Field::CustomerWebsite),
        phone: said.take(Field::CustomerPhone),
        street: said.take(Field::CustomerStreet),
        postcode: said.take(Field::CustomerPostcode),
        city: said.take(Field::CustomerCity),
        country: said.read(Field::CustomerCountry, places::country, "country that PACT knows. Write two letters, such as NL.")?,
        segment: said.take(Field::CustomerSegment),
        industry: said.take(Field::CustomerIndustry),
        employees: said.read(Field::CustomerEmployees, value::employees, "number of employees. Write one like 250.")?,
    })
}

fn contact(said: &mut Said<'_>) -> Result<Option<ContactGiven>, String> {
    let whole = said.take(Field::ContactName);
    let parts: Vec<String> =
        [said.take(Field::ContactFirstName), said.take(Field::ContactLastName)].into_iter().flatten().collect();
    let contact = ContactGiven {
        id: None,
        name: if parts.is_empty() { whole } else { Some(parts.join(" ")) },
        title: said.take(Field::ContactTitle),
        email: said.take(Field::ContactEmail).map(|text| first_address(&text)),
        phone: said.take(Field::ContactPhone),
        language: said.read(
            Field::ContactLanguage,
            places::language,
            "language that PACT knows. Write two letters, such as nl.",
        )?,
    };
    Ok((contact != ContactGiven::default()).then_some(contact))
}

/// The first address of several in one cell.
fn first_address(text: &str) -> String {
    let mut parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.find(|part| value::looks_like_email(part)).unwrap_or(text).to_owned()
}

/// The start of a long text, for a sentence.
pub(super) fn shortened(text: &str) -> String {
    const CHARS: usize = 60;
    if text.chars().count() <= CHARS { text.to_owned() } else { text.chars().take(CHARS).chain(['…']).collect() }
}
