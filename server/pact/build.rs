//! Puts the standard plugins, recipes and modules into the program, so that one that stands alone has them too.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let (plugins, modules) = (root.join("plugins"), root.join("scripts/std"));
    let mut text = String::from(
        "/// Each plugin: its manifest and its scripts.\npub(super) const PLUGINS: &[(&str, &[(&str, &str)])] = &[\n",
    );
    for folder in sorted(&plugins)?.into_iter().filter(|path| path.join("plugin.toml").is_file()) {
        let scripts = sorted(&folder)?.into_iter().filter(|path| is_script(path));
        let files: String = scripts.map(|path| entry(&path)).collect();
        let _ = writeln!(text, "    (include_str!({:?}), &[{files}]),", folder.join("plugin.toml"));
    }
    text.push_str("];\n\n/// Each module that scripts import.\npub(super) const MODULES: &[(&str, &str)] = &[");
    text.extend(sorted(&modules)?.into_iter().filter(|path| is_script(path)).map(|path| entry(&path)));
    text.push_str("];\n\n/// Each recipe.\npub(super) const RECIPES: &[(&str, &str)] = &[");
    text.extend(sorted(&root.join("scripts"))?.into_iter().filter(|path| is_script(path)).map(|path| entry(&path)));
    text.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("standard.rs"), text)
}

/// What lies in a folder, by name; the program is built anew when that changes.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rhai")
}

/// A script's name and its text.
fn entry(path: &Path) -> String {
    format!("({:?}, include_str!({path:?})), ", path.file_name().unwrap_or_default())
}
