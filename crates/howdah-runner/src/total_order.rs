//! The split points of a total order, out of the file that holds them.
//!
//! Mirrors `TotalOrderPartitioner.setConf`, which each map task of a job with several reducers calls before it reads a
//! record. Here the file is read once for all map tasks; what is wrong with it fails the first of them.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

use howdah_platform::{FileCursor, Storage};
use howdah_sequence_file::{self as sequence_file, Reader, WritableClass, WritableError};
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::partitioner::{PartitionError, Partitioner, SplitPoints};
use howdah_streaming::properties::{Properties, PropertyError};

use crate::input::file_uri;

const PATH: &str = "mapreduce.totalorderpartitioner.path";
const DEFAULT_PATH: &str = "_partition.lst";
const NATURAL_ORDER: &str = "mapreduce.totalorderpartitioner.naturalorder";
const TRIE_DEPTH: &str = "mapreduce.totalorderpartitioner.trie.maxdepth";

/// Where split points are, and how they are searched.
#[derive(Debug, Clone)]
pub(crate) struct TotalOrder {
    /// The file as the job names it.
    name: String,
    /// The folder that tasks run in, if not the current one.
    folder: Option<PathBuf>,
    /// The Java class of keys.
    key_class: String,
    /// Whether keys that are compared by their bytes are searched by a trie.
    has_trie: bool,
    trie_depth: usize,
}

impl TotalOrder {
    /// What the properties say.
    pub(crate) fn of(properties: &Properties) -> Result<Self, PropertyError> {
        let text = WritableClass::Text.name();
        let job_class = properties.get_or("mapreduce.job.output.key.class", text);
        Ok(TotalOrder {
            name: properties.get_or(PATH, DEFAULT_PATH).into_owned(),
            folder: properties.get("howdah.task.folder").map(|folder| folder.into_owned().into()),
            key_class: properties.get_or("mapreduce.map.output.key.class", &job_class).into_owned(),
            has_trie: properties.get_bool(NATURAL_ORDER, true),
            trie_depth: usize::try_from(properties.get_i64(TRIE_DEPTH, 200)?).unwrap_or(0),
        })
    }

    /// Reads the file.
    pub(crate) fn read(
        &self,
        storage: &dyn Storage,
        partitions: u32,
    ) -> Result<Partitioner, TotalOrderError> {
        let trouble = |trouble| TotalOrderError { name: self.name.clone(), trouble };
        self.points(storage, partitions).map(Partitioner::TotalOrder).map_err(trouble)
    }

    fn points(&self, storage: &dyn Storage, partitions: u32) -> Result<SplitPoints, Trouble> {
        let path = self.path().ok_or(Trouble::Elsewhere)?;
        let file = storage.open(&path).map_err(|source| Trouble::Open { path, source })?;
        let mut reader = Reader::new(FileCursor::new(file, 0))?;
        let class = WritableClass::of_name(&self.key_class);
        let found = &reader.header().key_class;
        if *found != self.key_class && (class.is_none() || WritableClass::of_name(found) != class) {
            let (expected, found) = (self.key_class.clone(), found.clone());
            return Err(Trouble::WrongClass { expected, found });
        }
        let no_order = || Trouble::NoOrder { class: self.key_class.clone() };
        let class = class.ok_or_else(no_order)?;
        let mut points = Vec::new();
        while let Some(record) = reader.next_record()? {
            points.push(class.content(record.key)?.to_owned());
        }
        Ok(match class {
            _ if class.is_binary_comparable() && self.has_trie => {
                SplitPoints::with_trie(points, partitions, self.trie_depth)
            }
            _ => SplitPoints::searched(points, partitions, KeyComparator::of_class(class)),
        }?)
    }

    /// The file's path; none if it is on another file system.
    fn path(&self) -> Option<PathBuf> {
        let name = match self.name.split_once(':') {
            Some(("file", path)) if path.starts_with('/') => {
                path.strip_prefix("//").unwrap_or(path)
            }
            Some((scheme, path)) if !scheme.contains('/') && path.starts_with('/') => return None,
            _ => &self.name,
        };
        Some(self.folder.as_deref().unwrap_or(Path::new("")).join(name))
    }
}

/// Why there are no split points.
#[derive(Debug)]
pub(crate) struct TotalOrderError {
    name: String,
    trouble: Trouble,
}

#[derive(Debug)]
enum Trouble {
    Open { path: PathBuf, source: io::Error },
    Elsewhere,
    File(sequence_file::Error),
    Key(WritableError),
    WrongClass { expected: String, found: String },
    NoOrder { class: String },
    Points(PartitionError),
}

impl From<sequence_file::Error> for Trouble {
    fn from(error: sequence_file::Error) -> Self {
        Trouble::File(error)
    }
}

impl From<WritableError> for Trouble {
    fn from(error: WritableError) -> Self {
        Trouble::Key(error)
    }
}

impl From<PartitionError> for Trouble {
    fn from(error: PartitionError) -> Self {
        Trouble::Points(error)
    }
}

impl fmt::Display for TotalOrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        write!(f, "Can't read partitions file `{name}`: ")?;
        match &self.trouble {
            Trouble::Open { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                write!(f, "File {name} does not exist; write it first, or name it with {PATH}")
            }
            Trouble::Open { path, source } => write!(f, "{}: {source}", file_uri(path)),
            Trouble::Elsewhere => f.write_str(
                "it is on another file system, and only local files can be read; fetch it first",
            ),
            Trouble::File(source) if is_other_file(source) => write!(
                f,
                "{name} not a SequenceFile: split points are the keys of a SequenceFile, as InputSampler writes it"
            ),
            Trouble::File(source) => source.fmt(f),
            Trouble::Key(source) => source.fmt(f),
            Trouble::WrongClass { expected, found } => write!(
                f,
                "wrong key class: {expected} is not class {found}; split points must be of the class of the mapper's keys"
            ),
            Trouble::NoOrder { class } => {
                write!(f, "howdah cannot compare keys of the class {class}")
            }
            Trouble::Points(source) => source.fmt(f),
        }
    }
}

fn is_other_file(error: &sequence_file::Error) -> bool {
    matches!(error.kind(), sequence_file::ErrorKind::NotASequenceFile)
}

impl error::Error for TotalOrderError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.trouble {
            Trouble::Open { source, .. } => Some(source),
            Trouble::File(source) => source.source(), // `Display` already is this error's own text
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use howdah_platform::LocalStorage;
    use howdah_sequence_file::{Settings, Writable, Writer};

    fn total_order(properties: &[(&str, &str)]) -> TotalOrder {
        TotalOrder::of(&properties.iter().copied().collect()).unwrap()
    }

    /// A file of split points, and the partitioner's properties.
    fn read(
        class: WritableClass,
        points: &[Writable<'_>],
        map_key: &str,
    ) -> Result<Partitioner, String> {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::new(class.name(), WritableClass::Null.name());
        let mut writer = Writer::new(Vec::new(), settings).unwrap();
        for point in points {
            let mut key = Vec::new();
            point.write(&mut key);
            writer.append(&key, b"").unwrap();
        }
        std::fs::write(folder.path().join("points"), writer.finish().unwrap()).unwrap();
        let order = total_order(&[
            (PATH, "points"),
            ("howdah.task.folder", folder.path().to_str().unwrap()),
            ("mapreduce.map.output.key.class", map_key),
        ]);
        let partitions = points.len() as u32 + 1;
        order.read(&LocalStorage, partitions).map_err(|error| error.to_string())
    }

    #[test]
    fn points_are_read_in_the_order_of_their_class() {
        let text = [Writable::Text(b"d"), Writable::Text(b"m")];
        let partitioner = read(WritableClass::Text, &text, "org.apache.hadoop.io.Text").unwrap();
        assert_eq!(partitioner.partition(b"e", 3), Ok(1));
        let numbers = [Writable::Long(9), Writable::Long(10)];
        let long = "org.apache.hadoop.io.LongWritable";
        let partitioner = read(WritableClass::Long, &numbers, long).unwrap();
        assert_eq!(partitioner.partition(&9i64.to_be_bytes(), 3), Ok(1));
        assert_eq!(
            read(WritableClass::Long, &numbers, "org.apache.hadoop.io.Text").unwrap_err(),
            "Can't read partitions file `points`: wrong key class: org.apache.hadoop.io.Text is not class \
             org.apache.hadoop.io.LongWritable; split points must be of the class of the mapper's keys"
        );
    }

    #[test]
    fn a_name_is_a_local_path() {
        let path = |name: &str| total_order(&[(PATH, name), ("howdah.task.folder", "/t")]).path();
        for (name, expected) in
            [("", "/t/_partition.lst"), ("a/b", "/t/a/b"), ("a:b", "/t/a:b"), ("/a", "/a")]
        {
            assert_eq!(path(name), Some(PathBuf::from(expected)), "{name}");
        }
        assert_eq!(path("file:/a"), Some(PathBuf::from("/a")));
        assert_eq!(path("file:///a"), Some(PathBuf::from("/a")));
        assert_eq!(path("hdfs://host/a"), None);
    }
}
