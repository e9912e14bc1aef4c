//! How a label came about: a chain of steps from source to sink, for the path of a finding.

use crate::ir::{Pos, Sym};

/// A step in the arena; 0 is none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StepId(pub(crate) u32);

impl StepId {
    pub(crate) const NONE: Self = Self(0);
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
    /// The files in which something was stored on the way, as a small set.
    stored: u64,
}

/// All steps of a judgement.
#[derive(Default, Debug)]
pub(crate) struct Steps {
    all: Vec<Step>,
}

/// The longest path that a finding tells.
const LONGEST_PATH: usize = 32;

/// The most steps that are kept; beyond it paths end early, findings do not.
const MOST_STEPS: usize = 2_000_000;

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
        let here = if matches!(what, What::Stored(_)) { 1 << (file % 64) } else { 0 };
        let stored = here | self.stored(before) | self.stored(also);
        self.all.push(Step { file, pos, what, before, also, stored });
        StepId(u32::try_from(self.all.len()).unwrap_or(0))
    }

    fn stored(&self, id: StepId) -> u64 {
        self.get(id).map_or(0, |step| step.stored)
    }

    /// Where two ways meet: both are told if the second comes from a script that the first does not name.
    pub(crate) fn meet(&mut self, first: StepId, second: StepId) -> StepId {
        let more = self.stored(second) & !self.stored(first);
        match self.get(first) {
            Some(step) if more != 0 => {
                let (file, pos) = (step.file, step.pos);
                self.add(file, pos, What::Met, first, second)
            }
            _ => first,
        }
    }

    pub(crate) fn get(&self, id: StepId) -> Option<&Step> {
        self.all.get((id.0 as usize).checked_sub(1)?)
    }

    /// The steps that lead to this one, oldest first.
    pub(crate) fn path(&self, id: StepId) -> Vec<&Step> {
        let mut path = Vec::new();
        self.collect(id, &mut path, 0);
        path.reverse();
        path.dedup_by(|a, b| {
            a.file == b.file && a.pos == b.pos && std::mem::discriminant(&a.what) == std::mem::discriminant(&b.what)
        });
        path
    }

    fn collect<'a>(&'a self, mut id: StepId, path: &mut Vec<&'a Step>, depth: usize) {
        while let Some(step) = self.get(id) {
            if path.len() >= LONGEST_PATH {
                return;
            }
            path.push(step);
            if step.also != StepId::NONE && depth < 8 {
                self.collect(step.also, path, depth + 1);
            }
            id = step.before;
        }
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
