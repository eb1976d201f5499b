//! What can be wrong with a compressed file, and where.

use std::io;

/// Why a compressed file could not be read or written.
///
/// It travels inside an [`io::Error`], because the readers and writers of this crate are
/// [`Read`](std::io::Read) and [`Write`](std::io::Write); [`io::Error::get_ref`] gives it back.
/// An error of the file below (a disk that fails, say) is passed on unchanged and is not one of these.
///
/// ```
/// use std::io::{ErrorKind, Read};
/// use howdah_codec::{Codec, CodecError};
///
/// let cut = &b"\x1f\x8b\x08\x00\x00\x00"[..];
/// let error = Codec::Gzip.decoder(cut).and_then(|mut d| d.read(&mut [0; 16])).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
///
/// let inner = error.get_ref().and_then(|e| e.downcast_ref::<CodecError>());
/// assert!(matches!(inner, Some(CodecError::Truncated { codec: "gzip", offset: 6, .. })));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The compressed data end before they are complete. Kind: `UnexpectedEof`.
    #[error("{codec} data end too early, at byte {offset} of the compressed file: {missing}")]
    Truncated {
        /// The codec's name, as [`Codec::name`](crate::Codec::name) gives it.
        codec: &'static str,
        /// The offset in the compressed file at which the data end.
        offset: u64,
        /// What was expected there.
        missing: &'static str,
    },
    /// The compressed data contradict themselves or their checksum. Kind: `InvalidData`.
    #[error("{codec} data are damaged near byte {offset} of the compressed file: {reason}")]
    Corrupt {
        /// The codec's name, as [`Codec::name`](crate::Codec::name) gives it.
        codec: &'static str,
        /// The offset in the compressed file up to which the data had been read.
        offset: u64,
        /// What the codec found.
        reason: String,
    },
    /// The codec was left out when the program was built. Kind: `Unsupported`.
    #[error("{codec} is not part of this program: build it with the cargo feature `{feature}`")]
    FeatureOff {
        /// The codec's name, as [`Codec::name`](crate::Codec::name) gives it.
        codec: &'static str,
        /// The cargo feature that brings the codec.
        feature: &'static str,
    },
}

impl CodecError {
    pub(crate) fn truncated(codec: &'static str, offset: u64, missing: &'static str) -> io::Error {
        Self::Truncated { codec, offset, missing }.into()
    }

    pub(crate) fn corrupt(
        codec: &'static str,
        offset: u64,
        reason: impl Into<String>,
    ) -> io::Error {
        Self::Corrupt { codec, offset, reason: reason.into() }.into()
    }

    #[cfg(not(feature = "zstd"))]
    pub(crate) fn feature_off(codec: &'static str, feature: &'static str) -> io::Error {
        Self::FeatureOff { codec, feature }.into()
    }
}

impl From<CodecError> for io::Error {
    fn from(error: CodecError) -> Self {
        let kind = match error {
            CodecError::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            CodecError::Corrupt { .. } => io::ErrorKind::InvalidData,
            CodecError::FeatureOff { .. } => io::ErrorKind::Unsupported,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_failed_and_where() {
        let cut = CodecError::truncated("gzip", 7, "a trailer");
        assert_eq!(
            cut.to_string(),
            "gzip data end too early, at byte 7 of the compressed file: a trailer"
        );
        let bad = CodecError::corrupt("lz4", 12, "a negative length");
        assert_eq!(
            bad.to_string(),
            "lz4 data are damaged near byte 12 of the compressed file: a negative length"
        );
    }
}
