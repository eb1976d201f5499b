//! Archives that mean harm, or are not whole: each is refused with its reason, nothing of it is left, and nothing
//! outside is touched.

use proptest::prelude::*;

use super::tars::{Entry as InTar, extended, file, folder, hard_link, long, tar, without_end};
use super::zips::{Entry as InZip, deflated, special, stored, zip};
use super::*;

/// What it is, how its archive's name ends, the archive, and why it is refused.
type Case = (&'static str, &'static str, Vec<u8>, &'static str);

const OUTSIDE: &str = "outside of the folder";

#[track_caller]
fn check(cases: Vec<Case>) {
    for (what, ending, archive, why) in cases {
        let place = Place::new();
        let archive = place.write(&format!("evil.{ending}"), &archive);
        let before = place.picture();
        let error = unpack(&archive, &place.target()).expect_err(what);
        assert!(error.to_string().contains(why), "{what}: {error}");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{what}: {error}");
        assert!(!error.to_string().contains(char::is_control), "{what}: {error:?}");
        assert_eq!(place.picture(), before, "{what}");
    }
}

/// The same entries as a zip and as a tar, each behind a file that is as it should be.
fn in_both(what: &'static str, name: &[u8], why: &'static str) -> [Case; 3] {
    let in_tar = tar(&[file("good", "x"), long(b'L', name), file("x", "evil")]);
    [
        (what, "zip", zip(&[stored("good", "x"), stored(name, "evil")]), why),
        (what, "tgz", gzip(&in_tar), why),
        (what, "tar", in_tar, why),
    ]
}

#[test]
fn names_that_lead_elsewhere() {
    let victim = Place::new();
    let absolute = victim.path("outside/victim").to_str().unwrap().to_owned();
    let before = victim.picture();
    check(
        [
            in_both("zip slip", b"../../outside/victim", OUTSIDE),
            in_both("up and down again", b"d/../../target/x", OUTSIDE),
            in_both("up, and still inside", b"d/../x", OUTSIDE),
            in_both("up at the end", b"d/..", OUTSIDE),
            in_both("an absolute name", absolute.as_bytes(), OUTSIDE),
            in_both("two slashes", b"//etc/x", OUTSIDE),
            in_both("Windows' way up", b"..\\..\\outside\\victim", OUTSIDE),
            in_both("Windows' way up, mixed", b"d/..\\../x", OUTSIDE),
            in_both("Windows' root", b"\\x", OUTSIDE),
            in_both("a drive", b"C:\\x", OUTSIDE),
        ]
        .concat(),
    );
    assert_eq!(victim.picture(), before);
}

#[test]
fn names_that_are_none() {
    check(
        [
            in_both("a line feed", b"a\nb", "`a\\nb` has a control character"),
            in_both("a NUL", b"a\0b", "control character"),
            in_both("an escape", b"\x1b[2Ja", "`\\x1b[2Ja` has a control character"),
            in_both("DEL", b"a\x7f", "control character"),
            in_both("a control character of Latin-1", "a\u{9b}".as_bytes(), "control character"),
            in_both("a control character in no text", b"\xff\x07", "control character"),
            in_both("the folder itself", b".", "the folder's own"),
            in_both("the folder itself, longer", b"./.", "the folder's own"),
            in_both("a long part", &[b'a'; 256], "a part of 256 bytes"),
            in_both("a long name", &b"a/b/c/de".repeat(520), "a name of 4160 bytes"),
            in_both("a deep name", &b"d/".repeat(129)[..257], "more than 128 folders"),
            in_both("no name", b"", "has no name"),
        ]
        .concat(),
    );
}

#[test]
fn links_that_lead_elsewhere() {
    let links = |what: &'static str, name: &str, target: &[u8], why: &'static str| -> [Case; 2] {
        let in_tar = tar(&[file("good", "x"), long(b'K', target), tars::link(name, "x")]);
        [
            (what, "tar", in_tar, why),
            (what, "zip", zip(&[stored("good", "x"), zips::link(name, target)]), why),
        ]
    };
    check(
        [
            links("an absolute link", "l", b"/etc/passwd", OUTSIDE),
            links("a link up", "l", b"..", OUTSIDE),
            links("a link up from a folder", "d/l", b"../../outside/victim", OUTSIDE),
            links("a link to a drive", "l", b"C:/x", OUTSIDE),
            links("a way up within", "d/l", b"x/../../y", "only stand at its beginning"),
            links("Windows' way up within", "l", b"x\\..\\..\\y", "only stand at its beginning"),
            links("a link to nothing", "l", b"", "a link to nothing"),
            links("a link to control characters", "l", b"a\nb", "control character in its target"),
            links("a link to a NUL", "l", b"a\0b", "control character in its target"),
            links("a link with a folder's name", "l/", b"x", "name of a folder"),
        ]
        .concat(),
    );
}

#[test]
fn what_would_be_written_through_links() {
    let within = "lies in `d`, which is a link of the archive";
    let twice = "is there twice";
    check(vec![
        ("a file in a link", "tar", tar(&[tars::link("d", "e"), file("d/x", "evil")]), within),
        (
            "a file in a link to a true folder",
            "tar",
            tar(&[folder("e"), tars::link("d", "e"), file("d/x", "evil")]),
            within,
        ),
        ("a folder in a link", "tar", tar(&[tars::link("d", "."), folder("d/x")]), within),
        (
            "a link in a link, which would have the folder above",
            "tar",
            tar(&[folder("e/f"), tars::link("d", "e/f"), tars::link("d/x", "..")]),
            within,
        ),
        (
            "a hard link in a link",
            "tar",
            tar(&[file("x", ""), tars::link("d", "."), hard_link("d/y", "x")]),
            within,
        ),
        (
            "a file in a link of a zip",
            "zip",
            zip(&[zips::link("d", "e"), stored("d/x", "evil")]),
            within,
        ),
        (
            "a file that comes before the link",
            "zip",
            zip(&[stored("d/x", "evil"), zips::link("d", "e")]),
            twice,
        ),
        (
            "a file in the place of a link",
            "tar",
            tar(&[tars::link("x", "y"), file("x", "evil")]),
            twice,
        ),
        (
            "a folder in the place of a link",
            "tar",
            tar(&[tars::link("x", "."), folder("x")]),
            twice,
        ),
        (
            "a link in the place of a folder",
            "tar",
            tar(&[folder("x"), tars::link("x", ".")]),
            twice,
        ),
    ]);
}

#[test]
fn hard_links_to_what_is_not_there() {
    let why = "no file that came before it";
    check(vec![
        ("a hard link outside", "tar", tar(&[hard_link("x", "../../outside/victim")]), OUTSIDE),
        ("a hard link to the root", "tar", tar(&[hard_link("x", "/etc/passwd")]), OUTSIDE),
        ("a hard link to a later file", "tar", tar(&[hard_link("x", "y"), file("y", "")]), why),
        ("a hard link to a folder", "tar", tar(&[folder("d"), hard_link("x", "d")]), why),
        ("a hard link to the folder itself", "tar", tar(&[hard_link("x", ".")]), why),
        ("a hard link to a link", "tar", tar(&[tars::link("l", "good"), hard_link("x", "l")]), why),
        (
            "a file through a hard link",
            "tar",
            tar(&[file("x", "good"), hard_link("y", "x"), file("y", "evil")]),
            "is there twice",
        ),
    ]);
}

#[test]
fn names_that_come_twice() {
    let twice = "is there twice";
    let both = |what: &'static str, one: &str, other: &str, why: &'static str| -> [Case; 2] {
        [
            (what, "tar", tar(&[file(one, "one"), file(other, "other")]), why),
            (what, "zip", zip(&[stored(one, "one"), stored(other, "other")]), why),
        ]
    };
    let cases = [
        both("the same name", "x", "x", twice),
        both("the same name, at a point", "x", "./x", twice),
        both("the same name, with more slashes", "d/x", "d//x", twice),
        both("a file in a file", "x", "x/y", "lies in `x`, which is a file"),
        both("a file in the place of a folder", "x/y", "x", twice),
    ];
    check(cases.concat());
    check(vec![
        ("a folder in the place of a file", "tar", tar(&[file("x", ""), folder("x/")]), twice),
        ("the same in a zip", "zip", zip(&[stored("x", ""), stored("x/", "")]), twice),
    ]);
}

#[test]
fn what_is_neither_file_nor_folder_nor_link() {
    let mut cases = Vec::new();
    for kind in *b"346" {
        let entry = InTar { kind, ..file("x", "") };
        cases.push(("a device or a pipe", "tar", tar(&[entry]), "is a device or a pipe"));
    }
    for mode in [0o020_666, 0o060_666, 0o010_666, 0o140_666, 0o170_666] {
        let entry = special("x", mode, "");
        cases.push(("a device, pipe or socket", "zip", zip(&[entry]), "a pipe or a socket"));
    }
    let sparse = extended(b'x', &[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0")]);
    cases.extend([
        ("a sparse file", "tar", tar(&[InTar { kind: b'S', ..file("x", "") }]), "--sparse"),
        ("a sparse file of POSIX", "tar", tar(&[sparse, file("x", "")]), "--sparse"),
        ("a kind of its own", "tar", tar(&[tars::entry("x", b'\x1b')]), "unknown kind `\\x1b`"),
        ("a folder with content", "tar", tar(&[InTar { kind: b'5', ..file("d", "x") }]), "content"),
        ("a link with content", "tar", tar(&[InTar { kind: b'2', ..file("l", "x") }]), "content"),
        ("a zip's folder with content", "zip", zip(&[stored("d/", "x")]), "content of its own"),
        ("a folder by its mode only", "zip", zip(&[special("d", 0o040_755, "")]), "does not end"),
    ]);
    check(cases);
}

#[test]
fn bombs() {
    let claims = |bytes| InTar { bytes: Some(bytes), ..file("x", "") };
    let too_large = "unpacks to more than";
    let zeros = vec![0; 16 << 20];
    let mut overlapping = vec![deflated("a", &zeros)];
    let whole = zip(&overlapping);
    for name in ["b", "c"] {
        overlapping.push(InZip { offset: Some(0), ..deflated(name, &zeros) });
    }
    // The quine's way: the second file's header lies within the first file.
    let inner = zip(&[stored("b", "text")]);
    let nested = [stored("a", &inner), InZip { offset: Some(31), ..stored("b", "text") }];
    let one_header = [stored("a", "text"), InZip { offset: Some(0), ..stored("a", "text") }];
    check(vec![
        ("a file of a TiB", "tar", tar(&[claims(1 << 40)]), too_large),
        ("a file of all bytes", "tar", tar(&[claims(u64::MAX)]), too_large),
        ("a compressed TiB", "tgz", gzip(&tar(&[file("good", "x"), claims(1 << 40)])), too_large),
        (
            "a TiB by an extended header",
            "tar",
            tar(&[extended(b'x', &[("size", b"1099511627776")]), file("x", "")]),
            too_large,
        ),
        (
            "many zip entries of 4 GiB",
            "zip",
            zip(&[1, 2].map(|n| InZip { bytes: u32::MAX - 1, ..stored([b'0' + n], "x") })),
            too_large,
        ),
        ("entries with one content, and its name", "zip", zip(&overlapping), "by its own header"),
        ("entries with one header", "zip", zip(&one_header), "is there twice"),
        ("an entry within another", "zip", zip(&nested), "shares its bytes"),
        (
            "an endless name",
            "tgz",
            gzip(&tar(&[InTar { kind: b'L', ..file("x", &zeros[..2 << 20]) }, file("x", "")])),
            "longer than 1048576 bytes",
        ),
    ]);
    // Not the zeros are refused.
    let place = Place::new();
    unpack(&place.write("a.zip", &whole), &place.target()).unwrap();
}

#[test]
fn limits_hold_while_unpacking() {
    let limits = Limits { entries: 4, free_bytes: 10_000, expansion: 2 };
    let five = ["a", "b", "c", "d", "e"];
    let count = "more than 4 entries";
    let large = "unpacks to more than";
    for (what, ending, archive, why) in [
        ("entries", "tar", tar(&five.map(|name| file(name, ""))), count),
        ("entries", "zip", zip(&five.map(|name| stored(name, ""))), count),
        ("folders of names", "tar", tar(&[file("a/b/c/d/e", "")]), count),
        ("the same folder", "tar", tar(&five.map(|_| folder("d"))), count),
        ("what unpacks", "zip", zip(&[deflated("x", vec![0; 20_000])]), large),
        ("zeros behind the end", "tgz", gzip(&[tar(&[]), vec![0; 20_000]].concat()), large),
    ] {
        let place = Place::new();
        let archive = place.write(&format!("evil.{ending}"), &archive);
        let before = place.picture();
        let error = unpack_within(limits, &archive, &place.target(), &mut || Ok(())).unwrap_err();
        assert!(error.to_string().contains(why), "{what}: {error}");
        assert_eq!(place.picture(), before, "{what}");
    }
    let place = Place::new();
    let plain = place.write("a.tar", &tar(&[file("x", vec![0; 20_000])]));
    unpack_within(limits, &plain, &place.target(), &mut || Ok(())).unwrap();
}

#[test]
fn zips_that_contradict_themselves() {
    let good = stored("x", "text");
    let two = |entry: &InZip| zip(&[stored("good", "x"), entry.clone()]);
    let packed = deflated("x", "text text text text text text");
    let junk_behind = [&packed.packed[..], b"junk"].concat();
    let mut count = zip(&[stored("a", ""), stored("b", "")]);
    let end = count.len() - 22;
    count[end + 8] = 1;
    count[end + 10] = 1;
    let mut local_size = zip(std::slice::from_ref(&good));
    local_size[18] = 3;
    let mut local_method = zip(std::slice::from_ref(&good));
    local_method[8] = 8;
    let mut no_header = zip(std::slice::from_ref(&good));
    no_header[0] = b'p';
    check(vec![
        (
            "another name in its own header",
            "zip",
            two(&InZip { local_name: Some(b"../y".to_vec()), ..good.clone() }),
            "is called `../y` by its own header",
        ),
        ("a wrong checksum", "zip", two(&InZip { crc: 7, ..good.clone() }), "a wrong checksum"),
        ("more bytes than said", "zip", two(&InZip { bytes: 3, ..good.clone() }), "the 3 bytes"),
        ("fewer bytes than said", "zip", two(&InZip { bytes: 5, ..good.clone() }), "the 5 bytes"),
        (
            "more unpacked than said",
            "zip",
            two(&InZip { bytes: 3, ..packed.clone() }),
            "the 3 bytes",
        ),
        (
            "bytes behind the compressed ones",
            "zip",
            two(&InZip { packed: junk_behind, ..packed.clone() }),
            "ends before its compressed bytes",
        ),
        (
            "compressed bytes that are none",
            "zip",
            two(&InZip { packed: vec![0xff; 9], ..packed }),
            "is damaged",
        ),
        ("encrypted", "zip", two(&InZip { flags: 1, ..good.clone() }), "is encrypted"),
        ("an unknown method", "zip", two(&InZip { method: 12, ..good.clone() }), "method 12"),
        ("another number of entries", "zip", count, "has 2 entries, and not 1"),
        ("another size in its own header", "zip", local_size, "contradicts the zip's directory"),
        ("another method in its own header", "zip", local_method, "contradicts"),
        ("no header of its own", "zip", no_header, "no header of its own"),
        (
            "bytes behind the end",
            "zip",
            [zip(std::slice::from_ref(&good)), vec![0; 9]].concat(),
            "behind the zip's end",
        ),
        ("no zip", "zip", b"no zip".to_vec(), "no zip"),
        ("an empty file", "zip", Vec::new(), "no zip"),
        (
            "a long target of a link",
            "zip",
            zip(&[zips::link("l", [b'a'; 5000])]),
            "a link to a name of 5000 bytes",
        ),
    ]);
}

#[test]
fn tars_that_contradict_themselves_or_are_cut_off() {
    let with = |before: Vec<InTar>| tar(&[before, vec![file("x", "text")]].concat());
    let mut checksum = tar(&[file("good", ""), file("x", "text")]);
    checksum[512] = b'y';
    let mut digits = tar(&[file("x", "text")]);
    digits[124] = b'9';
    digits[148..156].copy_from_slice(b"        ");
    let sum: u32 = digits[..512].iter().map(|&byte| u32::from(byte)).sum();
    digits[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let path: (&str, &[u8]) = ("path", b"y");
    check(vec![
        ("two long names", "tar", with(vec![long(b'L', "y"), long(b'L', "z")]), "described twice"),
        (
            "two extended headers",
            "tar",
            with(vec![extended(b'x', &[path]), extended(b'x', &[path])]),
            "described twice",
        ),
        ("two paths", "tar", with(vec![extended(b'x', &[path, path])]), "described twice"),
        (
            "a long name and another path",
            "tar",
            with(vec![long(b'L', "z"), extended(b'x', &[path])]),
            "two names: `z` and `y`",
        ),
        (
            "a path that leads elsewhere",
            "tar",
            with(vec![extended(b'x', &[("path", b"../y")])]),
            OUTSIDE,
        ),
        (
            "a target that leads elsewhere",
            "tar",
            tar(&[extended(b'x', &[("linkpath", b"/etc")]), tars::link("l", "good")]),
            OUTSIDE,
        ),
        ("a path for all", "tar", with(vec![extended(b'g', &[path])]), "a global header"),
        (
            "a length of a record that is none",
            "tar",
            with(vec![InTar { kind: b'x', ..file("x", "99 path=y\n") }]),
            "extended header in it is damaged",
        ),
        (
            "a size that is none",
            "tar",
            with(vec![extended(b'x', &[("size", b"-4")])]),
            "extended header in it is damaged",
        ),
        ("a long name of nothing", "tar", tar(&[long(b'L', "x")]), "ends before a file"),
        ("a wrong checksum", "tar", checksum, "checksum of a header"),
        ("a size that is no number", "tar", digits, "a number in a header"),
        (
            "a prefix that leads elsewhere",
            "tar",
            tar(&[InTar { prefix: b"../..".to_vec(), ..file("x", "evil") }]),
            OUTSIDE,
        ),
        ("a second tar", "tar", [tar(&[file("x", "")]), with(vec![])].concat(), "a second tar"),
        ("no end mark", "tar", without_end(&[file("x", "text")]), "cut off"),
        ("no tar", "tar", b"no tar".to_vec(), "no tar"),
        ("an empty file", "tar", Vec::new(), "no tar"),
    ]);
}

#[test]
fn archives_that_are_cut_off_anywhere() {
    let content: Vec<u8> = (0..700_u32).map(|n| ((n * n) >> 3) as u8).collect();
    let whole = tar(&[file("a", &content), file("b", "text")]);
    for (ending, whole, step) in [
        ("tgz", gzip(&whole), 1),
        // Its last zeros are no part of what it says.
        ("tar", whole[..whole.len() - 512].to_vec(), 32),
        ("zip", zip(&[stored("a", &content), deflated("b", "text")]), 1),
    ] {
        let place = Place::new();
        for length in (0..whole.len()).step_by(step) {
            let archive = place.write(&format!("a.{ending}"), &whole[..length]);
            let before = place.picture();
            let cut = unpack(&archive, &place.target());
            assert!(cut.is_err(), "{ending} cut off at byte {length} of {}", whole.len());
            assert_eq!(place.picture(), before);
        }
        unpack(&place.write(&format!("a.{ending}"), &whole), &place.target()).unwrap();
    }
}

proptest! {
    #[test]
    fn damage_is_an_error_or_changes_what_is_in_it_and_nothing_else(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        is_tar in any::<bool>(),
    ) {
        let place = Place::new();
        let (name, mut bytes) = if is_tar {
            ("a.tar", tar(&[file("d/x", "text"), tars::link("d/y", "x")]))
        } else {
            ("a.zip", zip(&[stored("d/x", "text"), zips::link("d/y", "x")]))
        };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let archive = place.write(name, &bytes);
        let before = place.picture();
        let unpacked = unpack(&archive, &place.target());
        let mut after = place.picture();
        if unpacked.is_ok() {
            after.retain(|path, _| !path.starts_with("in/target"));
        }
        prop_assert_eq!(after, before);
    }
}
