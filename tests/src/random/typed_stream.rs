//! Streams of typed bytes that Hadoop loads and that are refused here.

/// More values within each other are refused here.
const DEEPEST: usize = 128;

/// Whether a stream that Hadoop loads is one of those that are refused here: it ends within a list, has a count below
/// zero, or lies too deep in itself.
#[must_use]
pub fn is_refused_here(stream: &[u8]) -> bool {
    let mut walk = Walk { rest: stream, is_refused: false };
    while walk.value(0) == Found::Value {}
    walk.is_refused
}

#[derive(PartialEq, Eq)]
enum Found {
    Value,
    Marker,
    End,
}

/// Reads as Hadoop's `TypedBytesInput` does, but fails nowhere: what Hadoop fails at is not asked about.
struct Walk<'a> {
    rest: &'a [u8],
    is_refused: bool,
}

impl Walk<'_> {
    /// Passes over a value.
    fn value(&mut self, depth: usize) -> Found {
        self.is_refused |= depth > DEEPEST;
        let Some((&code, rest)) = self.rest.split_first() else { return Found::End };
        self.rest = rest;
        match code {
            1 | 2 => self.pass(1),
            3 | 5 => self.pass(4),
            4 | 6 => self.pass(8),
            0 | 7 | 50..=200 => {
                let length = self.number();
                self.pass(usize::try_from(length).unwrap_or(0));
            }
            8 | 10 => {
                let count = i64::from(self.number());
                self.is_refused |= count < 0;
                let values = if code == 8 { count } else { 2 * count };
                if (0..values).any(|_| self.value(depth + 1) != Found::Value) {
                    return Found::End;
                }
            }
            9 => loop {
                match self.value(depth + 1) {
                    Found::Value => {}
                    Found::Marker => break,
                    Found::End => {
                        self.is_refused = true; // for Hadoop it ends the list, too
                        break;
                    }
                }
            },
            255 => return Found::Marker,
            _ => return Found::End,
        }
        Found::Value
    }

    fn number(&mut self) -> i32 {
        let number = self.rest.first_chunk().map_or(0, |bytes| i32::from_be_bytes(*bytes));
        self.pass(4);
        number
    }

    fn pass(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::is_refused_here;

    #[test]
    fn what_is_refused_is_told_from_the_rest() {
        let refused = |stream: &[u8]| is_refused_here(stream);
        assert!(!refused(b"\x03\0\0\0\x01\x09\x02\x01\x09\xff\xff"));
        assert!(!refused(b"\xc8\0\0\0\x01\x09\x08\0\0\0\x01\x02\x01\xff"));
        assert!(refused(b"\x03\0\0\0\x01\x09\x02\x01"));
        assert!(refused(b"\x03\0\0\0\x01\x0a\xff\xff\xff\xff"));
        assert!(refused(&[vec![9; 130], vec![255; 130]].concat()));
        assert!(!refused(&[vec![9; 100], vec![255; 100]].concat()));
    }
}
