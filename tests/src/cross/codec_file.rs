//! A compressed file, written in pieces of any length.

use std::fs;
use std::io::{self, Read, Write};

use howdah_codec::Codec;

use crate::cross::{Difference, content, parting};
use crate::oracle::Oracle;
use crate::random::dice::Dice;

/// What is compressed, and how it is written.
pub struct CodecFile {
    pub codec: Codec,
    plain: Vec<u8>,
    /// The lengths of the writes.
    writes: Vec<usize>,
    /// Properties of Hadoop's side.
    properties: Vec<String>,
}

/// The property with the bytes that Hadoop reads and writes at a time.
const BUFFER: &str = "io.file.buffer.size";
/// The most that Hadoop puts into a chunk of its own framing.
const SNAPPY_CHUNK: usize = 218_422;
const LZ4_CHUNK: usize = 261_100;

impl CodecFile {
    pub fn make(dice: &mut Dice, codecs: &[Codec]) -> Self {
        let codec = codecs[dice.below(codecs.len())];
        let length = match dice.below(20) {
            0 => 0,
            1 => 1,
            2..=8 => edge(dice, codec) * (1 + dice.below(3)) + dice.below(5) - 2,
            9..=16 => dice.below(20_000),
            17 | 18 => dice.below(600_000),
            _ => dice.below(4_000_000),
        };
        let plain = content::bytes(dice, length);
        let writes = writes(dice, codec, length);
        CodecFile { codec, plain, writes, properties: properties(dice, codec) }
    }

    /// # Errors
    /// The first difference.
    pub fn cross(&self, oracle: &mut Oracle) -> Result<(), Difference> {
        let mut sides = vec![("plain", self.plain.clone())];
        self.crossed(oracle, &mut sides).map_err(|message| {
            let (bytes, writes) = (self.plain.len(), self.writes.len());
            let what = format!("{bytes} bytes by {} in {writes} writes", self.codec);
            Difference { message: format!("{what} {:?}: {message}", self.properties), files: sides }
        })
    }

    /// Crosses the file; puts what both sides wrote into `sides`.
    fn crossed(
        &self,
        oracle: &mut Oracle,
        sides: &mut Vec<(&'static str, Vec<u8>)>,
    ) -> Result<(), String> {
        let ours = self.by_us().unwrap();
        sides.push(("ours", ours.clone()));
        fs::write(oracle.here().join("plain"), &self.plain).unwrap();
        fs::write(oracle.here().join("ours"), &ours).unwrap();
        let read = self.read_by_hadoop(oracle)?;
        self.is_this(&read).map_err(|parting| format!("Hadoop reads {parting}"))?;

        let theirs = self.by_hadoop(oracle)?;
        sides.push(("hadoops", theirs.clone()));
        let read = unpacked(self.codec, &theirs)
            .map_err(|error| format!("Hadoop's file is not read here: {error}"))?;
        self.is_this(&read).map_err(|parting| format!("of Hadoop's file is read {parting}"))?;

        let (here, there) = (blocks(self.codec, &ours), blocks(self.codec, &theirs));
        if self.properties.is_empty() && here != there {
            return Err(format!("the blocks have {here:?} bytes, Hadoop's {there:?}"));
        }
        Ok(())
    }

    fn is_this(&self, read: &[u8]) -> Result<(), String> {
        parting(&self.plain, read).map_or(Ok(()), Err)
    }

    /// The file as this side writes it.
    fn by_us(&self) -> io::Result<Vec<u8>> {
        let mut file = Vec::new();
        let mut encoder = self.codec.encoder(&mut file)?;
        let mut rest = &self.plain[..];
        for &write in &self.writes {
            let (now, later) = rest.split_at(write);
            encoder.write_all(now)?;
            rest = later;
        }
        encoder.finish()?;
        Ok(file)
    }

    /// The file as Hadoop writes it.
    fn by_hadoop(&self, oracle: &mut Oracle) -> Result<Vec<u8>, String> {
        let here = oracle.here();
        let [from, to] = ["plain", "hadoops"].map(|name| here.join(name).display().to_string());
        let writes: Vec<_> = self.writes.iter().map(ToString::to_string).collect();
        let writes = writes.join(",");
        let mut request: Vec<_> = self.properties.iter().map(String::as_str).collect();
        request.extend(["pack", self.codec.hadoop_class(), &from, &writes, &to]);
        oracle.cross(&request).map_err(|says| format!("Hadoop does not write it: {says}"))?;
        Ok(fs::read(&to).unwrap())
    }

    /// What Hadoop reads of the file of this side.
    fn read_by_hadoop(&self, oracle: &mut Oracle) -> Result<Vec<u8>, String> {
        let here = oracle.here();
        let [from, to] = ["ours", "read"].map(|name| here.join(name).display().to_string());
        let mut request: Vec<_> = self.properties.iter().map(String::as_str).collect();
        request.retain(|property| property.starts_with(BUFFER)); // the others are of writers alone
        request.extend(["unpack", self.codec.hadoop_class(), &from, &to]);
        oracle.cross(&request).map_err(|says| format!("Hadoop does not read it: {says}"))?;
        Ok(fs::read(&to).unwrap())
    }
}

/// A length at which something changes: a block that is full, a buffer here or there.
fn edge(dice: &mut Dice, codec: Codec) -> usize {
    match codec {
        Codec::Snappy if dice.chance(70) => SNAPPY_CHUNK,
        Codec::Lz4 if dice.chance(70) => LZ4_CHUNK,
        Codec::Bzip2 if dice.chance(50) => 900_000,
        _ => [512, 4096, 8192, 65_536, 262_144, 1 << 20][dice.below(6)],
    }
}

/// The lengths of writes that make `length` bytes: one, any, short ones, long ones, or two that reach an edge or pass it
/// by one byte.
fn writes(dice: &mut Dice, codec: Codec, length: usize) -> Vec<usize> {
    let (edge, style) = (edge(dice, codec), dice.below(5));
    let (mut writes, mut rest) = (Vec::new(), length);
    while rest > 0 {
        let write = match style {
            0 => rest,
            1 if length < 100_000 => dice.below(200),
            2 => edge + dice.below(3),
            3 if writes.len() % 2 == 0 => dice.below(edge),
            3 => edge + dice.below(2) - writes[writes.len() - 1],
            _ => dice.below(rest / 2 + 2),
        };
        writes.push(write.min(rest));
        rest -= writes[writes.len() - 1];
    }
    if writes.is_empty() || dice.chance(10) {
        writes.insert(dice.below(writes.len() + 1), 0);
    }
    writes
}

/// What Hadoop's users set of a codec; nothing in half of all cases.
pub fn properties(dice: &mut Dice, codec: Codec) -> Vec<String> {
    if dice.chance(50) {
        return Vec::new();
    }
    let buffer = dice.one(&["300", "4096", "65536", "1048576"]);
    let own = match codec {
        Codec::Snappy => format!("io.compression.codec.snappy.buffersize={buffer}"),
        Codec::Lz4 if dice.chance(50) => "io.compression.codec.lz4.use.lz4hc=true".to_owned(),
        Codec::Lz4 => format!("io.compression.codec.lz4.buffersize={buffer}"),
        Codec::Bzip2 => format!("bzip2.compress.blocksize={}", 1 + dice.below(9)),
        Codec::Gzip | Codec::Deflate if dice.chance(50) => {
            let strategy = dice.one(&["FILTERED", "HUFFMAN_ONLY"]);
            format!("zlib.compress.strategy={strategy}")
        }
        Codec::Gzip | Codec::Deflate => {
            let level = dice.one(&["BEST_SPEED", "NO_COMPRESSION", "BEST_COMPRESSION"]);
            format!("zlib.compress.level={level}")
        }
        _ => format!("io.compression.codec.zstd.level={}", 1 + dice.below(19)),
    };
    vec![own, format!("{BUFFER}={}", dice.one(&["64", "4096", "100000"]))]
}

fn unpacked(codec: Codec, file: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    codec.decoder(file)?.read_to_end(&mut plain)?;
    Ok(plain)
}

/// The lengths of the blocks of Hadoop's framing, whose longest chunks are known; none of other codecs.
fn blocks(codec: Codec, mut file: &[u8]) -> Vec<usize> {
    let longest = match codec {
        Codec::Snappy => SNAPPY_CHUNK,
        Codec::Lz4 => LZ4_CHUNK,
        _ => return Vec::new(),
    };
    let mut lengths = Vec::new();
    let number = |file: &mut &[u8]| {
        let (number, rest) = file.split_first_chunk::<4>()?;
        *file = rest;
        usize::try_from(i32::from_be_bytes(*number)).ok()
    };
    while let Some(length) = number(&mut file) {
        lengths.push(length);
        for _ in 0..length.div_ceil(longest) {
            file = number(&mut file).and_then(|packed| file.get(packed..)).unwrap_or_default();
        }
    }
    lengths
}
