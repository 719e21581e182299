//! "Did you mean": the known word that looks most like a mistyped one.

/// The candidate nearest to `word`, if it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(MAX_CHARACTERS + 1).collect();
    if word.len() > MAX_CHARACTERS {
        return None;
    }
    let (distance, candidate) = candidates.map(|candidate| (distance(&word, candidate), candidate)).min()?;
    // A third of the letters may be wrong; a shorter word keeps one.
    (distance <= (candidate.chars().count() / 3).max(1)).then_some(candidate)
}

/// How many letters must be put in, left out, changed, or swapped with the next.
fn distance(word: &[char], candidate: &str) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=word.len()).collect();
    let mut previous = None;
    for (row, theirs) in candidate.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &ours) in word.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (at(&last, column) + usize::from(ours != theirs)).min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = column.checked_sub(1).filter(|left| previous == Some(ours) && word.get(*left) == Some(&theirs));
            best = swapped.map_or(best, |left| best.min(at(&before, left) + 1));
            current.push(best);
        }
        (before, last, previous) = (last, current, Some(theirs));
    }
    last.last().copied().unwrap_or(0)
}

/// Longer words are no typing mistakes, and comparing them takes long.
const MAX_CHARACTERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_of_the_fingers_counts_one() {
        for (word, candidate, expected) in [
            ("password", "password", 0),
            ("pasword", "password", 1),
            ("passwword", "password", 1),
            ("passwort", "password", 1),
            ("apssword", "password", 1),
            ("passwodr", "password", 1),
            ("", "abc", 3),
            ("abc", "", 3),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(&word.chars().collect::<Vec<_>>(), candidate), expected, "{word} {candidate}");
        }
    }

    #[test]
    fn far_away_words_are_not_suggested() {
        let keys = || ["listen", "window", "version"].into_iter();
        assert_eq!(nearest("listn", keys()), Some("listen"));
        assert_eq!(nearest("widnow", keys()), Some("window"));
        assert_eq!(nearest("colour", keys()), None);
        assert_eq!(nearest(&"listen".repeat(100_000), keys()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
