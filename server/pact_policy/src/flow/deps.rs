//! Sets of stored fields, interned: on whose old values something depends.

use std::collections::HashMap;
use std::rc::Rc;

use super::lab::Deps;

/// Interned sets of stored fields.
#[derive(Default)]
pub(crate) struct DepSets {
    sets: Vec<Rc<[u32]>>,
    index: HashMap<Rc<[u32]>, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl DepSets {
    pub(crate) fn get(&self, deps: Deps) -> &[u32] {
        (deps.0 as usize).checked_sub(1).map_or(&[], |index| &self.sets[index])
    }

    pub(crate) fn of(&mut self, mut fields: Vec<u32>) -> Deps {
        if fields.is_empty() {
            return Deps(0);
        }
        fields.sort_unstable();
        fields.dedup();
        let set: Rc<[u32]> = fields.into();
        if let Some(&index) = self.index.get(&set) {
            return Deps(index);
        }
        self.sets.push(set.clone());
        let index = u32::try_from(self.sets.len()).unwrap_or(0);
        self.index.insert(set, index);
        Deps(index)
    }

    pub(crate) fn union(&mut self, a: Deps, b: Deps) -> Deps {
        if a == b || b.0 == 0 {
            return a;
        }
        if a.0 == 0 {
            return b;
        }
        let key = (a.0.min(b.0), a.0.max(b.0));
        if let Some(&found) = self.unions.get(&key) {
            return Deps(found);
        }
        let mut all = self.get(a).to_vec();
        all.extend_from_slice(self.get(b));
        let made = self.of(all);
        self.unions.insert(key, made.0);
        made
    }
}
