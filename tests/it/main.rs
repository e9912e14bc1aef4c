//! One binary for all tests that need the real thing.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]
#![expect(unreachable_pub, reason = "what tests share is public to the other files of this binary only")]
#![expect(clippy::type_complexity, reason = "tables of cases say their types where they stand")]

mod architecture;
mod automations;
mod certificates;
mod coaching;
mod command_line;
mod crash;
mod demo;
mod digests;
mod dry_runs;
mod evidence;
mod fields;
mod fuzz;
mod http_document;
mod http_forms;
mod http_framework;
mod http_imports;
mod http_nouns;
mod http_organisation;
mod http_session;
mod junit;
mod language_server;
mod leaving;
mod main_job;
mod nodes;
mod openapi;
mod pact;
mod plugin_author;
mod plugin_commands;
mod quarter;
mod quiet_clock;
mod red_team;
mod sarif;
mod security;
mod store;
