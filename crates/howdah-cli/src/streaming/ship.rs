//! `-files` and its kin: a folder for the tasks.
//!
//! Hadoop's local runner makes links in the client's current folder. Here the user's folder is left alone: when
//! something is shipped, tasks run in a folder of the run that shows the same: all that is in the current folder,
//! and a link to each shipped file. As with Hadoop, a file of the current folder stands before a shipped one of the
//! same name, and an archive before a file.

use std::io;
use std::path::{Path, PathBuf};

use howdah_platform::bounded::{explain, is_full};
use howdah_platform::{LocalStorage, TemporaryFolder};
use howdah_runner::side_files as archive;
use howdah_runner::side_files::{bytes_below, show, show_all};
use howdah_streaming::options::{StreamingOptions, is_file_system};
use howdah_streaming::properties::Properties;
use howdah_streaming::uri::Uri;

use super::log::{JobLog, Level};
use super::plan::absolute;
use super::refusal::Refusal;

/// A file or folder to ship, and its name in the tasks' folder.
#[derive(Debug, PartialEq, Eq)]
struct Shipped {
    source: PathBuf,
    link: String,
    /// Whether it is an archive, which tasks see unpacked.
    unpacks: bool,
    /// As Hadoop names it, with the link if one was given.
    uri: String,
    /// Whether `-files` or `-archives` names it, which tasks are told under names of their own.
    is_generic: bool,
}

/// The folder that tasks run in; removed when it is dropped.
#[derive(Debug)]
pub(super) struct TaskFolder {
    path: PathBuf,
    /// The bytes of what was unpacked.
    bytes: u64,
    /// Holds the folder itself, and beside it what was unpacked.
    base: TemporaryFolder,
}

impl TaskFolder {
    fn make(temporary: &Path) -> io::Result<Self> {
        let base = TemporaryFolder::new(&absolute(temporary))?;
        let path = base.path().join("work");
        std::fs::create_dir(&path)?;
        Ok(TaskFolder { path, bytes: 0, base })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that the folder keeps on the disk: links are none.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Unpacks an archive; gives the folder with what is in it.
    fn unpack(&mut self, archive: &Path, number: usize) -> io::Result<PathBuf> {
        let folder = self.base.path().join(format!("archive-{number}"));
        archive::unpack(archive, &folder)
            .map_err(|error| explain(&LocalStorage, &folder, 0, error))?;
        self.bytes += bytes_below(&folder)?;
        Ok(folder)
    }
}

/// What a job ships.
#[derive(Debug, Default)]
pub(super) struct Shipment {
    items: Vec<Shipped>,
    /// `-file` paths in canonical form: a command that names one is run by its last name.
    packaged: Vec<PathBuf>,
}

impl Shipment {
    /// The files of `-file`, which are looked at before all else; they are there.
    pub(super) fn of_packaged(job: &StreamingOptions) -> Result<Self, Refusal> {
        let mut packaged = Vec::new();
        for path in &job.packaged_files {
            let source = local_path(path)?;
            let unreadable = std::fs::File::open(&source).err();
            if unreadable.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
                let path = absolute(&source);
                let message = format!("File: file:{} is not readable.", path.display());
                return Err(Refusal::usage(&message));
            }
            packaged.extend(source.canonicalize().ok().filter(|path| path.is_file()));
        }
        Ok(Shipment { items: Vec::new(), packaged })
    }

    /// Checks the deprecated options, as Hadoop does before it looks at the output.
    ///
    /// # Errors
    /// What Hadoop says of links that are missing or taken.
    pub(super) fn check(job: &StreamingOptions) -> Result<(), Refusal> {
        for path in &job.packaged_files {
            if !Path::new(path).exists() {
                // There is such a URI, but Hadoop also packs it into the job's jar, as a path.
                let path = absolute(Path::new(path));
                return Err(Refusal::uncaught(&format!(
                    "java.io.FileNotFoundException: {}",
                    path.display()
                ))
                .with_hint("-file wants a path without `file:`"));
            }
        }
        let (files, archives) = (cached(&job.cache_files)?, cached(&job.cache_archives)?);
        check_links(files.iter().chain(&archives).map(|(_, uri)| uri))
    }

    /// Adds all that is shipped: archives first, and what stands in properties where no option says it.
    ///
    /// # Errors
    /// What Hadoop says of files that are not there.
    pub(super) fn gather(
        &mut self,
        job: &StreamingOptions,
        properties: &Properties,
    ) -> Result<(), Refusal> {
        let property = |name: &str| -> Vec<String> {
            let value = properties.get_or(name, "");
            value.split(',').filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
        };
        let or_property = |given: &[String], name: &str| {
            if given.is_empty() { property(name) } else { given.to_vec() }
        };
        let packaged = job.packaged_files.iter().map(|path| {
            let path = absolute(Path::new(path)).display().to_string();
            format!("file:{}", path.trim_end_matches('/'))
        });
        let archives = or_property(&job.archives, "tmparchives");
        let files = or_property(&job.files, "tmpfiles").into_iter().chain(packaged).collect();
        for (cached_by_option, name, generic, given, unpacks) in [
            (&job.cache_archives, "mapreduce.job.cache.archives", archives, &job.archives, true),
            (&job.cache_files, "mapreduce.job.cache.files", files, &job.files, false),
        ] {
            let cached = cached(&or_property(cached_by_option, name))?;
            let generic = with_uris(generic, |spec| {
                Refusal::uncaught(&format!(
                    "java.lang.IllegalArgumentException: Error parsing files argument. Argument must be a valid \
                     URI: {spec}"
                ))
            })?;
            for (spec, uri) in &cached {
                self.add(spec, uri, unpacks, false)?;
            }
            for (spec, uri) in &generic {
                self.add(spec, uri, unpacks, !given.is_empty())?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        spec: &str,
        uri: &Uri,
        unpacks: bool,
        is_generic: bool,
    ) -> Result<(), Refusal> {
        let source = match uri.scheme() {
            None | Some("file") => absolute(Path::new(uri.path())),
            Some(scheme) if is_file_system(scheme) => {
                return Err(Refusal::not_yet(&format!("the file system of `{spec}`")));
            }
            Some(scheme) => {
                return Err(Refusal::launching(&format!("No FileSystem for scheme \"{scheme}\"")));
            }
        };
        if !source.exists() {
            let link = uri.fragment().map(|link| format!("#{link}")).unwrap_or_default();
            let scheme = if uri.scheme().is_some() { "file:" } else { "" };
            let shown = format!("{scheme}{}{link}", uri.path());
            return Err(Refusal::failed(
                2,
                [format!(
                    "ERROR streaming.StreamJob: Error launching job , bad input path : File {shown} does not exist"
                )],
            ));
        }
        let link = match uri.fragment() {
            Some(link) => link.to_owned(),
            None => source.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let illegal = |what: &str| {
            Err(Refusal::uncaught(&format!("java.lang.IllegalArgumentException: {what}")).with_hint(
                &format!("what stands behind `#` in `{spec}` is the name that tasks see, such as #table.txt"),
            ))
        };
        if link.is_empty() {
            return illegal("Can not create a Path from an empty string");
        }
        if link.starts_with('/') {
            return illegal("Resource name must be relative");
        }
        let given = uri.fragment().map(|link| format!("#{link}")).unwrap_or_default();
        let uri = format!("file:{}{given}", source.display());
        self.items.push(Shipped { source, link, unpacks, uri, is_generic });
        Ok(())
    }

    /// The paths of `-file` as `-verbose` shows them.
    pub(super) fn packaged(&self) -> String {
        let shown: Vec<_> = self.packaged.iter().map(|path| path.display().to_string()).collect();
        shown.join(", ")
    }

    /// A command whose program is a `-file` is run by that file's name (`StreamJob.unqualifyIfLocalPath`).
    pub(super) fn unqualified(&self, command: &str) -> String {
        let (program, arguments) = command.split_once(' ').unwrap_or((command, ""));
        let path = Path::new(program);
        match (path.canonicalize(), path.file_name()) {
            (Ok(canonical), Some(name)) if self.packaged.contains(&canonical) => {
                let name = name.to_string_lossy();
                if arguments.is_empty() { name.into_owned() } else { format!("{name} {arguments}") }
            }
            _ => command.to_owned(),
        }
    }

    /// The files and folders that are shipped.
    pub(super) fn sources(&self) -> Vec<PathBuf> {
        self.items.iter().map(|item| item.source.clone()).collect()
    }

    /// The properties that tell tasks what is shipped.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&'static str, String)> {
        let of = |unpacks: bool, shown: fn(&Shipped) -> Option<String>| {
            let items = self.items.iter().filter(move |item| item.unpacks == unpacks);
            items.filter_map(shown).collect::<Vec<_>>().join(",")
        };
        let uri = |item: &Shipped| Some(item.uri.clone());
        let source = |item: &Shipped| Some(item.source.display().to_string());
        let generic = |item: &Shipped| item.is_generic.then(|| item.uri.clone());
        [
            ("tmpfiles", of(false, generic)),
            ("tmparchives", of(true, generic)),
            ("mapreduce.job.cache.files", of(false, uri)),
            ("mapreduce.job.cache.local.files", of(false, source)),
            ("mapreduce.job.cache.archives", of(true, uri)),
            ("mapreduce.job.cache.local.archives", of(true, source)),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
    }

    /// Makes the folder for the tasks; none if nothing is shipped.
    pub(super) fn unpack(
        &self,
        temporary: &Path,
        log: &JobLog,
    ) -> Result<Option<TaskFolder>, Refusal> {
        if self.items.is_empty() {
            return Ok(None);
        }
        let mut folder =
            TaskFolder::make(temporary).map_err(|error| trouble("be made", temporary, &error))?;
        let here =
            std::env::current_dir().map_err(|error| trouble("be made", Path::new("."), &error))?;
        show_all(&here, &folder.path).map_err(|error| trouble("show the folder", &here, &error))?;
        for (number, item) in self.items.iter().enumerate() {
            let link = folder.path.join(&item.link);
            let mut source = item.source.clone();
            if item.unpacks && archive::is_archive(&item.source) && link.symlink_metadata().is_err()
            {
                source = folder.unpack(&item.source, number).map_err(|error| {
                    let path = item.source.display();
                    let message = format!("the archive `{path}` cannot be unpacked: {error}");
                    let refusal = Refusal::launching(&message);
                    if !is_full(&error) {
                        return refusal;
                    }
                    refusal.with_code(howdah_plan::exit::IO).with_hint(
                        "free some space there, or name a folder on another disk with --tmp",
                    )
                })?;
            }
            if let Some(parent) = link.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|error| trouble("hold a link to", &item.source, &error))?;
            }
            match show(&source, &link) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if link.canonicalize().ok() != source.canonicalize().ok() {
                        let message = format!(
                            "cache file (mapreduce.job.cache.files) {} conflicts with another file `{}`, which \
                             tasks see instead",
                            item.uri, item.link
                        );
                        log.say(Level::Warn, "util.LocalResourceBuilder", &message);
                    }
                }
                Err(error) => return Err(trouble("hold a link to", &item.source, &error)),
            }
        }
        Ok(Some(folder))
    }
}

/// The URIs of `-cacheFile` or `-cacheArchive`, each with its text.
fn cached(values: &[String]) -> Result<Vec<(String, Uri)>, Refusal> {
    if values.iter().any(String::is_empty) {
        let refusal = Refusal::failed(howdah_plan::exit::JOB_FAILED, []);
        return Err(refusal.with_hint("-cacheFile or -cacheArchive names nothing"));
    }
    let entries =
        values.iter().flat_map(|value| value.split(',')).filter(|entry| !entry.is_empty());
    with_uris(entries.map(str::to_owned).collect(), |_| {
        Refusal::failed(howdah_plan::exit::JOB_FAILED, [])
    })
}

/// Entries with what they say as URIs, or the refusal of one that is none.
fn with_uris(
    entries: Vec<String>,
    refuse: impl Fn(&str) -> Refusal,
) -> Result<Vec<(String, Uri)>, Refusal> {
    let with_uri = |entry: String| match Uri::parse(&entry) {
        Ok(uri) => Ok((entry, uri)),
        Err(error) => {
            let hint = format!("`{entry}` is no URI: {error}; rename the file");
            Err(refuse(&entry).with_hint(&hint))
        }
    };
    entries.into_iter().map(with_uri).collect()
}

/// `DistributedCache.checkURIs`: each has a link, and no two the same, in whatever case.
fn check_links<'u>(uris: impl Iterator<Item = &'u Uri>) -> Result<(), Refusal> {
    let mut links: Vec<String> = Vec::new();
    for uri in uris {
        let link = uri.fragment().map(str::to_lowercase);
        match link {
            Some(link) if !links.contains(&link) => links.push(link),
            _ => {
                return Err(Refusal::usage(
                    "You need to specify the uris as scheme://path#linkname,Please specify a different link \
                     name for all of your caching URIs",
                ));
            }
        }
    }
    Ok(())
}

/// Whether there is a file that is to be shipped; if not, its whole URI.
pub(super) fn look(path: &str) -> Result<(), String> {
    let path = path.strip_prefix("file:").unwrap_or(path);
    let path = path.strip_prefix("//").unwrap_or(path);
    if Path::new(path).exists() {
        return Ok(());
    }
    Err(format!("file:{}", absolute(Path::new(path)).display()))
}

/// A path without `file:`, as `fs.Path` reads it. Other file systems cannot be read yet.
///
/// # Errors
/// An empty path, and a relative one behind a scheme, of which Hadoop says only that the command failed.
pub(super) fn local_path(text: &str) -> Result<PathBuf, Refusal> {
    let failed =
        |hint: &str| Err(Refusal::failed(howdah_plan::exit::JOB_FAILED, []).with_hint(hint));
    if text.is_empty() {
        return failed("a path of the command line is empty; remove it or fill it in");
    }
    let (scheme, path) = match text.split_once(':') {
        Some((scheme, path)) if !scheme.contains('/') => (scheme, path),
        _ => return Ok(PathBuf::from(text)),
    };
    if !path.starts_with('/') {
        return failed(&format!(
            "`{text}` is a URI to Hadoop, with the scheme `{scheme}` and a relative path; a name with a colon cannot \
             be read or written, so rename it"
        ));
    }
    match scheme {
        "file" => Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path))),
        _ if is_file_system(scheme) => {
            Err(Refusal::not_yet(&format!("the file system of `{text}`")))
        }
        _ => Err(Refusal::launching(&format!("No FileSystem for scheme \"{scheme}\""))),
    }
}

fn trouble(what: &str, path: &Path, error: &io::Error) -> Refusal {
    let line = format!("error: the tasks' folder cannot {what} `{}`: {error}", path.display());
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied => howdah_plan::exit::SETUP,
        _ => howdah_plan::exit::IO,
    };
    Refusal::failed(code, [line])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_links(uris: &[&str]) -> Result<(), Refusal> {
        check_links(uris.iter().map(|uri| Uri::parse(uri).unwrap()).collect::<Vec<_>>().iter())
    }

    #[test]
    fn cached_files_need_links_of_their_own() {
        assert!(with_links(&["file:///a#x", "b#y"]).is_ok());
        for uris in [&["file:///a"][..], &["a#x", "b#X"]] {
            let refusal = with_links(uris).unwrap_err();
            assert!(refusal.lines[0].starts_with("You need to specify the uris as"), "{refusal:?}");
        }
    }

    #[test]
    fn only_local_paths_are_paths() {
        for (text, path) in [
            ("a/b", "a/b"),
            ("./a:b", "./a:b"),
            ("file:/a", "/a"),
            ("file:///a", "/a"),
            ("/x:/y", "/x:/y"),
        ] {
            assert_eq!(local_path(text).unwrap(), PathBuf::from(path), "{text}");
        }
        for (text, exit_code) in [("hdfs://h/a", 1), ("foo://h/a", 5), ("a:b", 1), ("", 1)] {
            assert_eq!(local_path(text).unwrap_err().exit_code, exit_code, "{text}");
        }
    }
}
