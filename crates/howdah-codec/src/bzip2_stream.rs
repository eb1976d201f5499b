//! bzip2 from the first byte to the last (`BZip2Codec` without splits).

use std::io;

use bzip2::{Action, Compress, Compression, Decompress, Status};

use crate::stream::{Fault, Pack, Step, Unpack};

/// bzip2's decompressor; it verifies the checksum of each block and of the whole stream.
pub(crate) struct Bzip2Unpack(Decompress);

impl Bzip2Unpack {
    pub(crate) fn new() -> Self {
        Self(Decompress::new(false))
    }
}

impl Unpack for Bzip2Unpack {
    const NAME: &'static str = "bzip2";
    const EMPTY_FILE_IS_EMPTY: bool = true;

    fn restart(&mut self) -> io::Result<()> {
        self.0 = Decompress::new(false);
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let (read, written) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, output);
        let read = (self.0.total_in() - read) as usize;
        let fault = |reason: &str| Fault { reason: reason.to_owned(), read };
        let status = status.map_err(|error| fault(reason(error)))?;
        if matches!(status, Status::MemNeeded) {
            return Err(fault("there is not enough memory for a block"));
        }
        Ok(Step {
            read,
            written: (self.0.total_out() - written) as usize,
            end: matches!(status, Status::StreamEnd),
        })
    }
}

fn reason(error: bzip2::Error) -> &'static str {
    match error {
        bzip2::Error::DataMagic => "there is no `BZh` header here",
        bzip2::Error::Data => "a block is not valid or does not match its checksum",
        _ => "the decompressor is in no state to go on after an earlier error",
    }
}

/// bzip2's compressor, at level 9 as in Hadoop: blocks of 900 000 bytes.
pub(crate) struct Bzip2Pack(Compress);

impl Bzip2Pack {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::best(), 0))
    }
}

impl Pack for Bzip2Pack {
    fn pack(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let before = self.0.total_in();
        self.0.compress_vec(input, out, Action::Run)?;
        Ok((self.0.total_in() - before) as usize)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        Ok(matches!(self.0.compress_vec(&[], out, Action::Finish)?, Status::StreamEnd))
    }
}
