//! Archives of any bytes: whole in their folder, or an error and nothing left; never anything outside, and no panic.
#![no_main]

use std::fs;
use std::path::Path;

use arbitrary::Arbitrary;
use howdah_runner::side_files::unpack;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Zip(&'a [u8]),
    Tar(&'a [u8]),
    CompressedTar(&'a [u8]),
    /// A tar whose checksums are right, which bytes by chance never are.
    Entries(Vec<Entry<'a>>),
}

#[derive(Arbitrary, Debug)]
struct Entry<'a> {
    name: &'a [u8],
    kind: u8,
    target: &'a [u8],
    content: &'a [u8],
}

const KINDS: &[u8] = b"01235LKxgS";

fuzz_target!(|input: Input<'_>| {
    let place = std::env::temp_dir().join(format!("howdah-fuzz-archive-{}", std::process::id()));
    let _ = fs::remove_dir_all(&place);
    let folder = place.join("in");
    fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let (name, bytes) = match input {
        Input::Zip(bytes) => ("a.zip", bytes.to_vec()),
        Input::Tar(bytes) => ("a.tar", bytes.to_vec()),
        Input::CompressedTar(bytes) => ("a.tgz", bytes.to_vec()),
        Input::Entries(entries) => ("a.tar", tar(&entries)),
    };
    fs::write(place.join(name), bytes).expect("an archive can be written");
    let target = folder.join("target");
    let unpacked = unpack(&place.join(name), &target);
    assert_eq!(names(&place), [name, "in"]);
    match unpacked {
        Ok(()) => {
            assert_eq!(names(&folder), ["target"]);
            check_links(&target, &target.canonicalize().expect("the target is there"));
        }
        Err(error) => assert!(names(&folder).is_empty(), "{error}"),
    }
    fs::remove_dir_all(&place).expect("what was unpacked can be removed");
});

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Wherever a link leads, it stays below the root.
fn check_links(folder: &Path, root: &Path) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_symlink() {
            if let Ok(end) = path.canonicalize() {
                assert!(end.starts_with(root), "{} leads to {}", path.display(), end.display());
            }
        } else if path.is_dir() {
            check_links(&path, root);
        }
    }
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        let mut header = [0; 512];
        let mut put = |at: usize, most: usize, bytes: &[u8]| {
            let count = bytes.len().min(most);
            header[at..at + count].copy_from_slice(&bytes[..count]);
        };
        put(0, 100, entry.name);
        put(124, 12, format!("{:011o}", entry.content.len()).as_bytes());
        put(148, 8, b"        ");
        put(156, 1, &[KINDS[usize::from(entry.kind) % KINDS.len()]]);
        put(157, 100, entry.target);
        put(257, 8, b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend(header);
        tar.extend(entry.content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}
