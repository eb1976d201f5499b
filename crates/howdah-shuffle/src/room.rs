//! The room of buffers that huge records pass through.
//!
//! A vector that grows by itself doubles: for a record of megabytes that is as much again for nothing, and while it is
//! moved there are both. So such a buffer gets what is asked for and an eighth, for the next record is often a little
//! longer; and what a record of usual size does not need is given back when the huge one has passed.
//!
//! What is given back must reach the system, too. glibc maps large blocks one by one, and unmaps them when they are
//! freed; but it takes the first such block that is freed for a sign that blocks of its size come and go. From then on it
//! cuts them out of heaps, which shrink only at their end, and only when twice that size is free there. So a worker's
//! buffer of 16 MiB that was dropped after the map stage let a run hold 30 MiB of freed blocks in the reduce stage. A
//! [`Buffer`] is therefore made small before it is freed.

use std::ops::{Deref, DerefMut};

/// A larger buffer is that of a huge record.
pub(crate) const MOST_KEPT_BYTES: usize = 1 << 18;

/// A vector that may be large, and leaves its memory to the system when it goes.
#[derive(Debug)]
pub(crate) struct Buffer<T>(Vec<T>);

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Buffer(Vec::new())
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(vector: Vec<T>) -> Self {
        Buffer(vector)
    }
}

impl<T> Deref for Buffer<T> {
    type Target = Vec<T>;
    #[inline]
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        make_small(&mut self.0);
    }
}

/// Empties a vector and makes it small, but not so small that it is freed.
fn make_small<T>(vector: &mut Vec<T>) {
    vector.clear();
    if vector.capacity() * size_of::<T>() > MOST_KEPT_BYTES {
        vector.shrink_to(1);
    }
}

/// Makes a buffer `count` bytes long, whatever is in them.
pub(crate) fn set_length(buffer: &mut Vec<u8>, count: usize) {
    if buffer.capacity() < count {
        buffer.clear();
        grow(buffer, count);
    }
    buffer.resize(count, 0);
    give_back(buffer);
}

/// Empties a buffer that is to have `count` bytes.
pub(crate) fn empty(buffer: &mut Vec<u8>, count: usize) {
    buffer.clear();
    if buffer.capacity() < count {
        grow(buffer, count);
    } else if buffer.capacity() / 2 > count {
        buffer.shrink_to(count.max(MOST_KEPT_BYTES));
    }
}

/// Makes room for a record of so many bytes behind what is in a buffer, if that is a huge one.
#[inline]
pub(crate) fn prepare(buffer: &mut Vec<u8>, record: usize) {
    if record > MOST_KEPT_BYTES && buffer.capacity() - buffer.len() < record {
        grow(buffer, buffer.len() + record);
    }
}

/// Puts these bytes into a buffer in place of what is there.
#[inline]
pub(crate) fn replace(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.clear();
    extend(buffer, bytes);
}

/// Appends bytes to a buffer.
#[inline]
pub(crate) fn extend(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let count = buffer.len() + bytes.len();
    if buffer.capacity() < count {
        grow(buffer, count);
    }
    buffer.extend_from_slice(bytes);
}

/// Gives back most of a huge buffer of which less than half is in use.
#[inline]
pub(crate) fn give_back(buffer: &mut Vec<u8>) {
    if buffer.capacity() > MOST_KEPT_BYTES && buffer.capacity() / 2 > buffer.len() {
        buffer.shrink_to(MOST_KEPT_BYTES);
    }
}

#[cold]
fn grow(buffer: &mut Vec<u8>, count: usize) {
    let more = count - buffer.len();
    if count <= MOST_KEPT_BYTES {
        return buffer.reserve(more);
    }
    if buffer.is_empty() {
        make_small(buffer); // nothing is to be moved, so the old room goes before the new one comes
    }
    buffer.reserve_exact(more + count / 8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_record_takes_little_more_than_itself_and_is_given_back() {
        let mut buffer = vec![b'a'; 1000];
        let huge = vec![b'b'; 3 << 20];
        replace(&mut buffer, &huge);
        assert_eq!(buffer, huge);
        for length in [3 << 20, (3 << 20) + 1000, 2 << 20] {
            set_length(&mut buffer, length);
            assert_eq!(buffer.len(), length);
            assert!(buffer.capacity() < 4 << 20, "{}", buffer.capacity());
        }
        extend(&mut buffer, &huge);
        assert!(buffer.capacity() < 6 << 20 && buffer.ends_with(&huge), "{}", buffer.capacity());
        set_length(&mut buffer, 5);
        assert!(buffer.capacity() <= MOST_KEPT_BYTES, "{}", buffer.capacity());
    }
}
