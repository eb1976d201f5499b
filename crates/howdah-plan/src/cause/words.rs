//! What shells, loaders, interpreters and the languages' runtimes say when a program fails.

use super::Cause;
use crate::visible::quoted;

const TO_SHIP: &str =
    "ship it with `-files`, and name it as it is called in the task's folder, without its path";
const TO_LINK: &str = "link it statically (`RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --target x86_64-unknown-linux-gnu`), or build it on a machine as old as those \
     that tasks run on";
const TO_HAVE_MEMORY: &str = "let it hold less in memory, or give its tasks more: on a cluster `-D mapreduce.map.memory.mb=…` and \
     `-D mapreduce.reduce.memory.mb=…`";

/// A rule: a line, and the cause that it tells of.
type Rule = fn(&str) -> Option<Cause>;

/// Those that tell most of a line come first.
const RULES: [Rule; 14] = [
    old_libc,
    missing_library,
    carriage_return,
    missing_module,
    missing_program,
    not_executable,
    no_permission,
    wrong_machine,
    missing_file,
    out_of_memory,
    full_disk,
    ascii_only,
    exception,
    signal,
];

/// Why a program failed, as the last of its words that are understood tell; `None` if none are.
///
/// ```
/// use howdah_plan::cause::of_words;
///
/// let said = ["./count: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ./count)"];
/// let cause = of_words(said).unwrap();
/// assert_eq!(cause.sentence, "the program needs GLIBC_2.34, and the machine's C library is older");
/// assert_eq!(of_words(["1 line read"]), None);
/// ```
pub fn of_words<'l, I>(said: I) -> Option<Cause>
where
    I: IntoIterator<Item = &'l str>,
    I::IntoIter: DoubleEndedIterator + Clone,
{
    let lines = said.into_iter();
    // What stands before the last of them may have been a warning.
    let last = lines.clone().rev().find_map(|line| RULES.iter().find_map(|rule| rule(line)));
    match last {
        // But one exception is often raised for another, and none without a module that is missing.
        Some(cause) if cause.slug == "exception" => {
            lines.rev().find_map(missing_module).or(Some(cause))
        }
        Some(cause) => Some(cause),
        None => panic(lines),
    }
}

/// ``./x: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ./x)``.
fn old_libc(line: &str) -> Option<Cause> {
    let (_, rest) = line.split_once("version `")?;
    let (version, rest) = rest.split_once('\'')?;
    if !rest.starts_with(" not found") {
        return None;
    }
    let library = match version.split_once('_')?.0 {
        "GLIBC" => "the machine's C library is older",
        "GLIBCXX" | "CXXABI" => "the machine's C++ library is older",
        _ => "the machine's library is older",
    };
    Some(Cause::new(
        "old-library",
        format!("the program needs {}, and {library}", quoted(version)),
        TO_LINK,
    ))
}

/// `./x: error while loading shared libraries: libfoo.so.1: cannot open shared object file: No such file or directory`.
fn missing_library(line: &str) -> Option<Cause> {
    let (before, _) = line.split_once(": cannot open shared object file")?;
    let library = before.rsplit(": ").next()?;
    Some(Cause::new(
        "missing-library",
        format!("the library `{}` is not where the program ran", quoted(library)),
        "link it statically, install it on each node, or ship it with `-files` and pass `-cmdenv LD_LIBRARY_PATH=.`",
    ))
}

/// `/usr/bin/env: ‘python3\r’: No such file or directory`, and what shells say of such a script.
fn carriage_return(line: &str) -> Option<Cause> {
    let line = line.trim_end();
    let by_env = line.contains("env: ") && (line.contains("\\r") || line.contains('\r'));
    let by_shell = line.contains("^M: bad interpreter");
    let by_commands = line.ends_with("\r: not found") || line.ends_with("\r: command not found");
    (by_env || by_shell || by_commands).then(|| {
        Cause::new(
            "carriage-return",
            "the script's lines end with CR LF, so the CR counts to the name that stands before it",
            "write it with Unix line ends: `sed -i 's/\\r$//' SCRIPT`",
        )
    })
}

/// Modules, packages and classes that an interpreter does not find.
fn missing_module(line: &str) -> Option<Cause> {
    const PYTHON: &str = "ship it as one archive (`-archives libs.zip#libs` and `-cmdenv PYTHONPATH=libs`), or install it \
                          on each node; is it the same Python there?";
    let (what, name, hint) =
        if line.starts_with("ModuleNotFoundError:") || line.starts_with("ImportError:") {
            let name = line.split_once("No module named ")?.1.trim();
            let name = name.split(';').next().unwrap_or(name);
            ("Python has no module", name, PYTHON)
        } else if let Some((_, rest)) = line.split_once("Can't locate ") {
            ("Perl has no module", rest.split_once(" in @INC")?.0, TO_SHIP)
        } else if let Some((_, name)) = line.split_once("cannot load such file -- ") {
            ("Ruby has no file", name.split(" (").next()?, TO_SHIP)
        } else if let Some((_, name)) = line.split_once("there is no package called ") {
            ("R has no package", name, "install it on each node")
        } else if let Some((_, name)) = line.split_once("Error: Cannot find module ") {
            ("Node has no module", name, TO_SHIP)
        } else {
            return None;
        };
    let name = name.trim().trim_matches(['\'', '"', '‘', '’', '`']);
    let sentence = format!("{what} `{}` where the program ran", quoted(name));
    Some(Cause::new("missing-module", sentence, hint))
}

/// What shells and `env` say of a command that is not there, and Java of a program.
fn missing_program(line: &str) -> Option<Cause> {
    let line = line.trim_end();
    let (what, name) = if let Some(name) = by_env(line) {
        ("the interpreter", name)
    } else if let Some(before) = line.strip_suffix(": bad interpreter: No such file or directory") {
        ("the interpreter", before.rsplit(": ").next()?)
    } else if let Some(before) = line.strip_suffix(": command not found") {
        ("the command", before.rsplit(": ").next()?)
    } else if let Some(before) = line.strip_suffix(": not found") {
        // `sh: 1: name: not found`; without the line's number it may be anybody's sentence.
        let (shell, name) = before.rsplit_once(": ")?;
        let number = shell.rsplit([' ', ':']).next()?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        ("the command", name)
    } else {
        return not_started(line, 2).map(|name| {
            let sentence = format!(
                "the program `{}` was not found, or what its `#!` line names",
                quoted(name)
            );
            let hint = format!(
                "{TO_SHIP}; the words of a command are cut at spaces, and no shell reads them"
            );
            Cause::new("not-found", sentence, &hint)
        });
    };
    let sentence = format!("{what} `{}` was not found", quoted(name));
    let hint = "install it where tasks run, or ship it with `-files` and call it `./NAME`";
    Some(Cause::new("not-found", sentence, hint))
}

/// `/usr/bin/env: ‘python3’: No such file or directory`.
fn by_env(line: &str) -> Option<&str> {
    let (program, rest) = line.split_once(": ")?;
    if program != "env" && !program.ends_with("/env") {
        return None;
    }
    let name = rest.strip_suffix(": No such file or directory")?;
    Some(name.trim_matches(['\'', '‘', '’', '`', '"']))
}

/// The program of `Cannot run program "x" (in directory "y"): error=N, …`, if N is the error.
fn not_started(line: &str, error: u32) -> Option<&str> {
    let (_, rest) = line.split_once("Cannot run program \"")?;
    let (name, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("error=")?;
    let number = rest.split(',').next()?;
    (number.parse() == Ok(error)).then_some(name)
}

/// `sh: 1: ./x: Permission denied`, and Java's word for it.
fn not_executable(line: &str) -> Option<Cause> {
    let line = line.trim_end();
    let name = match not_started(line, 13) {
        Some(name) => name,
        None => refused(line).filter(|name| !may_be_a_file(line, name))?,
    };
    Some(Cause::new(
        "not-executable",
        format!(
            "the program `{}` is not marked executable, or lies in a folder that may not be entered",
            quoted(name)
        ),
        "`chmod a+x` before it is shipped, or name its interpreter: `python3 x.py` instead of `x.py`",
    ))
}

/// What a shell was refused: `sh: 1: ./x: Permission denied`.
fn refused(line: &str) -> Option<&str> {
    let before = line.strip_suffix(": Permission denied")?;
    let shells = ["sh: ", "bash: ", "/bin/sh: ", "/bin/bash: ", "env: ", "/usr/bin/env: "];
    let is_shells = shells.iter().any(|shell| before.starts_with(shell));
    if !is_shells && !before.contains(": line ") {
        return None;
    }
    Some(before.rsplit(": ").next()?.trim_matches(['\'', '‘', '’']))
}

/// Whether what a shell was refused may be a file that it was to read or write. `sh` says so; `bash` says the same of a
/// program, which is most often called `./NAME`.
fn may_be_a_file(line: &str, name: &str) -> bool {
    let says_so = name.starts_with("cannot create ") || name.starts_with("cannot open ");
    let is_bash = line.contains("bash: ") || line.contains(": line ");
    says_so || (is_bash && !name.starts_with("./"))
}

/// `sh: 1: cannot create out.txt: Permission denied`, `x.sh: line 3: /data/out.txt: Permission denied`.
fn no_permission(line: &str) -> Option<Cause> {
    let line = line.trim_end();
    let name = refused(line).filter(|name| may_be_a_file(line, name))?;
    let name = name.trim_start_matches("cannot create ").trim_start_matches("cannot open ");
    Some(Cause::new(
        "no-permission",
        format!("the program may not use `{}` as it wants to", quoted(name)),
        "if it is a program, `chmod a+x` before it is shipped; else let tasks write to their own folder or to `/tmp`, and \
         read what every user may read",
    ))
}

/// A program for another processor or system.
fn wrong_machine(line: &str) -> Option<Cause> {
    let is_such = line.contains("Exec format error")
        || line.contains("cannot execute binary file")
        || not_started(line, 8).is_some();
    is_such.then(|| {
        Cause::new(
            "wrong-machine",
            "the program is for another machine, or a script without a `#!` line",
            "build it for the processor that tasks run on, or give the script its first line",
        )
    })
}

/// A file that a program wants to read and does not find.
fn missing_file(line: &str) -> Option<Cause> {
    let name = if let Some((_, rest)) = line.split_once("can't open file '") {
        rest.split_once('\'')?.0
    } else if let Some((_, name)) = line.split_once("[Errno 2] No such file or directory: ") {
        name.trim().trim_matches(['\'', '"'])
    } else if let Some(name) = line.trim_end().strip_suffix(": No such file or directory") {
        // `cat: stop.txt: …`, `sh: 0: cannot open x.sh: …`; a name of one word, or it is a sentence.
        let name = name.rsplit([':', ' ']).next()?.trim_matches(['\'', '"', '‘', '’', '`']);
        if name.is_empty() {
            return None;
        }
        name
    } else {
        let (_, rest) = line.split_once(": cannot open ")?;
        rest.strip_suffix(": No such file")?
    };
    let sentence = format!("the file `{}` is not where the program looks for it", quoted(name));
    Some(Cause::new("missing-file", sentence, TO_SHIP))
}

fn out_of_memory(line: &str) -> Option<Cause> {
    let is_such = line.trim_end() == "MemoryError"
        || line.starts_with("MemoryError:")
        || line.contains("std::bad_alloc")
        || line.contains("Cannot allocate memory")
        || line.contains("JavaScript heap out of memory")
        || line.starts_with("memory allocation of ")
        || line.contains("failed to allocate memory");
    is_such.then(|| Cause::new("out-of-memory", "the program got no more memory", TO_HAVE_MEMORY))
}

fn full_disk(line: &str) -> Option<Cause> {
    line.contains("No space left on device").then(|| {
        Cause::new(
            "disk-full",
            "a disk of the machine is full",
            "let the task write less to its folder, or free space there",
        )
    })
}

/// Python that takes text for ASCII, since the environment of tasks names no language.
fn ascii_only(line: &str) -> Option<Cause> {
    let is_such = (line.starts_with("UnicodeDecodeError:")
        || line.starts_with("UnicodeEncodeError:"))
        && line.contains("'ascii' codec");
    is_such.then(|| {
        Cause::new(
            "ascii-only",
            "Python took the text for ASCII, and it is not",
            "`-cmdenv LC_ALL=C.UTF-8` or `-cmdenv PYTHONIOENCODING=utf-8` says what it is",
        )
    })
}

/// The last line of a trace: `ValueError: invalid literal`, `Exception in thread "main" java.lang.X: y`.
fn exception(line: &str) -> Option<Cause> {
    let name = line.strip_prefix("Exception in thread ").unwrap_or(line);
    let name = name.split(": ").next()?.trim_end().trim_end_matches(':');
    let is_name = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    };
    let last = name.rsplit([' ', '.']).next()?;
    let ends_as_one =
        ["Error", "Exception"].iter().any(|end| last.ends_with(end) && last.len() > end.len());
    let stands_alone = line.starts_with("Exception in thread ") || is_name(name);
    (ends_as_one && is_name(last) && stands_alone).then(|| {
        let sentence = format!("the program's code raised `{}`", quoted(line.trim_end()));
        Cause::new("exception", sentence, "mend it there, or let it count and skip such records")
    })
}

/// What a shell says of a program that a signal ended.
fn signal(line: &str) -> Option<Cause> {
    let said = |words: &str| {
        let line = line.trim_end();
        line == words || line.strip_suffix(" (core dumped)").unwrap_or(line).ends_with(words)
    };
    let code = match () {
        () if said("Illegal instruction") => 132,
        () if said("Segmentation fault") => 139,
        () if said("Aborted") => 134,
        () if line.trim_end() == "Killed" => 137,
        () => return None,
    };
    Some(super::of_exit_code(code))
}

/// `thread 'main' panicked at src/main.rs:3:5:`, and its message on the next line.
fn panic<'l>(lines: impl DoubleEndedIterator<Item = &'l str> + Clone) -> Option<Cause> {
    let mut behind = None;
    for line in lines.rev() {
        let is_panic = line.starts_with("thread '") && line.contains(" panicked at ");
        if let Some((_, place)) = line.split_once(" panicked at ").filter(|_| is_panic) {
            let place = place.trim_end_matches(':');
            let sentence = match behind {
                Some(message) => {
                    format!("the program panicked at {}: {}", quoted(place), quoted(message))
                }
                None => format!("the program panicked at {}", quoted(place)),
            };
            return Some(Cause::new(
                "panic",
                sentence,
                "`-cmdenv RUST_BACKTRACE=1` shows from where",
            ));
        }
        behind = Some(line);
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::visible::is_obeyed;

    /// What is said, the slug of its cause, and a part of the sentence.
    const SAID: &[(&str, &str, &str)] = &[
        (
            "./x: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ./x)",
            "old-library",
            "GLIBC_2.34, and the machine's C library",
        ),
        (
            "./x: /lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by ./x)",
            "old-library",
            "C++ library",
        ),
        (
            "./x: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory",
            "missing-library",
            "`libssl.so.3`",
        ),
        (
            "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
            "missing-library",
            "`libGL.so.1`",
        ),
        ("/usr/bin/env: ‘python3\\r’: No such file or directory", "carriage-return", "CR LF"),
        ("/usr/bin/env: python3\r: No such file or directory", "carriage-return", "CR LF"),
        (
            "sh: ./x.sh: /bin/sh^M: bad interpreter: No such file or directory",
            "carriage-return",
            "CR LF",
        ),
        ("x.sh: 2: ls\r: not found", "carriage-return", "CR LF"),
        (
            "/usr/bin/env: ‘python3’: No such file or directory",
            "not-found",
            "the interpreter `python3`",
        ),
        ("env: 'node': No such file or directory", "not-found", "`node`"),
        (
            "bash: ./x: /opt/python: bad interpreter: No such file or directory",
            "not-found",
            "`/opt/python`",
        ),
        ("sh: 1: frobnicate: not found", "not-found", "`frobnicate`"),
        ("/bin/bash: line 1: frobnicate: command not found", "not-found", "`frobnicate`"),
        (
            "Caused by: java.io.IOException: Cannot run program \"x y\": error=2, No such file or directory",
            "not-found",
            "`x y`",
        ),
        (
            "Cannot run program \"/t/x.sh\": error=13, Permission denied",
            "not-executable",
            "`/t/x.sh`",
        ),
        ("sh: 1: ./x.sh: Permission denied", "not-executable", "`./x.sh`"),
        ("/bin/bash: line 1: ./x.sh: Permission denied", "not-executable", "`./x.sh`"),
        ("sh: 1: cannot create out.txt: Permission denied", "no-permission", "`out.txt`"),
        ("run.sh: line 3: /data/out.txt: Permission denied", "no-permission", "`/data/out.txt`"),
        (
            "bash: ./x: cannot execute binary file: Exec format error",
            "wrong-machine",
            "another machine",
        ),
        (
            "ModuleNotFoundError: No module named 'numpy'",
            "missing-module",
            "Python has no module `numpy`",
        ),
        ("ImportError: No module named numpy", "missing-module", "`numpy`"),
        (
            "Can't locate JSON/XS.pm in @INC (you may need to install it)",
            "missing-module",
            "`JSON/XS.pm`",
        ),
        ("Error in library(x) : there is no package called ‘dplyr’", "missing-module", "`dplyr`"),
        (
            "python3: can't open file '/tmp/c/gone.py': [Errno 2] No such file or directory",
            "missing-file",
            "`/tmp/c/gone.py`",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'stop.txt'",
            "missing-file",
            "`stop.txt`",
        ),
        ("cat: stop.txt: No such file or directory", "missing-file", "`stop.txt`"),
        ("MemoryError", "out-of-memory", "no more memory"),
        ("memory allocation of 800 bytes failed", "out-of-memory", "no more memory"),
        ("OSError: [Errno 28] No space left on device", "disk-full", "full"),
        (
            "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 0",
            "ascii-only",
            "ASCII",
        ),
        (
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0",
            "exception",
            "'utf-8' codec",
        ),
        ("ValueError: bad \x1b[31mline", "exception", r"`ValueError: bad \x1b[31mline`"),
        ("json.decoder.JSONDecodeError: Expecting value", "exception", "JSONDecodeError"),
        ("KeyError", "exception", "`KeyError`"),
        ("Exception in thread \"main\" java.lang.NullPointerException", "exception", "NullPointer"),
        ("Segmentation fault (core dumped)", "segmentation-fault", "SIGSEGV"),
        ("Illegal instruction", "illegal-instruction", "SIGILL"),
    ];

    #[test]
    fn words_of_shells_loaders_and_interpreters() {
        for (said, slug, part) in SAID {
            let cause = of_words([*said]).unwrap_or_else(|| panic!("not understood: {said}"));
            assert_eq!(cause.slug, *slug, "{said}");
            assert!(cause.sentence.contains(part), "{said}: {cause:?}");
            assert!(cause.hint.is_some(), "{said}");
        }
    }

    #[test]
    fn a_panic_is_told_with_its_message() {
        let said = [
            "thread 'main' (7) panicked at src/main.rs:3:5:",
            "no date",
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        ];
        let cause = of_words(said).unwrap();
        assert_eq!(cause.sentence, "the program panicked at src/main.rs:3:5: no date");
    }

    #[test]
    fn what_says_no_cause_is_not_taken_for_one() {
        for said in [
            "",
            "404: not found",
            "3 files: not found",
            "reading /data/in: Permission denied is what it says",
            "Error",
            "this is an Error: no",
            "Killed 3 birds",
            ": No such file or directory",
            "version `x",
        ] {
            assert_eq!(of_words([said]), None, "{said}");
        }
        assert_eq!(of_words([]), None);
    }

    #[test]
    fn the_last_word_is_believed() {
        let said = ["ValueError: first", "ValueError: last"];
        assert!(of_words(said).unwrap().sentence.contains("last"));
        let said = ["cat: stop.txt: No such file or directory", "ValueError: what killed it"];
        assert_eq!(of_words(said).unwrap().slug, "exception");
        let said = ["dlerror: libcudart.so: cannot open shared object file", "Killed"];
        assert_eq!(of_words(said).unwrap().slug, "killed");
        // A trace that ends with a module that is missing is that, whatever was raised behind it.
        let said = ["ModuleNotFoundError: No module named 'x'", "RuntimeError: cannot start"];
        assert_eq!(of_words(said).unwrap().slug, "missing-module");
    }

    proptest! {
        #[test]
        fn any_words_are_read_and_none_are_obeyed(lines in prop::collection::vec(".*", 0..6), cut in 0..60usize) {
            let pieces = [
                "version `", "' not found", ": cannot open shared object file", "env: ", "\r", "No module named ",
                "ImportError:", "Cannot run program \"", "error=2,", ": not found", "[Errno 2] No such file or directory: ",
                ": No such file or directory", "Error: ", "Exception", "thread '", " panicked at ",
            ];
            let mut lines = lines;
            lines.push(pieces.concat().chars().skip(cut).collect());
            for (number, piece) in pieces.iter().enumerate() {
                if let Some(line) = lines.get_mut(number) {
                    line.insert_str(0, piece);
                }
            }
            if let Some(cause) = of_words(lines.iter().map(String::as_str)) {
                prop_assert!(!cause.sentence.contains(is_obeyed), "{:?}", cause);
            }
        }
    }
}
