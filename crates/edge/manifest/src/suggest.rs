//! Unknown keys in our own documents, and the key that was probably meant.

use crate::Problem;
use crate::field::Field;
use crate::problem::Findings;

/// Refuses every key of `field` that is not `known`.
pub(crate) fn unknown_keys(field: &Field<'_>, known: &[&str], to: &mut Findings) {
    for entry in field.entries(to) {
        if known.contains(&entry.key) {
            continue;
        }
        let all = known.join("`, `");
        let remedy = match nearest(entry.key, known) {
            Some(meant) => format!("Did you mean `{meant}`? Known here: `{all}`"),
            None => format!("Known here: `{all}`"),
        };
        let shown: String = entry.key.chars().take(40).collect();
        let problem = entry.value.problem(format!("unknown key `{shown}`"), remedy);
        to.refuse(Problem { place: entry.key_place, ..problem });
    }
}

/// The known word at the smallest edit distance, where that is small beside the word's length.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let distances = known.iter().map(|known| (distance(&word, &known.to_ascii_lowercase()), *known));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= nearest.len() / 3).then_some(nearest)
}

/// Levenshtein's edit distance; words longer than any key are as far as they are long.
fn distance(left: &str, right: &str) -> usize {
    const LEN_MAX: usize = 64;
    if left.len() > LEN_MAX {
        return left.len();
    }
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&right) {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = *cell;
            before = replaced.min(*cell + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_meant_is_found() {
        let known = ["softwareRoot", "ttl", "allowDebug", "platform", "workloads"];
        for (written, meant) in [
            ("softwareroot", Some("softwareRoot")),
            ("allow_debug", Some("allowDebug")),
            ("workload", Some("workloads")),
            ("tl", Some("ttl")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, &known), meant, "{written}");
        }
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        for (left, right, expected) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
