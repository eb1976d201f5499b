//! What goes wrong while a run goes on, and what must not be left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod disks;
#[cfg(target_os = "linux")]
mod environments;
#[cfg(target_os = "linux")]
mod kills;
mod limits;
mod memory;
#[cfg(target_os = "linux")]
mod orphans;
mod panics;
mod peak;
#[cfg(target_os = "linux")]
mod rivals;
mod signals;
mod sort_check;

use std::fs;
use std::path::Path;

/// The names of what lies in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
