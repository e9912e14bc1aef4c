//! Texts that people write.

use pact_core::text::{ADDRESS, NAME, OPTIONAL_TEXT, REASON, TEXT, TITLE, TextError, WORD};
use proptest::prelude::*;

#[test]
fn good_texts_come_out_clean() {
    let cases = [
        (TITLE, "  Pumps for Globex ", "Pumps for Globex"),
        (TITLE, "Zoe\u{308} & Cie", "Zoë & Cie"),
        (TITLE, "\u{feff}Pasted\u{200b} from\u{ad} elsewhere", "Pasted from elsewhere"),
        (TEXT, "one\r\ntwo\n\tthree", "one\ntwo\n\tthree"),
        (TEXT, "می‌خواهم", "می‌خواهم"),
        (TEXT, "👩‍🔧 wants two", "👩‍🔧 wants two"),
        (NAME, "שלום\u{200f}", "שלום\u{200f}"),
        (ADDRESS, "   ", ""),
        (OPTIONAL_TEXT, "", ""),
    ];
    for (rule, given, want) in cases {
        assert_eq!(rule.check("text", given).as_deref(), Ok(want), "{given:?}");
    }
    assert_eq!(REASON.check_optional("reason", Some("  ")), Ok(None));
    assert_eq!(REASON.check_optional("reason", None), Ok(None));
    assert_eq!(REASON.check_optional("reason", Some(" no time ")), Ok(Some("no time".to_owned())));
}

#[test]
fn bad_texts_are_refused_with_a_way_out() {
    let long = "x".repeat(201);
    let cases = [
        (TITLE, "", "text-empty", "The title is empty. Write something."),
        (TITLE, " \u{feff}\n", "text-empty", "The title is empty. Write something."),
        (TITLE, &long, "text-too-long", "The title has 201 characters and may have 200. Shorten it."),
        (TITLE, "one\ntwo", "text-many-lines", "The title has more than one line. Write it in one."),
        (TITLE, "one\u{2028}two", "text-many-lines", "The title has more than one line. Write it in one."),
        (TITLE, "a\u{0}b", "text-hidden-character", "hidden character (U+0000) at position 2"),
        (TEXT, "a\rb", "text-hidden-character", "(U+000D)"),
        (TEXT, "\u{1b}[31mred", "text-hidden-character", "(U+001B) at position 1"),
        (TEXT, "invoice\u{202e}fdp.exe", "text-hidden-character", "(U+202E)"),
        (TEXT, "a\u{2066}b", "text-hidden-character", "(U+2066)"),
        (WORD, "a\u{85}b", "text-hidden-character", "(U+0085)"),
        (WORD, "a\u{e0041}", "text-hidden-character", "(U+E0041)"),
    ];
    for (rule, given, code, says) in cases {
        let error = rule.check("title", given).unwrap_err();
        assert_eq!(error.code(), code, "{given:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(TITLE.check("title", &"ö".repeat(200)).is_ok());
}

proptest! {
    /// What is accepted is accepted again, unchanged: the store never refuses its own texts.
    #[test]
    fn a_checked_text_stays_as_it_is(given in any::<String>()) {
        for rule in [WORD, TITLE, TEXT, OPTIONAL_TEXT] {
            match rule.check("text", &given) {
                Ok(text) => prop_assert_eq!(rule.check("text", &text), Ok(text)),
                Err(TextError::Empty { .. } | TextError::TooLong { .. } | TextError::ManyLines { .. } | TextError::Hidden { .. }) => {}
            }
        }
    }
}
