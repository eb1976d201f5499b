//! The files between here and `tests/oracle/Cross.java`: pieces of bytes, each behind its length.

/// Appends a piece.
pub fn put(bytes: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(&i32::try_from(bytes.len()).unwrap().to_be_bytes());
    to.extend_from_slice(bytes);
}

/// Takes one piece after the other.
#[derive(Debug)]
pub struct Pieces<'b>(pub &'b [u8]);

impl<'b> Pieces<'b> {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn number(&mut self) -> usize {
        let (number, rest) = self.0.split_first_chunk::<4>().unwrap();
        self.0 = rest;
        usize::try_from(i32::from_be_bytes(*number)).unwrap()
    }

    pub fn bytes(&mut self) -> &'b [u8] {
        let length = self.number();
        let (piece, rest) = self.0.split_at(length);
        self.0 = rest;
        piece
    }

    pub fn text(&mut self) -> &'b str {
        std::str::from_utf8(self.bytes()).unwrap()
    }
}
