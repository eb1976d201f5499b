//! What a run that fails leaves for somebody to look at.
//!
//! ```text
//! howdah-kept-RUN/failure.json                what failed, where, and why
//! howdah-kept-RUN/step-0000                   what the steps before have written
//! howdah-kept-RUN/step-0001/part-00000        what tasks of the step that failed have written
//! howdah-kept-RUN/step-0001/_temporary/map-3-0/part-00003     … and the attempt that failed, as far as it came
//! ```

use howdah_codec::Codec;
use howdah_plan::{CommandLine, Event, Keep, Part, Plan, Step, TaskKind, exit};
use serde_json::{Value, json};

use super::{Engine, StepOutput};
use crate::error::{AtHand, RunError, RunErrorKind, TaskFailure, of_child};
use crate::output::Copied;

/// The name and major version of the form of [`FILE`].
const SCHEMA: &str = "howdah.failure/1";
/// The file that says what failed.
const FILE: &str = "failure.json";

impl Engine<'_> {
    /// Puts what a step that failed has written to what may be kept.
    pub(super) fn put_aside(&self, step: StepOutput, error: &RunError) {
        if self.options.keep == Keep::None {
            return;
        }
        let copied = match error.kind() {
            RunErrorKind::Task(failed) => Copied::AttemptsOf(failed.kind, failed.task),
            // The step itself has succeeded.
            RunErrorKind::Loop { .. } | RunErrorKind::Rejects { .. } => Copied::All,
            _ => Copied::Nothing,
        };
        self.folder.keep_step(&step.name, step.staging, copied);
    }

    /// Keeps the temporary files of a run that has failed, with what there is to say of its failure; tells where.
    pub(super) fn keep_failure(&mut self, plan: &Plan, error: &RunError) {
        if [exit::SETUP, exit::USAGE].contains(&error.exit_code()) {
            // No task has run.
            return;
        }
        for StepOutput { name, staging } in self.written.take_all() {
            self.folder.add_step(name, staging);
        }
        let text = serde_json::to_vec_pretty(&described(plan, error)).unwrap_or_default();
        // Not through the bounded storage: a run that was ended at its limit may still say so.
        let file = self.options.storage.0.create(&self.folder.path().join(FILE));
        let is_written =
            file.and_then(|mut file| file.write_all(&[&text, &b"\n"[..]].concat())).is_ok();
        let kept = self.folder.keep().display();
        let said =
            if is_written { format!("; `{FILE}` in it says what failed") } else { String::new() };
        let message = format!("what the run has left is kept in `{kept}`{said}");
        (self.events)(Event::Warning { slug: "howdah::kept".to_owned(), message });
    }
}

fn failure_of(error: &RunError) -> Option<&TaskFailure> {
    match error.kind() {
        RunErrorKind::Task(failed) => Some(failed),
        _ => None,
    }
}

/// A failure as JSON, without secrets.
fn described(plan: &Plan, error: &RunError) -> Value {
    let mut described = json!({
        "schema": SCHEMA,
        "slug": error.slug(),
        "exit_code": error.exit_code(),
        "message": error.to_string(),
    });
    if let Some(failed) = failure_of(error) {
        described["task"] = described_task(plan, failed);
    }
    described
}

fn described_task(plan: &Plan, failed: &TaskFailure) -> Value {
    let mut task = json!({
        "step": failed.step,
        "kind": failed.kind.name(),
        "task": failed.task,
        "attempt": failed.attempt,
        "error": failed.error.to_string(),
        "stderr": failed.stderr_tail,
    });
    if let Some(status) = of_child(&failed.error).and_then(|child| child.exit_status) {
        task["exit_status"] = json!(status);
    }
    if let Some(step) = plan.steps.get(failed.step) {
        task["commands"] = commands(step, failed.kind).into_iter().map(CommandLine::line).collect();
    }
    if let Some(place) = &failed.place {
        task["input"] = json!({
            "path": place.path.to_string_lossy(),
            "offset": place.offset,
            "given_from": failed.given_from,
            "codec": place.codec.map(Codec::name),
        });
    }
    match &failed.at_hand {
        Some(AtHand::Record(record)) => task["record"] = json!(record),
        Some(AtHand::Key(key)) => task["key"] = json!(key),
        None => {}
    }
    task
}

/// The commands that tasks of a kind run: one of each input, and the combiner's.
fn commands(step: &Step, kind: TaskKind) -> Vec<&CommandLine> {
    fn of<T: ?Sized>(part: &Part<T>) -> Option<&CommandLine> {
        match part {
            Part::Command(command) => Some(command),
            _ => None,
        }
    }
    let combiner = step.combiner.as_ref().and_then(of);
    match kind {
        TaskKind::Map => {
            let inputs = step.inputs.iter();
            let of_inputs = inputs.flat_map(|input| input.filter.iter().chain(of(&input.mapper)));
            of_inputs.chain(combiner).collect()
        }
        _ => step.reducer.as_ref().and_then(of).into_iter().chain(combiner).collect(),
    }
}
