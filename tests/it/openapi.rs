//! What the description of the REST interface says of refusals: each is a problem, with its status and a page.

use std::collections::BTreeSet;

use pact::http::docs::Document;
use pact::http::{ProblemType, document};
use serde_json::Value;

/// The methods that a path can have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation with its name, such as `POST /api/v1/leads`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((format!("{} {path}", method.to_uppercase()), item.get(*method)?)))
    });
    each.collect()
}

#[test]
fn every_refusal_is_a_problem_with_a_page() {
    let document: Value = serde_json::from_str(&Document::text(&document()).unwrap()).unwrap();
    let known: BTreeSet<&str> = ProblemType::ALL.iter().map(|kind| kind.slug()).collect();
    let mut wrong = Vec::new();
    for (name, operation) in operations(&document) {
        let refusals = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with(['4', '5']));
        let mut count = 0;
        for (status, answer) in refusals {
            count += 1;
            let shared = answer["$ref"].as_str().and_then(|shared| document.pointer(shared.trim_start_matches('#')));
            let answer = shared.unwrap_or(answer);
            let kinds: Vec<&String> = answer["content"].as_object().into_iter().flatten().map(|(kind, _)| kind).collect();
            // Whether the server is ready is asked by machines that want the word, not a problem; pages for people say it in their own words.
            let is_page = kinds == ["text/html"] && name.contains(" /mail/");
            if kinds != ["application/problem+json"] && !name.starts_with("GET /health/") && !is_page {
                wrong.push(format!("{name} {status} is {kinds:?}"));
            }
            for slug in answer["description"].as_str().unwrap_or_default().split("(/problems/").skip(1) {
                let slug = slug.split(')').next().unwrap_or_default();
                let kind = ProblemType::ALL.iter().find(|kind| kind.slug() == slug);
                if kind.is_none_or(|kind| kind.status().to_string() != **status) {
                    wrong.push(format!("{name} {status} names {slug}"));
                }
            }
        }
        if count == 0 {
            wrong.push(format!("{name} names no refusal"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());

    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/problems")).unwrap();
    let pages: BTreeSet<String> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let expected: BTreeSet<String> = known.iter().map(|slug| format!("{slug}.md")).collect();
    assert_eq!(pages, expected);
    for kind in ProblemType::ALL {
        let page = kind.page();
        assert!(page.starts_with(&format!("# {}\n", kind.title())), "{} has another title", kind.slug());
        assert!(page.contains(&format!("`/problems/{}` · HTTP {}", kind.slug(), kind.status())), "{}", kind.slug());
        for part in ["\n## What\n", "\n## Why\n", "\n## What next\n"] {
            assert!(page.contains(part), "{} lacks {part:?}", kind.slug());
        }
    }
}
