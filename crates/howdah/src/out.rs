//! Where a task's code writes to: records, counters, a status; and what it may ask of its task.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use howdah_plan::{RecordSink, Rejects, Reporter, SideOutputs, TaskError, TaskInfo, TaskOutput};

use crate::counter::Counter;
use crate::encodes::{Encodes, NONE_GIVEN};
use crate::error::{Error, Result};
use crate::key::Data;
use crate::output::Output;
use crate::property::{Property, lookup};
use crate::protocol::{Format, json};
use crate::side_file::SideFile;

/// What a mapper or reducer writes to: records with keys of type `K` and values of type `V`.
///
/// ```
/// use howdah::{Counter, Mapper, Out, Text};
///
/// const BLANK: Counter = Counter::new("Lines", "blank");
///
/// #[derive(Clone)]
/// struct Words;
///
/// impl Mapper<Text> for Words {
///     type Key = String;
///     type Value = u64;
///
///     fn map(&mut self, line: &str, out: &mut Out<String, u64>) -> howdah::Result {
///         if line.trim().is_empty() {
///             out.count(&BLANK, 1);
///         }
///         for word in line.split_whitespace() {
///             out.emit(word, 1);
///         }
///         Ok(())
///     }
/// }
/// ```
pub struct Out<'t, K, V> {
    records: &'t mut dyn RecordSink,
    reporter: &'t mut dyn Reporter,
    task: &'t TaskInfo,
    side: Option<&'t mut (dyn SideOutputs + 't)>,
    rejects: &'t mut Rejects,
    format: &'t Format,
    /// Whether values may go as they are, without a way through JSON.
    gives: bool,
    failed: Option<TaskError>,
    types: PhantomData<fn(K, V)>,
}

impl<'t, K, V> Out<'t, K, V> {
    pub(crate) fn new(task: &'t mut TaskOutput<'_>, format: &'t Format) -> Self {
        Out {
            gives: matches!(format, Format::JsonPairs) && task.records.takes_given(),
            records: &mut *task.records,
            reporter: &mut *task.reporter,
            task: task.info,
            side: task.side.as_deref_mut().map(|side| side as _),
            rejects: &mut task.rejects,
            format,
            failed: None,
            types: PhantomData,
        }
    }

    /// What the task's code returned, or the failure of an emission before it.
    pub(crate) fn close(self, returned: Result) -> Result<(), TaskError> {
        match self.failed {
            Some(error) => Err(error),
            None => returned.map_err(crate::Error::into_task_error),
        }
    }

    /// Emits a record.
    ///
    /// It is written at once, into the engine's own buffer. If it cannot be written, the task fails as soon as the
    /// code that emits returns; until then emissions do nothing.
    #[inline]
    #[allow(clippy::needless_pass_by_value)] // `emit(word, 1)`, without `&` before a literal
    pub fn emit(&mut self, key: impl Encodes<K>, value: impl Encodes<V>)
    where
        V: 'static,
    {
        if self.failed.is_some() {
            return;
        }
        let given = if self.gives { value.given() } else { None };
        if let Err(error) = self.format.write(&mut *self.records, &key, &value, given) {
            self.failed = Some(error);
        }
    }

    /// Emits a record to an output with a name of its own, rather than to what comes next: see [`Output`].
    ///
    /// It is counted in the group `Output records`.
    #[allow(clippy::needless_pass_by_value)] // as `emit`
    pub fn emit_to<A, B>(
        &mut self,
        output: &Output<A, B>,
        key: impl Encodes<A>,
        value: impl Encodes<B>,
    ) {
        if self.failed.is_some() {
            return;
        }
        let written = match &mut self.side {
            Some(side) => side
                .output(output.name())
                .and_then(|records| output.format().write(records, &key, &value, NONE_GIVEN)),
            None => Err(TaskError::engine("this task has no outputs with names")),
        };
        match written {
            Ok(()) => self.reporter.count("Output records", output.name(), 1),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Puts a record aside that the job does not take, with the reason: it is counted, and kept in the output's
    /// `_rejects` or where `--rejects` says, with the file and offset of the record at hand.
    ///
    /// `--max-rejects` is how many of them a run may have.
    ///
    /// ```
    /// use howdah::{Flow, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| match line.split_once('=') {
    ///         Some((name, _)) => out.emit(name, 1),
    ///         None => out.reject("it has no `=`", line),
    ///     })
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["a=1", "b"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"a\"\t1\n");
    /// assert_eq!(ran.rejects(), [("it has no `=`".to_owned(), "b".to_owned())]);
    /// ```
    pub fn reject(&mut self, reason: impl fmt::Display, record: impl AsRef<[u8]>) {
        self.rejects.push(reason.to_string(), record.as_ref());
    }

    /// Adds to a counter.
    pub fn count(&mut self, counter: &Counter, amount: i64) {
        self.reporter.count(counter.group(), counter.name(), amount);
    }

    /// Says what the task is doing. Hadoop takes it as a sign of life, too. A task that computes for long says its last
    /// status again by itself, for as long as the property `howdah.task.heartbeat.limit` allows.
    ///
    /// ```
    /// # use howdah::{Flow, Out};
    /// let _ = Flow::lines().map_fn(|line, out: &mut Out<String, u64>| {
    ///     out.status(&format!("reading {line}"));
    /// });
    /// ```
    pub fn status(&mut self, text: &str) {
        self.reporter.status(text);
    }

    /// A property of the job's configuration, by its new or old name.
    ///
    /// ```
    /// # use howdah::{Flow, Out};
    /// let _ = Flow::lines().map_fn(|line, out: &mut Out<String, u64>| {
    ///     let queue = out.property("mapreduce.job.queuename").unwrap_or("default");
    ///     out.emit(queue, 1);
    /// });
    /// ```
    pub fn property(&self, name: &str) -> Option<&'t str> {
        lookup(&self.task.properties, name)
    }

    /// A property of the job's configuration with its type; see [`Property`].
    ///
    /// # Errors
    /// When its text is none of that type.
    pub fn get<T: FromStr<Err: fmt::Display>>(&self, property: &Property<T>) -> Result<Option<T>> {
        property.read(self.task)
    }

    /// The same for a property that must be there.
    ///
    /// # Errors
    /// When it is not set, or its text is none of that type.
    pub fn need<T: FromStr<Err: fmt::Display>>(&self, property: &Property<T>) -> Result<T> {
        let name = property.name();
        self.get(property)?.ok_or_else(|| {
            Error::new(format_args!("the property `{name}` is not set; give it with `-D {name}=…`"))
        })
    }

    /// Where this task finds a side file: see [`SideFile`].
    pub fn side_file(&self, file: &SideFile) -> PathBuf {
        file.find(self.task)
    }

    /// The text of a side file.
    ///
    /// # Errors
    /// When it cannot be read; the error names it.
    pub fn read_side_file(&self, file: &SideFile) -> Result<String> {
        let path = self.side_file(file);
        std::fs::read_to_string(&path).map_err(|error| {
            Error::new(format_args!("the side file `{}` cannot be read: {error}", path.display()))
        })
    }

    /// The task's number within its kind, from 0: in a reduce task its partition, and the number of its part file.
    pub fn partition(&self) -> u32 {
        self.task.task
    }

    /// The attempt's number, from 0.
    pub fn attempt(&self) -> u32 {
        self.task.attempt
    }

    /// The task's id as Hadoop gives it, such as `task_1700000000000_0001_m_000003`; none in a pipe.
    pub fn task_id(&self) -> Option<&'t str> {
        self.property("mapreduce.task.id")
    }

    /// The job's id as Hadoop gives it, such as `job_1700000000000_0001`; none in a pipe.
    pub fn job_id(&self) -> Option<&'t str> {
        self.property("mapreduce.job.id")
    }

    /// The URI of the file that a map task reads, as `file:/logs/a.txt` or `hdfs://host/logs/a.txt`; none in a
    /// reduce task.
    ///
    /// There is none in a pipe either, unless you say one: `mapreduce_map_input_file=a.txt my-job map < a.txt`.
    /// Then a mapper that must know it fails, rather than to guess:
    ///
    /// ```
    /// use howdah::{Error, Flow, Out, Result, test};
    ///
    /// // An inverted index: in which files each word is.
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, String>| -> Result {
    ///         let uri = out.input_file().ok_or_else(|| Error::new("the input has no file name"))?;
    ///         let name = uri.rsplit('/').next().unwrap_or(uri);
    ///         line.split_whitespace().for_each(|word| out.emit(word, name));
    ///         Ok(())
    ///     })
    ///     .reduce_fn(|word, files, out: &mut Out<String, Vec<String>>| {
    ///         let mut files: Vec<String> = files.collect();
    ///         files.sort();
    ///         files.dedup();
    ///         out.emit(word, files);
    ///     })
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["b a", "b"]).input_file("file:/logs/x.txt").run().unwrap();
    /// assert_eq!(ran.text(), "\"a\"\t[\"x.txt\"]\n\"b\"\t[\"x.txt\"]\n");
    /// ```
    ///
    /// Two kinds of input, each with its own meaning:
    ///
    /// ```
    /// # use howdah::{Flow, Out};
    /// // A join: users in one file, orders in all others.
    /// let _ = Flow::lines().map_fn(|line, out: &mut Out<bool, String>| {
    ///     let user = out.input_file().is_some_and(|file| file.ends_with("/users.txt"));
    ///     out.emit(user, line);
    /// });
    /// ```
    pub fn input_file(&self) -> Option<&'t str> {
        self.task.input_file.as_deref()
    }

    /// The step's number, from 0.
    pub fn step(&self) -> usize {
        self.task.step
    }
}

impl<K, V> fmt::Debug for Out<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("task", self.task).finish_non_exhaustive()
    }
}

/// What a combiner writes to: values of type `V`, all of the key that it was given.
///
/// There is no key to emit: Hadoop does not sort a combiner's output again, so that another key would lie in the
/// wrong place, and often in the wrong partition.
pub struct ValueOut<'t, V> {
    key: &'t [u8],
    records: &'t mut dyn RecordSink,
    reporter: &'t mut dyn Reporter,
    task: &'t TaskInfo,
    failed: Option<TaskError>,
    types: PhantomData<fn(V)>,
}

impl<'t, V: Data> ValueOut<'t, V> {
    pub(crate) fn new(key: &'t [u8], task: &'t mut TaskOutput<'_>) -> Self {
        ValueOut {
            key,
            records: &mut *task.records,
            reporter: &mut *task.reporter,
            task: task.info,
            failed: None,
            types: PhantomData,
        }
    }

    pub(crate) fn close(self, returned: Result) -> Result<(), TaskError> {
        match self.failed {
            Some(error) => Err(error),
            None => returned.map_err(crate::Error::into_task_error),
        }
    }

    /// Emits a value of the key at hand.
    #[allow(clippy::needless_pass_by_value)] // `emit(1)`, without `&` before a literal
    pub fn emit(&mut self, value: impl Encodes<V>) {
        if self.failed.is_some() {
            return;
        }
        if let Err(error) = json::write_under(&mut *self.records, self.key, &value) {
            self.failed = Some(error);
        }
    }

    /// Adds to a counter. A combiner runs zero to many times: what it counts says nothing about the data.
    pub fn count(&mut self, counter: &Counter, amount: i64) {
        self.reporter.count(counter.group(), counter.name(), amount);
    }

    /// A property of the job's configuration, by its new or old name.
    pub fn property(&self, name: &str) -> Option<&'t str> {
        lookup(&self.task.properties, name)
    }

    /// A property of the job's configuration with its type; see [`Property`].
    ///
    /// # Errors
    /// When its text is none of that type.
    pub fn get<T: FromStr<Err: fmt::Display>>(&self, property: &Property<T>) -> Result<Option<T>> {
        property.read(self.task)
    }
}

impl<V> fmt::Debug for ValueOut<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueOut").field("task", self.task).finish_non_exhaustive()
    }
}
