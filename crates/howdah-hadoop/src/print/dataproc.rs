//! Steps as commands for Google's Dataproc: `gcloud dataproc jobs submit hadoop`.

use super::shell::{Command, Line, Script, Word, options};
use super::{PrintError, PrintedStep, Upload, uploaded};

/// Steps for Dataproc.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dataproc {
    /// Commands for a POSIX shell: the copies, then the steps. The shell's variables `CLUSTER` and `REGION` say where.
    pub script: String,
    /// What the first commands copy.
    pub uploads: Vec<Upload>,
}

/// Where images 2.0 and newer have Hadoop Streaming.
const JAR: &str = "file:///usr/lib/hadoop/hadoop-streaming.jar";

/// The steps as `gcloud` commands, with local files at `upload_to`, a folder of Cloud Storage.
///
/// All that is Hadoop's stands behind `--`, in Hadoop's own order. `gcloud` has `--properties` and `--files` for the same
/// things; of these the one parts its value at commas, and the other knows no `#NAME` for a file. Since neither is used,
/// nothing is said twice. What looks like a secret is a variable of the shell, as in [`shell`](fn@super::shell).
///
/// ```
/// use howdah_hadoop::Invocation;
/// use howdah_hadoop::print::dataproc;
///
/// let mut job = Invocation::new("count");
/// job.inputs.push("gs://bucket/books".to_owned());
/// job.output = "gs://bucket/counts".to_owned();
/// job.mapper = vec!["cat".to_owned()];
/// let printed = dataproc(&[job.into()], "gs://bucket/howdah")?;
/// assert!(printed.script.contains("gcloud dataproc jobs submit hadoop"));
/// # Ok::<(), howdah_hadoop::print::PrintError>(())
/// ```
///
/// # Errors
/// A step that cannot be told to Hadoop, a place that is no folder of Cloud Storage, and two files that would lie at one
/// place.
pub fn dataproc(steps: &[PrintedStep], upload_to: &str) -> Result<Dataproc, PrintError> {
    let (steps, uploads) = uploaded(steps, upload_to, "Dataproc", "gs")?;
    let line = |words: &[&str]| Line(words.iter().map(|word| Word::plain(word)).collect());
    let copy = |upload: &Upload| Command {
        title: format!("copy {}", file_name(&upload.to)),
        lines: vec![line(&["gcloud", "storage", "cp", &upload.from, &upload.to])],
    };
    let mut script = Script { commands: uploads.iter().map(copy).collect(), ..Script::default() };
    for (index, step) in steps.iter().enumerate() {
        let mut lines = vec![
            line(&["gcloud", "dataproc", "jobs", "submit", "hadoop"]),
            Line(vec![Word::with_variable("--cluster=", "CLUSTER")]),
            Line(vec![Word::with_variable("--region=", "REGION")]),
            line(&[&format!("--jar={JAR}")]),
            line(&["--"]),
        ];
        lines.extend(options(&step.invocation, &mut script.variables)?);
        script.commands.push(Command { title: step.title(index, steps.len()), lines });
    }
    Ok(Dataproc { script: script.text()?, uploads })
}

fn file_name(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::super::tests::step;
    use super::*;

    #[test]
    fn steps_are_commands_behind_the_copies() {
        let mut second = step("top words");
        second.invocation.reducer = None;
        let printed = dataproc(&[step("count words"), second], "gs://bucket/howdah").unwrap();
        assert_eq!(
            printed.script,
            r#"# copy word-count
gcloud storage cp /home/me/word-count gs://bucket/howdah/word-count &&

# count words (step 1 of 2)
gcloud dataproc jobs submit hadoop \
  --cluster="${CLUSTER:?}" \
  --region="${REGION:?}" \
  --jar=file:///usr/lib/hadoop/hadoop-streaming.jar \
  -- \
  -D 'mapreduce.job.name=count words' \
  -D mapreduce.job.reduces=2 \
  -D 'mapreduce.partition.keycomparator.options=-k1,1 -k2,2n' \
  -files 'gs://bucket/howdah/word-count#word-count' \
  -input 's3://bucket/books/*.txt' \
  -output s3://bucket/counts \
  -mapper './word-count map --step 0' \
  -reducer './word-count reduce --step 0' &&

# top words (step 2 of 2)
gcloud dataproc jobs submit hadoop \
  --cluster="${CLUSTER:?}" \
  --region="${REGION:?}" \
  --jar=file:///usr/lib/hadoop/hadoop-streaming.jar \
  -- \
  -D 'mapreduce.job.name=top words' \
  -D mapreduce.job.reduces=2 \
  -D 'mapreduce.partition.keycomparator.options=-k1,1 -k2,2n' \
  -files 'gs://bucket/howdah/word-count#word-count' \
  -input 's3://bucket/books/*.txt' \
  -output s3://bucket/counts \
  -mapper './word-count map --step 0'
"#
        );
    }

    #[test]
    fn a_secret_is_a_variable() {
        let mut step = step("a");
        step.invocation.set("my.password", "hunter2");
        let script = dataproc(&[step], "gs://bucket/x").unwrap().script;
        assert!(!script.contains("hunter2"), "{script}");
        assert!(script.contains("  -D my.password=\"${MY_PASSWORD:?}\" \\\n"), "{script}");
    }

    #[test]
    fn a_folder_of_another_store_is_refused() {
        let error = dataproc(&[step("a")], "s3://bucket/x").unwrap_err().to_string();
        assert!(error.contains("--upload gs://BUCKET/FOLDER"), "{error}");
    }

    #[test]
    fn a_shell_gives_gcloud_the_very_words() {
        let step = step("it's \"a\" $b");
        let printed = dataproc(std::slice::from_ref(&step), "gs://bucket/x").unwrap();
        let mut meant = vec![vec!["storage".to_owned(), "cp".to_owned()]];
        meant[0].extend([printed.uploads[0].from.clone(), printed.uploads[0].to.clone()]);
        let front = ["dataproc", "jobs", "submit", "hadoop", "--cluster=c 1", "--region=r"]
            .map(str::to_owned);
        let mut words = [front.as_slice(), &[format!("--jar={JAR}"), "--".to_owned()]].concat();
        let (steps, _) = uploaded(&[step], "gs://bucket/x", "Dataproc", "gs").unwrap();
        words.extend(steps[0].invocation.argv().unwrap());
        meant.push(words);
        let meant: Vec<u8> =
            meant.concat().iter().flat_map(|word| word.bytes().chain([0])).collect();

        let script = format!("gcloud() {{ printf '%s\\0' \"$@\"; }}\n{}", printed.script);
        let mut shell = std::process::Command::new("sh");
        let output =
            shell.arg("-c").arg(script).env("CLUSTER", "c 1").env("REGION", "r").output().unwrap();
        assert_eq!(output.stdout, meant);
    }
}
