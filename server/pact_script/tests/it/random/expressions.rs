//! Expressions of random scripts: queries, members, arithmetic, closures, calls.

use fastrand::Rng;
use pact_policy::table::{Kind, MEMBERS, NARROWS, ROOTS, Ty, members_of};

use super::generate::{Gen, Var};

impl Gen<'_> {
    pub(super) fn pick_var(&mut self, fits: impl Fn(&Ty) -> bool) -> Option<Var> {
        let all: Vec<&Var> = self.vars.iter().filter(|var| fits(&var.ty)).collect();
        let chosen = self.rng.usize(0..all.len().max(1));
        all.get(chosen).map(|var| (*var).clone())
    }

    /// A query and the kind of its elements.
    pub(super) fn query(&mut self, depth: usize) -> (String, Kind) {
        let of_vars: Vec<(String, Kind)> = self
            .vars
            .iter()
            .filter_map(|var| match var.ty {
                Ty::Record(of) => Some((var, of)),
                _ => None,
            })
            .flat_map(|(var, of)| {
                let queries = members_of(of).filter_map(|member| match member.ty {
                    Ty::Query(kind) => Some((format!("{}.{}", var.name, member.name), kind)),
                    _ => None,
                });
                queries.collect::<Vec<_>>()
            })
            .collect();
        let (mut text, kind) = if !of_vars.is_empty() && self.rng.bool() {
            of_vars[self.rng.usize(0..of_vars.len())].clone()
        } else {
            let root = &ROOTS[self.rng.usize(0..ROOTS.len())];
            (root.name.to_owned(), root.kind)
        };
        let narrows: Vec<_> = NARROWS.iter().filter(|narrow| narrow.of == kind && narrow.name != "field").collect();
        for _ in 0..self.rng.usize(0..3) {
            if narrows.is_empty() || depth == 0 {
                break;
            }
            let narrow = narrows[self.rng.usize(0..narrows.len())];
            let args: Option<Vec<String>> = narrow.params.iter().map(|ty| self.narrowing(narrow.name, *ty)).collect();
            let Some(args) = args else { continue };
            text = format!("{text}.{}({})", narrow.name, args.join(", "));
        }
        if self.rng.u8(0..8) == 0 {
            text = format!("{text}.limit({})", self.rng.u8(1..4));
        }
        (text, kind)
    }

    pub(super) fn narrowing(&mut self, name: &str, ty: Ty) -> Option<String> {
        match ty {
            Ty::Record(kind) => self.pick_var(|ty| *ty == Ty::Record(kind)).map(|var| var.name),
            Ty::Maybe(Ty::Record(Kind::Team)) => Some("teams.first()".to_owned()),
            Ty::Maybe(Ty::Record(Kind::Territory)) => Some("territories.first()".to_owned()),
            Ty::Text | Ty::Maybe(Ty::Text) => Some(format!("\"{}\"", word(name, self.rng))),
            Ty::AnySpan => Some(format!("days({})", self.rng.u8(1..12))),
            Ty::When => Some(format!("today() - days({})", self.rng.u8(1..20))),
            _ => None,
        }
    }

    /// An expression of a type.
    pub(super) fn expr(&mut self, ty: Ty, depth: usize) -> String {
        if depth > 0
            && self.rng.u8(0..3) > 0
            && let Some(text) = self.compound(ty, depth - 1)
        {
            return text;
        }
        if self.rng.bool()
            && let Some(var) = self.pick_var(|known| *known == ty)
        {
            return var.name;
        }
        if self.rng.bool()
            && let Some(text) = self.member(ty)
        {
            return text;
        }
        self.literal(ty)
    }

    pub(super) fn literal(&mut self, ty: Ty) -> String {
        match ty {
            Ty::Int | Ty::Number => self.rng.u8(0..6).to_string(),
            Ty::Text => format!("\"{}\"", ["x", "news", "offer", ""][self.rng.usize(0..4)]),
            Ty::Bool => self.rng.bool().to_string(),
            Ty::Day | Ty::When => "today()".to_owned(),
            Ty::Instant => "now()".to_owned(),
            Ty::Span | Ty::AnySpan => "days(3)".to_owned(),
            Ty::WorkSpan => "work_days(3)".to_owned(),
            Ty::Money => "money(1000, \"EUR\")".to_owned(),
            Ty::List(_) => "[]".to_owned(),
            Ty::Map => "#{}".to_owned(),
            Ty::Record(kind) => self.record(kind).unwrap_or_else(|| "()".to_owned()),
            Ty::Query(Kind::Person) => "people.all()".to_owned(),
            _ => "()".to_owned(),
        }
    }

    /// A member of a record in scope that has this type.
    pub(super) fn member(&mut self, ty: Ty) -> Option<String> {
        let kinds: Vec<&Var> = self.vars.iter().filter(|var| matches!(var.ty, Ty::Record(_))).collect();
        let all: Vec<String> = kinds
            .iter()
            .flat_map(|var| {
                MEMBERS
                    .iter()
                    .filter(|member| var.ty == Ty::Record(member.of) && member.ty == ty)
                    .map(|member| format!("{}.{}", var.name, member.name))
            })
            .collect();
        let chosen = self.rng.usize(0..all.len().max(1));
        all.get(chosen).cloned()
    }

    pub(super) fn compound(&mut self, ty: Ty, depth: usize) -> Option<String> {
        Some(match ty {
            Ty::Int => self.int(depth),
            Ty::Text => self.text(depth),
            Ty::Bool => self.truth(depth),
            Ty::List(_) => {
                let (query, kind) = self.query(depth);
                let name = self.name();
                let before = self.vars.len();
                self.vars.push(Var { name: name.clone(), ty: Ty::Record(kind) });
                let text = self.expr(Ty::Text, depth);
                self.vars.truncate(before);
                format!("{query}.map(|{name}| {text})")
            }
            _ => return None,
        })
    }

    pub(super) fn int(&mut self, depth: usize) -> String {
        match self.rng.u8(0..9) {
            0..=2 => format!("{}.len()", self.query(depth).0),
            3 => {
                let (query, condition) = self.filtered(depth);
                format!("{query}.filter({condition}).len()")
            }
            4 => format!("({} + {})", self.expr(Ty::Int, depth), self.expr(Ty::Int, depth)),
            5 => format!("({} * {} - 1)", self.expr(Ty::Int, depth), self.expr(Ty::Int, depth)),
            6 => format!("{}.len()", self.expr(Ty::Text, depth)),
            7 => match self.pick_var(|ty| matches!(ty, Ty::List(_) | Ty::Map)) {
                Some(var) => format!("{}.len()", var.name),
                None => "setting(\"limit\")".to_owned(),
            },
            _ => self.helper(Ty::Int, depth).unwrap_or_else(|| "2".to_owned()),
        }
    }

    pub(super) fn text(&mut self, depth: usize) -> String {
        match self.rng.u8(0..7) {
            0..=2 => {
                let (one, two) = (self.anything(depth), self.anything(depth));
                format!("`${{{one}}} and ${{{two}}}`")
            }
            3 => format!("`${{{}}}`", self.anything(depth)),
            4 => format!("({} + {})", self.expr(Ty::Text, depth), self.expr(Ty::Text, depth)),
            5 => match self.pick_var(|ty| *ty == Ty::Map) {
                Some(var) => format!("`${{{}}}`", var.name),
                None => format!(
                    "(if {} {{ {} }} else {{ {} }})",
                    self.expr(Ty::Bool, depth),
                    self.expr(Ty::Text, 0),
                    self.expr(Ty::Text, 0)
                ),
            },
            _ => self.helper(Ty::Text, depth).unwrap_or_else(|| "\"y\"".to_owned()),
        }
    }

    /// Something of any type that can be put into a text.
    pub(super) fn anything(&mut self, depth: usize) -> String {
        let vars: Vec<Var> = self.vars.iter().filter(|var| matches!(var.ty, Ty::Record(_))).cloned().collect();
        if !vars.is_empty() && self.rng.u8(0..3) > 0 {
            let var = &vars[self.rng.usize(0..vars.len())];
            let Ty::Record(kind) = var.ty else { return var.name.clone() };
            let members: Vec<_> = members_of(kind).filter(|member| !matches!(member.ty, Ty::Query(_))).collect();
            return format!("{}.{}", var.name, members[self.rng.usize(0..members.len())].name);
        }
        let ty = Self::plain_type(self.rng);
        self.expr(ty, depth)
    }

    pub(super) fn truth(&mut self, depth: usize) -> String {
        match self.rng.u8(0..9) {
            0..=1 => {
                format!("{} {} {}", self.expr(Ty::Int, depth), [">", "<", "=="][self.rng.usize(0..3)], self.expr(Ty::Int, depth))
            }
            2 => format!("{}.is_empty()", self.query(depth).0),
            3 => format!("({} && {})", self.expr(Ty::Bool, depth), self.expr(Ty::Bool, depth)),
            4 => format!("({} || {})", self.expr(Ty::Bool, depth), self.expr(Ty::Bool, depth)),
            5 => format!("{} == {}", self.expr(Ty::Text, depth), self.expr(Ty::Text, depth)),
            6..=7 => {
                let (one, kind) = self.maybe_record();
                match self.pick_var(|ty| *ty == Ty::Record(kind)) {
                    Some(var) => format!("{one} == {}", var.name),
                    None => format!("{one} != ()"),
                }
            }
            _ => {
                let (query, condition) = self.filtered(depth);
                format!("{query}.to_array().some({condition})")
            }
        }
    }

    pub(super) fn filtered(&mut self, depth: usize) -> (String, String) {
        let (query, kind) = self.query(depth);
        let name = self.name();
        let before = self.vars.len();
        self.vars.push(Var { name: name.clone(), ty: Ty::Record(kind) });
        let condition = self.expr(Ty::Bool, depth.min(2));
        self.vars.truncate(before);
        (query, format!("|{name}| {condition}"))
    }

    /// A call of one of the script's own functions: by name, or by a pointer to it.
    pub(super) fn helper(&mut self, ty: Ty, depth: usize) -> Option<String> {
        let fitting: Vec<_> = self.helpers.iter().filter(|(_, _, result)| *result == ty).cloned().collect();
        let (name, from, _) = fitting.get(self.rng.usize(0..fitting.len().max(1)))?.clone();
        let arg = match from {
            Ty::Record(kind) => self.record(kind)?,
            from => self.expr(from, depth),
        };
        Some(if self.rng.u8(0..3) == 0 { format!("Fn(\"{name}\").call({arg})") } else { format!("{name}({arg})") })
    }
}

/// Words that queries find something by.
fn word(name: &str, rng: &mut Rng) -> &'static str {
    let words: &[&str] = match name {
        "stage" => &["enquiry", "talks", "offer"],
        "from_source" => &["web form", "import"],
        "in_segment" => &["A", "B"],
        "kind" => &["wish", "complaint", "news"],
        "with_role" => &["rep", "manager"],
        "with_skill" => &["service", "pricing"],
        "speaking" => &["en", "de"],
        "named" => &["ann@example.com", "bo@example.com"],
        "in_region" => &["north", "south"],
        _ => &["heat-pump", "boiler"],
    };
    words[rng.usize(0..words.len())]
}
