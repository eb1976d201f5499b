//! What a phrase is worth for a category, and what that makes of a document.

use std::collections::{BTreeMap, HashMap};

use howdah::{Error, Result};

use crate::document::{Document, Ngram};

/// How often an n-gram is in the documents that are in a category (`true`) or not in it (`false`).
pub(crate) type Terms = BTreeMap<(String, bool), isize>;

/// A number for each category: above zero for it, below zero against it.
pub(crate) type Scores = BTreeMap<String, f64>;

/// The scores of n-grams. Each is the logarithm of how much likelier the n-gram is in documents that are
/// in the category than in those that are not.
///
/// # Errors
/// When documents are too short for their n-grams to have a likelihood.
pub(crate) fn ngrams(terms: &BTreeMap<Ngram, Terms>) -> Result<Vec<(Ngram, Scores)>> {
    let (none, kinds) = (Terms::new(), real(terms.len().cast_signed()));
    let mut all = Vec::with_capacity(terms.len());
    for (ngram, found) in terms {
        let places = terms.get(&(ngram.0, None)).unwrap_or(&none);
        let mut scores = Scores::new();
        for (category, _) in places.keys() {
            let likelihood = |is_in| likelihood(found, places, &(category.clone(), is_in), kinds);
            let score = likelihood(true).ln() - likelihood(false).ln();
            if !score.is_finite() {
                return Err(Error::new(format_args!(
                    "the documents known for `{category}` are too short for phrases of {} words; \
                     lower --max-ngram-size",
                    ngram.0
                )));
            }
            scores.insert(category.clone(), score);
        }
        all.push((ngram.clone(), scores));
    }
    Ok(all)
}

/// How likely an n-gram is to stand in a place for one, by Laplace's rule of succession: an n-gram that
/// was never found could still be the next.
fn likelihood(found: &Terms, places: &Terms, category: &(String, bool), kinds: f64) -> f64 {
    let Some(&places) = places.get(category) else { return 1.0 / kinds };
    let found = found.get(category).copied().unwrap_or(0);
    (real(found) + 2.0 / kinds) / real(places + 2)
}

/// The scores of a document, from those of its n-grams: the mean over those of one word, plus the mean
/// over those of two, and so on. It counts as having at least `least_places` of each.
pub(crate) fn document(
    document: &Document,
    ngrams: &BTreeMap<Ngram, Scores>,
    least_places: isize,
) -> Scores {
    let counts: HashMap<_, _> = document.ngrams.iter().map(|(ngram, n)| (ngram, *n)).collect();
    let count = |ngram: &Ngram| counts.get(ngram).copied().unwrap_or(0);
    // In order of the n-grams, so that the sums are the same in each run to their last digit.
    let mut sums = BTreeMap::<(&str, usize), f64>::new();
    for (ngram, scores) in ngrams {
        for (category, score) in scores {
            *sums.entry((category, ngram.0)).or_default() += score * real(count(ngram));
        }
    }
    let mut scores = Scores::new();
    for ((category, size), sum) in sums {
        let places = count(&(size, None)).max(least_places);
        *scores.entry(category.to_owned()).or_default() += sum / real(places);
    }
    scores
}

#[allow(clippy::cast_precision_loss)] // 2^53 words are out of reach
fn real(count: isize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gram(size: usize, text: &str) -> Ngram {
        (size, (!text.is_empty()).then(|| text.to_owned()))
    }

    fn terms(counts: &[(&str, bool, isize)]) -> Terms {
        counts.iter().map(|&(cat, is_in, n)| ((cat.to_owned(), is_in), n)).collect()
    }

    #[test]
    fn a_phrase_counts_for_the_category_that_has_more_of_it() {
        let scored = ngrams(&BTreeMap::from([
            (gram(1, ""), terms(&[("sea", true, 8), ("sea", false, 18), ("land", true, 4)])),
            (gram(1, "tide"), terms(&[("sea", true, 4)])),
        ]));
        let scored: BTreeMap<_, _> = scored.unwrap().into_iter().collect();
        // Of two kinds of n-grams: (4 + 2/2) / (8 + 2) against (0 + 2/2) / (18 + 2).
        let tide = &scored[&gram(1, "tide")];
        assert!((tide["sea"] - 10_f64.ln()).abs() < 1e-12, "{tide:?}");
        // (0 + 2/2) / (4 + 2) against the 1/2 of what nothing is known of.
        assert!((tide["land"] - (1_f64 / 3.0).ln()).abs() < 1e-12, "{tide:?}");
    }

    #[test]
    fn documents_that_are_too_short_are_said_to_be() {
        for places in [-2, -3] {
            let error = ngrams(&BTreeMap::from([
                (gram(4, ""), terms(&[("sea", true, places)])),
                (gram(4, "a b c d"), terms(&[("sea", true, 1)])),
            ]));
            assert_eq!(
                error.unwrap_err().to_string(),
                "the documents known for `sea` are too short for phrases of 4 words; lower --max-ngram-size"
            );
        }
    }

    #[test]
    fn a_document_s_score_is_the_sum_of_means_over_each_size() {
        let counts = [
            (gram(1, ""), 4),
            (gram(1, "a"), 3),
            (gram(1, "b"), 1),
            (gram(2, ""), 0),
            (gram(2, "a b"), 1),
        ];
        let doc = Document {
            id: "x".to_owned(),
            cats: BTreeMap::new(),
            in_test_set: false,
            ngrams: counts.into(),
        };
        let score = |x: f64| Scores::from([("sea".to_owned(), x)]);
        let known = BTreeMap::from([(gram(1, "a"), score(2.0)), (gram(2, "a b"), score(-1.0))]);
        assert_eq!(document(&doc, &known, 1), score(2.0 * 3.0 / 4.0 - 1.0));
        assert_eq!(document(&doc, &known, 8), score(2.0 * 3.0 / 8.0 - 1.0 / 8.0));
        assert_eq!(document(&doc, &BTreeMap::new(), 1), Scores::new());
    }
}
