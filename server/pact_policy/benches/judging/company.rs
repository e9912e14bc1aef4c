//! A company with as many plugins as are asked for, made of the corpus of lawful scripts: five scripts a plugin, and every
//! twenty plugins share their custom fields.

use std::collections::BTreeMap;
use std::path::Path;

use pact_policy::Source;
use pact_policy::manifest::{Field, File, Manifest, Plugin};

/// Scripts in a plugin.
pub(crate) const SCRIPTS_A_PLUGIN: usize = 5;

/// Plugins that share custom fields.
const SHARING: usize = 20;

/// The lawful single scripts of the corpus, but those for coaching, which share nothing.
pub(crate) fn lawful_scripts() -> Vec<Plugin> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let mut paths = Vec::new();
    for folder in ["worked/pass", "own/pass"] {
        let entries = std::fs::read_dir(corpus.join(folder)).into_iter().flatten().flatten();
        paths.extend(entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "rhai")));
    }
    paths.sort();
    let read = |path: &Path| {
        let file = File::from_bytes(&path.file_name()?.to_string_lossy(), std::fs::read(path).ok()?).ok()?;
        Plugin::from_script(file).ok().filter(|plugin| !plugin.manifest.coaching)
    };
    paths.iter().filter_map(|path| read(path)).collect()
}

/// So many plugins.
pub(crate) fn company(plugins: usize) -> Vec<Source> {
    let scripts = lawful_scripts();
    (0..plugins).map(|number| Source::Plugin(Box::new(plugin(&scripts, number)))).collect()
}

fn plugin(scripts: &[Plugin], number: usize) -> Plugin {
    let id = format!("plugin-{number:04}");
    let mut manifest: Option<Manifest> = None;
    let mut files = BTreeMap::new();
    for place in 0..SCRIPTS_A_PLUGIN {
        // Neighbours differ, and every script meets every other sooner or later.
        let part = &scripts[(number * SCRIPTS_A_PLUGIN + place * (1 + number / scripts.len())) % scripts.len()];
        let group = number / SHARING;
        for text in part.files.values() {
            files.insert(format!("{id}/{place}-{}.rhai", part.id()), own_fields(text, &part.manifest.fields, group));
        }
        let mut own = part.manifest.clone();
        own.fields.iter_mut().for_each(|field| field.name = format!("{}_{group}", field.name));
        match &mut manifest {
            None => manifest = Some(own),
            Some(all) => add(all, own),
        }
    }
    let manifest = Manifest { id: id.clone(), ..manifest.unwrap_or_else(|| scripts[0].manifest.clone()) };
    Plugin { manifest, manifest_file: File { name: format!("{id}/plugin.toml"), text: String::new() }, files }
}

/// The text with the names of its fields made those of its group.
fn own_fields(text: &str, fields: &[Field], group: usize) -> String {
    let mut text = text.to_owned();
    for field in fields {
        text = text.replace(&format!("\"{}\"", field.name), &format!("\"{}_{group}\"", field.name));
    }
    text
}

fn add(all: &mut Manifest, one: Manifest) {
    all.reads.extend(one.reads);
    all.reads.sort_unstable();
    all.reads.dedup();
    all.may.extend(one.may);
    all.may.sort_unstable();
    all.may.dedup();
    all.webhooks.extend(one.webhooks);
    all.settings.extend(one.settings);
    all.schedules.extend(one.schedules);
    for field in one.fields {
        if !all.fields.iter().any(|known| known.on == field.on && known.name == field.name) {
            all.fields.push(field);
        }
    }
}

/// The source with a script edited: a line that stores nothing and reads nothing, at its end.
pub(crate) fn edited(source: &Source, edit: usize) -> Source {
    let mut edited = source.clone();
    if let Source::Plugin(plugin) = &mut edited
        && let Some(text) = plugin.files.values_mut().nth(edit % SCRIPTS_A_PLUGIN)
    {
        text.push_str(&format!("\nfn edited_{edit}(number) {{\n    number + {edit}\n}}\n"));
    }
    edited
}
