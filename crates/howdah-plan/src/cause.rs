//! Why a program failed: what its exit code means, and what its last words say.
//!
//! Both engines run programs of others, whose exit code alone helps nobody. These are the words for it, the same for a
//! child here and for a task on a cluster.

mod words;

use serde::Serialize;

pub use words::of_words;

/// Why a program failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The stable name of its kind.
    pub slug: &'static str,
    /// A sentence, on one line and without what a terminal would obey.
    pub sentence: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Cause {
    /// A cause, with what to do about it.
    pub fn new(slug: &'static str, sentence: impl Into<String>, hint: &str) -> Self {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Cause { slug, sentence: sentence.into(), hint }
    }
}

/// What an exit code means: of a shell's own, and of those that say which signal ended a program (128 and its number).
///
/// ```
/// use howdah_plan::cause;
///
/// assert_eq!(cause::of_exit_code(139).slug, "segmentation-fault");
/// assert!(cause::of_exit_code(1).sentence.starts_with("the program itself says that it failed"));
/// ```
pub fn of_exit_code(code: i32) -> Cause {
    const TO_DEBUG: &str =
        "run the command by hand on a part of the input: `head -n 1000 FILE | COMMAND`";
    match code {
        101 => Cause::new("panic", "the program panicked, if it is one in Rust", TO_DEBUG),
        126 => Cause::new(
            "not-executable",
            "the program cannot be executed: it is not marked executable, or it is for another machine",
            "`chmod a+x` before it is shipped, and build it for the machines that tasks run on",
        ),
        127 => Cause::new(
            "not-found",
            "a program was not found: the command, what it calls, the interpreter of its `#!` line, or a library that \
             it needs",
            "ship what is missing with `-files`, or install it where tasks run; a CR behind a `#!` line counts to the \
             interpreter's name",
        ),
        129 => Cause::new("signal", "SIGHUP ended it", ""),
        130 => Cause::new("signal", "SIGINT ended it: somebody pressed Ctrl-C", ""),
        131 => Cause::new("signal", "SIGQUIT ended it", ""),
        132 => Cause::new(
            "illegal-instruction",
            "SIGILL ended it: the processor does not know one of its instructions",
            "build it for the oldest processor that tasks run on: without `-C target-cpu=native` or `-march=native`",
        ),
        134 => Cause::new(
            "aborted",
            "SIGABRT ended it: it aborted itself, as for a failed assertion or for want of memory",
            TO_DEBUG,
        ),
        135 => Cause::new("signal", "SIGBUS ended it: it read memory that is not there", TO_DEBUG),
        136 => Cause::new(
            "signal",
            "SIGFPE ended it: it calculated what cannot be, such as a division by zero",
            TO_DEBUG,
        ),
        137 => Cause::new(
            "killed",
            "SIGKILL ended it: most often it is the system's or the cluster's, for want of memory",
            "let it hold less in memory, or give its tasks more: on a cluster `-D mapreduce.map.memory.mb=…` and \
             `-D mapreduce.reduce.memory.mb=…`",
        ),
        139 => Cause::new(
            "segmentation-fault",
            "SIGSEGV ended it: segmentation fault, a flaw of the program or of a library of its",
            TO_DEBUG,
        ),
        141 => Cause::new(
            "broken-pipe",
            "SIGPIPE ended it: it wrote to a pipe that nobody read any more",
            "let what stands behind it in a pipeline read to the end",
        ),
        143 => Cause::new(
            "terminated",
            "SIGTERM ended it: it was asked to end, as a task is that is over its time or no longer needed",
            "",
        ),
        152 => {
            Cause::new("signal", "SIGXCPU ended it: it was over its limit of processor time", "")
        }
        153 => Cause::new("signal", "SIGXFSZ ended it: it wrote a file over the limit of size", ""),
        code if (129..=192).contains(&code) => {
            Cause::new("signal", format!("signal {} ended it", code - 128), "")
        }
        2 => Cause::new(
            "program-failed",
            "the program itself says that it failed; with 2 many speak of wrong arguments or a missing file",
            TO_DEBUG,
        ),
        _ => Cause::new("program-failed", "the program itself says that it failed", TO_DEBUG),
    }
}

/// Why a program failed that ended with an exit code, as its last words tell; `None` where they do not, or the code tells
/// more.
///
/// ```
/// use howdah_plan::cause::of_words_at;
///
/// let said = ["cat: stop.txt: No such file or directory"];
/// assert_eq!(of_words_at(1, said).unwrap().slug, "missing-file");
/// // Whoever looks for a file in vain goes on, or ends by itself.
/// assert_eq!(of_words_at(139, said), None);
/// let said = ["Traceback (most recent call last):", "ModuleNotFoundError: No module named 'numpy'"];
/// let cause = of_words_at(1, said).unwrap();
/// assert_eq!(cause.sentence, "Python has no module `numpy` where the program ran");
/// ```
pub fn of_words_at<'l, I>(code: i32, said: I) -> Option<Cause>
where
    I: IntoIterator<Item = &'l str>,
    I::IntoIter: DoubleEndedIterator + Clone,
{
    let was_ended = matches!(code, 132 | 134 | 137 | 139);
    of_words(said).filter(|cause| !was_ended || cause.slug != "missing-file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visible::is_obeyed;

    #[test]
    fn each_exit_code_has_a_sentence_on_one_line() {
        for code in -1..=300 {
            let cause = of_exit_code(code);
            assert!(cause.sentence.len() > 10, "{code}");
            assert!(!cause.sentence.contains(is_obeyed), "{code}: {cause:?}");
            assert!(!cause.sentence.ends_with('.'), "{code}: {cause:?}");
        }
    }

    #[test]
    fn codes_that_people_ask_for_have_a_name_of_their_own() {
        let slugs = [126, 127, 132, 134, 137, 139, 141, 143].map(|code| of_exit_code(code).slug);
        let names: std::collections::BTreeSet<_> = slugs.into_iter().collect();
        assert_eq!(names.len(), 8, "{slugs:?}");
        assert_eq!(of_exit_code(1).slug, "program-failed");
        assert_eq!(of_exit_code(159).sentence, "signal 31 ended it");
    }

    /// What it said where that is understood, else its exit code.
    fn of_program<const N: usize>(code: i32, said: [&str; N]) -> Cause {
        of_words_at(code, said).unwrap_or_else(|| of_exit_code(code))
    }

    #[test]
    fn what_a_program_says_comes_before_its_exit_code() {
        assert_eq!(of_program(127, []).slug, "not-found");
        let said = ["Illegal use", "sh: 1: frobnicate: not found"];
        let cause = of_program(127, said);
        assert_eq!(cause.sentence, "the command `frobnicate` was not found");
        assert_eq!(of_program(3, ["all is well"]).slug, "program-failed");
        let said = ["cat: stop.txt: No such file or directory"];
        for (code, slug) in [(1, "missing-file"), (137, "killed"), (139, "segmentation-fault")] {
            assert_eq!(of_program(code, said).slug, slug, "{code}");
        }
    }
}
