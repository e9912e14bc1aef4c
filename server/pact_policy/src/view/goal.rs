//! Goals: measured on customers and sales, never on what members of staff do.

use crate::fields::judge_field;
use crate::finding::{Finding, Severity, Step};
use crate::manifest::field::Place;
use crate::manifest::{Field, FieldOn, FieldType};
use crate::rules::Rule;

/// What a goal's words break: its title, and what it says that is counted. A goal is read as a number about customers with these words would be.
pub fn judge_goal(title: &str, measure: &str) -> Vec<Finding> {
    let field = Field {
        on: FieldOn::Customer,
        name: "goal".to_owned(),
        label: measure.to_owned(),
        ty: FieldType::Number,
        help: Some(title.to_owned()),
        options: Vec::new(),
        required: false,
        helps: Some("sale".to_owned()),
        because: Some("It says what the company wants to reach.".to_owned()),
        about: None,
        kind: None,
        formula: None,
        default: None,
        read_by: Vec::new(),
        write_by: Vec::new(),
        place: Place::default(),
    };
    judge_field(&field).into_iter().map(|_| finding(measure)).collect()
}

fn finding(measure: &str) -> Finding {
    let rule = Rule::NoActivityView;
    let message = format!("the goal is measured on acts of staff, or does not say that \"{measure}\" counts acts of customers");
    let instead = "Say what is wanted of customers and sales: \"customers with a won lead for heat-pump\", \"orders of customers in housing\". \
                   Where customers act, say so: \"visits by customers to the show room\".";
    Finding {
        rule,
        severity: Severity::Error,
        file: "goal".to_owned(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        path: vec![Step { file: "goal".to_owned(), line: 1, column: 1, what: message.clone() }],
        message,
        why: rule.page().why.to_owned(),
        instead: instead.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_about_customers_and_sales() {
        for (title, measure, refused) in [
            ("40 customers on the new line by June", "customers with a won lead for heat-pump", false),
            ("Housing", "value won in housing", false),
            ("Fewer complaints about noise", "complaints of customers about noise", false),
            ("More calls", "calls per rep and week", true),
            ("Besuche", "Kundenbesuche je Außendienstmitarbeiter", true),
            ("Diligence", "visit reports written by reps", true),
        ] {
            assert_eq!(!judge_goal(title, measure).is_empty(), refused, "{title}: {measure}");
        }
    }
}
