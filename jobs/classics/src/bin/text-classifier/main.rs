//! Which documents belong to which categories, learnt from some: mrjob's `mr_text_classifier`.
//!
//! A phrase is worth something for a category if it makes up more of the documents that are in it than
//! of those that are not. A document's score is the mean worth of its phrases of one word, plus that of
//! two words, and so on. So its length does not matter.

mod document;
mod score;

use std::collections::{BTreeMap, HashSet};

use document::{Categories, Document, DocumentParser, Ngram};
use howdah::{Counter, Flow, Job, Key, Out, Plan, Reducer, Result, Values, clap};
use score::{Scores, Terms};
use serde::{Deserialize, Serialize};

const SAME_ID: Counter = Counter::new("Documents", "left out for an id that another has");
const TOO_COMMON: Counter = Counter::new("Phrases", "in too many documents");

/// Scores documents by category, and phrases too
///
/// Each input file is a document. Its name says what is known of it: `ID-CATEGORY-not_CATEGORY.txt`.
#[derive(clap::Args, Clone)]
struct TextClassifier {
    /// Leave out phrases that are in fewer documents
    #[arg(long, value_name = "N", default_value_t = 2)]
    min_df: u64,
    /// Leave out phrases that are in more documents
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    max_df: usize,
    /// How many words a phrase has at most
    #[arg(long, value_name = "N", default_value_t = 4)]
    max_ngram_size: usize,
    /// Words to leave out first of all, as `in,the`
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    stop_words: Vec<String>,
    /// Rate a document of fewer phrases as if it had N, the missing ones worth nothing
    #[arg(long, value_name = "N", default_value_t = 1)]
    short_doc_threshold: usize,
    /// Learn from all documents, not from about half of them, chosen by a hash of their text
    #[arg(long)]
    no_test_set: bool,
}

/// What a record tells of.
#[derive(Serialize, Deserialize, Clone)]
enum About {
    /// The document with this id.
    Document(String),
    Ngram(Ngram),
    /// All n-grams, which only together have a score.
    AllNgrams,
}

impl Key for About {}

/// What is told by a document itself.
#[derive(Serialize, Deserialize)]
enum Parsed {
    Document(Document),
    /// How often an n-gram is in a document of these categories.
    Found(isize, Categories),
}

/// What is known once the documents of each n-gram have been counted.
#[derive(Serialize, Deserialize)]
enum Counted {
    Document(Document),
    /// How often an n-gram is in the documents of each kind; JSON has no map with such keys.
    Ngram(Ngram, Vec<((String, bool), isize)>),
}

/// What is known once each n-gram has its scores.
#[derive(Serialize, Deserialize)]
enum Scored {
    Document(Document),
    /// The n-gram is in the document with this id.
    IsIn(String),
    Scores(Scores),
}

/// What a document needs for its own scores.
#[derive(Serialize, Deserialize)]
enum Gathered {
    Document(Document),
    Ngram(Ngram, Scores),
}

/// The id of a document, or an n-gram.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Document(String),
    Ngram(Ngram),
}

/// A document as it was classified, or the scores of an n-gram.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Verdict {
    Document { id: String, cats: Categories, in_test_set: bool, cat_to_score: Scores },
    Ngram(Scores),
}

/// Counts what each n-gram is found in.
#[derive(Clone)]
struct Count {
    min_df: u64,
}

impl Reducer<About, Parsed> for Count {
    type Key = About;
    type Value = Counted;

    fn reduce(
        &mut self,
        about: &About,
        values: Values<Parsed>,
        out: &mut Out<About, Counted>,
    ) -> Result {
        let (mut document, mut found_in, mut terms) = (None, 0, Terms::new());
        for value in values {
            match value {
                Parsed::Document(_) if document.is_some() => out.count(&SAME_ID, 1),
                Parsed::Document(first) => document = Some(first),
                Parsed::Found(count, categories) => {
                    found_in += 1;
                    for category in categories {
                        *terms.entry(category).or_default() += count;
                    }
                }
            }
        }
        if let Some(document) = document {
            out.emit(about, &Counted::Document(document));
        }
        if let About::Ngram(ngram) = about
            && found_in >= self.min_df
        {
            let terms = terms.into_iter().collect();
            out.emit(&About::AllNgrams, &Counted::Ngram(ngram.clone(), terms));
        }
        Ok(())
    }
}

/// Scores all n-grams, and tells each of them which documents it is in.
#[derive(Clone)]
struct ScoreNgrams;

impl Reducer<About, Counted> for ScoreNgrams {
    type Key = About;
    type Value = Scored;

    fn reduce(
        &mut self,
        about: &About,
        values: Values<Counted>,
        out: &mut Out<About, Scored>,
    ) -> Result {
        let mut ngrams = BTreeMap::new();
        for value in values {
            match value {
                Counted::Ngram(ngram, terms) => {
                    ngrams.insert(ngram, terms.into_iter().collect());
                }
                Counted::Document(document) => {
                    for (ngram, _) in document.phrases() {
                        let is_in = Scored::IsIn(document.id.clone());
                        out.emit(&About::Ngram(ngram.clone()), &is_in);
                    }
                    out.emit(about, &Scored::Document(document));
                }
            }
        }
        for (ngram, scores) in score::ngrams(&ngrams)? {
            out.emit(&About::Ngram(ngram), &Scored::Scores(scores));
        }
        Ok(())
    }
}

/// Sends the scores of each n-gram to the documents that it is in.
#[derive(Clone)]
struct SpreadScores {
    max_df: usize,
}

impl Reducer<About, Scored> for SpreadScores {
    type Key = About;
    type Value = Gathered;

    fn reduce(
        &mut self,
        about: &About,
        values: Values<Scored>,
        out: &mut Out<About, Gathered>,
    ) -> Result {
        let (mut ids, mut found) = (Vec::new(), None);
        for value in values {
            match value {
                Scored::Document(document) => out.emit(about, &Gathered::Document(document)),
                Scored::Scores(scores) => found = Some(scores),
                Scored::IsIn(_) if ids.len() == self.max_df => {
                    out.count(&TOO_COMMON, 1);
                    return Ok(());
                }
                Scored::IsIn(id) => ids.push(id),
            }
        }
        if let (About::Ngram(ngram), Some(scores)) = (about, found) {
            let gathered = Gathered::Ngram(ngram.clone(), scores);
            for id in ids {
                out.emit(&About::Document(id), &gathered);
            }
            out.emit(about, &gathered);
        }
        Ok(())
    }
}

/// Scores the documents.
#[derive(Clone)]
struct ScoreDocuments {
    /// A document with fewer places for n-grams of a size counts as having so many.
    least_places: isize,
}

impl Reducer<About, Gathered> for ScoreDocuments {
    type Key = (String, Name);
    type Value = Verdict;

    fn reduce(
        &mut self,
        about: &About,
        values: Values<Gathered>,
        out: &mut Out<(String, Name), Verdict>,
    ) -> Result {
        let (mut document, mut ngrams) = (None, BTreeMap::new());
        for value in values {
            match value {
                Gathered::Document(its) => document = Some(its),
                Gathered::Ngram(ngram, scores) => {
                    ngrams.insert(ngram, scores);
                }
            }
        }
        if let Some(document) = document {
            let cat_to_score = score::document(&document, &ngrams, self.least_places);
            let Document { id, cats, in_test_set, .. } = document;
            let name = Name::Document(id.clone());
            out.emit(("doc", &name), &Verdict::Document { id, cats, in_test_set, cat_to_score });
        } else if let About::Ngram(_) = about {
            for (ngram, scores) in ngrams {
                out.emit(("cat_to_score", &Name::Ngram(ngram)), &Verdict::Ngram(scores));
            }
        }
        Ok(())
    }
}

impl Job for TextClassifier {
    fn plan(&self) -> Plan {
        let stop_words = self.stop_words.iter().map(|word| word.trim().to_lowercase());
        let parser = DocumentParser::new(
            self.max_ngram_size,
            stop_words.collect::<HashSet<_>>(),
            !self.no_test_set,
        );
        Flow::files()
            .map(parser)
            .reduce(Count { min_df: self.min_df })
            .shuffle()
            .reduce(ScoreNgrams)
            .shuffle()
            .reduce(SpreadScores { max_df: self.max_df })
            .shuffle()
            .reduce(ScoreDocuments { least_places: self.short_doc_threshold.max(1).cast_signed() })
            .plan()
    }
}

howdah::main!(TextClassifier);

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> TextClassifier {
        TextClassifier {
            min_df: 1,
            max_df: 9,
            max_ngram_size: 1,
            stop_words: vec![" The ".to_owned()],
            short_doc_threshold: 1,
            no_test_set: true,
        }
    }

    /// What one document gives: its own scores, and those of each n-gram that is scored.
    fn classified(job: &TextClassifier) -> (Scores, BTreeMap<Ngram, Scores>, i64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-sea.txt");
        std::fs::write(&path, "the tide,\nThe boats\n").unwrap();
        let ran = howdah::test::job(job).files([path]).check().unwrap();
        let (mut document, mut ngrams) = (Scores::new(), BTreeMap::new());
        for ((_, name), verdict) in ran.records::<(String, Name), Verdict>().unwrap() {
            match (name, verdict) {
                (Name::Document(name), Verdict::Document { id, cats, cat_to_score, .. }) => {
                    assert_eq!((name.as_str(), id.as_str(), cats["sea"]), ("x", "x", true));
                    document = cat_to_score;
                }
                (Name::Ngram(ngram), Verdict::Ngram(scores)) => {
                    ngrams.insert(ngram, scores);
                }
                _ => panic!("a name and a verdict of different kinds"),
            }
        }
        (document, ngrams, ran.counter(&TOO_COMMON))
    }

    #[test]
    fn a_document_is_scored_by_its_phrases() {
        let (document, ngrams, _) = classified(&job());
        // Three kinds: `tide`, `boats`, and any. (1 + 2/3) / (2 + 2) against 1/3; and 2 + 2/3 for any.
        let near = |score: f64, expected: f64| (score - expected).abs() < 1e-12;
        assert_eq!(ngrams.len(), 3);
        assert!(near(ngrams[&(1, Some("tide".to_owned()))]["sea"], 1.25_f64.ln()), "{ngrams:?}");
        assert!(near(ngrams[&(1, None)]["sea"], 2_f64.ln()), "{ngrams:?}");
        assert!(near(document["sea"], 1.25_f64.ln()), "{document:?}");
    }

    #[test]
    fn phrases_of_too_few_or_too_many_documents_are_left_out() {
        let (document, ngrams, too_common) = classified(&TextClassifier { min_df: 2, ..job() });
        assert_eq!((document.len(), ngrams.len(), too_common), (0, 0, 0));
        let (document, ngrams, too_common) = classified(&TextClassifier { max_df: 0, ..job() });
        assert_eq!((document.len(), ngrams.len(), too_common), (0, 1, 2));
    }

    #[test]
    fn a_document_that_cannot_be_read_is_named() {
        let error = howdah::test::job(&job()).files(["no/such.txt"]).run().unwrap_err().to_string();
        assert!(error.starts_with("the document `no/such.txt` cannot be read: "), "{error}");
    }
}
