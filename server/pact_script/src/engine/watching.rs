//! A look at the scope at each mark of a run that is done once more, because it failed the first time (see [`crate::seen`]).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pact_core::money::Money;
use pact_core::time::{Instant, Span, WorkSpan};
use rhai::{Array, Dynamic, EvalContext, FnPtr, Map};

use super::convert::{say_type, to_value};
use super::handles::Rows;
use crate::seen::marks::{CLOSURE, Mark, number};
use crate::seen::{DEPTH, FUNCTIONS, INNER_TEXT_CHARS, ITEMS, Seen, SeenValue, TEXT_CHARS, VARIABLES};
use crate::value::Value;

/// Operations before the failure within which the scope is looked at: whoever called earlier than that is not shown, and a long run is not done much slower.
const WINDOW: u64 = 20_000;
/// Operations of one mark.
const MARK_OPERATIONS: u64 = 2;

/// The one who looks, while there is a run to look at.
#[derive(Default)]
pub(crate) struct Watch {
    is_on: AtomicBool,
    now: Mutex<Option<Watching>>,
}

struct Watching {
    marks: Arc<[Mark]>,
    /// The operation at which the run failed the first time.
    failed_at: u64,
    reached: u64,
    frames: Vec<Frame>,
}

/// A function that is under way, or was when nothing was reached since.
struct Frame {
    level: usize,
    mark: usize,
    values: Vec<(String, Glimpse)>,
}

/// A value as it is at this moment, as far as it will be shown.
enum Glimpse {
    Value(Dynamic),
    /// The first elements, and how many there are.
    List(Vec<Glimpse>, usize),
    Map(Vec<(String, Glimpse)>, usize),
    Function,
    /// Somebody is changing it.
    Locked,
    /// What is inside too much else.
    Deep,
}

impl Watch {
    /// Looks from now on, at a run that failed at this operation the first time.
    pub(crate) fn begin(&self, marks: Arc<[Mark]>, failed_at: u64) {
        *self.lock() = Some(Watching { marks, failed_at, reached: 0, frames: Vec::new() });
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Looks no more, and tells what was seen of the functions that were under way; `calls` names them from outside to inside.
    pub(crate) fn end(&self, calls: &[String]) -> Vec<Seen> {
        self.is_on.store(false, Ordering::Relaxed);
        self.lock().take().map(|watching| watching.seen(calls)).unwrap_or_default()
    }

    /// Whether this is a mark of the run at hand; then its scope was looked at.
    pub(crate) fn is_mark(&self, name: &str, context: &EvalContext<'_, '_, '_, '_, '_, '_>, operations: u64) -> bool {
        if !self.is_on.load(Ordering::Relaxed) {
            return false;
        }
        let Some(mark) = number(name) else { return false };
        if let Some(watching) = self.lock().as_mut() {
            watching.reach(mark, name, context, operations);
        }
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Watching>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watching {
    fn reach(&mut self, mark: usize, name: &str, context: &EvalContext<'_, '_, '_, '_, '_, '_>, operations: u64) {
        self.reached += 1;
        let Some(place) = self.marks.get(mark) else { return };
        // A closure with the mark is being made, and does not run.
        if place.function.is_none() != context.scope().contains(name) {
            return;
        }
        if operations.saturating_sub(self.reached * MARK_OPERATIONS) + WINDOW < self.failed_at {
            return;
        }
        let level = context.call_level();
        self.frames.retain(|frame| frame.level < level);
        let mut values: Vec<(String, Glimpse)> = Vec::new();
        // From the one defined last on, which hides those of the same name.
        for (name, _, value) in context.scope().iter_raw() {
            if values.len() < VARIABLES && number(name).is_none() && values.iter().all(|(known, _)| known != name) {
                values.push((name.to_owned(), Glimpse::of(value, DEPTH)));
            }
        }
        values.reverse();
        self.frames.push(Frame { level, mark, values });
    }

    fn seen(self, calls: &[String]) -> Vec<Seen> {
        let Self { marks, mut frames, .. } = self;
        // Deeper ones had come back when it failed.
        frames.truncate(calls.len());
        let wanted = calls.last().filter(|name| !name.starts_with(CLOSURE));
        while frames.last().is_some_and(|frame| marks[frame.mark].function.as_ref() != wanted) {
            frames.pop();
        }
        let inner = frames.split_off(frames.len().saturating_sub(FUNCTIONS));
        let seen = inner.into_iter().map(|frame| {
            let Mark { file, number, function, line, .. } = marks[frame.mark].clone();
            let values = frame.values.into_iter().map(|(name, value)| value.shown(name)).collect();
            Seen { file, function, line, mark: number, values }
        });
        seen.collect()
    }
}

impl Glimpse {
    fn of(value: &Dynamic, depth: usize) -> Self {
        // A captured variable may be held by whoever changes it just now.
        if value.is_shared() && value.is_locked() {
            return Self::Locked;
        }
        if value.is::<FnPtr>() {
            return Self::Function;
        }
        if let Some(list) = value.read_lock::<Array>() {
            if depth == 0 {
                return Self::Deep;
            }
            return Self::List(list.iter().take(ITEMS).map(|item| Self::of(item, depth - 1)).collect(), list.len());
        }
        if let Some(map) = value.read_lock::<Map>() {
            if depth == 0 {
                return Self::Deep;
            }
            let entries = map.iter().take(ITEMS).map(|(key, item)| (key.to_string(), Self::of(item, depth - 1)));
            return Self::Map(entries.collect(), map.len());
        }
        Self::Value(value.flatten_clone())
    }

    fn shown(&self, name: String) -> SeenValue {
        let is = match self {
            Self::Value(value) => say_type(value),
            Self::List(..) => "array".to_owned(),
            Self::Map(..) => "map".to_owned(),
            Self::Function => "function".to_owned(),
            Self::Locked | Self::Deep => "value".to_owned(),
        };
        let record = match self {
            Self::Value(value) => match to_value(value) {
                Ok(Value::Ref(kind, id)) => Some((kind, id)),
                Ok(_) | Err(_) => None,
            },
            Self::List(..) | Self::Map(..) | Self::Function | Self::Locked | Self::Deep => None,
        };
        SeenValue { name, is, value: self.text(TEXT_CHARS), record }
    }

    fn text(&self, chars: usize) -> String {
        let more = |shown: usize, all: usize| if shown < all { format!(", … {all} altogether") } else { String::new() };
        match self {
            Self::Value(value) => text_of(value, chars),
            Self::List(items, all) => {
                let texts: Vec<String> = items.iter().map(|item| item.text(INNER_TEXT_CHARS)).collect();
                format!("[{}{}]", texts.join(", "), more(items.len(), *all))
            }
            Self::Map(entries, all) => {
                let texts: Vec<String> = entries
                    .iter()
                    .map(|(key, item)| format!("{}: {}", cut(key, INNER_TEXT_CHARS), item.text(INNER_TEXT_CHARS)))
                    .collect();
                format!("#{{{}{}}}", texts.join(", "), more(entries.len(), *all))
            }
            Self::Function => "a function".to_owned(),
            Self::Locked => "being changed".to_owned(),
            Self::Deep => "…".to_owned(),
        }
    }
}

fn text_of(value: &Dynamic, chars: usize) -> String {
    if let Some(rows) = value.read_lock::<Rows>() {
        return format!("a query of {}s", rows.kind().name());
    }
    match to_value(value) {
        Ok(Value::Unit) => "()".to_owned(),
        Ok(Value::Bool(yes)) => yes.to_string(),
        Ok(Value::Int(number)) => number.to_string(),
        Ok(Value::Decimal(number)) => number.to_string(),
        Ok(Value::Text(text)) => format!("\"{}\"", cut(&text, chars)),
        Ok(Value::Instant(millis)) => Instant::from_millis(millis).to_string(),
        Ok(Value::Day(day)) => day.to_string(),
        Ok(Value::Span(seconds)) => Span::of_seconds(seconds).to_string(),
        Ok(Value::WorkSpan(minutes)) => WorkSpan::of_minutes(minutes).to_string(),
        Ok(Value::Money { minor, currency }) => match currency.parse() {
            Ok(currency) => Money { minor, currency }.to_string(),
            Err(_) => format!("{minor} {currency}"),
        },
        Ok(Value::Ref(kind, id)) => format!("{} {id}", kind.name()),
        // A digest, a rotation, a tally: what they hold is not for whoever reads of this run.
        Ok(Value::List(_) | Value::Map(_)) | Err(_) => format!("a {}", say_type(value)),
    }
}

/// A text without line ends, cut where it is long.
fn cut(text: &str, chars: usize) -> String {
    let mut shown: String = text.chars().take(chars).map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if text.chars().nth(chars).is_some() {
        shown.push('…');
    }
    shown
}
