//! Logs of any bytes: a diagnosis, however they come; it is short, and holds nothing that a terminal would obey.
#![no_main]

use std::io::BufReader;

use howdah_hadoop::Diagnosis;
use howdah_plan::visible::is_obeyed;
use libfuzzer_sys::fuzz_target;

/// How long a log is made at most: of each attempt less is kept than fits in here.
const LOG_BYTES: usize = 256 << 10;
/// How many lines the text of a diagnosis may have, however long the logs are.
const TEXT_LINES: usize = 80;
/// How long each of them may be: a line is cut where it is read, and a few parts of lines may stand in one.
const LINE_BYTES: usize = 64 << 10;
/// How often a diagnosis may hold what a log says: among the lines of its failure, in a sentence, and escaped.
const MOST_TIMES: usize = 32;
/// What a diagnosis says where logs say little.
const OWN_BYTES: usize = 64 << 10;

/// What Hadoop has logged, line by line.
const RECORDED: &[&str] = &[
    include_str!("../../crates/howdah-hadoop/tests/logs/counters.log"),
    include_str!("../../crates/howdah-hadoop/tests/logs/exception.log"),
    include_str!("../../crates/howdah-hadoop/tests/logs/over-memory.log"),
    include_str!("../../crates/howdah-hadoop/tests/logs/program-not-found.log"),
    include_str!("../../crates/howdah-hadoop/tests/logs/reducer.log"),
    include_str!("../../crates/howdah-hadoop/tests/logs/succeeded.log"),
    include_str!("../../crates/howdah-hadoop/tests/logs/timed-out.log"),
];

/// What such lines are about: each in the place of a byte, from 0x80 on.
const WORDS: &[&str] = &[
    "Container: container_1_0001_01_000002 on h_1\nLogType:stderr\nLogContents:\n",
    "LogType:syslog\nLog Contents:\n",
    "End of LogType:stderr\n",
    "2026-11-22 10:00:00,000 INFO x.v2.app.X: attempt_1_0001_m_000000_0 TaskAttempt Transitioned from RUNNING to FAILED\n",
    "2026-11-22 10:00:00,000 INFO mapreduce.Job: Task Id : attempt_1_0001_m_000000_0, Status : FAILED\n",
    "2026-11-22 10:00:00,000 ERROR ",
    "attempt_1_0001_r_000001_0",
    "Caused by: ",
    "PipeMapRed.waitOutputThreads(): subprocess failed with code ",
    "Container exited with a non-zero exit code ",
    "139\n",
    "error[howdah::panic]: ",
    "error[howdah::job-error]: no\n  where: there\n",
    "  where: ",
    "  line: a\n",
    "hint: ",
    "/container_1/",
    "Current usage: ",
    " is running beyond virtual memory limit",
    "task timeout set: ",
    "Too many counter",
    "LimitExceededException: ",
    "AccessControlException: ",
    "Cannot run program \"",
    "error=2, No such file or directory",
    "ModuleNotFoundError: No module named '",
    "\x1b[2J\u{9b}31m\u{202e}\r",
];

/// The byte behind which stand the numbers of a recorded log and a line of it.
const LINE: u8 = 0xff;
/// The same, and behind them how many bytes are cut off at the line's end.
const CUT: u8 = 0xfe;
/// The byte in whose place all that came before it stands once more.
const AGAIN: u8 = 0xfd;
/// The byte in whose place what stands just before it stands as often again.
const OFTEN: u8 = 0xfc;
const TIMES: usize = 100;
/// The byte in whose place one stands that begins no character.
const BROKEN: u8 = 0xfb;

fuzz_target!(|input: &[u8]| {
    let log = spelled(input);
    let diagnosis = Diagnosis::of_log(&log[..]).expect("what lies in memory can be read");
    let text = diagnosis.to_string();
    assert!(!text.contains(|c| is_obeyed(c) && c != '\n'), "{text:?}");
    assert!(text.lines().count() <= TEXT_LINES, "{text}");
    assert!(text.lines().all(|line| line.len() <= LINE_BYTES), "{text}");
    let json = serde_json::to_string(&diagnosis).expect("a diagnosis is JSON");
    assert!(!json.contains(is_obeyed), "{json:?}");
    assert!(
        json.len() <= OWN_BYTES + MOST_TIMES * log.len(),
        "{} of {} bytes",
        json.len(),
        log.len()
    );

    let by_pieces = BufReader::with_capacity(1 + input.len() % 64, &log[..]);
    let same = Diagnosis::of_log(by_pieces).expect("what lies in memory can be read");
    assert_eq!(serde_json::to_string(&same).expect("a diagnosis is JSON"), json);
});

/// A log of bytes, words and lines.
fn spelled(input: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    let (mut rest, mut last) = (input, 0);
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let begin = log.len();
        match (*byte, behind) {
            (LINE, [file, line, behind @ ..]) => {
                log.extend(recorded(*file, *line));
                rest = behind;
            }
            (CUT, [file, line, cut, behind @ ..]) => {
                let line = recorded(*file, *line);
                log.extend(&line[..line.len().saturating_sub((*cut).into())]);
                rest = behind;
            }
            (AGAIN, _) => repeat(&mut log, 0, 1),
            (OFTEN, _) => repeat(&mut log, last, TIMES),
            (BROKEN, _) => log.push(BROKEN),
            (byte, _) => match byte.checked_sub(0x80) {
                None => log.push(byte),
                Some(word) => log.extend(WORDS[usize::from(word) % WORDS.len()].as_bytes()),
            },
        }
        last = begin;
    }
    log
}

/// Repeats a log from a place on, as far as there is room.
fn repeat(log: &mut Vec<u8>, from: usize, times: usize) {
    let end = log.len();
    for _ in 0..times {
        if log.len() + (end - from) <= LOG_BYTES {
            log.extend_from_within(from..end);
        }
    }
}

/// A line with its end.
fn recorded(file: u8, line: u8) -> &'static [u8] {
    let lines: Vec<&str> =
        RECORDED[usize::from(file) % RECORDED.len()].split_inclusive('\n').collect();
    lines[usize::from(line) % lines.len()].as_bytes()
}
