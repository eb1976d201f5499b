//! Steps as Amazon EMR takes them: the file for `aws emr add-steps --steps file://…`.

use serde::{Deserialize, Serialize};

use super::{PrintError, PrintedStep, Upload, first_secret, uploaded};

/// Steps for Amazon EMR.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Emr {
    /// What `--steps file://steps.json` reads.
    pub json: String,
    /// What must be copied first.
    pub uploads: Vec<Upload>,
}

/// A step in the form of `aws emr add-steps`, whose `STREAMING` runs `hadoop-streaming` with just these arguments, in
/// this order: <https://docs.aws.amazon.com/cli/latest/reference/emr/add-steps.html>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Step {
    r#type: String,
    name: String,
    action_on_failure: String,
    args: Vec<String>,
}

const SERVICE: &str = "Amazon EMR";

/// What the service takes: <https://docs.aws.amazon.com/emr/latest/APIReference/API_AddJobFlowSteps.html>.
const MOST_STEPS: usize = 256;
const MOST_CHARACTERS: usize = 10_240;
/// Of a name: <https://docs.aws.amazon.com/emr/latest/APIReference/API_StepConfig.html>.
const MOST_CHARACTERS_OF_A_NAME: usize = 256;

/// The steps for `aws emr add-steps`, with local files at `upload_to`, a folder of S3.
///
/// A step that fails cancels those behind it, which would find no input, and leaves the cluster as it is
/// (`CANCEL_AND_WAIT`).
///
/// ```
/// use howdah_hadoop::print::emr;
/// use howdah_hadoop::{Invocation, Shipped};
///
/// let mut job = Invocation::new("count words");
/// job.files.push(Shipped { from: "/bin/wc".to_owned(), name: "word-count".to_owned() });
/// job.inputs.push("s3://bucket/books".to_owned());
/// job.output = "s3://bucket/counts".to_owned();
/// job.mapper = vec!["./word-count".to_owned(), "map".to_owned()];
/// let printed = emr(&[job.into()], "s3://bucket/howdah")?;
/// assert_eq!(printed.uploads[0].command(), "aws s3 cp /bin/wc s3://bucket/howdah/word-count");
/// assert!(printed.json.contains(r#""s3://bucket/howdah/word-count#word-count""#));
/// # Ok::<(), howdah_hadoop::print::PrintError>(())
/// ```
///
/// # Errors
/// A step that cannot be told to Hadoop, or that says a secret: EMR shows arguments to all who may look at the cluster.
/// A place that is no folder of S3, two files that would lie at one place, and more than EMR takes.
pub fn emr(steps: &[PrintedStep], upload_to: &str) -> Result<Emr, PrintError> {
    let (steps, uploads) = uploaded(steps, upload_to, SERVICE, "s3")?;
    at_most(
        steps.len(),
        MOST_STEPS,
        || format!("there are {} steps", steps.len()),
        "run the job on the cluster's main node",
    )?;
    let count = steps.len();
    let steps: Vec<_> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| entry(step, index, count))
        .collect::<Result<_, _>>()?;
    let differs = || PrintError::Differs { what: "steps.json".to_owned() };
    let mut json = serde_json::to_string_pretty(&steps).map_err(|_| differs())?;
    json.push('\n');
    let read: Vec<Step> = serde_json::from_str(&json).map_err(|_| differs())?;
    if read == steps { Ok(Emr { json, uploads }) } else { Err(differs()) }
}

fn entry(step: &PrintedStep, index: usize, count: usize) -> Result<Step, PrintError> {
    if let Some(secret) = first_secret(&step.invocation) {
        return Err(PrintError::Secret { secret, service: SERVICE });
    }
    let args = step.invocation.argv()?;
    let title = step.title(index, count);
    // The service counts what it makes of the step, too.
    let made = ["command-runner.jar", "hadoop-streaming"];
    let characters = |text: &str| text.chars().count();
    let total: usize =
        made.into_iter().chain(args.iter().map(String::as_str)).map(characters).sum();
    at_most(
        total,
        MOST_CHARACTERS,
        || format!("the arguments of `{title}` have {total} characters"),
        "name inputs by fewer globs, or run the job on the cluster's main node",
    )?;
    let name: String = title.chars().take(MOST_CHARACTERS_OF_A_NAME).collect();
    let [r#type, action_on_failure] = ["STREAMING", "CANCEL_AND_WAIT"].map(str::to_owned);
    Ok(Step { r#type, name, action_on_failure, args })
}

fn at_most(
    number: usize,
    most: usize,
    what: impl FnOnce() -> String,
    hint: &'static str,
) -> Result<(), PrintError> {
    if number <= most {
        return Ok(());
    }
    Err(PrintError::TooMuch { what: what(), service: SERVICE, most, hint })
}

#[cfg(test)]
mod tests {
    use super::super::tests::step;
    use super::*;
    use crate::invocation::Shipped;

    #[test]
    fn steps_are_the_json_that_the_service_documents() {
        let mut second = step("top words");
        second.note = Some("again until the job says that it is enough".to_owned());
        second
            .invocation
            .archives
            .push(Shipped { from: "stop words.zip".replace(' ', "-"), name: "stop".to_owned() });
        second.invocation.reducer = None;
        let printed = emr(&[step("count words"), second], "s3://bucket/howdah/").unwrap();
        assert_eq!(
            printed.json,
            r#"[
  {
    "Type": "STREAMING",
    "Name": "count words (step 1 of 2)",
    "ActionOnFailure": "CANCEL_AND_WAIT",
    "Args": [
      "-D",
      "mapreduce.job.name=count words",
      "-D",
      "mapreduce.job.reduces=2",
      "-D",
      "mapreduce.partition.keycomparator.options=-k1,1 -k2,2n",
      "-files",
      "s3://bucket/howdah/word-count#word-count",
      "-input",
      "s3://bucket/books/*.txt",
      "-output",
      "s3://bucket/counts",
      "-mapper",
      "./word-count map --step 0",
      "-reducer",
      "./word-count reduce --step 0"
    ]
  },
  {
    "Type": "STREAMING",
    "Name": "top words (step 2 of 2): again until the job says that it is enough",
    "ActionOnFailure": "CANCEL_AND_WAIT",
    "Args": [
      "-D",
      "mapreduce.job.name=top words",
      "-D",
      "mapreduce.job.reduces=2",
      "-D",
      "mapreduce.partition.keycomparator.options=-k1,1 -k2,2n",
      "-files",
      "s3://bucket/howdah/word-count#word-count",
      "-archives",
      "s3://bucket/howdah/stop#stop",
      "-input",
      "s3://bucket/books/*.txt",
      "-output",
      "s3://bucket/counts",
      "-mapper",
      "./word-count map --step 0"
    ]
  }
]
"#
        );
        let commands: Vec<_> = printed.uploads.iter().map(Upload::command).collect();
        assert_eq!(
            commands,
            [
                "aws s3 cp stop-words.zip s3://bucket/howdah/stop",
                "aws s3 cp /home/me/word-count s3://bucket/howdah/word-count",
            ]
        );
    }

    #[test]
    fn a_secret_is_refused_by_its_name() {
        let mut in_a_property = step("a");
        in_a_property.invocation.set("fs.s3a.secret.key", "hunter2");
        let mut in_a_command = step("a");
        in_a_command.invocation.mapper.push("--password=hunter2".to_owned());
        let mut in_a_path = step("a");
        in_a_path.invocation.output = "s3a://AKIA:hunter2@bucket/counts".to_owned();
        for (step, name) in [
            (in_a_property, "`fs.s3a.secret.key`"),
            (in_a_command, "`--password`"),
            (in_a_path, "`a path`"),
        ] {
            let error = emr(&[step], "s3://bucket/x").unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
            assert!(error.contains("\nhint: put it into a credential store"), "{error}");
        }
    }

    #[test]
    fn more_than_the_service_takes_is_refused() {
        let mut long = step("long");
        long.invocation.inputs =
            (0..500).map(|number| format!("s3://bucket/books/{number}")).collect();
        let error = emr(&[long], "s3://bucket/x").unwrap_err().to_string();
        assert!(error.starts_with("the arguments of `long` have "), "{error}");
        assert!(error.contains("takes at most 10240\nhint: "), "{error}");
        let many = vec![step("a"); 257];
        assert!(
            emr(&many, "s3://bucket/x").unwrap_err().to_string().starts_with("there are 257 steps")
        );
    }

    #[test]
    fn a_long_name_is_cut() {
        let printed = emr(&[step(&"é".repeat(300))], "s3://bucket/x").unwrap();
        let steps: Vec<Step> = serde_json::from_str(&printed.json).unwrap();
        assert_eq!(steps[0].name.chars().count(), 256);
    }
}
