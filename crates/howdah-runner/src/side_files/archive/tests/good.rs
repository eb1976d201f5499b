//! Archives that are as they should be.

use std::process::{Command, Stdio};

use super::tars::{Entry, extended, file, folder, hard_link, long, tar};
use super::zips::{deflated, special, stored, zip};
use super::*;

/// Unpacks an archive, and says what is in the folder.
#[track_caller]
fn unpacked(name: &str, archive: &[u8]) -> Vec<(String, String)> {
    let place = Place::new();
    let archive = place.write(name, archive);
    let before = place.picture();
    unpack(&archive, &place.target()).unwrap();
    let inside = picture(&place.target());
    let mut outside = place.picture();
    outside.retain(|path, _| !path.starts_with("in/target"));
    assert_eq!(outside, before, "{name}");
    inside.into_iter().map(|(path, what)| (path.to_str().unwrap().to_owned(), what)).collect()
}

fn owned(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(path, what)| (path.to_owned(), what.to_owned())).collect()
}

#[test]
fn zips_and_jars() {
    let entries = [
        special("d/", 0o040_755, ""),
        stored("d/stored", "as it is"),
        deflated("d/deflated", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        deflated("other/folder/empty", ""),
        stored("grün/日本", "unicode"),
        // Names that only a careless rule would refuse.
        stored("..x/y../a..b", "dots"),
        stored("a b:c", "colon"),
    ];
    let expected = [
        ("..x", "/"),
        ("..x/y..", "/"),
        ("..x/y../a..b", "dots"),
        ("a b:c", "colon"),
        ("d", "/"),
        ("d/deflated", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("d/stored", "as it is"),
        ("grün", "/"),
        ("grün/日本", "unicode"),
        ("other", "/"),
        ("other/folder", "/"),
        ("other/folder/empty", ""),
    ];
    for name in ["a.zip", "a.jar", "A.ZIP"] {
        assert_eq!(unpacked(name, &zip(&entries)), owned(&expected), "{name}");
    }
}

#[test]
fn zips_behind_a_program_that_unpacks_itself() {
    let archive = [&b"#!/bin/sh\nexec unzip $0\n"[..], &zip(&[stored("x", "text")])].concat();
    assert_eq!(unpacked("a.zip", &archive), owned(&[("x", "text")]));
}

#[test]
fn tars_plain_and_compressed() {
    let entries = [
        folder("./"),
        folder("./d"),
        file("./d/x", "text"),
        folder("d/"),
        file("e//y", "more"),
        Entry { kind: b'7', ..file("contiguous", "7") },
        Entry { kind: 0, ..file("old", "old") },
        Entry { kind: 0, ..folder("old-folder/") },
        Entry { prefix: b"prefix/of".to_vec(), ..file("posix", "p") },
    ];
    let expected = [
        ("contiguous", "7"),
        ("d", "/"),
        ("d/x", "text"),
        ("e", "/"),
        ("e/y", "more"),
        ("old", "old"),
        ("old-folder", "/"),
        ("prefix", "/"),
        ("prefix/of", "/"),
        ("prefix/of/posix", "p"),
    ];
    let plain = tar(&entries);
    let (one, other) = plain.split_at(700);
    let in_two_members = [gzip(one), gzip(other)].concat();
    for (name, archive) in [
        ("a.tar", plain.clone()),
        ("a.tar.gz", gzip(&plain)),
        ("a.tgz", in_two_members),
        ("padded.tar", [plain, vec![0; 9000]].concat()),
    ] {
        assert_eq!(unpacked(name, &archive), owned(&expected), "{name}");
    }
}

#[test]
fn archives_of_nothing() {
    for (name, archive) in [
        ("a.zip", zip(&[])),
        ("a.tar", tar(&[])),
        ("a.tgz", gzip(&tar(&[]))),
        ("folder.tar", tar(&[folder(".")])),
    ] {
        assert_eq!(unpacked(name, &archive), [], "{name}");
    }
}

#[test]
fn long_names() {
    let name = ["a".repeat(200), "b".repeat(255)].join("/");
    let git = extended(b'g', &[("comment", b"0123456789abcdef")]);
    // A value may hold anything; only its length says where it ends.
    let attribute: (&str, &[u8]) = ("SCHILY.xattr.user.x", b"a\n\n9 path=z\n");
    for archive in [
        tar(&[long(b'L', &name), file(&name[..100], "text")]),
        tar(&[extended(b'x', &[("path", name.as_bytes())]), file(&name[..100], "text")]),
        tar(&[git, extended(b'x', &[attribute, ("path", name.as_bytes())]), file("z", "text")]),
    ] {
        let found = unpacked("a.tar", &archive);
        assert_eq!(found.last(), Some(&(name.clone(), "text".to_owned())));
    }
    let found = unpacked("a.zip", &zip(&[stored(&name, "text")]));
    assert_eq!(found.last(), Some(&(name, "text".to_owned())));
}

#[test]
fn sizes_in_all_forms() {
    let in_header = Entry { bytes: Some(0), ..file("x", "text") };
    let archive = tar(&[extended(b'x', &[("size", b"4")]), in_header, file("y", "more")]);
    assert_eq!(unpacked("a.tar", &archive), owned(&[("x", "text"), ("y", "more")]));
    let mut archive = tar(&[file("x", "text")]);
    archive[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x04");
    archive[148..156].copy_from_slice(b"        ");
    let sum: u32 = archive[..512].iter().map(|&byte| u32::from(byte)).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_eq!(unpacked("a.tar", &archive), owned(&[("x", "text")]));
}

#[cfg(unix)]
#[test]
fn links_that_stay_inside() {
    let target = "c".repeat(150);
    let archive = tar(&[
        folder("lib"),
        file("lib/x.so.1", "code"),
        tars::link("lib/x.so", "x.so.1"),
        tars::link("lib/up", "../lib/x.so"),
        tars::link("lib/root", ".."),
        tars::link("here", "."),
        tars::link("dangling", "lib/none"),
        long(b'K', &target),
        tars::link("long", &target[..100]),
        hard_link("lib/same", "./lib/x.so.1"),
        hard_link("again", "lib/same"),
    ]);
    let expected = [
        ("again", "code"),
        ("dangling", "-> lib/none"),
        ("here", "-> ."),
        ("lib", "/"),
        ("lib/root", "-> .."),
        ("lib/same", "code"),
        ("lib/up", "-> ../lib/x.so"),
        ("lib/x.so", "-> x.so.1"),
        ("lib/x.so.1", "code"),
        ("long", &format!("-> {target}")),
    ];
    assert_eq!(unpacked("a.tar", &archive), owned(&expected));
    let archive = zip(&[stored("d/x", "text"), zips::link("d/y", "x"), zips::link("z", "d/y")]);
    let expected = [("d", "/"), ("d/x", "text"), ("d/y", "-> x"), ("z", "-> d/y")];
    assert_eq!(unpacked("a.zip", &archive), owned(&expected));
}

#[cfg(unix)]
#[test]
fn of_modes_only_the_right_to_execute_is_kept() {
    use std::os::unix::fs::PermissionsExt;

    let of_tar = |name: &str, mode| Entry { mode, ..file(name, "") };
    let of_zip = |name: &str, mode| special(name, 0o100_000 | mode, "");
    let modes = [("plain", 0o600), ("tool", 0o755), ("all-bits", 0o7777), ("none", 0)];
    let archives = [
        ("a.tar", tar(&modes.map(|(name, mode)| of_tar(name, mode)))),
        ("a.zip", zip(&modes.map(|(name, mode)| of_zip(name, mode)))),
    ];
    for (archive, bytes) in archives {
        let place = Place::new();
        unpack(&place.write(archive, &bytes), &place.target()).unwrap();
        for (name, mode) in modes {
            let found = fs::metadata(place.target().join(name)).unwrap().permissions().mode();
            assert_eq!(found & 0o7000, 0, "{archive}: {name}");
            assert_eq!(found & 0o100 != 0, mode & 0o111 != 0, "{archive}: {name}");
            assert_eq!(found & 0o600, 0o600, "{archive}: {name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;

    let place = Place::new();
    for (name, archive) in
        [("a.tar", tar(&[file(b"gr\xfcn", "x")])), ("a.zip", zip(&[stored(b"gr\xfcn", "x")]))]
    {
        let target = place.path(&format!("in/{name}"));
        unpack(&place.write(name, &archive), &target).unwrap();
        let path = target.join(std::ffi::OsStr::from_bytes(b"gr\xfcn"));
        assert_eq!(fs::read(path).unwrap(), b"x");
    }
}

#[test]
fn archives_of_other_makers() {
    const MAKER: &str = r#"
import io, stat, tarfile, zipfile

with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as out:
    out.writestr("d/", "")
    out.writestr("d/x", "x" * 5000)
    out.writestr("grün", "stored", zipfile.ZIP_STORED)

class Pipe(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)

# Written without going back: sizes stand behind the content.
with open("pipe.zip", "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as out:
    out.writestr("d/x", "x" * 5000)
    with out.open("large", "w", force_zip64=True) as member:
        member.write(b"zip64")

for form in "USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT":
    for mode, ending in ("w", "tar"), ("w:gz", "tgz"):
        with tarfile.open(form + "." + ending, mode, format=getattr(tarfile, form)) as out:
            for name in "d/x", "p" * 90 + "/" + "n" * 90, "grün":
                info = tarfile.TarInfo(name)
                info.size = 5000
                out.addfile(info, io.BytesIO(b"x" * 5000))
            info = tarfile.TarInfo("link")
            info.type, info.linkname = tarfile.SYMTYPE, "d/x"
            out.addfile(info)
"#;
    let place = Place::new();
    let python = Command::new("python3")
        .args(["-c", MAKER])
        .current_dir(place.folder.path())
        .stdin(Stdio::null())
        .status();
    // Whoever has no python3 has no conformance tests either.
    let Ok(status) = python else { return };
    assert!(status.success());
    let x = "x".repeat(5000);
    let long = ["p".repeat(90), "n".repeat(90)].join("/");
    let of_tar = [("d/x", &x[..]), (&long, &x), ("grün", &x), ("link", "-> d/x")];
    let mut archives = vec![
        ("a.zip".to_owned(), vec![("d/x", &x[..]), ("grün", "stored")]),
        ("pipe.zip".to_owned(), vec![("d/x", &x), ("large", "zip64")]),
    ];
    for form in ["USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT"] {
        archives.extend(["tar", "tgz"].map(|ending| (format!("{form}.{ending}"), of_tar.to_vec())));
    }
    for (name, expected) in archives {
        let target = place.path(&format!("in/{name}"));
        unpack(&place.path(&name), &target).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut found = picture(&target);
        found.retain(|_, what| what != "/");
        let expected: Picture =
            expected.iter().map(|&(path, what)| (path.into(), what.to_owned())).collect();
        assert!(found == expected, "{name}: {:?}", found.keys());
    }
}

#[test]
fn an_empty_folder_may_be_there_and_no_other() {
    let place = Place::new();
    let archive = place.write("a.tar", &tar(&[file("x", "text")]));
    fs::create_dir(place.target()).unwrap();
    unpack(&archive, &place.target()).unwrap();
    let before = place.picture();
    let error = unpack(&archive, &place.target()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(place.picture(), before);
}

#[test]
fn unpacking_can_be_stopped_and_leaves_nothing() {
    let content = vec![7; 1 << 20];
    for (name, archive) in [
        ("a.tar", tar(&[file("first", "x"), file("x", &content)])),
        ("a.tgz", gzip(&tar(&[file("first", "x"), file("x", &content)]))),
        ("a.zip", zip(&[stored("first", "x"), stored("x", &content)])),
    ] {
        let place = Place::new();
        let archive = place.write(name, &archive);
        let before = place.picture();
        let mut asked = 0;
        let error = unpack_while(&archive, &place.target(), &mut || {
            asked += 1;
            let is_last = if name == "a.tgz" { asked == 2 } else { asked == 12 };
            if is_last { Err(io::Error::other("stop here")) } else { Ok(()) }
        });
        assert_eq!(error.unwrap_err().to_string(), "stop here", "{name}, asked {asked} times");
        assert_eq!(place.picture(), before, "{name}");
    }
}
