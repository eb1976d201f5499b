//! `howdah verify`: whether an output is still as a run with `--manifest` has written it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command, value_parser};
use howdah_plan::exit;
use howdah_plan::visible::visible;
use howdah_report::{Reader, ReaderOptions};
use howdah_runner::manifest::{
    Difference, DifferenceKind, MANIFEST_NAME, Of, Verification, VerifyError, VerifyOptions, verify,
};
use serde_json::{Value, json};

use crate::terminal;

/// The name and major version of what `--json` writes.
const SCHEMA: &str = "howdah.verification/1";

const ABOUT: &str = "Look whether an output is as a run with `--manifest` wrote it";

const EXAMPLES: &str = "\
A run with `--manifest` leaves `_MANIFEST.json` in its output: the length and SHA-256 of each file
that it read and wrote, and of its program; its options and commands; and at the end the SHA-256 of
itself. What is told, a line each:

  missing     a file of the output, `_SUCCESS` among them, or an input is not there
  extra       a file is there that the run did not write
  length      it has another length
  content     it has the same length and other bytes
  unreadable  it cannot be read

A file `.NAME.crc` beside a NAME that was written is Hadoop's checksum of it, and no difference;
others whose names begin with `.` are named as a note, since no job reads them. Relative paths of
inputs are those from the folder that the run was started in.

It finds what damages files, and who changes them without a thought. Who means to deceive can write
another manifest, too: keep a copy of it, or its `manifest_sha256`, where they cannot write.

Examples:
  word-count run book.txt -o counts --manifest
  howdah verify counts
  howdah verify counts --inputs          # is book.txt as it was, too?
  howdah verify counts --json | jq .differences

Exit codes: 0 all is as it was written; 3 there is a difference; 2 wrong options; 5 the folder or
its manifest is not there, cannot be read, or is of a newer form";

fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("verify")
        .bin_name("howdah verify")
        .no_binary_name(true)
        .about(ABOUT)
        .after_help(EXAMPLES)
        .args([
            Arg::new("folder")
                .value_name("DIR")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The output's folder"),
            flag(
                "inputs",
                "Look at the job's inputs and side files, too: are they as they were read?",
            ),
            flag("json", "Write what was found as JSON"),
        ])
}

/// Runs what the words behind `verify` ask for; gives the exit code.
pub(crate) fn run(words: Vec<std::ffi::OsString>) -> u8 {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return terminal::tell_of_usage(&error),
    };
    let Some(folder) = matches.get_one::<PathBuf>("folder") else { return exit::BUG }; // `clap` asks for it
    let mut options = VerifyOptions::default();
    options.inputs = matches.get_flag("inputs");
    let is_json = matches.get_flag("json");
    // JSON goes to the standard output, and nothing of this.
    let reader = Reader::new(ReaderOptions::detect(false, false), Box::new(std::io::stderr()));
    let verified = verify(folder, &options, &|event| reader.event(&event));
    drop(reader); // and with it what it has drawn
    match verified {
        Ok(found) => tell(folder, &options, &found, is_json),
        Err(error) => tell_error(&error, is_json),
    }
}

fn tell(folder: &Path, options: &VerifyOptions, found: &Verification, is_json: bool) -> u8 {
    let hint = hint(found);
    let code = if hint.is_some() { exit::DIFFERENT } else { exit::OK };
    let code = if is_json {
        show_json(&as_json(folder, options, found), code)
    } else {
        terminal::show(&as_text(folder, options, found), code)
    };
    if let Some(hint) = hint {
        terminal::complain(&format!("hint: {hint}"));
    }
    code
}

fn tell_error(error: &VerifyError, is_json: bool) -> u8 {
    let json = json!({
        "schema": SCHEMA,
        "outcome": "failed",
        "exit_code": exit::SETUP,
        "error": error.to_string(),
    });
    let code = if is_json { show_json(&json, exit::SETUP) } else { exit::SETUP };
    terminal::complain(&format!("error: {error}"));
    code
}

fn as_text(folder: &Path, options: &VerifyOptions, found: &Verification) -> String {
    let mut text = String::new();
    for difference in &found.differences {
        let _ = writeln!(text, "{}", line(difference));
    }
    for hidden in &found.hidden {
        let _ = writeln!(
            text,
            "note: no job reads `{}`, and the run did not write it",
            visible(hidden)
        );
    }
    if found.once_only > 0 {
        text.push_str("note: what was read from the standard input cannot be looked at again\n");
    }
    let folder = visible(&folder.display().to_string());
    let (files, bytes) = (counted(found.files, "file"), found.bytes);
    let _ = match found.differences.len() {
        0 => write!(text, "`{folder}` is as it was written: {files}, {bytes} bytes"),
        number => {
            write!(text, "`{folder}`: {}, {files} were written", counted(number, "difference"))
        }
    };
    if options.inputs {
        let _ =
            write!(text, "; {} looked at", counted(found.inputs - found.once_only, "input file"));
    }
    text + "\n"
}

fn line(difference: &Difference) -> String {
    let Difference { of, path, kind, .. } = difference;
    let (of, done) = match of {
        Of::Output => (String::new(), "written"),
        _ => (format!("{} ", of.name()), "read"),
    };
    let found = match kind {
        DifferenceKind::Length { written, found } => {
            format!(": {found} bytes, and {written} were {done}")
        }
        DifferenceKind::Content { .. } if path == MANIFEST_NAME => {
            ": it does not have the SHA-256 that it ends with".to_owned()
        }
        DifferenceKind::Content { .. } => format!(": other bytes than were {done}"),
        DifferenceKind::Unreadable { reason } => format!(": {reason}"),
        _ => String::new(),
    };
    visible(&format!("{:<10}  {of}{path}{found}", kind.name()))
}

fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// What to do about differences; `None` if there are none.
fn hint(found: &Verification) -> Option<&'static str> {
    let has = |is: fn(&Difference) -> bool| found.differences.iter().any(is);
    if has(|difference| difference.path == MANIFEST_NAME) {
        Some(
            "the manifest itself was changed, so what it says of other files may be wrong: run the job again with \
             `--manifest --overwrite`",
        )
    } else if has(|difference| difference.of == Of::Output) {
        Some(
            "do not use these files; `_MANIFEST.json` names the job's inputs, options and commands: run it again with \
             `--manifest --overwrite`, and look at the disk if nobody has changed them",
        )
    } else if has(|_| true) {
        Some(
            "the output is as it was written, of inputs that are not as they were: run the job again for those of now",
        )
    } else {
        None
    }
}

fn as_json(folder: &Path, options: &VerifyOptions, found: &Verification) -> Value {
    let is_same = found.differences.is_empty();
    let differences: Vec<_> = found.differences.iter().map(difference_as_json).collect();
    json!({
        "schema": SCHEMA,
        "outcome": if is_same { "same" } else { "different" },
        "exit_code": if is_same { exit::OK } else { exit::DIFFERENT },
        "folder": folder.display().to_string(),
        "files": found.files,
        "bytes": found.bytes,
        "inputs": options.inputs.then_some(found.inputs - found.once_only),
        "hidden": found.hidden,
        "differences": differences,
    })
}

fn difference_as_json(difference: &Difference) -> Value {
    let (written, now, reason) = match &difference.kind {
        DifferenceKind::Length { written, found } => (json!(written), json!(found), None),
        DifferenceKind::Content { written, found } => (json!(written), json!(found), None),
        DifferenceKind::Unreadable { reason } => (Value::Null, Value::Null, Some(reason)),
        _ => (Value::Null, Value::Null, None),
    };
    json!({
        "of": difference.of.name(),
        "path": difference.path,
        "kind": difference.kind.name(),
        "expected": written,
        "found": now,
        "reason": reason,
    })
}

fn show_json(value: &Value, code: u8) -> u8 {
    terminal::show(&format!("{value:#}\n"), code)
}
