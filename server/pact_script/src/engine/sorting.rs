//! Sorting by a closure, with the closure's errors: Rhai's own goes on after them, and panics at a closure that contradicts itself.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, FnPtr, NativeCallContext};

use super::desk::Failed;
use crate::engine::desk::fail;

/// Takes the place of Rhai's `sort`, `sort_by`, `order` and `order_by`.
pub(super) fn register(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, |context: NativeCallContext, array: &mut Array, comparer: FnPtr| -> Result<(), Failed> {
            // The array is empty while it is sorted; an error leaves it so, and ends what was to be done with it.
            *array = sorted(std::mem::take(array), &|a, b| compare(&context, &comparer, a, b))?;
            Ok(())
        });
    }
    for name in ["order", "order_by"] {
        engine.register_fn(name, |context: NativeCallContext, array: Array, comparer: FnPtr| {
            sorted(array, &|a, b| compare(&context, &comparer, a, b))
        });
    }
}

fn compare(context: &NativeCallContext, comparer: &FnPtr, a: &Dynamic, b: &Dynamic) -> Result<Ordering, Failed> {
    let answer = comparer.call_raw(context, None, [a.clone(), b.clone()])?;
    if let Ok(number) = answer.as_int() {
        return Ok(number.cmp(&0));
    }
    match answer.as_bool() {
        Ok(true) => Ok(Ordering::Less),
        Ok(false) => Ok(Ordering::Greater),
        Err(_) => Err(fail("sort: the function gives neither a whole number nor true or false. Give -1, 0 or 1.")),
    }
}

/// A stable merge sort, which ends with any comparer.
fn sorted(mut items: Array, compare: &impl Fn(&Dynamic, &Dynamic) -> Result<Ordering, Failed>) -> Result<Array, Failed> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let (left, right) = (sorted(items, compare)?, sorted(right, compare)?);
    let mut merged = Array::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if compare(a, b)?.is_gt() { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
