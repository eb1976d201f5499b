//! The reader: takes events as they come, and says what is to be said.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use howdah_plan::event::{HashedFiles, StageProgress};
use howdah_plan::{Counters, Event, TaskKind};

use crate::hashing::Hashing;
use crate::json::{self, End};
use crate::ledger::{FailedAttempt, Ledger, Warning};
use crate::options::{Format, ReaderOptions};
use crate::paint::Paint;
use crate::screen::Screen;
use crate::stage::{Stage, step_label};
use crate::summary::Summary;
use howdah_plan::visible::{visible, visible_lines};

/// The time between two lines about a stage in a log.
const PLAIN_INTERVAL: Duration = Duration::from_secs(2);
/// The time between two drawings of a stage on a terminal.
const LIVE_INTERVAL: Duration = Duration::from_millis(100);

/// A reader of one job's events.
///
/// It may be shared by threads: each call is one change of what is written. A write that fails does not disturb
/// the job; [`take_error`](Self::take_error) tells of it.
///
/// ```
/// use std::time::Duration;
///
/// use howdah_report::{Format, Reader, ReaderOptions};
///
/// let options = ReaderOptions { format: Format::Plain, color: false };
/// let reader = Reader::new(options, Box::new(std::io::stderr()));
/// // … the engine runs, and each event goes to `reader.event(&event)` …
/// reader.failed("howdah::input-missing", 5, "no such file: `words.txt`\n\nhint: check the path");
/// ```
pub struct Reader {
    state: Mutex<State>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader that writes to `out`, and nowhere else.
    pub fn new(options: ReaderOptions, out: Box<dyn Write + Send>) -> Self {
        let state = State {
            format: options.format,
            paint: Paint { color: options.color },
            screen: Screen::new(out),
            started: Instant::now(),
            steps: 0,
            stages: Vec::new(),
            hashing: None,
            ledger: Ledger::default(),
        };
        Reader { state: Mutex::new(state) }
    }

    /// Takes an event.
    ///
    /// Warnings and failed attempts are written at once, progress at its intervals: on a terminal ten times a
    /// second at most, in a log a line every two seconds and one when the stage is done.
    pub fn event(&self, event: &Event) {
        self.state().event(event);
    }

    /// Says that the job succeeded: its counters, where the time went, its largest groups, where its output is.
    ///
    /// `counters` are those of each step, in order; a step without uses those that its engine told.
    pub fn succeeded(&self, elapsed: Duration, counters: &[Counters], output: Option<&Path>) {
        self.state().end(Some(elapsed), End::Succeeded { counters, output });
    }

    /// Says that the job failed: `error: ` and the message, whose further lines (`hint: …`) stay as they are.
    pub fn failed(&self, slug: &str, exit_code: u8, message: &str) {
        self.state().end(None, End::Failed { slug, exit_code, message });
    }

    /// The first error of writing, once. A program whose JSON goes to a pipe asks for it before it exits with 0.
    ///
    /// ```
    /// # use howdah_report::{Format, Reader, ReaderOptions};
    /// # let options = ReaderOptions { format: Format::Json, color: false };
    /// let reader = Reader::new(options, Box::new(std::io::sink()));
    /// reader.succeeded(std::time::Duration::ZERO, &[], None);
    /// assert!(reader.take_error().is_none());
    /// ```
    pub fn take_error(&self) -> Option<io::Error> {
        self.state().screen.take_error()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked between two lines has broken none of them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct State {
    format: Format,
    paint: Paint,
    screen: Screen,
    started: Instant,
    /// How many steps the job has; 0 until a step says it.
    steps: usize,
    /// The stages of the step that runs.
    stages: Vec<Stage>,
    /// The files that are hashed.
    hashing: Option<Hashing>,
    ledger: Ledger,
}

impl State {
    fn event(&mut self, event: &Event) {
        match event {
            // A word that was overtaken by its step's end.
            Event::Progress { step, .. } | Event::Status { step, .. }
                if self.ledger.has_finished(*step) => {}
            Event::StepStarted { step, steps, round, maps, reducers, input_bytes, .. } => {
                self.steps = *steps;
                self.ledger.begin(*step, *round);
                self.stages.retain(|stage| stage.step != *step);
                let mut map = Stage::new(*step, TaskKind::Map, *maps, *input_bytes);
                map.round = *round;
                map.begun = true;
                self.stages.push(map);
                if *reducers > 0 {
                    let mut reduce = Stage::new(*step, TaskKind::Reduce, *reducers, 0);
                    reduce.round = *round;
                    self.stages.push(reduce);
                }
                self.redraw();
            }
            Event::Submitted { step, job, address } => {
                let label = step_label(*step, self.steps);
                let place = address.as_ref().map(|address| format!(", {address}"));
                self.whole_line(&visible(&format!("{label}{job}{}", place.unwrap_or_default())));
            }
            Event::Progress { step, stage, progress } => self.progress(*step, *stage, *progress),
            Event::Status { step, kind, task, text } => {
                let place = self.place(*step, *kind);
                self.stages[place].say(*task, text);
            }
            Event::AttemptFailed { step, kind, task, attempt, message, slug } => {
                self.hush(*step, *kind, *task);
                let label = step_label(*step, self.steps);
                let text =
                    format!("{label}{} task {task}, attempt {attempt}: {message}", kind.name());
                self.aloud(&self.paint.error("failed:"), &text);
                self.ledger.failed_attempts.push(FailedAttempt {
                    step: *step,
                    kind: *kind,
                    task: *task,
                    attempt: *attempt,
                    slug: slug.clone(),
                    message: message.clone(),
                });
            }
            Event::TaskLog { kind, task, line, .. } => {
                self.aloud(&format!("{} task {task}:", kind.name()), line);
            }
            Event::Warning { slug, message } => {
                self.aloud(&self.paint.warning("warning:"), message);
                let (slug, message) = (slug.clone(), message.clone());
                self.ledger.warnings.push(Warning { slug, message });
            }
            Event::RoundFinished { round, message, .. } => {
                self.round_finished(*round, message.as_deref());
            }
            Event::StepFinished { step, summary, .. } => {
                while let Some(place) =
                    self.stages.iter().position(|stage| stage.step == *step && !stage.ended)
                {
                    self.end_stage(place);
                }
                self.stages.retain(|stage| stage.step != *step);
                self.ledger.finish(*step, summary);
            }
            Event::Hashing { files, bytes, bytes_total, elapsed, ended } => {
                let (bytes, bytes_total, elapsed) = (*bytes, *bytes_total, *elapsed);
                let progress =
                    StageProgress { bytes, bytes_total, elapsed, ..StageProgress::default() };
                self.hashing(*files, progress, *ended);
            }
            Event::TaskFinished { step, task } => self.hush(*step, task.kind, task.task),
            // Events to come are not known yet.
            _ => {}
        }
    }

    fn progress(&mut self, step: usize, kind: TaskKind, progress: StageProgress) {
        let format = self.format;
        let place = self.place(step, kind);
        let stage = &mut self.stages[place];
        if stage.ended {
            return;
        }
        let is_new = !stage.begun;
        stage.begun = true;
        stage.progress = progress;
        if stage.is_complete() {
            self.end_stage(place);
        } else if format == Format::Terminal && (stage.is_due(LIVE_INTERVAL) || is_new) {
            self.redraw();
        } else if format == Format::Plain && stage.is_due(PLAIN_INTERVAL) {
            let line = stage.plain_line(self.steps);
            self.whole_line(&line);
        }
    }

    fn hashing(&mut self, files: HashedFiles, progress: StageProgress, ended: bool) {
        let before = self.hashing.take().filter(|before| before.files == files);
        let mut hashing = before.unwrap_or_else(|| Hashing::new(files));
        hashing.progress = progress;
        if ended {
            if hashing.shown.is_any() {
                self.whole_line(&hashing.last_line());
            }
            return;
        }
        let interval = if self.format == Format::Terminal { LIVE_INTERVAL } else { PLAIN_INTERVAL };
        let line = hashing.shown.is_due(progress.elapsed, interval).then(|| hashing.plain_line());
        self.hashing = Some(hashing);
        match (self.format, line) {
            (Format::Terminal, Some(_)) => self.redraw(),
            (_, line) => line.into_iter().for_each(|line| self.whole_line(&line)),
        }
    }

    /// A line for a round of a loop; its stages have none of their own, since there may be many rounds.
    fn round_finished(&mut self, round: Option<u32>, message: Option<&str>) {
        let line = match (round, message) {
            (Some(round), Some(message)) => format!("round {round}: {message}"),
            (Some(round), None) => format!("round {round} done"),
            (None, Some(message)) => message.to_owned(),
            (None, None) => return,
        };
        self.whole_line(&visible(&line));
    }

    /// Forgets what a task said that has ended.
    fn hush(&mut self, step: usize, kind: TaskKind, task: u32) {
        if let Some(place) = self.find(step, kind) {
            self.stages[place].hush(task);
        }
    }

    /// Replaces a stage's live line by one that stays.
    fn end_stage(&mut self, place: usize) {
        self.stages[place].ended = true;
        if self.stages[place].round.is_some() {
            return self.redraw();
        }
        let line = self.stages[place].last_line(self.steps);
        self.whole_line(&line);
    }

    fn end(&mut self, elapsed: Option<Duration>, end: End<'_>) {
        self.stages.clear();
        self.hashing = None;
        self.redraw();
        if self.format == Format::Json {
            let elapsed = elapsed.unwrap_or_else(|| self.started.elapsed());
            match json::document(&self.ledger, elapsed, end) {
                Ok(document) => self.screen.show(Some(&document), &[]),
                Err(error) => self.screen.keep_error(error),
            }
            return;
        }
        match end {
            End::Succeeded { .. } if self.format == Format::Quiet => {}
            End::Succeeded { counters, output } => {
                let (ledger, paint) = (&self.ledger, self.paint);
                let elapsed = elapsed.unwrap_or_default();
                let summary = Summary { ledger, counters, elapsed, output, paint };
                self.screen.show(Some(&summary.to_string()), &[]);
            }
            End::Failed { message, .. } => {
                let error = format!("{} {}", self.paint.error("error:"), visible_lines(message));
                self.screen.show(Some(&error), &[]);
            }
        }
    }

    /// The stage's place among the stages; one that no step announced is added.
    fn place(&mut self, step: usize, kind: TaskKind) -> usize {
        self.find(step, kind).unwrap_or_else(|| {
            self.stages.push(Stage::new(step, kind, 0, 0));
            self.stages.len() - 1
        })
    }

    fn find(&self, step: usize, kind: TaskKind) -> Option<usize> {
        self.stages.iter().position(|stage| (stage.step, stage.kind) == (step, kind))
    }

    /// Writes a label and a text at once; the text's further lines are indented, so that none of them passes for
    /// a line of another's.
    fn aloud(&mut self, label: &str, text: &str) {
        let text = visible_lines(text);
        let indented = text.split('\n').map(|line| format!("  {line}").trim_end().to_owned());
        let indented = indented.collect::<Vec<_>>().join("\n");
        self.whole_line(&format!("{label} {}", indented.trim_start()));
    }

    /// Writes a whole line to a person.
    fn whole_line(&mut self, text: &str) {
        if matches!(self.format, Format::Terminal | Format::Plain) {
            let live = self.live_lines();
            self.screen.show(Some(text), &live);
        }
    }

    fn redraw(&mut self) {
        let live = self.live_lines();
        self.screen.show(None, &live);
    }

    fn live_lines(&self) -> Vec<String> {
        if self.format != Format::Terminal {
            return Vec::new();
        }
        let live = self.stages.iter().filter(|stage| stage.is_live());
        let live = live.map(|stage| stage.live_line(self.steps));
        live.chain(self.hashing.as_ref().map(Hashing::live_line)).collect()
    }
}

#[cfg(test)]
mod tests {
    use howdah_plan::event::{PhaseTimes, TaskSummary};

    use super::*;
    use crate::screen::testing::{Buffer, Gone};
    use crate::summary::testing::{nothing, word_count};

    fn reader(format: Format) -> (Reader, Buffer) {
        let buffer = Buffer::default();
        let options = ReaderOptions { format, color: false };
        (Reader::new(options, Box::new(buffer.clone())), buffer)
    }

    fn started(maps: u32, reducers: u32, input_bytes: u64) -> Event {
        Event::StepStarted {
            step: 0,
            steps: 2,
            round: None,
            job: None,
            maps,
            reducers,
            input_bytes,
        }
    }

    fn progress(stage: TaskKind, tasks_done: u32, tasks: u32, millis: u64) -> Event {
        let progress = StageProgress {
            tasks_done,
            tasks,
            records: 40_000 * u64::from(tasks_done),
            bytes: 10_000_000 * u64::from(tasks_done),
            bytes_total: 10_000_000 * u64::from(tasks),
            spills: u64::from(tasks_done / 2),
            elapsed: Duration::from_millis(millis),
            tasks_only: false,
        };
        Event::Progress { step: 0, stage, progress }
    }

    fn failed_attempt() -> Event {
        Event::AttemptFailed {
            step: 0,
            kind: TaskKind::Map,
            task: 3,
            attempt: 0,
            message: "not JSON: `{\x1b[2J`\n\nhint: see `words.txt`, line 7".to_owned(),
            slug: "howdah::undecodable-record".to_owned(),
        }
    }

    fn warning() -> Event {
        Event::Warning {
            slug: "howdah::w".to_owned(),
            message: "look at \x1b]0;this\x07".to_owned(),
        }
    }

    fn status(text: &str) -> Event {
        Event::Status { step: 0, kind: TaskKind::Map, task: 1, text: text.to_owned() }
    }

    fn finished() -> Event {
        Event::StepFinished { step: 0, round: None, summary: word_count() }
    }

    /// A job as its reader hears of it.
    fn a_run() -> Vec<Event> {
        let map = |done, millis| progress(TaskKind::Map, done, 8, millis);
        let reduce = |done, millis| progress(TaskKind::Reduce, done, 2, millis);
        vec![
            started(8, 2, 80_000_000),
            map(0, 50),
            map(1, 1_000),
            status("page\x1b[2J 17"),
            map(2, 2_000),
            map(3, 2_500),
            failed_attempt(),
            warning(),
            map(5, 4_500),
            map(8, 6_000),
            map(8, 6_100),
            reduce(0, 10),
            reduce(1, 2_100),
            status("of a stage that has ended"),
            reduce(2, 4_000),
            finished(),
            map(7, 6_050),
        ]
    }

    fn told(format: Format, events: &[Event]) -> String {
        let (reader, buffer) = reader(format);
        for event in events {
            reader.event(event);
        }
        buffer.text()
    }

    #[test]
    fn it_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<Reader>();
    }

    #[test]
    fn plain_lines() {
        insta::assert_snapshot!(told(Format::Plain, &a_run()), @r"
        step 1 of 2: map 25 % (2 of 8 tasks), 80 k records, 20 MB of 80 MB, 10 MB/s, 1 spill, 6.0 s left; task 1: page\x1b[2J 17
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map 62 % (5 of 8 tasks), 200 k records, 50 MB of 80 MB, 11 MB/s, 2 spills, 2.7 s left; task 1: page\x1b[2J 17
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce 50 % (1 of 2 tasks), 40 k records, 10 MB of 20 MB, 4.8 MB/s, 2.1 s left
        step 1 of 2: reduce done (2 tasks), 80 k records, 20 MB, 5.0 MB/s, 1 spill, in 4.0 s
        ");
    }

    #[test]
    fn a_terminal_after_each_event() {
        let (reader, buffer) = reader(Format::Terminal);
        let mut seen = String::new();
        for event in a_run() {
            reader.event(&event);
            seen.push_str(&buffer.seen(110));
            seen.push_str("\n----\n");
        }
        insta::assert_snapshot!(seen, @r"
        step 1 of 2: map 0 %, 0 records, 0 B of 80 MB, 0 of 8 tasks
        ----
        step 1 of 2: map 0 %, 0 records, 0 B of 80 MB, 0 of 8 tasks
        ----
        step 1 of 2: map 12 %, 7.0 s left, 40 k records, 10 MB of 80 MB, 10 MB/s, 1 of 8 tasks
        ----
        step 1 of 2: map 12 %, 7.0 s left, 40 k records, 10 MB of 80 MB, 10 MB/s, 1 of 8 tasks
        ----
        step 1 of 2: map 25 %, 6.0 s left, 80 k records, 20 MB of 80 MB, 10 MB/s, 1 spill, 2 of 8 tasks; task 1: page
        ----
        step 1 of 2: map 37 %, 4.2 s left, 120 k records, 30 MB of 80 MB, 12 MB/s, 1 spill, 3 of 8 tasks; task 1: pag
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        step 1 of 2: map 37 %, 4.2 s left, 120 k records, 30 MB of 80 MB, 12 MB/s, 1 spill, 3 of 8 tasks; task 1: pag
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map 37 %, 4.2 s left, 120 k records, 30 MB of 80 MB, 12 MB/s, 1 spill, 3 of 8 tasks; task 1: pag
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map 62 %, 2.7 s left, 200 k records, 50 MB of 80 MB, 11 MB/s, 2 spills, 5 of 8 tasks; task 1: pa
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s

        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s

        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce 0 %, 0 records, 0 B of 20 MB, 0 of 2 tasks
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce 50 %, 2.1 s left, 40 k records, 10 MB of 20 MB, 4.8 MB/s, 1 of 2 tasks
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce 50 %, 2.1 s left, 40 k records, 10 MB of 20 MB, 4.8 MB/s, 1 of 2 tasks
        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce done (2 tasks), 80 k records, 20 MB, 5.0 MB/s, 1 spill, in 4.0 s

        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce done (2 tasks), 80 k records, 20 MB, 5.0 MB/s, 1 spill, in 4.0 s

        ----
        failed: step 1 of 2: map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        warning: look at \x1b]0;this\x07
        step 1 of 2: map done (8 tasks), 320 k records, 80 MB, 13 MB/s, 4 spills, in 6.0 s
        step 1 of 2: reduce done (2 tasks), 80 k records, 20 MB, 5.0 MB/s, 1 spill, in 4.0 s

        ----
        ");
    }

    #[test]
    fn what_a_terminal_is_sent() {
        let events = [started(2, 0, 20_000_000), progress(TaskKind::Map, 2, 2, 30)];
        insta::assert_snapshot!(told(Format::Terminal, &events).escape_debug().to_string(), @r"\u{1b}[?7lstep 1 of 2: map 0 %, 0 records, 0 B of 20 MB, 0 of 2 tasks \u{1b}[?7h\r\u{1b}[Jstep 1 of 2: map done (2 tasks), 80 k records, 20 MB, 667 MB/s, 1 spill, in 30 ms\n");
    }

    #[test]
    fn a_terminal_is_clear_when_the_reader_goes() {
        let (reader, buffer) = reader(Format::Terminal);
        reader.event(&started(2, 0, 20_000_000));
        assert_eq!(buffer.seen(110).lines().count(), 1);
        drop(reader);
        assert_eq!(buffer.seen(110), "");
    }

    #[test]
    fn success_and_failure_on_a_terminal_end_progress() {
        let (reader, buffer) = reader(Format::Terminal);
        reader.event(&started(2, 0, 20_000_000));
        reader.failed("howdah::job-failed", 1, "map task 3 failed: \x1b[2J\n\nhint: look\tthere\n");
        insta::assert_snapshot!(buffer.seen(110), @r"
        error: map task 3 failed: \x1b[2J

        hint: look	there
        ");
    }

    #[test]
    fn colour_is_on_labels_only() {
        let buffer = Buffer::default();
        let options = ReaderOptions { format: Format::Plain, color: true };
        let reader = Reader::new(options, Box::new(buffer.clone()));
        reader.event(&warning());
        reader.event(&failed_attempt());
        reader.failed("howdah::job-failed", 1, "no");
        reader.succeeded(Duration::ZERO, &[], Some(Path::new("out")));
        insta::assert_snapshot!(buffer.text().replace('\x1b', "ESC"), @r"
        ESC[1;33mwarning:ESC[0m look at \x1b]0;this\x07
        ESC[1;31mfailed:ESC[0m map task 3, attempt 0: not JSON: `{\x1b[2J`

          hint: see `words.txt`, line 7
        ESC[1;31merror:ESC[0m no
        Finished in 0 s, with 1 warning and 1 failed attempt
        Output: ESC[36moutESC[0m
        ");
    }

    #[test]
    fn empty_input_and_no_tasks() {
        let step = Event::StepFinished { step: 0, round: None, summary: nothing() };
        let no_tasks = told(Format::Plain, &[started(0, 0, 0), step.clone()]);
        insta::assert_snapshot!(no_tasks, @"step 1 of 2: map done (no tasks)");
        let unknown = Event::Progress {
            step: 0,
            stage: TaskKind::Map,
            progress: StageProgress { elapsed: Duration::from_secs(3), ..StageProgress::default() },
        };
        insta::assert_snapshot!(told(Format::Plain, &[unknown, step]), @r"
        map, 0 records, 0 B
        map done (no tasks)
        ");
        let empty_files = StageProgress { tasks_done: 3, tasks: 3, ..StageProgress::default() };
        let empty_files = Event::Progress { step: 0, stage: TaskKind::Map, progress: empty_files };
        insta::assert_snapshot!(told(Format::Plain, &[started(3, 2, 0), empty_files]), @"step 1 of 2: map done (3 tasks), 0 records, 0 B, in 0 s");
    }

    /// Hashing as it is told: from a second on.
    fn hashing(files: HashedFiles, megabytes: u64, millis: u64, ended: bool) -> Event {
        let elapsed = Duration::from_millis(millis);
        let (bytes, bytes_total) = (megabytes * 1_000_000, 280_000_000);
        Event::Hashing { files, bytes, bytes_total, elapsed, ended }
    }

    #[test]
    fn hashing_that_takes_a_while_has_lines_of_its_own() {
        let (inputs, output) = (HashedFiles::Inputs, HashedFiles::Output);
        let events = [
            finished(),
            hashing(inputs, 70, 1_000, false),
            hashing(inputs, 140, 2_000, false),
            hashing(inputs, 210, 3_000, false),
            hashing(inputs, 280, 4_000, true),
            hashing(output, 140, 1_000, false),
            hashing(output, 280, 1_500, true),
        ];
        insta::assert_snapshot!(told(Format::Plain, &events), @r"
        hashing inputs 50 %, 140 MB of 280 MB, 70 MB/s, 2.0 s left
        inputs hashed, 280 MB, 70 MB/s, in 4.0 s
        ");
        let (reader, buffer) = reader(Format::Terminal);
        let mut seen = String::new();
        for event in &events[1..] {
            reader.event(event);
            seen.push_str(&buffer.seen(110));
            seen.push_str("\n----\n");
        }
        insta::assert_snapshot!(seen, @r"
        hashing inputs 25 %, 3.0 s left, 70 MB of 280 MB, 70 MB/s
        ----
        hashing inputs 50 %, 2.0 s left, 140 MB of 280 MB, 70 MB/s
        ----
        hashing inputs 75 %, 1.0 s left, 210 MB of 280 MB, 70 MB/s
        ----
        inputs hashed, 280 MB, 70 MB/s, in 4.0 s

        ----
        inputs hashed, 280 MB, 70 MB/s, in 4.0 s
        hashing the output 50 %, 1.0 s left, 140 MB of 280 MB, 140 MB/s
        ----
        inputs hashed, 280 MB, 70 MB/s, in 4.0 s
        the output hashed, 280 MB, 187 MB/s, in 1.5 s

        ----
        ");
        reader.event(&hashing(output, 140, 1_000, false));
        reader.failed("howdah::job-failed", 1, "no");
        assert!(buffer.seen(110).ends_with("s\nerror: no\n"), "{}", buffer.seen(110));
    }

    #[test]
    fn what_a_task_said_goes_with_it() {
        let (reader, buffer) = reader(Format::Terminal);
        reader.event(&started(8, 2, 80_000_000));
        reader.event(&status("page 17"));
        reader.event(&progress(TaskKind::Map, 0, 8, 200));
        assert!(buffer.seen(110).ends_with("; task 1: page 17"));
        let task = TaskSummary {
            kind: TaskKind::Map,
            task: 1,
            attempt: 0,
            times: PhaseTimes::default(),
            largest_groups: vec![],
        };
        reader.event(&Event::TaskFinished { step: 0, task });
        reader.event(&progress(TaskKind::Map, 1, 8, 400));
        insta::assert_snapshot!(buffer.seen(110), @"step 1 of 2: map 12 %, 40 k records, 10 MB of 80 MB, 25 MB/s, 1 of 8 tasks");
    }

    #[test]
    fn a_step_whose_stages_said_no_last_word() {
        let events = [started(8, 2, 80_000_000), finished()];
        insta::assert_snapshot!(told(Format::Plain, &events), @r"
        step 1 of 2: map done (8 tasks)
        step 1 of 2: reduce done (2 tasks)
        ");
    }

    #[test]
    fn quiet_tells_errors_only() {
        assert_eq!(told(Format::Quiet, &a_run()), "");
        let (reader, buffer) = reader(Format::Quiet);
        reader.succeeded(Duration::ZERO, &[], None);
        assert_eq!(buffer.text(), "");
        reader.failed("howdah::job-failed", 1, "no\nhint: yes");
        assert_eq!(buffer.text(), "error: no\nhint: yes\n");
    }

    #[test]
    fn json_is_one_line_at_the_end() {
        assert_eq!(told(Format::Json, &a_run()), "");
        let (reader, buffer) = reader(Format::Json);
        for event in a_run() {
            reader.event(&event);
        }
        reader.failed("howdah::job-failed", 1, "no\nhint: yes");
        let text = buffer.text();
        assert_eq!(text.lines().count(), 1);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["schema"], "howdah.summary/1");
        assert_eq!((&document["outcome"], &document["exit_code"]), (&"failed".into(), &1.into()));
        assert_eq!(document["error"]["message"], "no\nhint: yes");
        assert_eq!(document["failed_attempts"][0]["task"], 3);
        assert_eq!(document["warnings"][0]["message"], "look at \x1b]0;this\x07");
        assert_eq!(document["steps"][0]["counters"]["user"]["Words"]["seen"], 1_234_567);
        assert!(document["elapsed_seconds"].as_f64().is_some_and(|seconds| seconds >= 0.0));
    }

    #[test]
    fn a_writer_that_is_gone_does_not_disturb() {
        let options = ReaderOptions { format: Format::Plain, color: false };
        let reader = Reader::new(options, Box::new(Gone));
        for event in a_run() {
            reader.event(&event);
        }
        reader.succeeded(Duration::ZERO, &[], None);
        assert!(reader.take_error().is_some());
        assert!(reader.take_error().is_none());
    }
}
