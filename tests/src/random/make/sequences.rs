//! Jobs that read `SequenceFile`s.

use howdah_codec::Codec;
use howdah_sequence_file::{Compression, Reader, Settings, Writable, WritableClass, Writer};

use super::classes::TEXT;
use super::{Files, Maker};
use crate::cross::content;

pub(super) const BYTES: &str = "org.apache.hadoop.io.BytesWritable";
const AS_TEXT: &str = "SequenceFileAsTextInputFormat";
pub(super) const AS_BINARY: &str = "org.apache.hadoop.mapred.SequenceFileAsBinaryInputFormat";
const AUTO: &str = "org.apache.hadoop.streaming.AutoInputFormat";
const FORMATS: &[&str] =
    &["SequenceFileInputFormat", "SequenceFileInputFormat", AS_TEXT, AS_BINARY, AUTO];
/// Those that Hadoop has without native code.
pub(super) const CODECS: [Codec; 5] =
    [Codec::Deflate, Codec::Gzip, Codec::Bzip2, Codec::Snappy, Codec::Lz4];

impl Maker {
    /// A job on `SequenceFile`s of keys and values of any classes.
    pub(super) fn sequences(&mut self) -> Files {
        let [key, value] =
            [(); 2].map(|()| content::CLASSES[self.dice.below(content::CLASSES.len())]);
        let format = self.dice.one(FORMATS);
        self.option("-inputformat", format);
        let mut files: Files = (0..=self.dice.below(3))
            .map(|file| {
                let content = self.sequence_file(key, value, format == AS_BINARY);
                (format!("part{file}"), pieces(&content))
            })
            .collect();
        if self.dice.chance(40) {
            let block = [1000, 100 * 1024, 130_000][self.dice.below(3)];
            self.set("fs.local.block.size", &block);
        }
        if format == AUTO && self.dice.chance(40) {
            let lines = self.files("\t", false).swap_remove(0).1;
            files.push(("lines".to_owned(), lines));
        }
        match format {
            AS_TEXT => self.pass_on(TEXT, TEXT),
            AS_BINARY => self.pass_on(BYTES, BYTES),
            _ => self.pass_on(key.name(), value.name()),
        }
        files
    }

    pub(super) fn sequence_file(
        &mut self,
        key: WritableClass,
        value: WritableClass,
        is_read_as_binary: bool,
    ) -> Vec<u8> {
        // Of records so compressed Hadoop loses the first value, if it reads them as binary.
        let loses = |codec| is_read_as_binary && codec == Codec::Bzip2;
        let is_long = self.dice.chance(12); // it may have several splits
        let codec = CODECS[self.dice.below(CODECS.len())];
        let mut settings = Settings::new(key.name(), value.name());
        settings.compression = match self.dice.below(3) {
            0 => Compression::None,
            1 if !is_long && !loses(codec) => Compression::Record(codec),
            _ => Compression::Block(codec),
        };
        settings.sync = [(); 16].map(|()| self.dice.below(256) as u8);
        settings.sync_interval = [1, 100, 2000, 100 * 1024][self.dice.below(4)];
        settings.block_bytes = [1000, 20_000, 1_000_000][self.dice.below(3)];
        let (count, longest) = if is_long { (2000, 3000) } else { (self.dice.below(40), 200) };
        let mut writer = Writer::new(Vec::new(), settings).unwrap();
        for _ in 0..count {
            let [key, value] = [key, value].map(|class| self.serialised(class, longest));
            writer.append(&key, &value).unwrap();
        }
        writer.finish().unwrap()
    }

    /// A value of a class. Of floats and doubles there are those that every version of Java writes alike.
    fn serialised(&mut self, class: WritableClass, longest: usize) -> Vec<u8> {
        const FLOATS: [f32; 8] =
            [0.0, -0.0, 1.5, -9.25, 1e7, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let mut out = Vec::new();
        let float = FLOATS[self.dice.below(FLOATS.len())];
        match class {
            WritableClass::Float => Writable::Float(float).write(&mut out),
            WritableClass::Double => Writable::Double(float.into()).write(&mut out),
            other => return content::serialised(other, &mut self.dice, longest),
        }
        out
    }
}

/// The header and each record or block of a file for itself, so that they can be taken away.
pub(super) fn pieces(file: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(file).unwrap();
    let mut ends = vec![0, reader.offset()];
    while reader.next_record().unwrap().is_some() {
        ends.push(reader.offset());
    }
    ends.push(file.len() as u64);
    ends.dedup();
    ends.windows(2).map(|ends| file[ends[0] as usize..ends[1] as usize].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use crate::random::make;

    #[test]
    fn a_file_is_whole_without_any_of_its_records() {
        let jobs = (0..40).map(make::job);
        let files = jobs.flat_map(|job| job.files);
        let mut found = 0;
        for (_, pieces) in files.filter(|(_, pieces)| pieces.concat().starts_with(b"SEQ")) {
            for at in 1..pieces.len().min(20) {
                let less = [&pieces[..at], &pieces[at + 1..]].concat().concat();
                let mut reader = Reader::new(&less[..]).unwrap();
                while reader.next_record().unwrap().is_some() {}
                found += 1;
            }
        }
        assert!(found > 0);
    }
}
