//! The plugins, recipes and modules that PACT brings along, in the program itself: one that stands alone has them too.

use pact_policy::manifest::{File, Plugin, Unreadable};
use pact_script::plugin::{MANIFEST_FILE, STD_PREFIX, Std};

mod files {
    include!(concat!(env!("OUT_DIR"), "/standard.rs"));
}

/// The standard plugins, by name.
///
/// # Errors
/// One that cannot be read, which a test rules out.
pub fn plugins() -> Result<Vec<Plugin>, Unreadable> {
    let file = |(name, text): &(&str, &str)| File { name: (*name).to_owned(), text: (*text).to_owned() };
    let plugin = |(manifest, scripts): &(&str, &[(&str, &str)])| {
        Plugin::from_folder(file(&(MANIFEST_FILE, manifest)), scripts.iter().map(file).collect())
    };
    files::PLUGINS.iter().map(plugin).collect()
}

/// The modules that scripts may import.
pub fn modules() -> Std {
    let module = |(name, text): &(&str, &str)| {
        let name = name.strip_suffix(".rhai").unwrap_or(name);
        (format!("{STD_PREFIX}{name}"), (*text).to_owned())
    };
    files::MODULES.iter().map(module).collect()
}

/// The text of a recipe, by its file's name.
pub fn recipe(file: &str) -> Option<&'static str> {
    files::RECIPES.iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod tests {
    use super::*;

    #[test]
    fn every_standard_plugin_is_read_with_the_modules_that_it_imports() {
        let (plugins, std) = (plugins().unwrap(), modules());
        let ids: Vec<&str> = plugins.iter().map(Plugin::id).collect();
        let known = ["feedback-prompts", "handover", "launch", "lead-push", "planning-digest", "quiet-leads", "renewals"];
        assert!(known.iter().all(|id| ids.contains(id)), "{ids:?}");
        assert!(plugins.iter().all(|plugin| !plugin.files.is_empty()));
        assert!(std.modules().any(|(name, text)| name == "std/text" && text.contains("fn listed")));
    }
}
