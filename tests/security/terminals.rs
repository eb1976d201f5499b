//! Nothing that data holds is obeyed by a terminal.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::place::{HOWDAH, JOB, Place};

/// Gives the terminal's window another title.
const TITLE: &str = "\x1b]0;owned\x07";
/// The same, with a control character that opens a sequence by itself.
const SHORT_TITLE: &str = "\u{9d}0;owned\x07";

/// Says the sequence in all ways in which a task can say something, and fails where the line says so.
fn say() -> String {
    format!(
        "while read line; do\n  printf 'reporter:counter:G{TITLE},N{TITLE},1\\n' >&2\n  \
         printf 'reporter:status:s{TITLE}\\n' >&2\n  printf 'a line {TITLE}{SHORT_TITLE}\\n' >&2\n  \
         test \"$line\" != fail || exit 3\n  printf 'key{TITLE}\\tvalue\\n'\ndone\n"
    )
}

fn place() -> Place {
    const PLAN: &str = r#"{
        "schema": "howdah.plan/1",
        "name": "say",
        "steps": [{
            "inputs": [{"mapper": {"type": "command", "argv": ["sh", "say.sh"]}}],
            "reducer": {"type": "identity"}
        }]
    }"#;
    let panics = format!("panic {TITLE}\n");
    let place = Place::new(&[
        ("good.txt", "a\n"),
        ("bad.txt", "fail\n"),
        ("panics.txt", &panics),
        ("say.sh", &say()),
        ("plan.json", PLAN),
    ]);
    std::fs::write(place.path(&format!("{TITLE}.txt")), "fail\n").unwrap();
    place
}

/// What a terminal is sent on which a program writes all that it says.
fn sent(mut command: Command) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let path = std::ffi::OsStr::from_bytes(name.as_bytes());
    let end = OpenOptions::new().read(true).write(true).open(path).unwrap();
    command.stdout(end.try_clone().unwrap()).stderr(end).stdin(Stdio::null());
    let mut child = command.env("TERM", "xterm").spawn().unwrap();
    // It holds the terminal's end, too, and while anybody does there is more to read.
    drop(command);
    let mut bytes = Vec::new();
    // Linux says the end of what is sent by an error.
    let _ = File::from(master).read_to_end(&mut bytes);
    child.wait().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_terminal_obeys_nothing_that_tasks_say() {
    let place = place();
    let named = format!("{TITLE}.txt");
    let runs = [
        (JOB, vec!["run", "panics.txt", "-o", "out", "--fault", "panics"]),
        (JOB, vec!["run", "panics.txt", "-o", "out", "--fault", "panics", "--isolate"]),
        (HOWDAH, vec!["submit", "--on", "local", "plan.json", "good.txt", "-o", "submitted"]),
        (HOWDAH, vec!["submit", "--on", "local", "plan.json", "bad.txt", "-o", "out"]),
        (HOWDAH, vec!["submit", "--on", "local", "plan.json", &named, "-o", "out"]),
        (
            HOWDAH,
            vec!["streaming", "-input", "good.txt", "-output", "streamed", "-mapper", "sh say.sh"],
        ),
        (HOWDAH, vec!["streaming", "-input", "bad.txt", "-output", "out", "-mapper", "sh say.sh"]),
        (HOWDAH, vec!["streaming", "-input", &named, "-output", "out", "-mapper", "sh say.sh"]),
    ];
    for (program, words) in runs {
        let sent = sent(place.command(program, &words));
        assert!(sent.contains(r"\x1b]0;owned\x07"), "{words:?} says it visibly: {sent:?}");
        assert!(!sent.contains("\x1b]"), "{words:?}: {sent:?}");
        assert!(!sent.contains(['\x07', '\u{9d}']), "{words:?}: {sent:?}");
    }
}

#[test]
fn what_a_command_line_holds_is_not_obeyed_either() {
    let place = place();
    let input = format!("--input={TITLE}=good.txt");
    let unknown = format!("--{TITLE}");
    let runs = [
        (JOB, vec!["run", &input]),
        (JOB, vec!["run", &unknown]),
        (JOB, vec!["run", "--reducers", TITLE]),
        (HOWDAH, vec!["submit", &unknown]),
        (HOWDAH, vec!["submit", TITLE]),
        (HOWDAH, vec!["diagnose", TITLE]),
        (HOWDAH, vec![TITLE]),
    ];
    for (program, words) in runs {
        let said = place.run(program, &words);
        assert!(said.stderr.contains(r"\x1b]0;owned\x07"), "{words:?}: {said:?}");
        assert!(
            !format!("{}{}", said.stdout, said.stderr).contains(['\x1b', '\x07']),
            "{words:?}: {said:?}"
        );
    }
}

#[test]
fn a_job_that_refuses_its_options_may_quote_them() {
    let place = place();
    let words = ["run", "good.txt", "-o", "out", "--refused", TITLE];
    let said = place.run(JOB, &words);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains(r"error: refused: \x1b]0;owned\x07"), "{said:?}");
    assert!(!said.stderr.contains('\x1b'), "{said:?}");
}

#[test]
fn a_log_that_is_no_terminal_has_what_commands_say_to_the_byte() {
    let place = place();
    let words = ["streaming", "-input", "good.txt", "-output", "out", "-mapper", "sh say.sh"];
    let said = place.run(HOWDAH, &words);
    assert!(said.stderr.contains(&format!("a line {TITLE}{SHORT_TITLE}\n")), "{said:?}");
}
