//! `pact lint`: judges scripts, plugins and fields, all paths together.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use pact_policy::manifest::{File, Plugin, Unreadable, parse_fields};
use pact_policy::report::{Format, Texts};
use pact_policy::{NotRead, Report, Source, explain, lint};

/// What is judged, and how the verdict is shown.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// A `.rhai` file, a plugin's folder, or a folder of them; all are judged together.
    #[arg(required_unless_present = "explain")]
    paths: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = Shown::Text)]
    format: Shown,
    /// Explains a rule and judges nothing.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Judges again whenever a file changes.
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    Text,
    Json,
    Sarif,
    Github,
}

const REFUSED: u8 = 1;
const NOT_RUN: u8 = 2;

/// How often files are looked at for changes.
const WATCH_EVERY: Duration = Duration::from_millis(300);

/// The deepest folder below a path that is looked into.
const DEEPEST_FOLDER: usize = 16;

/// Runs the command: 0 when nothing is refused, 1 when something is, 2 when something could not be judged.
pub(super) fn run(args: &Lint) -> ExitCode {
    if let Some(rule) = &args.explain {
        let Some(page) = explain(rule) else {
            let known: Vec<_> = pact_policy::Rule::ALL.iter().map(|rule| rule.id()).collect();
            eprintln!("pact lint: there is no rule \"{rule}\"; there are {}", known.join(", "));
            return ExitCode::from(NOT_RUN);
        };
        return print(&page, 0);
    }
    let code = judge_once(args);
    if !args.watch {
        return code;
    }
    let mut last = newest(&args.paths);
    loop {
        std::thread::sleep(WATCH_EVERY);
        let now = newest(&args.paths);
        if now != last {
            last = now;
            judge_once(args);
        }
    }
}

fn judge_once(args: &Lint) -> ExitCode {
    let mut loaded = Loaded::default();
    for path in &args.paths {
        loaded.path(path, 0);
    }
    loaded.modules_near(&args.paths);
    let mut report = lint(&loaded.sources);
    report.unreadable.extend(loaded.unreadable);
    let format = match args.format {
        Shown::Text => Format::Text,
        Shown::Json => Format::Json,
        Shown::Sarif => Format::Sarif,
        Shown::Github => Format::Github,
    };
    let styled = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if !matches!(args.format, Shown::Text) {
        for it in &report.unreadable {
            eprintln!("pact lint: {}:{}:{}: {}", it.file, it.line, it.column, it.message);
        }
    }
    print(&report.render(format, &loaded.texts, styled), code_of(&report))
}

fn code_of(report: &Report) -> u8 {
    if !report.unreadable.is_empty() {
        NOT_RUN
    } else if !report.findings.is_empty() {
        REFUSED
    } else {
        0
    }
}

/// Prints to standard output; a reader that has gone is no failure of ours.
fn print(text: &str, code: u8) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pact lint: the report cannot be written: {error}");
            ExitCode::from(NOT_RUN)
        }
        _ => ExitCode::from(code),
    }
}

#[derive(Default)]
struct Loaded {
    sources: Vec<Source>,
    unreadable: Vec<NotRead>,
    texts: Texts,
    modules: BTreeMap<String, PathBuf>,
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

impl Loaded {
    fn failed(&mut self, path: &Path, message: String) {
        self.unreadable.push(Unreadable::new(&path.display().to_string(), 1, 1, message).into());
    }

    fn path(&mut self, path: &Path, depth: usize) {
        if path.is_dir() {
            self.folder(path, depth);
        } else if !path.exists() {
            self.failed(path, "there is no such file or folder".to_owned());
        } else if has_ending(path, "rhai") {
            self.script(path);
        } else if path.file_name().is_some_and(|name| name == "plugin.toml") {
            self.plugin(path.parent().unwrap_or(Path::new(".")));
        } else if has_ending(path, "toml") {
            self.fields(path);
        } else {
            self.failed(path, "this is neither a .rhai file, nor a plugin's folder, nor a folder of them".to_owned());
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        if folder.join("plugin.toml").is_file() {
            self.plugin(folder);
            return;
        }
        if depth > DEEPEST_FOLDER {
            self.failed(folder, format!("the folder lies more than {DEEPEST_FOLDER} folders deep"));
            return;
        }
        for entry in self.entries(folder) {
            let inner = entry.is_dir() && !entry.is_symlink();
            if inner && entry.file_name().is_some_and(|name| name == "std") {
                self.standard_modules(&entry);
            } else if inner || has_ending(&entry, "rhai") {
                self.path(&entry, depth + 1);
            }
        }
    }

    fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        match std::fs::read_dir(folder) {
            Ok(entries) => {
                let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
                paths.sort();
                paths
            }
            Err(error) => {
                self.failed(folder, format!("the folder cannot be read: {error}"));
                Vec::new()
            }
        }
    }

    /// The text of a file under its own name; files that are too long are not read into memory.
    fn file(&mut self, path: &Path) -> Option<File> {
        let name = path.display().to_string();
        let read = std::fs::read(path).map_err(|error| format!("the file cannot be read: {error}"));
        match read {
            Ok(bytes) => match File::from_bytes(&name, bytes) {
                Ok(file) => {
                    self.texts.insert(name, file.text.clone());
                    Some(file)
                }
                Err(error) => {
                    self.unreadable.push(error.into());
                    None
                }
            },
            Err(message) => {
                self.failed(path, message);
                None
            }
        }
    }

    fn script(&mut self, path: &Path) {
        let Some(file) = self.file(path) else { return };
        match Plugin::from_script(file) {
            Ok(plugin) => self.sources.push(Source::Plugin(Box::new(plugin))),
            Err(error) => self.unreadable.push(error.into()),
        }
    }

    fn plugin(&mut self, folder: &Path) {
        let Some(manifest) = self.file(&folder.join("plugin.toml")) else { return };
        let mut scripts = Vec::new();
        let before = self.unreadable.len();
        self.scripts_below(folder, 0, &mut scripts);
        match Plugin::from_folder(manifest, scripts) {
            Ok(plugin) => self.sources.push(Source::Plugin(Box::new(plugin))),
            // A script that cannot be read was already named.
            Err(_) if self.unreadable.len() > before => {}
            Err(error) => self.unreadable.push(error.into()),
        }
    }

    fn scripts_below(&mut self, folder: &Path, depth: usize, scripts: &mut Vec<File>) {
        for entry in self.entries(folder) {
            if entry.is_dir() && !entry.is_symlink() && depth < DEEPEST_FOLDER {
                self.scripts_below(&entry, depth + 1, scripts);
            } else if has_ending(&entry, "rhai") {
                scripts.extend(self.file(&entry));
            }
        }
    }

    fn fields(&mut self, path: &Path) {
        let Some(file) = self.file(path) else { return };
        match parse_fields(&file.text) {
            Ok(fields) => self.sources.push(Source::Fields { file, fields }),
            Err(error) => self.unreadable.push(Unreadable::new(&file.name, error.line, error.column, error.message).into()),
        }
    }

    fn standard_modules(&mut self, folder: &Path) {
        for path in self.entries(folder) {
            if let (true, Some(stem)) = (has_ending(&path, "rhai"), path.file_stem()) {
                self.modules.entry(format!("std/{}", stem.to_string_lossy())).or_insert(path);
            }
        }
    }

    /// Loads the modules of `std/` that lie beside the paths, so that imports can be looked into.
    fn modules_near(&mut self, paths: &[PathBuf]) {
        for path in paths {
            let full = path.canonicalize().unwrap_or_else(|_| path.clone());
            for above in full.ancestors().take(6) {
                for folder in [above.join("scripts/std"), above.join("std")] {
                    if folder.is_dir() {
                        self.standard_modules(&folder);
                    }
                }
            }
        }
        for (name, path) in std::mem::take(&mut self.modules) {
            if let Some(file) = self.file(&path) {
                self.sources.push(Source::Module { name, file, of: None });
            }
        }
    }
}

/// When anything below the paths was changed last.
fn newest(paths: &[PathBuf]) -> Option<SystemTime> {
    fn below(path: &Path, depth: usize) -> Option<SystemTime> {
        let own = path.metadata().and_then(|meta| meta.modified()).ok();
        if !path.is_dir() || depth > DEEPEST_FOLDER {
            return own;
        }
        let entries = std::fs::read_dir(path).into_iter().flatten();
        entries.filter_map(|entry| below(&entry.ok()?.path(), depth + 1)).chain(own).max()
    }
    paths.iter().filter_map(|path| below(path, 0)).max()
}
