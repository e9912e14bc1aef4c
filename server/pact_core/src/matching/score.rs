//! How alike two names are.

use strsim::{jaro, osa_distance};

/// The score of names of which one is the other with words added: "Globex" and "Globex Benelux".
const CONTAINED_SCORE: f64 = 0.88;
/// How much the words that differ weigh in names that share others: "Hotel Krone" and "Hotel Sonne" are two.
const DIFFERENCE_WEIGHT: f64 = 0.4;
/// The highest score of names with different numbers: "Studio 54" and "Studio 55" are two.
const OTHER_NUMBER_SCORE: f64 = 0.6;
/// Below this likeness by Jaro's measure, no edit distance makes two names alike.
const HOPELESS_JARO: f64 = 0.6;
/// A single word that is contained must be so long, in characters, to say anything.
const MIN_CONTAINED_CHARS: usize = 5;

/// How alike two keys of [`super::name_key`] or [`super::person_key`] are, from 0 to 1.
///
/// It is the mean of Jaro's measure and the edit distance (transpositions are one edit), each forgiving what the other does
/// not; words in another order, "ue" for "ü" and the like, and added words are allowed for. An empty key is like nothing.
pub fn name_score(one: &str, other: &str) -> f64 {
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    if one == other {
        return 1.0;
    }
    let (one, other) = (loose(one), loose(other));
    // Jaro's measure takes the first letter that fits, so where letters repeat its order counts.
    let (one, other) = if one <= other { (one, other) } else { (other, one) };
    let whole = whole_score(&one, &other);
    let score = if is_contained(&one, &other) { whole.max(CONTAINED_SCORE) } else { weigh_difference(whole, &one, &other) };
    if numbers(&one) == numbers(&other) { score } else { score.min(OTHER_NUMBER_SCORE) }
}

/// Whether two keys are as alike as `least`, which is told at once of names with different numbers.
pub(super) fn reaches(one: &str, other: &str, least: f64) -> bool {
    (least <= OTHER_NUMBER_SCORE || numbers(one) == numbers(other)) && name_score(one, other) >= least
}

/// The best score of the names as they are, with their words in one order, and, where they have more or fewer, written together.
fn whole_score(one: &str, other: &str) -> f64 {
    let mut score = spelling_score(one, other);
    let (ours, theirs) = (sorted(one), sorted(other));
    if ours != one || theirs != other {
        score = score.max(spelling_score(&ours, &theirs));
    }
    if one.split(' ').count() != other.split(' ').count() {
        score = score.max(spelling_score(&one.replace(' ', ""), &other.replace(' ', "")));
    }
    score
}

fn spelling_score(one: &str, other: &str) -> f64 {
    let likeness = jaro(one, other);
    // Most pairs are nothing alike; the costlier measure is kept for the others.
    if likeness < HOPELESS_JARO { likeness / 2.0 } else { f64::midpoint(likeness, edit_score(one, other)) }
}

/// One less the share of letters that must be edited; two letters swapped are one edit.
fn edit_score(one: &str, other: &str) -> f64 {
    let longest = one.chars().count().max(other.chars().count());
    let share = f64::from(u32::try_from(osa_distance(one, other)).unwrap_or(u32::MAX));
    1.0 - share / f64::from(u32::try_from(longest).unwrap_or(u32::MAX).max(1))
}

/// The score of the whole names, lowered by how unlike the words are in which they differ.
fn weigh_difference(whole: f64, one: &str, other: &str) -> f64 {
    let without = |name: &str, shared: &str| -> String {
        let shared: Vec<&str> = shared.split(' ').collect();
        name.split(' ').filter(|word| !shared.contains(word)).collect::<Vec<_>>().join(" ")
    };
    let (ours, theirs) = (without(one, other), without(other, one));
    if ours == one || ours.is_empty() || theirs.is_empty() {
        return whole;
    }
    let difference = spelling_score(&ours, &theirs);
    whole.min(whole * (1.0 - DIFFERENCE_WEIGHT) + difference * DIFFERENCE_WEIGHT)
}

/// The ways of writing umlauts and the like without them, made one.
fn loose(key: &str) -> String {
    key.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a")
}

fn sorted(key: &str) -> String {
    let mut words: Vec<&str> = key.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// Whether all words of the shorter name stand in the longer.
fn is_contained(one: &str, other: &str) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split(' ').collect(), other.split(' ').collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let telling = short.len() > 1 || short.iter().all(|word| word.chars().count() >= MIN_CONTAINED_CHARS);
    telling && short.iter().all(|word| long.contains(word))
}

fn numbers(key: &str) -> Vec<&str> {
    key.split(|c: char| !c.is_numeric()).filter(|part| !part.is_empty()).collect()
}
