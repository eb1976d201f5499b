//! The elements of a list, one after the other.

use serde::de::DeserializeOwned;

use super::Reader;

/// The elements of a list, to be read one after the other.
#[derive(Debug)]
pub(crate) struct List<'j> {
    reader: Reader<'j>,
    left: usize,
}

impl<'j> List<'j> {
    /// A list with all its elements, or gives up.
    pub(in crate::protocol) fn of(json: &'j str) -> Option<Self> {
        let mut reader = Reader::of_text(json);
        let list = List::counted(json, reader.skip_list().ok()?);
        reader.is_done().then_some(list)
    }

    /// The same of a text that this reader has passed over, and so found that many elements in.
    pub(in crate::protocol) fn counted(json: &'j str, elements: usize) -> Self {
        let mut reader = Reader::of_text(json);
        reader.at += 1; // the bracket
        List { reader, left: elements }
    }

    /// How many elements are left.
    pub(in crate::protocol) fn len(&self) -> usize {
        self.left
    }

    /// Reads the next element into the place of the one before it. Where it gives up, the element's JSON is returned.
    #[inline]
    pub(in crate::protocol) fn next_into<T: DeserializeOwned>(
        &mut self,
        place: &mut Option<T>,
    ) -> Option<Result<(), &'j str>> {
        self.left = self.left.checked_sub(1)?;
        let mut reader = self.reader;
        let read = match place {
            Some(place) => T::deserialize_in_place(&mut reader, place).is_ok(),
            None => T::deserialize(&mut reader).map(|read| *place = Some(read)).is_ok(),
        };
        let is_whole = read && !reader.gave_up && matches!(reader.peek(), Some(b',' | b']'));
        let element = if is_whole { Ok(()) } else { Err(self.skip_element()) };
        if element.is_ok() {
            self.reader = reader;
        }
        self.pass_comma();
        Some(element)
    }

    /// The text of the next element, and goes on behind it, if that is a string without escapes.
    #[inline]
    pub(in crate::protocol) fn next_plain(&mut self) -> Option<&'j str> {
        let reader = &mut self.reader;
        if self.left == 0 || reader.peek() != Some(b'"') {
            return None;
        }
        let start = reader.at + 1;
        let end = reader.end_of_plain(start);
        if reader.bytes.get(end) != Some(&b'"') {
            return None;
        }
        let plain = reader.text.get(start..end)?;
        reader.at = end + 1;
        self.left -= 1;
        self.pass_comma();
        Some(plain)
    }

    #[inline]
    fn pass_comma(&mut self) {
        if self.left > 0 {
            self.reader.at += 1; // it is there, as was seen when they were counted
        }
    }

    #[cold]
    fn skip_element(&mut self) -> &'j str {
        let start = self.reader.at;
        let skipped = self.reader.skip();
        debug_assert!(skipped.is_ok(), "it was skipped when the elements were counted");
        &self.reader.text[start..self.reader.at]
    }
}
