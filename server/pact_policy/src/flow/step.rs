//! How a label came about: a chain of steps from source to sink, for the path of a finding.

use std::collections::HashMap;

use super::marks::Marks;
use crate::ir::{Pos, Sym};

/// A step in the arena; 0 is none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StepId(pub(crate) u32);

impl StepId {
    pub(crate) const NONE: Self = Self(0);
    /// A step that was there before, whichever it is.
    pub(crate) const OLD: Self = Self(u32::MAX);

    const ELSEWHERE: u32 = 1 << 31;

    /// The step of another plugin that stored what this one reads from a slot, or of how *who* came into it.
    pub(crate) fn elsewhere(slot: u32, who: bool) -> Self {
        Self(Self::ELSEWHERE | (slot << 1) | u32::from(who))
    }

    /// The slot that the path goes through, and whether it is followed to *who*.
    pub(crate) fn slot(self) -> Option<(usize, bool)> {
        (self.0 & Self::ELSEWHERE != 0).then_some((((self.0 & !Self::ELSEWHERE) >> 1) as usize, self.0 & 1 == 1))
    }
}

/// What happened at a step.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Member(&'static str, &'static str, &'static str),
    Query(&'static str),
    Narrowed(&'static str),
    Fired(&'static str),
    Counted(Sym),
    Looped,
    Compared,
    Subtracted,
    /// Two ways from sources meet.
    Met,
    Kept(Sym),
    Branched,
    Left,
    Passed(Sym),
    Returned(Sym),
    Stored(Sym),
    Loaded(Sym),
    Unknown(Sym),
    Acts,
    OneInGroup,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) file: u32,
    pub(crate) pos: Pos,
    pub(crate) what: What,
    pub(crate) before: StepId,
    pub(crate) also: StepId,
    /// The scripts in which something was stored on the way.
    marks: Marks,
}

/// All steps of the judgement of one plugin.
#[derive(Default, Debug)]
pub(crate) struct Steps {
    all: Vec<Step>,
    /// The mark of each file, by its number.
    files: Vec<Marks>,
    /// The scripts on the paths of what other plugins stored.
    elsewhere: HashMap<StepId, Marks>,
}

/// The most steps that are kept; beyond it paths end early, findings do not.
const MOST_STEPS: usize = 500_000;

impl Steps {
    pub(crate) fn add(&mut self, file: u32, pos: Pos, what: What, before: StepId, also: StepId) -> StepId {
        if let Some(last) = self.get(before)
            && last.file == file
            && last.pos == pos
            && std::mem::discriminant(&last.what) == std::mem::discriminant(&what)
        {
            return before;
        }
        if self.all.len() >= MOST_STEPS {
            return before;
        }
        let stored = matches!(what, What::Stored(_));
        let here = self.files.get(file as usize).copied().filter(|_| stored).unwrap_or_default();
        let marks = here.with(self.marks(before)).with(self.marks(also));
        self.all.push(Step { file, pos, what, before, also, marks });
        StepId(u32::try_from(self.all.len()).unwrap_or(0))
    }

    /// Steps in files of these names.
    pub(crate) fn in_files<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self { files: names.map(Marks::of).collect(), ..Self::default() }
    }

    /// Notes the scripts on the path of what another plugin stored.
    pub(crate) fn note(&mut self, id: StepId, marks: Marks) {
        self.elsewhere.insert(id, marks);
    }

    /// The scripts in which something was stored on the way to a step.
    pub(crate) fn marks(&self, id: StepId) -> Marks {
        self.get(id).map(|step| step.marks).or_else(|| self.elsewhere.get(&id).copied()).unwrap_or_default()
    }

    /// Where two ways meet: both are told if the second comes from a script that the first does not name.
    pub(crate) fn meet(&mut self, first: StepId, second: StepId) -> StepId {
        if first == StepId::NONE || self.marks(first).has(self.marks(second)) {
            return first;
        }
        // What comes from another plugin has no place here; then the step has none and is not told.
        let (file, pos) = self.get(first).map_or((0, Pos::default()), |step| (step.file, step.pos));
        self.add(file, pos, What::Met, first, second)
    }

    pub(crate) fn get(&self, id: StepId) -> Option<&Step> {
        self.all.get((id.0 as usize).checked_sub(1)?)
    }

    /// The steps that steps point back to.
    pub(crate) fn links(&self) -> impl Iterator<Item = StepId> {
        self.all.iter().flat_map(|step| [step.before, step.also])
    }

    /// These steps and those that lead to them; the ids are changed to the new ones.
    pub(crate) fn only(&self, ids: Vec<&mut StepId>) -> Self {
        let mut news: HashMap<StepId, StepId> = HashMap::new();
        let mut kept = Self::default();
        for id in ids {
            *id = self.keep(*id, &mut kept, &mut news);
        }
        kept
    }

    fn keep(&self, id: StepId, kept: &mut Self, news: &mut HashMap<StepId, StepId>) -> StepId {
        // A step is older than what it leads to, so going down the chain and back up needs no recursion.
        let mut chain = Vec::new();
        let mut todo = vec![id];
        while let Some(at) = todo.pop() {
            if let (Some(step), false) = (self.get(at), news.contains_key(&at)) {
                chain.push(at);
                news.insert(at, StepId::NONE);
                todo.extend([step.before, step.also]);
            }
        }
        chain.sort_unstable_by_key(|at| at.0);
        let renamed = |news: &HashMap<StepId, StepId>, old: StepId| news.get(&old).copied().unwrap_or(old);
        for at in chain {
            let Some(step) = self.get(at) else { continue };
            let step = Step { before: renamed(news, step.before), also: renamed(news, step.also), ..step.clone() };
            kept.all.push(step);
            news.insert(at, StepId(u32::try_from(kept.all.len()).unwrap_or(0)));
        }
        renamed(news, id)
    }
}

impl What {
    /// The step in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Member(kind, name, label) => format!("reads `{name}` of a {kind}, which carries {label}"),
            Self::Query(root) => format!("reads `{root}`: that each one is there is a trace of what somebody did"),
            Self::Narrowed(name) => format!("narrows by `{name}`"),
            Self::Fired("on_lead_quiet") => "the quiet clock of the lead calls `on_lead_quiet`".to_owned(),
            Self::Fired(entry) => format!("an act of a member of staff calls `{entry}`: being called is a trace"),
            Self::Counted(name) => format!("`{name}` makes one value of many"),
            Self::Looped => "changes with every turn of the loop, so it gathers what the loop goes over".to_owned(),
            Self::Compared => "compares".to_owned(),
            Self::Subtracted => "takes one instant from another".to_owned(),
            Self::Met => "meets what comes from another script".to_owned(),
            Self::Kept(name) => format!("is kept in `{name}`"),
            Self::Branched => "decides which way the script goes".to_owned(),
            Self::Left => "decides whether the code behind it is reached".to_owned(),
            Self::Passed(name) if name.starts_with("anon$") => "is handed to a closure".to_owned(),
            Self::Passed(name) => format!("is handed to `{name}`"),
            Self::Returned(name) if name.starts_with("anon$") => "comes back from a closure".to_owned(),
            Self::Returned(name) => format!("comes back from `{name}`"),
            Self::Stored(name) => format!("is stored in the field `{name}`"),
            Self::Loaded(name) => format!("is read from the field `{name}`"),
            Self::Unknown(name) => format!("nobody can tell what `{name}` holds"),
            Self::Acts => "reads the acts of a coaching period".to_owned(),
            Self::OneInGroup => "asks a rotation over a group chosen by hand, which tells one person's load".to_owned(),
        }
    }
}
