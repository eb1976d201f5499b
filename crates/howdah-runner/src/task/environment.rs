//! What a task is told about itself: the properties that Hadoop sets when it runs.

use howdah_plan::{TaskInfo, TaskKind, names};
use howdah_platform::process::user_name;
use howdah_streaming::defaults;
use howdah_streaming::properties::Properties;

use crate::input::InputSplit;

/// What all tasks of a step are told.
#[derive(Debug, Clone)]
pub(crate) struct StepFacts {
    /// Properties of the job and the step.
    pub(crate) properties: Properties,
    /// `<timestamp>_<number>`, the part that ids have in common.
    pub(crate) identifier: String,
    /// Where the step's output is made, as a URI.
    pub(crate) output_uri: String,
    /// The step's number in the plan, from 0.
    pub(crate) step: usize,
    /// What each input of the step is called; nothing where there is only one.
    pub(crate) input_names: Vec<String>,
}

impl StepFacts {
    /// The job's id.
    pub(crate) fn job_id(&self) -> String {
        format!("job_{}", self.identifier)
    }

    /// The properties of one attempt, as `mapred.Task.localizeConfiguration` and its neighbours set them.
    pub(crate) fn of_attempt(
        &self,
        kind: TaskKind,
        task: u32,
        attempt: u32,
        split: Option<&InputSplit>,
    ) -> Properties {
        let job = self.job_id();
        let mut properties = self.properties.clone();
        for (name, value) in defaults::all() {
            if properties.get_raw(name).is_none_or(str::is_empty) {
                properties.set(name, value);
            }
        }
        let mut set = |name: &str, value: String| properties.set_at_run_time(name, value);
        if kind == TaskKind::Reduce {
            // So does `LocalJobRunner`, for its reduce tasks only.
            set("mapreduce.jobtracker.address", "local".to_owned());
        }
        set("mapreduce.job.skiprecords", "false".to_owned());
        set("mapreduce.task.id", names::task_id(&job, kind, task));
        set("mapreduce.task.attempt.id", names::attempt_id(&job, kind, task, attempt));
        set("mapreduce.job.id", job);
        set("mapreduce.task.partition", task.to_string());
        set("mapreduce.task.ismap", (kind == TaskKind::Map).to_string());
        let attempt_folder =
            format!("{}/_temporary/{}-{task}-{attempt}", self.output_uri, kind.name());
        set("mapreduce.task.output.dir", attempt_folder);
        set("mapreduce.cluster.local.dir", std::env::temp_dir().display().to_string());
        if let Some(user) = user_name() {
            set("mapreduce.job.user.name", user);
        }
        if let Some(split) = split {
            if let Some(name) = self.input_names.get(split.input()) {
                set(names::INPUT_NAME, name.clone());
            }
            set("mapreduce.map.input.file", split.file.uri());
            set("mapreduce.map.input.start", split.start.to_string());
            set("mapreduce.map.input.length", split.length.to_string());
        }
        properties
    }

    /// The facts of one attempt, for linked code.
    pub(crate) fn info(
        &self,
        kind: TaskKind,
        task: u32,
        attempt: u32,
        split: Option<&InputSplit>,
    ) -> TaskInfo {
        let properties = self.of_attempt(kind, task, attempt, split);
        let properties = properties
            .iter()
            .map(|(name, _)| {
                (name.to_owned(), properties.get(name).unwrap_or_default().into_owned())
            })
            .collect();
        let mut info = TaskInfo::new(self.step, kind, task);
        info.attempt = attempt;
        info.input_file = split.map(|split| split.file.uri());
        info.properties = std::sync::Arc::new(properties);
        info
    }
}
