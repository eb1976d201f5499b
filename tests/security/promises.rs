//! The pages of promises themselves: each promise has its test, and no crate may have unsafe code.

use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The tests that the table of promises names, each with the file that it stands in: `` `FILE`: `NAME`, `NAME` ``.
fn named(text: &str) -> Vec<(String, String)> {
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains(".rs`"));
    let mut named = Vec::new();
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let mut file = String::new();
        for word in last.split('`').skip(1).step_by(2) {
            if word.contains('/') {
                word.clone_into(&mut file);
            } else {
                named.push((file.clone(), word.to_owned()));
            }
        }
    }
    named
}

#[test]
fn each_promise_has_a_test_that_is_there() {
    for (page, least) in [("SECURITY.md", 20), ("docs/reliability.md", 15)] {
        let text = fs::read_to_string(repository().join(page)).unwrap();
        let named = named(&text);
        assert!(named.len() > least, "the table of {page} was not read: {named:?}");
        for (file, name) in named {
            let source = fs::read_to_string(repository().join(&file));
            let source = source.unwrap_or_else(|error| panic!("{page}, {file}: {error}"));
            assert!(source.contains(&format!("fn {name}(")), "{file} has no test `{name}`");
        }
    }
}

/// The manifests of all packages.
fn manifests() -> Vec<PathBuf> {
    let folders = ["crates", "jobs"].map(|name| fs::read_dir(repository().join(name)).unwrap());
    let packages = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let manifests =
        packages.chain([repository().join("tests")]).map(|path| path.join("Cargo.toml"));
    let manifests: Vec<_> = manifests.filter(|path| path.exists()).collect();
    assert!(manifests.len() > 15, "{manifests:?}");
    manifests
}

#[test]
fn no_crate_may_have_unsafe_code() {
    let workspace = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let lints = workspace.split("[workspace.lints.rust]\n").nth(1).unwrap();
    assert!(lints.starts_with("unsafe_code = \"forbid\"\n"), "{lints}");
    for path in manifests() {
        let manifest = fs::read_to_string(&path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true\n"), "{}", path.display());
    }
}
