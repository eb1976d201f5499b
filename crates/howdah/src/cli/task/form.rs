//! Whether side outputs are compressed: as the task's own output is, if this program has codecs.

use std::io::{self, Write};

#[cfg(feature = "runner")]
use howdah_codec::{Codec, Encoder};
use howdah_plan::TaskInfo;
use howdah_platform::WriteFile;

/// A file of a side output, which is complete when it is finished.
pub(super) trait SideFile: Write {
    /// Writes what remains.
    ///
    /// # Errors
    /// Those of the file.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The form of a side output's files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    #[cfg(feature = "runner")]
    codec: Option<Codec>,
}

#[cfg(feature = "runner")]
impl Form {
    pub(super) fn plain() -> Self {
        Form { codec: None }
    }

    /// The form of a task's output.
    pub(super) fn of(task: &TaskInfo) -> Self {
        let property = |name| crate::property::lookup(&task.properties, name);
        if property("mapreduce.output.fileoutputformat.compress") != Some("true") {
            return Form::plain();
        }
        let class = property("mapreduce.output.fileoutputformat.compress.codec");
        Form { codec: class.map_or(Some(Codec::Deflate), Codec::from_name) }
    }

    /// What its files' names end with.
    pub(super) fn ending(self) -> &'static str {
        self.codec.map_or("", Codec::extension)
    }

    pub(super) fn of_file(self, file: Box<dyn WriteFile>) -> io::Result<Box<dyn SideFile>> {
        Ok(match self.codec {
            None => Box::new(Plain(file)),
            Some(codec) => Box::new(Compressed(codec.encoder(Plain(file))?)),
        })
    }
}

/// Without the runner there are no codecs, and all files are plain.
#[cfg(not(feature = "runner"))]
impl Form {
    pub(super) fn plain() -> Self {
        Form {}
    }

    pub(super) fn of(_: &TaskInfo) -> Self {
        Form {}
    }

    #[expect(clippy::unused_self, reason = "as with codecs")]
    pub(super) fn ending(self) -> &'static str {
        ""
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with codecs")]
    pub(super) fn of_file(self, file: Box<dyn WriteFile>) -> io::Result<Box<dyn SideFile>> {
        Ok(Box::new(Plain(file)))
    }
}

struct Plain(Box<dyn WriteFile>);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SideFile for Plain {
    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "runner")]
struct Compressed(Box<dyn Encoder + Send>);

#[cfg(feature = "runner")]
impl Write for Compressed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    // What the encoder holds goes out with its end: what is flushed is one of many pieces.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "runner")]
impl SideFile for Compressed {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()
    }
}

#[cfg(all(test, feature = "runner"))]
mod tests {
    use std::sync::Arc;

    use howdah_plan::TaskKind;

    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        let mut task = TaskInfo::new(0, TaskKind::Map, 0);
        let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        task.properties = Arc::new(pairs.collect());
        Form::of(&task)
    }

    #[test]
    fn the_form_is_that_of_the_tasks_own_output() {
        let compress = ("mapreduce_output_fileoutputformat_compress", "true");
        let codec = "mapreduce_output_fileoutputformat_compress_codec";
        let class = (codec, "org.apache.hadoop.io.compress.GzipCodec");
        assert_eq!(form(&[]).ending(), "");
        assert_eq!(form(&[class]).ending(), "");
        assert_eq!(form(&[compress]).ending(), ".deflate");
        assert_eq!(form(&[compress, class]).ending(), ".gz");
    }
}
