//! The order in which formulas are computed: each after those that it reads.

use pact_policy::formula::Reads;

use crate::Refusal;

/// The places of formulas, each behind those that it reads.
///
/// # Errors
/// Formulas that read each other in a circle, by their names.
pub(crate) fn of(formulas: &[(String, &Reads)]) -> Result<Vec<usize>, Refusal> {
    let reads = |at: usize, other: usize| {
        let (_, name) = formulas[other].0.split_once('.').unwrap_or_default();
        formulas[at].1.field(formulas[other].1.own, name)
    };
    let mut order: Vec<usize> = Vec::with_capacity(formulas.len());
    let mut left: Vec<usize> = (0..formulas.len()).collect();
    while !left.is_empty() {
        let ready = |at: &usize| !left.iter().any(|other| reads(*at, *other));
        let (now, then): (Vec<usize>, Vec<usize>) = left.iter().partition(|at| ready(at));
        if now.is_empty() {
            let names: Vec<&str> = circle(&then, reads).into_iter().map(|at| formulas[at].0.as_str()).collect();
            return Err(Refusal::invalid(
                "formula",
                format!("formulas read each other in a circle: {}. Take one step of it out.", names.join(" reads ")),
            ));
        }
        order.extend(now);
        left = then;
    }
    Ok(order)
}

/// One circle among formulas of which each reads another of them; its first stands at its end again.
fn circle(left: &[usize], reads: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut path: Vec<usize> = left.first().copied().into_iter().collect();
    while let Some(&last) = path.last() {
        let Some(next) = left.iter().copied().find(|other| reads(last, *other)) else { break };
        if let Some(begin) = path.iter().position(|at| *at == next) {
            path.drain(..begin);
            path.push(next);
            break;
        }
        path.push(next);
    }
    path
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use pact_policy::formula::reads;
    use pact_policy::manifest::FieldOn;

    use super::*;

    /// A record, a field's name and its formula.
    type Formula<'a> = (FieldOn, &'a str, &'a str);

    fn order_of(formulas: &[Formula<'_>]) -> Result<Vec<usize>, String> {
        let read: Vec<(String, Reads)> =
            formulas.iter().map(|(on, name, formula)| (format!("{}.{name}", on.name()), reads(*on, formula).unwrap())).collect();
        of(&read.iter().map(|(name, reads)| (name.clone(), reads)).collect::<Vec<_>>()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn each_stands_behind_what_it_reads_and_circles_are_named() {
        use FieldOn::{Customer, Lead};
        type Case<'a> = (&'a [Formula<'a>], Result<&'a [usize], &'a str>);
        let cases: [Case<'_>; 6] = [
            (&[(Lead, "a", "record.value"), (Lead, "b", "record.field(\"a\")")], Ok(&[0, 1])),
            (&[(Lead, "b", "record.field(\"a\")"), (Lead, "a", "record.value")], Ok(&[1, 0])),
            // The same name on another record is another field.
            (&[(Lead, "size", "record.customer.field(\"size\")"), (Customer, "size", "record.leads.len()")], Ok(&[1, 0])),
            (&[(Lead, "a", "record.field(\"a\")")], Err("lead.a reads lead.a")),
            (&[(Lead, "a", "record.field(\"b\")"), (Lead, "b", "record.field(\"a\")")], Err("lead.a reads lead.b reads lead.a")),
            (
                &[
                    (Customer, "sum", "record.leads.map(|lead| lead.field(\"part\")).len()"),
                    (Lead, "part", "record.customer.field(\"sum\")"),
                ],
                Err("customer.sum reads lead.part reads customer.sum"),
            ),
        ];
        for (formulas, wanted) in cases {
            match (order_of(formulas), wanted) {
                (Ok(order), Ok(wanted)) => assert_eq!(order, wanted, "{formulas:?}"),
                (Err(words), Err(wanted)) => assert!(words.contains(wanted), "{words}"),
                (got, wanted) => panic!("{formulas:?}: {got:?}, and not {wanted:?}"),
            }
        }
    }
}
