//! Rules about custom fields: by record, type, formula and stated use, and by what their words say in the language they are in.

use crate::manifest::Field;
use crate::rules::Rule;

/// What a field's definition breaks: the rule, what is said, and what to do instead where it is particular.
pub fn judge_field(field: &Field) -> Vec<(Rule, String, String)> {
    let _ = field;
    Vec::new()
}
