//! The program as people use it: ranks that are right, and the same bytes however they are made.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed
#![allow(clippy::cast_precision_loss)] // of small numbers

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pagerank");
const LINKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/links.tsv");

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Place { folder: tempfile::Builder::new().prefix("ranks").tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &str) -> Output {
        Command::new(PROGRAM)
            .arg("run")
            .args(words.split(' '))
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path())
            .output()
            .unwrap()
    }

    /// The part files of a run to the folder `out`, and what it said.
    fn parts(&self, words: &str) -> (BTreeMap<String, String>, String) {
        let output = self.run(&format!("{words} -o out --overwrite"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words}: {stderr}");
        let parts = fs::read_dir(self.path("out")).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), path)
        });
        let parts = parts.filter(|(name, _)| name.starts_with("part-"));
        (parts.map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect(), stderr)
    }
}

/// The ranks of some parts.
fn ranks(parts: &BTreeMap<String, String>) -> BTreeMap<String, f64> {
    let lines = parts.values().flat_map(|part| part.lines());
    let record = |line: &str| {
        let (name, rank) = line.split_once('\t').unwrap();
        (serde_json::from_str(name).unwrap(), rank.parse().unwrap())
    };
    lines.map(record).collect()
}

/// The same by a plain program of floats: so many rounds over a graph.
fn reference(edges: &str, damping: f64, rounds: usize) -> BTreeMap<String, f64> {
    let edges: BTreeSet<(&str, &str)> = edges
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap())
        .collect();
    let nodes: BTreeSet<&str> = edges.iter().flat_map(|&(from, to)| [from, to]).collect();
    let count = nodes.len() as f64;
    let degree = |node: &str| edges.iter().filter(|(from, _)| *from == node).count() as f64;
    let mut ranks: BTreeMap<&str, f64> = nodes.iter().map(|&node| (node, 1.0 / count)).collect();
    for _ in 0..rounds {
        let loose: f64 =
            ranks.iter().filter(|(node, _)| degree(node) == 0.0).map(|(_, rank)| rank).sum();
        let spread = (1.0 - damping + damping * loose) / count;
        let mut next: BTreeMap<&str, f64> = nodes.iter().map(|&node| (node, spread)).collect();
        for (from, to) in &edges {
            *next.get_mut(to).unwrap() += damping * ranks[from] / degree(from);
        }
        ranks = next;
    }
    ranks.into_iter().map(|(node, rank)| (node.to_owned(), rank)).collect()
}

fn assert_close(found: &BTreeMap<String, f64>, expected: &BTreeMap<String, f64>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (node, rank) in found {
        let difference = (rank - expected[node]).abs();
        assert!(difference < 1e-14, "{node}: {rank} is not {}", expected[node]);
    }
}

/// A graph of some hundred nodes: chains, hubs, nodes without links, duplicate edges.
fn large_graph() -> String {
    let mut edges = String::new();
    for n in 0..900_u32 {
        let (from, to) = (n * 7919 % 311, n * n % 337);
        writeln!(edges, "node {from}\tnode {to}").unwrap();
        if n % 10 == 0 {
            writeln!(edges, "node {from}\thub \"{}\"", n % 3).unwrap();
            writeln!(edges, "node {from}\tnode {to}").unwrap();
        }
    }
    edges
}

#[test]
fn ranks_are_those_of_a_plain_program() {
    let place = Place::new();
    let edges = fs::read_to_string(LINKS).unwrap();
    for (damping, rounds) in [(0.85, 1), (0.85, 20), (0.5, 7)] {
        let words = format!("{LINKS} --damping {damping} --tolerance 0 --iterations {rounds}");
        let (parts, _) = place.parts(&words);
        assert_close(&ranks(&parts), &reference(&edges, damping, rounds));
    }
}

#[test]
fn both_formats_are_the_same_graph() {
    let place = Place::new();
    let adjacency = "home\tabout,news,shop\nabout\thome\nnews\thome,archive\narchive\tnews\n\
                     shop\thome,cart,shop\ncart\tterms\nterms\n";
    fs::write(place.path("graph"), adjacency).unwrap();
    let (edges, _) = place.parts(LINKS);
    let (nodes, _) = place.parts("graph --format adjacency");
    assert_eq!(edges, nodes);
}

#[test]
fn the_bytes_do_not_depend_on_how_they_are_made() {
    let place = Place::new();
    fs::write(place.path("graph"), large_graph()).unwrap();
    let graph = "graph --iterations 4 --tolerance 0";
    let (expected, _) = place.parts(graph);
    assert_close(&ranks(&expected), &reference(&large_graph(), 0.85, 4));
    let others = [
        "-w 1",
        "-w 7",
        "--split-size 1K",
        "--memory 8M -w 5",
        "--isolate -w 2",
        "--output-codec none --spill-codec none",
    ];
    for other in others {
        assert_eq!(place.parts(&format!("{graph} {other}")).0, expected, "{other}");
    }
    let (three, _) = place.parts(&format!("{graph} -r 3"));
    assert_eq!((three.len(), ranks(&three)), (3, ranks(&expected)));
}

#[test]
fn it_stops_when_the_ranks_hardly_change_and_says_how_they_do() {
    let place = Place::new();
    let (_, said) = place.parts(&format!("{LINKS} --tolerance 0.01"));
    let rounds: Vec<&str> = said.lines().filter(|line| line.starts_with("round ")).collect();
    let changes: Vec<f64> =
        rounds.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    let (last, before) = changes.split_last().unwrap();
    assert!(*last < 0.01 && before.iter().all(|change| *change >= 0.01), "{changes:?}");
    assert!(rounds[0].starts_with("round 1: the ranks changed by "), "{rounds:?}");
}

#[test]
fn ranks_come_highest_first_and_equal_ones_by_name() {
    let place = Place::new();
    // `a!` is before `a` as JSON, and behind it by its bytes.
    fs::write(place.path("graph"), "a\tz\na!\tz\nb\tz\n").unwrap();
    let (parts, _) = place.parts("graph --sort rank");
    let names: Vec<String> = parts["part-00000"]
        .lines()
        .map(|line| serde_json::from_str(line.split('\t').next().unwrap()).unwrap())
        .collect();
    assert_eq!((parts.len(), names), (1, ["z", "a", "a!", "b"].map(str::to_owned).to_vec()));
}

#[test]
fn a_line_that_is_no_edge_is_put_aside() {
    let place = Place::new();
    fs::write(place.path("graph"), "a\tb\nno edge\nb\ta\n").unwrap();
    let (parts, said) = place.parts("graph");
    assert_eq!(ranks(&parts).len(), 2);
    assert!(said.contains("1 record was rejected; see `out/_rejects`"), "{said}");
    let rejects = only_file(&place.path("out/_rejects"));
    let reject: serde_json::Value = serde_json::from_str(&rejects).unwrap();
    assert_eq!((&reject["record"], &reject["offset"]), (&"no edge".into(), &4.into()));
    let output = place.run("graph -o other --max-rejects 0");
    assert_eq!(output.status.code(), Some(65), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.path("other").exists());
}

fn only_file(folder: &Path) -> String {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    fs::read_to_string(&files[0]).unwrap()
}

#[test]
fn options_are_checked_before_anything_is_read() {
    let place = Place::new();
    for words in ["graph --damping 1", "graph --iterations 0", "graph --format dot"] {
        assert_eq!(place.run(words).status.code(), Some(2), "{words}");
    }
}
