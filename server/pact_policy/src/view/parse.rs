//! From TOML to views, with the line of each mistake.

use serde::Deserialize;
use toml::Spanned;

use super::path::{Form, Path};
use super::{Chart, Filter, Function, Key, MAX_ENTRIES, MAX_KEYS, MAX_VIEWS, Measure, Of, Op, Operand, View, Word, order};
use crate::manifest::ManifestError;
use crate::manifest::field::Place;
use crate::manifest::parse::{at, place};
use crate::manifest::span::SpanText;
use crate::table::Kind;

/// A view as written, with the places of its words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    name: Spanned<String>,
    title: Spanned<String>,
    of: Spanned<Of>,
    #[serde(default)]
    columns: Vec<Spanned<String>>,
    #[serde(default)]
    filter: Vec<WrittenFilter>,
    #[serde(default)]
    group: Vec<Spanned<String>>,
    #[serde(default)]
    measure: Vec<Spanned<String>>,
    #[serde(default)]
    sort: Vec<Spanned<String>>,
    chart: Option<Chart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFilter {
    by: Spanned<String>,
    op: Op,
    value: Option<Operand>,
}

/// Reads the views of a file: a list of `[[view]]` tables.
///
/// # Errors
/// The first mistake, with its line.
pub fn parse_views(text: &str) -> Result<Vec<View>, ManifestError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Views {
        #[serde(default)]
        view: Vec<Written>,
    }
    let views: Views = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        at(text, start, format!("the view cannot be read: {}", error.message()))
    })?;
    views_of(text, views.view)
}

/// The views of a manifest or file, checked.
pub(crate) fn views_of(text: &str, written: Vec<Written>) -> Result<Vec<View>, ManifestError> {
    if written.len() > MAX_VIEWS {
        return Err(at(text, 0, format!("there are more than {MAX_VIEWS} views in this file; split it")));
    }
    let mut views: Vec<View> = Vec::with_capacity(written.len());
    for one in written {
        let start = one.name.span().start;
        let view = one.placed(text);
        check(&view).map_err(|(place, message)| ManifestError { line: place.line, column: place.column, message })?;
        if views.iter().any(|known| known.name == view.name) {
            return Err(at(text, start, format!("the view \"{}\" is there twice; take one out", view.name)));
        }
        views.push(view);
    }
    Ok(views)
}

impl Written {
    fn placed(self, text: &str) -> View {
        let spot = |offset: usize| {
            let (line, column) = place(text, offset);
            Place { line, column }
        };
        // A quoted word starts behind its quote.
        let word = |word: Spanned<String>| Word { place: spot(word.span().start + 1), text: word.into_inner() };
        let words = |all: Vec<Spanned<String>>| all.into_iter().map(word).collect();
        let filter = self.filter.into_iter().map(|it| Filter { by: word(it.by), op: it.op, value: it.value }).collect();
        View {
            place: spot(self.of.span().start + 1),
            name: self.name.into_inner(),
            title: self.title.into_inner(),
            of: self.of.into_inner(),
            columns: words(self.columns),
            filter,
            group: words(self.group),
            measure: words(self.measure),
            sort: words(self.sort),
            chart: self.chart,
        }
    }
}

type Mistake = (Place, String);

/// What a view must hold beside its form: paths that exist, and conditions and measures that fit what they hold.
pub(super) fn check(view: &View) -> Result<(), Mistake> {
    let wrong = |message: String| Err((view.place, message));
    let name = &view.name;
    if name.is_empty() || name.len() > 64 || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return wrong(format!("the name \"{name}\" may hold a-z, 0-9 and - only, at most 64 of them"));
    }
    if view.title.trim().is_empty() || view.title.chars().count() > 200 {
        return wrong("the title says in at most 200 characters what the view shows".to_owned());
    }
    let parts = [view.columns.len(), view.filter.len(), view.measure.len(), view.sort.len()];
    if parts.into_iter().any(|entries| entries > MAX_ENTRIES) {
        return wrong(format!("columns, filter, measure and sort have at most {MAX_ENTRIES} entries each"));
    }
    if view.group.len() > MAX_KEYS {
        return wrong(format!("a view groups by at most {MAX_KEYS} paths"));
    }
    match (view.is_report(), view.columns.is_empty()) {
        (true, false) => {
            return wrong("a view has either `columns`, as a list, or `group` and `measure`, as a report".to_owned());
        }
        (true, true) if view.measure.is_empty() => {
            return wrong("a view with `group` needs a `measure`, such as measure = [\"count\"]".to_owned());
        }
        (false, true) => return wrong("a view shows something: give it `columns`, or `group` and `measure`".to_owned()),
        (true | false, _) => {}
    }
    let kind = view.of.kind();
    for word in &view.columns {
        resolve(kind, word, &word.text)?;
    }
    for filter in &view.filter {
        check_filter(kind, filter)?;
    }
    for word in &view.group {
        check_key(kind, word)?;
    }
    for word in &view.measure {
        check_measure(view.of, word)?;
    }
    check_sort(view)
}

fn resolve(kind: Kind, word: &Word, text: &str) -> Result<Path, Mistake> {
    Path::of(kind, text).map_err(|why| (word.place, why))
}

fn check_sort(view: &View) -> Result<(), Mistake> {
    for word in &view.sort {
        let (entry, _) = order(&word.text);
        if !view.is_report() {
            resolve(view.of.kind(), word, entry)?;
        } else if !view.group.iter().chain(&view.measure).any(|known| known.text == entry) {
            return Err((
                word.place,
                format!("a report is sorted by what it shows, and `{entry}` is neither in its group nor in its measure"),
            ));
        }
    }
    Ok(())
}

fn check_key(kind: Kind, word: &Word) -> Result<(), Mistake> {
    let key = Key::of(&word.text);
    let path = resolve(kind, word, key.path)?;
    let fits = match (path.form, key.period) {
        (Form::Day | Form::Instant, period) => period.is_some(),
        (Form::Field, _) => true,
        (Form::Text | Form::Number | Form::Bool | Form::Record(_), None) => true,
        (Form::Text | Form::Number | Form::Bool | Form::Record(_), Some(_)) | (Form::Money | Form::Clock, _) => false,
    };
    if fits {
        return Ok(());
    }
    let why = match path.form {
        Form::Day | Form::Instant => format!("days are grouped in periods: write month({})", key.path),
        Form::Money | Form::Clock => format!("`{}` has too many values to group by; use it in `filter`", key.path),
        Form::Text | Form::Number | Form::Bool | Form::Record(_) | Form::Field => format!("`{}` is no day", key.path),
    };
    Err((word.place, why))
}

fn check_measure(of: Of, word: &Word) -> Result<(), Mistake> {
    let Some(measure) = Measure::of(&word.text) else {
        let message =
            format!("`{}` is no measure; there are count, customers, sum(…), average(…), least(…) and most(…)", word.text);
        return Err((word.place, message));
    };
    if measure.function == Function::Customers && !matches!(of, Of::Leads | Of::Cards) {
        return Err((word.place, "`customers` is counted in views of leads and cards".to_owned()));
    }
    let Some(path) = measure.path else { return Ok(()) };
    let path = resolve(of.kind(), word, path)?;
    match path.form {
        Form::Number | Form::Money | Form::Field => Ok(()),
        Form::Text if path.label != crate::table::Label::NONE => Ok(()),
        Form::Text | Form::Day | Form::Instant | Form::Bool | Form::Clock | Form::Record(_) => {
            Err((word.place, format!("`{}` is no number and no amount", path.text())))
        }
    }
}

fn check_filter(kind: Kind, filter: &Filter) -> Result<(), Mistake> {
    let path = resolve(kind, &filter.by, &filter.by.text)?;
    let wrong = |why: &str| Err((filter.by.place, format!("`{}` {}: {why}", filter.by.text, filter.op.word())));
    let value = filter.value.as_ref();
    match (filter.op, value) {
        (Op::IsSet | Op::IsEmpty, None) => return Ok(()),
        (Op::IsSet | Op::IsEmpty, Some(_)) => return wrong("takes no value"),
        (_, None) => return wrong("needs a value"),
        (Op::OneOf, Some(Operand::Texts(texts))) if texts.is_empty() || texts.len() > 100 => {
            return wrong("takes 1 to 100 values");
        }
        (Op::OneOf, Some(Operand::Texts(_))) => {}
        (Op::OneOf, Some(_)) => return wrong("takes a list of texts"),
        (_, Some(Operand::Texts(_))) => return wrong("takes one value, not a list"),
        (Op::Is | Op::IsNot | Op::AtLeast | Op::Below | Op::Contains, Some(_)) => {}
    }
    let text = match value {
        Some(Operand::Text(text)) => Some(text.as_str()),
        Some(Operand::Bool(_) | Operand::Number(_) | Operand::Texts(_)) | None => None,
    };
    let number = matches!(value, Some(Operand::Number(_)));
    match (path.form, filter.op) {
        (Form::Field, _) => Ok(()),
        (Form::Text | Form::Record(_), Op::Is | Op::IsNot) if text.is_some() => Ok(()),
        (Form::Text | Form::Record(_), Op::OneOf) | (Form::Text, Op::Contains) => Ok(()),
        (Form::Bool, Op::Is | Op::IsNot) if matches!(value, Some(Operand::Bool(_))) => Ok(()),
        (Form::Number, Op::Is | Op::IsNot | Op::AtLeast | Op::Below) if number => Ok(()),
        (Form::Money, Op::AtLeast | Op::Below) if text.is_some_and(is_amount) => Ok(()),
        (Form::Money, Op::AtLeast | Op::Below) => wrong("takes an amount with its currency, such as \"10000 EUR\""),
        (Form::Day | Form::Instant, Op::AtLeast | Op::Below) if text.is_some_and(|text| When::of(text).is_some()) => Ok(()),
        (Form::Day | Form::Instant, Op::AtLeast | Op::Below) => wrong(
            "takes a day: \"2026-11-24\", \"today\", \"90 days ago\", \"in 30 days\", \"start of month\", \"start of quarter\" or \"start of year\"",
        ),
        (Form::Clock, Op::AtLeast | Op::Below) => match text.map(SpanText::parse) {
            Some(Ok(_)) => Ok(()),
            Some(Err(why)) => wrong(&why),
            None => wrong("takes a span such as \"5 work days\""),
        },
        // A condition on what an act leaves behind is refused by the policy, whatever it asks.
        _ if path.label.has(crate::table::Label::TRACE) => Ok(()),
        _ => wrong("does not fit what it holds"),
    }
}

fn is_amount(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(amount, currency)| {
        amount.parse::<f64>().is_ok() && currency.len() == 3 && currency.chars().all(|c| c.is_ascii_uppercase())
    })
}

/// A day, by the calendar or from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// This day.
    Day(chrono::NaiveDate),
    /// So many days from today; before it where negative.
    Days(i64),
    /// The first day of the present period.
    Start(super::Period),
}

impl When {
    /// Reads a day, or nothing where it is none.
    pub fn of(text: &str) -> Option<Self> {
        if let Ok(day) = text.parse() {
            return Some(Self::Day(day));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let days = |count: &str, unit: &str, sign: i64| {
            let unit = match unit {
                "day" | "days" => 1,
                "week" | "weeks" => 7,
                _ => return None,
            };
            let count: i64 = count.parse().ok().filter(|count| (0..=36_500).contains(count))?;
            Some(Self::Days(sign * count * unit))
        };
        match words.as_slice() {
            ["today"] => Some(Self::Days(0)),
            [count, unit, "ago"] => days(count, unit, -1),
            ["in", count, unit] => days(count, unit, 1),
            ["start", "of", period] => super::Period::of_word(period).filter(|it| *it != super::Period::Day).map(Self::Start),
            _ => None,
        }
    }
}
