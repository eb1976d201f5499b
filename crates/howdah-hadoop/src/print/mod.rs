//! A job's steps as other front doors take them: lines for a shell, steps for Amazon EMR, commands for Dataproc.
//!
//! Nothing is run here, and nothing is asked of a cluster.

mod dataproc;
mod emr;
mod shell;

use std::collections::BTreeMap;
use std::path::Path;

use howdah_streaming::uri::Uri;

pub use self::dataproc::{Dataproc, dataproc};
pub use self::emr::{Emr, emr};
pub use self::shell::shell;
use crate::invocation::{Invocation, InvocationError, Shipped};
use crate::secrets;

/// One step of a job, to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedStep {
    /// What is told to Hadoop.
    pub invocation: Invocation,
    /// What cannot be told to it: `again until the job says that it is enough`.
    pub note: Option<String>,
}

impl From<Invocation> for PrintedStep {
    fn from(invocation: Invocation) -> Self {
        PrintedStep { invocation, note: None }
    }
}

impl PrintedStep {
    /// What the step is, for people: its name, its place among the steps, its note; in one line.
    fn title(&self, index: usize, count: usize) -> String {
        let name = secrets::hidden("mapreduce.job.name", self.invocation.name());
        let place = match count {
            1 => String::new(),
            _ => format!(" (step {} of {count})", index + 1),
        };
        let note = self.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let title = [&*name, &place, &note].concat();
        title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

/// A file of this machine that must lie elsewhere before the steps run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Upload {
    /// The file here.
    pub from: String,
    /// Its URI there.
    pub to: String,
}

impl Upload {
    /// The command that copies it, for a POSIX shell: `aws s3 cp` or `gcloud storage cp`.
    pub fn command(&self) -> String {
        let tool: &[&str] = match scheme(&self.to).as_deref() {
            Some("gs") => &["gcloud", "storage", "cp"],
            _ => &["aws", "s3", "cp"],
        };
        let words = tool.iter().copied().chain([self.from.as_str(), &self.to]);
        shell::text(words)
    }
}

/// The steps with their files where the cluster finds them, and what must be copied there first.
fn uploaded(
    steps: &[PrintedStep],
    upload_to: &str,
    service: &'static str,
    scheme_of_service: &'static str,
) -> Result<(Vec<PrintedStep>, Vec<Upload>), PrintError> {
    let folder = upload_to.trim_end_matches('/');
    let is_of_service = scheme(folder).as_deref() == Some(scheme_of_service);
    if !is_of_service || folder.len() <= scheme_of_service.len() + "://".len() {
        return Err(PrintError::UploadTo {
            given: upload_to.to_owned(),
            service,
            scheme: scheme_of_service,
        });
    }
    let mut places = BTreeMap::new();
    let mut steps = steps.to_vec();
    for step in &mut steps {
        let Invocation { files, archives, .. } = &mut step.invocation;
        for shipped in files.iter_mut().chain(archives) {
            upload(shipped, folder, &mut places)?;
        }
    }
    let uploads = places.into_iter().map(|(to, from)| Upload { from, to }).collect();
    Ok((steps, uploads))
}

/// Sends one file to the folder, unless it lies on a file system of clusters.
fn upload(
    shipped: &mut Shipped,
    folder: &str,
    places: &mut BTreeMap<String, String>,
) -> Result<(), PrintError> {
    let from = match scheme(&shipped.from).as_deref() {
        None => shipped.from.clone(),
        Some("file") => local_path(&shipped.from),
        Some(_) => return Ok(()),
    };
    if Path::new(&from).is_dir() {
        return Err(PrintError::Folder { path: from });
    }
    let to = format!("{folder}/{}", shipped.name);
    let known = places.entry(to.clone()).or_insert_with(|| from.clone());
    if *known != from {
        return Err(PrintError::SameName {
            name: shipped.name.clone(),
            one: known.clone(),
            other: from,
        });
    }
    shipped.from = to;
    Ok(())
}

fn scheme(uri: &str) -> Option<String> {
    Uri::parse(uri).ok()?.scheme().map(str::to_ascii_lowercase)
}

fn local_path(uri: &str) -> String {
    Uri::parse(uri).map_or_else(|_| uri.to_owned(), |uri| uri.path().to_owned())
}

/// The first secret that a step would say, by name.
fn first_secret(invocation: &Invocation) -> Option<secrets::Secret> {
    let Invocation { mapper, combiner, reducer, .. } = invocation;
    let commands = [Some(mapper), combiner.as_ref(), reducer.as_ref()];
    let of_commands =
        || commands.into_iter().flatten().flat_map(|words| secrets::find_in_command(words));
    let first = secrets::find(&invocation.properties).into_iter().chain(of_commands()).next();
    first.or_else(|| {
        let paths = invocation.inputs.iter().chain([&invocation.output]);
        let mut paths = paths.chain(invocation.files.iter().map(|file| &file.from));
        paths.find_map(|path| secrets::Secret::of_value("a path", path))
    })
}

/// Why steps cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// A step cannot be told to Hadoop at all.
    #[error(transparent)]
    Invocation(#[from] InvocationError),
    /// A step would say a secret, where others read it.
    #[error(
        "{secret}, and {service} shows a step's arguments to all who may look at the cluster\nhint: {}",
        secrets::HINT
    )]
    Secret {
        /// Its name.
        secret: secrets::Secret,
        /// Who would show it.
        service: &'static str,
    },
    /// Local files have nowhere to go.
    #[error(
        "`{given}` is no place for files that {service} runs\nhint: give a folder of its store, such as `--upload {scheme}://BUCKET/FOLDER`"
    )]
    UploadTo {
        /// As it was given.
        given: String,
        /// Who must read it.
        service: &'static str,
        /// What it begins with.
        scheme: &'static str,
    },
    /// Two files would lie at one place.
    #[error(
        "`{one}` and `{other}` would both be copied to `{name}`\nhint: give one of them another name"
    )]
    SameName {
        /// The name that they share.
        name: String,
        /// The first file.
        one: String,
        /// The second.
        other: String,
    },
    /// A folder is no file.
    #[error(
        "`{path}` is a folder, and only files are copied for the cluster\nhint: pack it, and ship it as an archive"
    )]
    Folder {
        /// The folder.
        path: String,
    },
    /// A service takes no more.
    #[error("{what}: {service} takes at most {most}\nhint: {hint}")]
    TooMuch {
        /// What there is too much of, and how much.
        what: String,
        /// Who refuses it.
        service: &'static str,
        /// The limit.
        most: usize,
        /// The way out.
        hint: &'static str,
    },
    /// A shell or a service would not read what was printed as it is meant. A flaw of howdah.
    #[error(
        "`{what}` could not be written so that it is read as it is meant; please report this as a bug"
    )]
    Differs {
        /// The word, without secrets.
        what: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step that has something of everything.
    pub(super) fn step(name: &str) -> PrintedStep {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut job = Invocation::new(name);
        job.set("mapreduce.job.reduces", "2");
        job.set("mapreduce.partition.keycomparator.options", "-k1,1 -k2,2n");
        job.files.push(Shipped {
            from: "/home/me/word-count".to_owned(),
            name: "word-count".to_owned(),
        });
        job.inputs = words("s3://bucket/books/*.txt");
        job.output = "s3://bucket/counts".to_owned();
        job.mapper = words("./word-count map --step 0");
        job.reducer = Some(words("./word-count reduce --step 0"));
        job.into()
    }

    fn ship(from: &str, name: &str) -> PrintedStep {
        let mut step = step("ship");
        step.invocation.files = vec![Shipped { from: from.to_owned(), name: name.to_owned() }];
        step
    }

    fn to_s3(steps: &[PrintedStep]) -> Result<(Vec<PrintedStep>, Vec<Upload>), PrintError> {
        uploaded(steps, "s3://bucket/howdah/", "EMR", "s3")
    }

    #[test]
    fn local_files_go_to_the_folder_once() {
        let steps =
            [ship("/a/job", "job"), ship("file:///a/job", "job"), ship("hdfs:///b/job", "job")];
        let (steps, uploads) = to_s3(&steps).unwrap();
        let from = |step: &PrintedStep| step.invocation.files[0].from.clone();
        assert_eq!(
            steps.iter().map(from).collect::<Vec<_>>(),
            ["s3://bucket/howdah/job", "s3://bucket/howdah/job", "hdfs:///b/job"]
        );
        assert_eq!(uploads.len(), 1);
        assert_eq!(uploads[0].command(), "aws s3 cp /a/job s3://bucket/howdah/job");
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        let error = to_s3(&[ship("/a/job", "job"), ship("/b/job", "job")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "`/a/job` and `/b/job` would both be copied to `job`\nhint: give one of them another name"
        );
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = to_s3(&[ship(folder.path().to_str().unwrap(), "data")]).unwrap_err();
        assert!(matches!(error, PrintError::Folder { .. }), "{error}");
    }

    #[test]
    fn a_place_of_another_store_is_refused() {
        for given in ["gs://bucket/x", "/tmp", "", "s3://", "s3:///", "bucket"] {
            let error = uploaded(&[step("a")], given, "EMR", "s3").unwrap_err().to_string();
            assert!(error.contains(&format!("`{given}` is no place")), "{error}");
            assert!(error.contains("--upload s3://BUCKET/FOLDER"), "{error}");
        }
    }

    #[test]
    fn a_title_is_one_line() {
        let mut step = step("count words");
        step.note = Some("again\nuntil it is enough".to_owned());
        assert_eq!(step.title(0, 1), "count words: again until it is enough");
        step.note = None;
        assert_eq!(step.title(1, 3), "count words (step 2 of 3)");
        step.invocation.set("mapreduce.job.name", "of http://me:hunter2@host");
        assert_eq!(step.title(0, 1), "********");
    }
}
