//! The type of what stands before a dot, as far as the words of an unfinished script tell it.
//!
//! A wrong guess would only offer a wrong completion, so where nothing is known nothing is guessed; the judge decides elsewhere.

use pact_policy::table::{ENTRY_POINTS, FUNCTIONS, FnId, Function, Kind, MEMBERS, NARROWS, ROOTS, Ty};

use super::tokens::{Token, TokenKind, tokens};

/// A type, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// A type of the interface.
    Ty(Ty),
    /// A list of records.
    Records(Kind),
}

/// A script's words, with what can be told of them.
pub(crate) struct Script<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token>,
    /// Functions that a schedule calls with a person.
    scheduled: Vec<String>,
}

/// A function of a script, by its tokens.
pub(crate) struct Defined<'a> {
    pub(crate) name: &'a str,
    pub(crate) token: Token,
    pub(crate) params: Vec<&'a str>,
    /// From the `fn` to the brace that closes it.
    pub(crate) bytes: std::ops::Range<usize>,
    /// The comment above it.
    pub(crate) doc: String,
}

/// How many variables are followed before a type is given up.
const DEEPEST: usize = 12;

impl<'a> Script<'a> {
    pub(crate) fn new(text: &'a str, scheduled: Vec<String>) -> Self {
        let tokens = tokens(text).into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
        Self { text, tokens, scheduled }
    }

    pub(crate) fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| &self.text[token.start..token.end])
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Name)
    }

    /// The token that a byte is in, or just behind.
    pub(crate) fn token_at(&self, offset: usize) -> Option<usize> {
        let at = self.tokens.partition_point(|token| token.start <= offset).checked_sub(1)?;
        (offset <= self.tokens[at].end).then_some(at)
    }

    /// The functions that the script defines.
    pub(crate) fn functions(&self) -> Vec<Defined<'a>> {
        let mut all = Vec::new();
        for at in 0..self.tokens.len() {
            if self.word(at) == "fn" && self.is_name(at + 1) && self.word(at + 2) == "(" {
                let close = self.closing(at + 2);
                let params = (at + 3..close).filter(|&at| self.is_name(at)).map(|at| self.word(at)).collect();
                let end = self.closing(close + 1);
                let end = self.tokens.get(end).map_or(self.text.len(), |token| token.end);
                let token = self.tokens[at + 1];
                let bytes = self.tokens[at].start..end;
                all.push(Defined { name: self.word(at + 1), token, params, doc: self.comment_above(bytes.start), bytes });
            }
        }
        all
    }

    fn comment_above(&self, start: usize) -> String {
        let head = self.text[..start].trim_end_matches([' ', '\t']);
        let mut lines: Vec<&str> = Vec::new();
        for line in head.lines().rev() {
            let line = line.trim();
            if !line.starts_with("//") || line.starts_with("//!") {
                break;
            }
            lines.push(line.trim_start_matches('/').trim());
        }
        lines.reverse();
        lines.join(" ")
    }

    /// The token that closes the bracket at this one; the end if it does not close.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.word(at) {
                "(" | "[" | "{" | "${" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..=close).rev() {
            match self.word(at) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" | "${" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The type of what ends with this token: a name with all that is called on it.
    pub(crate) fn type_before(&self, end: usize) -> Option<Known> {
        let start = self.chain_start(end)?;
        self.chain(start, end + 1, 0)
    }

    /// Where the chain that ends here starts: `lead.customer.owner` at `lead`.
    fn chain_start(&self, end: usize) -> Option<usize> {
        let mut at = end;
        loop {
            if matches!(self.word(at), ")" | "]") {
                at = self.opening(at)?;
                if at > 0 && self.is_name(at - 1) {
                    at -= 1;
                } else if at == 0 || self.word(at) != "[" {
                    return Some(at);
                } else {
                    at -= 1;
                    continue;
                }
            }
            if at > 0 && self.word(at - 1) == "." {
                at = at.checked_sub(2)?;
            } else {
                return Some(at);
            }
        }
    }

    /// The type of the expression from `start` to before `end`; operators leave it unknown, but for what gives way to another.
    fn chain(&self, start: usize, end: usize, depth: usize) -> Option<Known> {
        if depth > DEEPEST || start >= end {
            return None;
        }
        let mut at = start;
        let mut known = if self.word(at) == "(" {
            let close = self.closing(at);
            let inner = self.chain(at + 1, close, depth + 1);
            at = close + 1;
            inner?
        } else if self.tokens[at].kind == TokenKind::Text {
            at += 1;
            Known::Ty(Ty::Text)
        } else if self.word(at) == "[" {
            at = self.closing(at) + 1;
            Known::Ty(Ty::List(&Ty::Any))
        } else if self.word(at + 1) == "(" {
            let close = self.closing(at + 1);
            let known = self.called(at, close, depth)?;
            at = close + 1;
            known
        } else {
            at += 1;
            self.variable(at - 1, depth)?
        };
        while at < end {
            match self.word(at) {
                "." if self.is_name(at + 1) => {
                    let call = self.word(at + 2) == "(";
                    known = member(&known, self.word(at + 1), call)?;
                    at = if call { self.closing(at + 2) + 1 } else { at + 2 };
                }
                "[" => {
                    known = element(&known)?;
                    at = self.closing(at) + 1;
                }
                "??" => return Some(known),
                _ => return None,
            }
        }
        Some(known)
    }

    fn called(&self, name: usize, close: usize, depth: usize) -> Option<Known> {
        let word = self.word(name);
        if let Some(function) = FUNCTIONS.iter().find(|function| function.on.is_none() && function.name == word) {
            return match function.id {
                FnId::Pick => element(&self.chain(name + 2, close, depth + 1)?),
                _ => Some(Known::Ty(function.returns)),
            };
        }
        // The value of the function's last expression, where that is a chain.
        let defined = self.functions().into_iter().find(|defined| defined.name == word)?;
        let end = self.token_at(defined.bytes.end.checked_sub(1)?)?;
        let mut last = end.checked_sub(1)?;
        if self.word(last) == ";" {
            last = last.checked_sub(1)?;
        }
        let start = self.chain_start(last)?;
        if start > 0 && !matches!(self.word(start - 1), "{" | ";" | "}" | "return") {
            return None;
        }
        self.chain(start, last + 1, depth + 1)
    }

    /// The type of a name, by where it was made: a root, a parameter, a `let`, a `for`, or a closure's parameter.
    fn variable(&self, at: usize, depth: usize) -> Option<Known> {
        let name = self.word(at);
        for before in (0..at).rev() {
            if self.word(before) == name
                && self.is_name(before)
                && let Some(known) = self.made(before, depth)
            {
                return Some(known);
            }
        }
        if let Some(root) = ROOTS.iter().find(|root| root.name == name) {
            return Some(Known::Ty(Ty::Query(root.kind)));
        }
        None
    }

    /// The type that a name is given at this token, if it is made here.
    fn made(&self, at: usize, depth: usize) -> Option<Known> {
        let before = at.checked_sub(1).map_or("", |before| self.word(before));
        match (before, self.word(at + 1)) {
            ("let" | "const", "=") => self.chain(at + 2, self.statement_end(at + 2), depth + 1),
            ("for", "in") => {
                let end = (at + 2..self.tokens.len()).find(|&end| self.word(end) == "{")?;
                element(&self.chain(at + 2, end, depth + 1)?)
            }
            ("|", "|" | ",") | (",", "|") => self.closure_parameter(at, depth),
            ("(" | ",", "," | ")") => self.parameter(at, depth),
            _ => None,
        }
    }

    fn statement_end(&self, start: usize) -> usize {
        let mut at = start;
        while at < self.tokens.len() {
            match self.word(at) {
                ";" | "}" => return at,
                "(" | "[" | "{" => at = self.closing(at) + 1,
                _ => at += 1,
            }
        }
        at
    }

    /// `leads.filter(|lead| …)`: an element of what the function is called on.
    fn closure_parameter(&self, at: usize, depth: usize) -> Option<Known> {
        let bar = (0..at).rev().find(|&bar| self.word(bar) == "|")?;
        let open = bar.checked_sub(1).filter(|&open| matches!(self.word(open), "(" | ","))?;
        let open = if self.word(open) == "," { (0..open).rev().find(|&at| self.word(at) == "(")? } else { open };
        let name = open.checked_sub(1)?;
        if matches!(self.word(name), "tally" | "sum") {
            let end = (open..bar).find(|&end| self.word(end) == ",")?;
            return element(&self.chain(open + 1, end, depth + 1)?);
        }
        let dot = name.checked_sub(1).filter(|&dot| self.word(dot) == ".")?;
        let end = dot.checked_sub(1)?;
        element(&self.chain(self.chain_start(end)?, dot, depth + 1)?)
    }

    /// A function's parameter: of an entry point by the table, else as the first call gives it.
    fn parameter(&self, at: usize, depth: usize) -> Option<Known> {
        let offset = self.tokens[at].start;
        let open = (0..at).rev().find(|&open| self.word(open) == "(")?;
        let name = open.checked_sub(1)?;
        if name == 0 || self.word(name - 1) != "fn" {
            return None;
        }
        let place = (open..at).filter(|&at| self.word(at) == ",").count();
        let word = self.word(name);
        if let Some(entry) = ENTRY_POINTS.iter().find(|entry| entry.name == word) {
            return entry.params.get(place).map(|(_, ty)| Known::Ty(*ty));
        }
        if self.scheduled.iter().any(|call| call == word) && place == 0 {
            return Some(Known::Ty(Ty::Record(Kind::Person)));
        }
        let call = (0..self.tokens.len()).find(|&call| {
            self.word(call) == word && self.word(call + 1) == "(" && call != name && self.tokens[call].start != offset
        })?;
        let close = self.closing(call + 1);
        let (mut start, mut left) = (call + 2, place);
        while left > 0 && start < close {
            match self.word(start) {
                "(" | "[" | "{" => start = self.closing(start),
                "," => left -= 1,
                _ => {}
            }
            start += 1;
        }
        let end = (start..close).find(|&end| self.word(end) == ",").unwrap_or(close);
        self.chain(start, end, depth + 1)
    }
}

/// A type without the `()` that it may be.
pub(crate) fn plain(ty: Ty) -> Ty {
    match ty {
        Ty::Maybe(inner) => plain(*inner),
        other => other,
    }
}

/// What one element of it is.
fn element(known: &Known) -> Option<Known> {
    match known {
        Known::Records(kind) => Some(Known::Ty(Ty::Record(*kind))),
        Known::Ty(ty) => match plain(*ty) {
            Ty::Query(kind) => Some(Known::Ty(Ty::Record(kind))),
            Ty::List(inner) => Some(Known::Ty(*inner)),
            _ => None,
        },
    }
}

/// The type of a member, or of what a method gives.
fn member(known: &Known, name: &str, call: bool) -> Option<Known> {
    let ty = match known {
        Known::Records(kind) => Ty::Query(*kind),
        Known::Ty(ty) => plain(*ty),
    };
    match (ty, call) {
        (Ty::Record(kind), false) => {
            MEMBERS.iter().find(|member| member.of == kind && member.name == name).map(|member| Known::Ty(member.ty))
        }
        (Ty::Query(kind), true) => match name {
            "first" | "last" | "find" | "pop" | "shift" => Some(Known::Ty(Ty::Record(kind))),
            "to_array" | "filter" => Some(Known::Records(kind)),
            "limit" => Some(known.clone()),
            _ if NARROWS.iter().any(|narrow| narrow.of == kind && narrow.name == name) => Some(Known::Ty(Ty::Query(kind))),
            _ => method(ty, name).map(|function| Known::Ty(function.returns)),
        },
        (_, true) => {
            let function = method(ty, name)?;
            Some(if function.returns == Ty::Same { known.clone() } else { Known::Ty(function.returns) })
        }
        _ => None,
    }
}

/// The method of the interface that a type has.
pub(crate) fn method(ty: Ty, name: &str) -> Option<&'static Function> {
    methods(ty).find(|function| function.name == name)
}

/// The methods of the interface that a type has.
pub(crate) fn methods(ty: Ty) -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(move |function| match (function.on, ty) {
        (Some(Ty::AnyQuery), Ty::Query(_)) | (Some(Ty::AnyRecord), Ty::Record(_)) => true,
        (Some(on), ty) => on == ty,
        (None, _) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row: a script that ends where somebody types a dot, and the type of what stands before it.
    #[test]
    fn types_are_known_as_far_as_the_words_tell() {
        let lead = Some(Known::Ty(Ty::Record(Kind::Lead)));
        let rows = [
            ("fn on_lead_created(lead) { lead", lead.clone()),
            ("fn on_lead_created(l) { let x = l; x", lead.clone()),
            ("fn f() { for l in leads.open() { l", lead.clone()),
            ("fn f() { let first = leads.open().by_value().first(); first", lead.clone()),
            ("fn f() { leads.filter(|l| l", lead.clone()),
            ("fn h(x) { x\n} fn on_lead_won(lead) { h(lead); }", lead.clone()),
            ("fn on_lead_won(lead) { help(1, lead); } fn help(n, x) { x", lead.clone()),
            ("fn on_push_declined(lead, push) { push.lead", lead.clone()),
            ("fn on_lead_won(lead) { log(`${lead", lead),
            ("fn f(person) { person", Some(Known::Ty(Ty::Record(Kind::Person)))),
            ("fn f() { leads.open()", Some(Known::Ty(Ty::Query(Kind::Lead)))),
            ("fn f() { leads.open().to_array()[0]", Some(Known::Ty(Ty::Record(Kind::Lead)))),
            ("fn f() { rotation(\"a\", people).with_room()", Some(Known::Ty(Ty::Rotation))),
            ("fn g() { leads.first() } fn f() { g()", Some(Known::Ty(Ty::Record(Kind::Lead)))),
            ("fn f() { unknown", None),
        ];
        for (text, wanted) in rows {
            let script = Script::new(text, vec!["f".to_owned()]);
            let at = if text.ends_with('}') { 6 } else { script.tokens.len() - 1 };
            let found = script.type_before(at).map(|known| match known {
                Known::Ty(ty) => Known::Ty(plain(ty)),
                Known::Records(kind) => Known::Records(kind),
            });
            assert_eq!(found, wanted, "{text}");
        }
    }
}
