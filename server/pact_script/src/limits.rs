//! Every limit of a run, by name and with its unit.
//!
//! Limits inside the engine give friendly errors with a line; memory, stack and wall time are walls around the process, because
//! no set of limits inside one process holds (`script-host-notes.md`).

use std::time::Duration;

use crate::run::Limit;

/// Operations of the engine in one run.
pub const OPERATIONS: u64 = 2_000_000;
/// Script functions that may be inside one another.
pub const CALL_DEPTH: usize = 64;
/// Expressions that may be inside one another, in a function or outside; the linter parses with the same.
pub const EXPRESSION_DEPTH: usize = pact_policy::engine::MAX_EXPRESSION_DEPTH;
/// Bytes of one text, or of all texts in one array or map together.
pub const STRING_BYTES: usize = 256 * 1024;
/// Elements of one array, those of arrays inside it included; the linter parses with the same.
pub const ARRAY_ITEMS: usize = pact_policy::engine::MAX_ARRAY_ITEMS;
/// Entries of one map, those of maps inside it included; the linter parses with the same.
pub const MAP_ITEMS: usize = pact_policy::engine::MAX_MAP_ITEMS;
/// Variables that may live at the same time; the linter parses with the same.
pub const VARIABLES: usize = pact_policy::engine::MAX_VARIABLES;
/// Functions of one file, closures among them; the linter parses with the same.
pub const FUNCTIONS: usize = pact_policy::engine::MAX_FUNCTIONS;
/// Modules that one run may import.
pub const MODULES: usize = 16;
/// Bytes of one script file; the linter reads no more.
pub const SCRIPT_BYTES: usize = pact_policy::manifest::plugin::MAX_SCRIPT_BYTES;
/// Files and modules of one plugin.
pub const SCRIPT_FILES: usize = 64;
/// Effects of one run.
pub const EFFECTS: usize = 2_000;
/// Bytes of texts and values in all effects of one run.
pub const EFFECT_BYTES: usize = 1024 * 1024;
/// Lines in all digests of one run.
pub const DIGEST_LINES: usize = 10_000;
/// Maps and lists that may be inside one another in a value that leaves a script.
pub const VALUE_DEPTH: usize = 16;
/// Rows that the queries of one run may bring.
pub const ROWS: u64 = 10_000;
/// Lines that one run may log.
pub const LOG_LINES: usize = 200;
/// Bytes of one logged line.
pub const LOG_LINE_BYTES: usize = 2_000;
/// Memory that a worker may take beyond what it starts with, in MiB.
pub const MEMORY_MIB: u64 = 64;
/// Stack of the thread on which scripts run, in MiB; mapped when a worker starts, so it is not part of [`MEMORY_MIB`].
pub const STACK_MIB: usize = 64;
/// Wall time of one run in milliseconds; it stands still while the host answers a question.
pub const WALL_MS: u64 = 200;
/// Milliseconds after [`WALL_MS`] at which the parent kills a worker that did not stop by itself.
pub const KILL_GRACE_MS: u64 = 40;
/// Wall time in milliseconds that the answers to one run's questions may take together.
pub const ANSWERS_MS: u64 = 30_000;
/// CPU seconds of one worker over all its runs: a last wall, which [`RECYCLE_RUNS`] keeps honest workers away from.
pub const WORKER_CPU_SECONDS: u64 = RECYCLE_RUNS * (WALL_MS + KILL_GRACE_MS) / 1_000;
/// Runs after which a worker is replaced by a fresh one.
pub const RECYCLE_RUNS: u64 = 5_000;
/// Resident memory in MiB that a worker may keep after a run; one that keeps more (a cycle that leaks) is replaced.
pub const KEPT_MIB: u64 = 12;
/// Bytes of one frame from the parent to a worker.
pub const FRAME_TO_WORKER_BYTES: usize = 48 * 1024 * 1024;
/// Bytes of one frame from a worker to the parent: [`EFFECT_BYTES`] with every character escaped, and room for the rest.
pub const FRAME_TO_PARENT_BYTES: usize = 8 * 1024 * 1024;
/// Script sets that one worker keeps compiled.
pub const COMPILED_SETS: usize = 256;

/// Wall time of one run.
pub const WALL: Duration = Duration::from_millis(WALL_MS);

impl Limit {
    /// What a script met and what its author can do, as a sentence.
    pub fn explain(self) -> String {
        match self {
            Self::Operations => {
                format!("The script did more than {OPERATIONS} operations. Narrow its queries, or do less in its loops.")
            }
            Self::CallDepth => format!(
                "More than {CALL_DEPTH} functions were inside one another. A function probably calls itself without an end."
            ),
            Self::ExpressionDepth => {
                format!("An expression has more than {EXPRESSION_DEPTH} others inside it. Give parts of it names with `let`.")
            }
            Self::StringSize => format!("A text became longer than {STRING_BYTES} bytes. Cut it, or send several."),
            Self::ArraySize => {
                format!("An array got more than {ARRAY_ITEMS} elements. Use `limit(n)`, or iterate over the query itself.")
            }
            Self::MapSize => format!("A map got more than {MAP_ITEMS} entries. Use fewer keys."),
            Self::Variables => {
                format!("More than {VARIABLES} variables lived at the same time. Put parts of the work into functions.")
            }
            Self::Functions => format!("A file has more than {FUNCTIONS} functions. Split it."),
            Self::Modules => format!("More than {MODULES} modules were imported. Import each once, at the top of the file."),
            Self::ScriptSize => format!(
                "A script file is longer than {SCRIPT_BYTES} bytes, or there are more than {SCRIPT_FILES} files. Split the plugin."
            ),
            Self::Memory => format!("The script used more than {MEMORY_MIB} MiB of memory. Keep less in arrays and maps."),
            Self::Stack => {
                "Values were inside one another too deeply. Keep nested maps, arrays and functions shallow.".to_owned()
            }
            Self::WallTime => format!("The script ran longer than {WALL_MS} ms. Narrow its queries, or do less in its loops."),
            Self::Effects => {
                format!(
                    "The script wanted more than {EFFECTS} effects, {DIGEST_LINES} lines in digests or {EFFECT_BYTES} bytes in them. Narrow its queries."
                )
            }
            Self::Rows => format!("The script's queries brought more than {ROWS} rows. Narrow them, or use `limit(n)`."),
            Self::LogLines => format!("The script logged more than {LOG_LINES} lines. Log less."),
        }
    }
}
