//! The function that probes call, in workers that count coverage and nowhere else.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, INT};

use crate::coverage::{PROBE, Reached};

/// What the probes of the run at hand told.
#[derive(Clone, Default)]
pub(crate) struct Probes(Arc<Mutex<Reached>>);

impl Probes {
    /// Registers the function: with a number, a place was reached; with a condition too, the number after it means that it was `false`.
    pub(crate) fn register(&self, engine: &mut Engine) {
        let probes = self.clone();
        engine.register_fn(PROBE, move |id: INT| probes.count(id));
        let probes = self.clone();
        engine.register_fn(PROBE, move |id: INT, condition: bool| {
            probes.count(if condition { id } else { id + 1 });
            condition
        });
    }

    fn count(&self, id: INT) {
        if let Ok(id) = u32::try_from(id) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
        }
    }

    /// What they told, to begin anew.
    pub(crate) fn take(&self) -> Reached {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
