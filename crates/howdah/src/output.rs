//! Outputs with a name of their own, beside the job's.

use std::fmt;
use std::marker::PhantomData;

use crate::protocol::Format;
use crate::protocol::write::Builtin;

/// A further output of a job: records of it are written to `OUT/NAME/part-m-00003` by a map task, and to
/// `part-r-00003` by a reduce task. Where a step before the last writes them, `step-0000-` stands before that.
///
/// So a run needs `-o`; [declared](crate::Mapped::output), that is said before it begins. A task in a pipe of your own
/// needs a folder, too: `mapreduce_task_output_dir=DIR my-job reduce`. Another job reads the main output alone as
/// `OUT/part-*`.
///
/// As a `const` a bad name does not compile. The records are written as JSON pairs, or as a protocol says.
///
/// ```
/// use howdah::{Flow, Out, Output, test, write};
///
/// const LONG: Output<String, usize> = Output::new("long");
/// const BLANK: Output<(), String> = Output::with("blank", write::Lines);
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, u64>| match line.len() {
///         0 => out.emit_to(&BLANK, (), "nothing here"),
///         length if length > 3 => out.emit_to(&LONG, line, length),
///         _ => out.emit(line, 1),
///     })
///     .map_only()
///     .plan();
/// let ran = test::plan(&plan).lines(["a", "", "abcd"]).run().unwrap();
/// assert_eq!(ran.text(), "\"a\"\t1\n");
/// assert_eq!(ran.output_text("long"), "\"abcd\"\t4\n");
/// assert_eq!(ran.output_text("blank"), "nothing here\n");
/// ```
///
/// ```compile_fail
/// # use howdah::Output;
/// const BAD: Output<String, usize> = Output::new("a/b");
/// ```
pub struct Output<K, V> {
    name: &'static str,
    format: Format,
    types: PhantomData<fn(K, V)>,
}

impl<K, V> Output<K, V> {
    /// An output of JSON pairs.
    ///
    /// # Panics
    /// When the name is empty, holds anything but ASCII letters, digits, `-`, `_` and `.`, or begins with `_`, `.` or
    /// `part-`, which have a meaning in an output folder. In a `const` this is an error of the compiler.
    pub const fn new(name: &'static str) -> Self {
        check(name);
        Output { name, format: Format::JsonPairs, types: PhantomData }
    }

    /// An output that is written as a protocol says, one of [`write`](mod@crate::write).
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub const fn with<P: Builtin<K, V>>(name: &'static str, _protocol: P) -> Self {
        check(name);
        Output { name, format: P::FORMAT, types: PhantomData }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn format(&self) -> &Format {
        &self.format
    }
}

impl<K, V> fmt::Debug for Output<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Output").field(&self.name).finish()
    }
}

const fn check(name: &str) {
    let bytes = name.as_bytes();
    assert!(!bytes.is_empty(), "an output's name cannot be empty");
    assert!(bytes[0] != b'_' && bytes[0] != b'.', "an output's name cannot begin with `_` or `.`");
    let (part, mut i) = (b"part-", 0);
    while i < part.len() && i < bytes.len() && bytes[i] == part[i] {
        i += 1;
    }
    assert!(i < part.len(), "an output's name cannot begin with `part-`");
    let mut i = 0;
    while i < bytes.len() {
        let is_plain = bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'-' | b'_' | b'.');
        assert!(is_plain, "an output's name holds letters, digits, `-`, `_` and `.` only");
        i += 1;
    }
}
