//! A part of a record that travels unread: passed on, and read where it is wanted.

#![allow(clippy::unwrap_used)] // as in tests

mod task;
#[path = "../../../bench/words.rs"]
mod words;

use divan::{Bencher, black_box};
use howdah::{Flow, Identity, Pairs, Unread};
use task::ValuesAre;

const LISTS: u64 = 1_000;
/// Elements of each list.
const ELEMENTS: u64 = 20;

fn main() {
    divan::main();
}

/// A page with its links: what a round of a graph passes on.
#[divan::bench]
fn passed_on(bencher: Bencher<'_, '_>) {
    let plan =
        Flow::<Pairs<String, (u64, Unread<Vec<String>>)>>::read().map(Identity).map_only().plan();
    let lines: Vec<String> = (0..LISTS)
        .zip(lists())
        .map(|(place, links)| format!("\"{}\"\t[{place},{links}]", words::word(place)))
        .collect();
    task::map(bencher, &plan, &lines, ValuesAre::Written);
}

#[divan::bench]
fn elements_one_by_one(bencher: Bencher<'_, '_>) {
    read(bencher, |list| {
        let mut elements = list.elements().unwrap();
        while let Some(element) = elements.next_ref().unwrap() {
            black_box(element);
        }
    });
}

#[divan::bench]
fn as_a_whole(bencher: Bencher<'_, '_>) {
    read(bencher, |list| {
        black_box(list.read().unwrap());
    });
}

fn read(bencher: Bencher<'_, '_>, read: fn(&Unread<Vec<String>>)) {
    let lists = lists();
    let unread: Vec<Unread<Vec<String>>> =
        lists.iter().map(|list| serde_json::from_str(list).unwrap()).collect();
    task::count(bencher, &lists).bench(|| unread.iter().for_each(read));
}

/// Lists of words, as JSON.
fn lists() -> Vec<String> {
    let list = |list| {
        let words: Vec<String> =
            (list * ELEMENTS..(list + 1) * ELEMENTS).map(words::word).collect();
        format!("[\"{}\"]", words.join("\",\""))
    };
    (0..LISTS).map(list).collect()
}
