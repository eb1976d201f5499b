//! `howdah streaming -archives` of archives that mean harm: refused before any task runs, and nothing is left.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah");

/// A zip of one stored file.
fn zip(name: &str, content: &str, crc: u32) -> Vec<u8> {
    let bytes = (content.len() as u32).to_le_bytes();
    let common = [
        b"\x14\0\0\0\0\0\0\0\x21\x50",
        &crc.to_le_bytes()[..],
        &bytes,
        &bytes,
        &(name.len() as u16).to_le_bytes(),
        b"\0\0",
    ]
    .concat();
    let local = [b"PK\x03\x04", &common[..], name.as_bytes(), content.as_bytes()].concat();
    let record = [b"PK\x01\x02\x14\x03", &common[..], &[0; 14], name.as_bytes()].concat();
    let extent = [(record.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes()].concat();
    [local, record, b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec(), extent, vec![0; 2]].concat()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_archive_that_means_harm_is_refused_whole() {
    const TEXT_CRC: u32 = 0x3b8b_a7c7;
    let place = tempfile::Builder::new().prefix("archives").tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    fs::create_dir(path("temporary")).unwrap();
    fs::write(path("in.txt"), "a\n").unwrap();
    fs::write(path("good.zip"), zip("x", "text", TEXT_CRC)).unwrap();
    fs::write(path("evil.zip"), zip("../../../in.txt", "text", TEXT_CRC)).unwrap();
    fs::write(path("lines.zip"), zip("a\n\u{1b}[2Jb", "text", TEXT_CRC)).unwrap();
    let run = |archive: &str| {
        Command::new(HOWDAH)
            .args(["streaming", "-archives", &format!("{archive}#data"), "-input", "in.txt"])
            .args(["-output", "out", "-mapper", "cat data/x", "-numReduceTasks", "0"])
            .current_dir(place.path())
            .env("TMPDIR", path("temporary"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let before = names(place.path());
    for (archive, why) in [
        (
            "evil.zip",
            "the entry `../../../in.txt` has `..` in its name, and would lie outside of the folder",
        ),
        ("lines.zip", "the entry `a\\n\\x1b[2Jb` has a control character in its name"),
    ] {
        let output = run(archive);
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!("{archive}` cannot be unpacked: {why}");
        assert!(said.contains(&expected), "{said}");
        assert_eq!(output.status.code(), Some(5), "{said}");
        assert_eq!(names(place.path()), before);
        assert_eq!(names(&path("temporary")), [""; 0]);
        assert_eq!(fs::read_to_string(path("in.txt")).unwrap(), "a\n");
    }
    let output = run("good.zip");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(path("out/part-00000")).unwrap(), "text\t\n");
}
