//! Inputs that claim what they don't hold.

use std::fs::{self, File};
use std::io::Write;

use howdah_codec::Codec;

use crate::place::{HOWDAH, JOB, Place, Said};

/// A length of two gibibytes less a little, as blocks of Hadoop's begin with it.
const HUGE: [u8; 4] = [0x7f, 0xff, 0xff, 0xf0];

/// What a run with `--memory 8M` and one worker may take, without records: in bytes.
const PROMISED: u64 = (8 + 32 + 2) << 20;

/// Runs a program, and gives its exit code, what it said, and the largest resident size of a process in bytes. One that takes
/// two gibibytes, or does not end, is ended.
fn measured(place: &Place, program: &str, words: &[&str]) -> (i64, String, u64) {
    let measure = "import resource, subprocess, sys\n\
                   resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n\
                   ran = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)\n\
                   print(ran.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
                   print(ran.stdout.decode())";
    let words: Vec<&str> = ["-c", measure, program].iter().chain(words).copied().collect();
    let said = Said::of(&place.command("python3", &words).output().unwrap());
    let figures = said.stdout.split_once('\n');
    let (figures, printed) = figures
        .unwrap_or_else(|| panic!("it did not end, or python3 measures no memory here: {said:?}"));
    let (code, kibibytes) = figures.split_once(' ').unwrap();
    (code.parse().unwrap(), printed.to_owned(), kibibytes.parse::<u64>().unwrap() * 1024)
}

#[test]
fn what_small_files_come_to_takes_no_memory() {
    let place = Place::new(&[]);
    let line = [&[b'x'; 999][..], b"\n"].concat();
    for codec in [Codec::Bzip2, Codec::Gzip, Codec::Zstd, Codec::Lz4, Codec::Snappy] {
        let name = format!("in{}", codec.extension());
        let mut encoder = codec.encoder(File::create(place.path(&name)).unwrap()).unwrap();
        for _ in 0..100 {
            encoder.write_all(&line.repeat(1000)).unwrap();
        }
        encoder.finish().unwrap();
        let run = ["streaming", "--workers", "1", "--memory", "8M", "-input", &name];
        let rest = ["-output", codec.name(), "-mapper", "wc -c", "-reducer", "NONE"];
        let (code, said, peak) = measured(&place, HOWDAH, &[&run[..], &rest].concat());
        assert_eq!(code, 0, "{said}");
        assert_eq!(place.read(&format!("{codec}/part-00000")), "100000000\t\n");
        assert!(peak <= PROMISED, "{codec}: {peak} bytes, {PROMISED} promised");
    }
}

#[test]
fn a_record_without_an_end_takes_no_memory() {
    let place = Place::new(&[]);
    // All NUL, and no line end: it takes no room on the disk.
    File::create(place.path("in")).unwrap().set_len(300_000_000).unwrap();
    let limited = ["run", "--max-record", "1M", "-w", "1", "--memory", "8M", "in", "-o", "out"];
    let (code, said, peak) = measured(&place, JOB, &limited);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("longer than the 1048576 bytes that `--max-record`"), "{said}");
    assert!(said.contains("in`, byte offset 0"), "{said}");
    let longest = 2 << 20;
    assert!(peak <= PROMISED + longest, "{peak} bytes");

    // Looking for its end takes no more.
    let rejecting = [&limited[..], &["--rejects", "rejects"]].concat();
    let (code, said, peak) = measured(&place, JOB, &rejecting);
    assert_eq!(code, 0, "{said}");
    assert!(place.everything("rejects").iter().any(|(_, text)| !text.is_empty()));
    assert!(peak <= PROMISED + longest, "{peak} bytes");
}

#[test]
fn a_length_that_only_the_data_claims_takes_no_memory() {
    let place = Place::new(&[]);
    // In the first the compressed block is said to be as long, in the second only what it unpacks to; what unpacks says it
    // once more in the third.
    let short = [0, 0, 0, 100];
    let inputs = [
        ("in.snappy", [&HUGE[..], &HUGE, &[b'x'; 100]].concat()),
        ("in.lz4", [&HUGE[..], &HUGE, &[b'x'; 100]].concat()),
        ("in.lz4", [&HUGE[..], &short, &[b'x'; 100]].concat()),
        ("in.snappy", [&HUGE[..], &short, &[0xf0, 0xff, 0xff, 0xff, 7], &[b'x'; 95]].concat()),
    ];
    for (name, bytes) in inputs {
        fs::write(place.path(name), bytes).unwrap();
        // In kibibytes, and less than is claimed: who asks for that much is ended by the system.
        let run = "ulimit -v 1500000; exec \"$0\" streaming --workers 1 -input \"$1\" -output out -mapper cat";
        let said = Said::of(&place.command("sh", &["-c", run, HOWDAH, name]).output().unwrap());
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        assert!(said.stderr.contains(" of the compressed file: "), "{name}: {said:?}");
        assert!(!place.path("out").exists());
    }
}
