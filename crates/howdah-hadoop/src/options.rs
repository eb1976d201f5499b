//! What a run on a cluster is asked to do, apart from its plan.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use howdah_plan::{Keep, RejectLimit};

use crate::installation::Search;

/// What a run on a cluster is asked to do. [`Default`] is a run of nothing, to the standard output.
///
/// Paths are Hadoop's: URIs such as `hdfs:///logs/*.gz`, or paths in the file system that its configuration names.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HadoopOptions {
    /// Where Hadoop is.
    pub search: Search,
    /// Files, folders and globs; `-` is the standard input, which is copied to the cluster first.
    pub inputs: Vec<String>,
    /// The same for each input that has a name.
    pub named_inputs: BTreeMap<String, Vec<String>>,
    /// Which steps of the plan are run, as in a run here.
    pub steps: RangeInclusive<usize>,
    /// The folder for the output; `None` copies the parts to the standard output.
    pub output: Option<String>,
    /// Reduce tasks of a step that does not say; `None` is 2.
    pub reducers: Option<u32>,
    /// Input bytes of a map task; `None` is as in a run here, or Hadoop's blocks where the input is large.
    pub split_size: Option<u64>,
    /// Where the folders of steps go; `None` is beside the output.
    pub temporary: Option<String>,
    /// The codec of part files, by its name; `None` is none.
    pub output_codec: Option<String>,
    /// Whether an output that exists is replaced.
    pub overwrite: bool,
    /// Which folders of steps are kept.
    pub keep: Keep,
    /// Where rejected records go; `None` is `_rejects` in the output.
    pub rejects: Option<String>,
    /// How many records a run may reject; `None` is any number.
    pub max_rejects: Option<RejectLimit>,
    /// Properties of the job.
    pub properties: BTreeMap<String, String>,
    /// The program that is shipped to tasks, which the plan's commands name by its file's name.
    pub program: Option<PathBuf>,
    /// Whether SIGINT and SIGTERM end the run in order, the cluster's job with it.
    pub handle_signals: bool,
    /// Asked at the first SIGINT whether the job is to be ended; `None` ends it unasked.
    pub confirm: Option<fn(&str) -> bool>,
}

impl HadoopOptions {
    /// A property of the job.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }
}

impl Default for HadoopOptions {
    fn default() -> Self {
        HadoopOptions {
            search: Search::default(),
            inputs: Vec::new(),
            named_inputs: BTreeMap::new(),
            steps: 0..=usize::MAX,
            output: None,
            reducers: None,
            split_size: None,
            temporary: None,
            output_codec: None,
            overwrite: false,
            keep: Keep::None,
            rejects: None,
            max_rejects: None,
            properties: BTreeMap::new(),
            program: None,
            handle_signals: true,
            confirm: None,
        }
    }
}
