//! A document: what its name says of it, and how often each phrase is in it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use classics::{sha1, words};
use howdah::{Error, Files, Mapper, Out, Result};
use serde::{Deserialize, Serialize};

use crate::{About, Parsed};

/// A phrase, with its number of words; without a text, all phrases of that many words.
pub(crate) type Ngram = (usize, Option<String>);

/// Categories that a document is known to be in, or not to be in.
pub(crate) type Categories = BTreeMap<String, bool>;

/// A document, without its text.
#[derive(Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) cats: Categories,
    /// Whether nothing is learnt from it.
    pub(crate) in_test_set: bool,
    /// How often each n-gram is in it.
    pub(crate) ngrams: Vec<(Ngram, isize)>,
}

impl Document {
    /// Its n-grams that have a text.
    pub(crate) fn phrases(&self) -> impl Iterator<Item = &(Ngram, isize)> {
        self.ngrams.iter().filter(|((_, text), _)| text.is_some())
    }
}

/// The first mapper: documents become counts of n-grams.
#[derive(Clone)]
pub(crate) struct DocumentParser {
    longest: usize,
    stop_words: HashSet<String>,
    has_test_set: bool,
}

impl DocumentParser {
    /// N-grams of up to `longest` words, none of which is a stop word.
    pub(crate) fn new(longest: usize, stop_words: HashSet<String>, has_test_set: bool) -> Self {
        DocumentParser { longest, stop_words, has_test_set }
    }

    fn parse(&self, path: &Path) -> Result<Document> {
        let (id, cats) = name(path);
        let text = text(path)?;
        let hash = sha1(text.as_bytes());
        let in_test_set = self.has_test_set && hash[19] % 2 == 1;
        let words = words(&text).filter(|word| !self.stop_words.contains(word));
        let ngrams = ngrams(&words.collect::<Vec<_>>(), self.longest);
        Ok(Document { id, cats, in_test_set, ngrams: ngrams.into_iter().collect() })
    }
}

impl Mapper<Files> for DocumentParser {
    type Key = About;
    type Value = Parsed;

    fn map(&mut self, path: &Path, out: &mut Out<About, Parsed>) -> Result {
        let document = self.parse(path)?;
        if !document.in_test_set {
            for (ngram, count) in &document.ngrams {
                let found = Parsed::Found(*count, document.cats.clone());
                out.emit(&About::Ngram(ngram.clone()), &found);
            }
        }
        out.emit(&About::Document(document.id.clone()), &Parsed::Document(document));
        Ok(())
    }
}

/// The id and the categories that a file's name tells: `ID-CATEGORY-not_CATEGORY.txt`.
fn name(path: &Path) -> (String, Categories) {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = file.split('.').next().unwrap_or_default();
    let mut parts = stem.split('-');
    let id = parts.next().unwrap_or_default();
    let categories = parts.map(|part| match part.strip_prefix("not_") {
        Some(category) => (category.to_owned(), false),
        None => (part.to_owned(), true),
    });
    (id.to_owned(), categories.collect())
}

/// The text of a file, in which LF alone ends a line, as Python reads it.
fn text(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        Error::new(format_args!("the document `{path}` cannot be read: {error}"))
    })?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// How often each phrase of up to `longest` words occurs, and how many places there are for one.
///
/// A document of fewer words than a phrase has less than no place for it: so mrjob counts.
fn ngrams(words: &[String], longest: usize) -> BTreeMap<Ngram, isize> {
    let mut counts = BTreeMap::new();
    for n in 1..=longest {
        for phrase in words.windows(n) {
            *counts.entry((n, Some(phrase.join(" ")))).or_default() += 1;
        }
        counts.insert((n, None), words.len().cast_signed() - n.cast_signed() + 1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_id_and_categories() {
        let cats = |cats: &[(&str, bool)]| -> Categories {
            cats.iter().map(|&(cat, is_in)| (cat.to_owned(), is_in)).collect()
        };
        for (path, id, known) in [
            (
                "/docs/a.b/my_dog-animals-not_sea.txt",
                "my_dog",
                cats(&[("animals", true), ("sea", false)]),
            ),
            ("docs/x.tar.gz", "x", cats(&[])),
            ("x-not_a-a.txt", "x", cats(&[("a", true)])),
            ("plain", "plain", cats(&[])),
            ("-a-not_", "", cats(&[("a", true), ("", false)])),
        ] {
            assert_eq!(name(Path::new(path)), (id.to_owned(), known), "{path}");
        }
    }

    #[test]
    fn a_text_is_the_same_however_its_lines_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for (written, read) in [("a\r\n\r\nb\rc\n\r", "a\n\nb\nc\n\n"), ("a", "a"), ("", "")] {
            fs::write(&path, written).unwrap();
            assert_eq!(text(&path).unwrap(), read);
        }
    }

    #[test]
    fn n_grams_are_counted_up_to_the_longest_and_their_places_too() {
        let words: Vec<_> = ["a", "b", "a", "b"].map(str::to_owned).into();
        let gram = |n, text: &str| (n, Some(text.to_owned()));
        assert_eq!(
            ngrams(&words, 3).into_iter().collect::<Vec<_>>(),
            [
                ((1, None), 4),
                (gram(1, "a"), 2),
                (gram(1, "b"), 2),
                ((2, None), 3),
                (gram(2, "a b"), 2),
                (gram(2, "b a"), 1),
                ((3, None), 2),
                (gram(3, "a b a"), 1),
                (gram(3, "b a b"), 1),
            ]
        );
        assert_eq!(ngrams(&[], 2).into_values().collect::<Vec<_>>(), [0, -1]);
        assert!(ngrams(&words, 0).is_empty());
    }
}
