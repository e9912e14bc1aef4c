//! Scripts that grow: four times the text is about four times the work, whatever it repeats; and what would explode is cut short.

use super::{HEAD, MOST_WORK, judged};

/// A script of so many parts.
type Grow = fn(usize) -> String;

fn in_function(body: &str) -> String {
    format!(
        "{HEAD}fn on_lead_won(lead) {{\n    let x = 0; let a = #{{}}; let list = [];\n{body}\n    highlight(lead, `${{x}} ${{a}}`);\n}}\n"
    )
}

fn numbered(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect()
}

/// What honest scripts repeat, and what somebody might who wants the linter to be slow.
const GROWING: &[(&str, Grow)] = &[
    ("statements", |n| in_function(&"    x += 1;\n".repeat(n))),
    ("variables", |n| in_function(&"    { let y = lead.value; x = y; }\n".repeat(n))),
    ("branches", |n| in_function(&"    if lead.stage == \"a\" { x += 1 }\n".repeat(n))),
    ("ways out", |n| in_function(&"    if lead.stage == \"a\" { return; }\n".repeat(n / 8))),
    ("effects", |n| in_function(&"    highlight(lead, lead.title);\n".repeat(n))),
    ("loops", |n| in_function(&"    for l in leads { x += 1; }\n".repeat(n))),
    ("tries", |n| in_function(&"    try { x = 1 / x; } catch (e) { x = 0; }\n".repeat(n))),
    ("cases", |n| {
        in_function(&format!(
            "    x = switch lead.stage {{\n{}    _ => 0 }};\n",
            numbered(n, |i| format!("    \"s{i}\" => {i},\n"))
        ))
    }),
    ("elements", |n| in_function(&format!("    let y = [\n{}];\n", "    1,\n".repeat(n)))),
    ("entries", |n| in_function(&format!("    let y = #{{\n{}}};\n", numbered(n, |i| format!("    k{i}: {i},\n"))))),
    ("texts", |n| in_function(&format!("    x = `\n{}`;\n", "a ${lead.title}\n".repeat(n)))),
    ("calls", |n| format!("{}fn part(x) {{ x + 1 }}\n", in_function(&"    x = part(x);\n".repeat(n)))),
    ("functions", |n| {
        let n = n / 8;
        format!(
            "{}{}",
            in_function(&numbered(n, |i| format!("    x += f{i}(x);\n"))),
            numbered(n, |i| format!("fn f{i}(y) {{ y + {i} }}\n"))
        )
    }),
    ("findings", |n| {
        in_function(&format!(
            "    for p in people.all() {{ let n = plans.of_person(p).len();\n{}    }}\n",
            "    log(`${n}`);\n".repeat(n)
        ))
    }),
    ("fields", |n| in_function(&numbered(n, |i| format!("    set(lead, \"f{i}\", lead.field(\"g{i}\"));\n")))),
    ("values in one another", |n| in_function(&"    a = #{a: a};\n".repeat(n))),
    ("comments", |n| in_function(&"    /* // \" */ // ` ${\n".repeat(n))),
];

const PARTS: usize = 200;

#[test]
fn work_grows_with_the_text() {
    let mut slow = Vec::new();
    for (name, grow) in GROWING {
        let work = |n: usize| {
            let text = grow(n);
            let (report, work) = judged(&text).unwrap_or_else(|| panic!("{name} is no script:\n{text}"));
            assert_eq!(report.unreadable, [], "{name}");
            work
        };
        let (short, long) = (work(PARTS), work(PARTS * 4));
        println!("{name:<24} {short:>8} {long:>8}");
        // Half as much again for what is looked at anew where ways part.
        if long > short * 6 {
            slow.push(format!("{name}: {short} steps, and {long} for four times as much"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// Each would take a naive analysis longer than the universe is old.
const EXPLODING: &[(&str, Grow)] = &[
    ("a map of maps", |n| in_function(&"    a = #{a: a, b: a};\n".repeat(n))),
    ("a map that holds itself twice", |n| in_function(&"    a.x = a; a.y = a;\n".repeat(n))),
    ("a list of lists", |n| in_function(&"    list = [list, 1, list]; a.l = list;\n".repeat(n))),
    ("pushed into itself", |n| in_function(&"    list.push(list); a.l = list;\n".repeat(n))),
    ("keys without an end", |n| in_function(&numbered(n * 8, |i| format!("    a.k{i} = lead;\n")))),
    ("loops in loops", |n| {
        let n = n.min(30);
        in_function(&format!("{} x += 1; {}", "for l in leads { x += 1; ".repeat(n), "} ".repeat(n)))
    }),
    ("closures in closures", |n| {
        let n = n.min(20);
        in_function(&format!("x = {} 1 {};", "[1].map(|y| ".repeat(n), ")".repeat(n)))
    }),
    ("each calls the next twice", |n| {
        let n = n.min(200);
        let body = |i: usize| format!("fn f{i}(y) {{ f{0}(y); f{0}(y + 1) }}\n", i + 1);
        format!("{}{}fn f{n}(y) {{ y }}\n", in_function("    x = f0(lead);"), numbered(n, body))
    }),
    ("everybody calls everybody", |n| {
        let n = n.min(40);
        let all = numbered(n, |i| format!("f{i}(y); "));
        format!("{}{}", in_function("    x = f0(lead);"), numbered(n, |i| format!("fn f{i}(y) {{ {all} }}\n")))
    }),
    ("functions that nothing calls", |n| {
        let deep = "for l in leads { y += 1; ".repeat(14);
        numbered(n.min(200), |i| format!("fn f{i}(y) {{ {deep} {} }}\n", "} ".repeat(14))).replacen("fn", &format!("{HEAD}fn"), 1)
    }),
    ("fields in a chain, told backwards", |n| {
        in_function(&numbered(n / 4, |i| format!("    set(lead, \"f{i}\", lead.field(\"f{}\"));\n", i + 1)))
    }),
    ("closures over one variable", |n| in_function(&"    [1].for_each(|y| x += y);\n".repeat(n.min(200)))),
    ("ways out of a loop", |n| in_function(&format!("for l in leads {{ {} }}", "if l.stage == \"a\" { break; } ".repeat(n)))),
    ("captured and branched", |n| {
        in_function(&format!("[1].for_each(|y| x += y);\n{}", "    { let y = x; if y == 1 { x = 2 } }\n".repeat(n * 8)))
    }),
];

#[test]
fn nothing_explodes() {
    for (name, grow) in EXPLODING {
        for parts in [40, 400] {
            let text = grow(parts);
            let (_, work) = judged(&text).unwrap_or_else(|| panic!("{name} is no script"));
            println!("{name:<32} {parts:>4} {work:>8}");
            assert!(work <= MOST_WORK, "{name}: {work} steps");
        }
    }
}
