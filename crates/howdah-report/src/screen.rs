//! Whole lines, and below them the lines that redraw themselves.
//!
//! Drawn by hand rather than by a library, since little is needed and that little makes it safe to be killed at
//! any moment: each change is one write, the cursor is never hidden, and no thread ticks. A live line that is
//! wider than the terminal is cut by the terminal itself (auto-wrap is off for the length of the write), so the
//! width need not be asked for and a line never takes two rows, which could not be erased again.

use std::io::{self, Write};

/// Erases from the cursor to the end of the screen.
const ERASE_BELOW: &str = "\x1b[J";
const WRAP_OFF: &str = "\x1b[?7l";
const WRAP_ON: &str = "\x1b[?7h";

/// A writer with live lines at its end.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    /// How many live lines are drawn; the cursor stands at the end of the last.
    drawn: usize,
    error: Option<io::Error>,
}

impl Screen {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Screen { out, drawn: 0, error: None }
    }

    /// Writes whole lines above the live ones, and replaces the live ones. `lines` is empty or has the text of
    /// one or more lines without the last end of line.
    ///
    /// Without live lines before and now, this writes `lines` and nothing else: no escape reaches a log.
    pub(crate) fn show(&mut self, lines: Option<&str>, live: &[String]) {
        let mut text = String::new();
        if self.drawn > 0 {
            text.push('\r');
            if self.drawn > 1 {
                text.extend(["\x1b[", &(self.drawn - 1).to_string(), "A"]);
            }
            text.push_str(ERASE_BELOW);
        }
        if let Some(lines) = lines {
            text.push_str(lines);
            text.push('\n');
        }
        if !live.is_empty() {
            // The blank is what a line that is cut shows in the last column, where its last character would be.
            text.extend([WRAP_OFF, &live.join(" \n"), " ", WRAP_ON]);
        }
        self.drawn = live.len();
        if text.is_empty() {
            return;
        }
        // A reader that cannot write must not fail the job that it reads; the first error is kept for who asks.
        if let Err(error) = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            self.keep_error(error);
        }
    }

    /// Keeps an error, if it is the first.
    pub(crate) fn keep_error(&mut self, error: io::Error) {
        self.error.get_or_insert(error);
    }

    /// The first error of a write, once.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

impl Drop for Screen {
    /// A program that gives up without a word leaves no half-drawn line behind.
    fn drop(&mut self) {
        self.show(None, &[]);
    }
}

/// Stand-ins for what is written to, in tests.
#[cfg(test)]
pub(crate) mod testing {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    /// A buffer that can be read while a reader writes to it.
    #[derive(Clone, Default)]
    pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Buffer {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        /// What a terminal of this width shows after what was written so far.
        pub(crate) fn seen(&self, width: usize) -> String {
            let mut terminal =
                Terminal { width, rows: vec![vec![]], row: 0, column: 0, wrap: true };
            terminal.obey(&self.text());
            let rows = terminal.rows.iter().map(|row| row.iter().collect::<String>());
            rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        }
    }

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A writer whose other end is gone.
    pub(crate) struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// As much of a terminal as the screen relies on; any other sequence fails the test. Colours are dropped.
    struct Terminal {
        width: usize,
        rows: Vec<Vec<char>>,
        row: usize,
        column: usize,
        wrap: bool,
    }

    impl Terminal {
        fn obey(&mut self, text: &str) {
            let mut rest = text.chars();
            while let Some(c) = rest.next() {
                match c {
                    '\r' => self.column = 0,
                    '\n' => self.next_row(),
                    '\x1b' => {
                        assert_eq!(rest.next(), Some('['));
                        let mut sequence = String::new();
                        for c in rest.by_ref() {
                            sequence.push(c);
                            if c.is_ascii_alphabetic() {
                                break;
                            }
                        }
                        self.sequence(&sequence);
                    }
                    c => self.put(c),
                }
            }
        }

        fn sequence(&mut self, sequence: &str) {
            match sequence {
                "J" => {
                    self.rows.truncate(self.row + 1);
                    self.rows[self.row].truncate(self.column);
                }
                "?7l" => self.wrap = false,
                "?7h" => self.wrap = true,
                _ if sequence.ends_with('m') => {}
                _ => {
                    let rows = sequence.strip_suffix('A').expect("a sequence that is relied on");
                    self.row -= rows.parse::<usize>().unwrap();
                }
            }
        }

        fn put(&mut self, c: char) {
            if self.column == self.width {
                if self.wrap {
                    self.next_row();
                } else {
                    self.column -= 1;
                }
            }
            let row = &mut self.rows[self.row];
            row.resize(row.len().max(self.column + 1), ' ');
            row[self.column] = c;
            self.column += 1;
        }

        fn next_row(&mut self) {
            self.row += 1;
            self.column = 0;
            if self.row == self.rows.len() {
                self.rows.push(vec![]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Buffer, Gone};
    use super::*;

    fn screen() -> (Screen, Buffer) {
        let buffer = Buffer::default();
        (Screen::new(Box::new(buffer.clone())), buffer)
    }

    #[test]
    fn without_live_lines_only_lines_are_written() {
        let (mut screen, buffer) = screen();
        screen.show(Some("one"), &[]);
        screen.show(None, &[]);
        screen.show(Some("two\nthree"), &[]);
        drop(screen);
        assert_eq!(buffer.text(), "one\ntwo\nthree\n");
    }

    #[test]
    fn live_lines_stay_below_whole_ones_and_go_in_the_end() {
        let (mut screen, buffer) = screen();
        screen.show(None, &["map 1 %".into(), "reduce 0 %".into()]);
        assert_eq!(buffer.seen(80), "map 1 %\nreduce 0 %");
        screen.show(Some("warning: a"), &["map 2 %".into(), "reduce 0 %".into()]);
        assert_eq!(buffer.seen(80), "warning: a\nmap 2 %\nreduce 0 %");
        screen.show(Some("map done"), &["reduce 1 %".into()]);
        assert_eq!(buffer.seen(80), "warning: a\nmap done\nreduce 1 %");
        drop(screen);
        assert_eq!(buffer.seen(80), "warning: a\nmap done\n");
    }

    #[test]
    fn a_live_line_takes_one_row_of_any_terminal() {
        let (mut screen, buffer) = screen();
        for percent in 0..3 {
            screen.show(None, &[format!("map {percent} %, 3.1 M records, 120 MB of 280 MB")]);
            assert_eq!(buffer.seen(12), format!("map {percent} %, 3."));
        }
        screen.show(Some("done"), &[]);
        assert_eq!(buffer.seen(12), "done\n");
    }

    #[test]
    fn each_change_is_whole_in_itself() {
        let (mut screen, buffer) = screen();
        screen.show(None, &["map 1 %".into()]);
        screen.show(Some("a"), &["map 2 %".into()]);
        insta::assert_snapshot!(buffer.text().escape_debug().to_string(), @r"\u{1b}[?7lmap 1 % \u{1b}[?7h\r\u{1b}[Ja\n\u{1b}[?7lmap 2 % \u{1b}[?7h");
    }

    #[test]
    fn the_first_error_is_kept_and_nothing_else_happens() {
        let mut screen = Screen::new(Box::new(Gone));
        screen.show(Some("a"), &[]);
        screen.show(Some("b"), &[]);
        assert_eq!(screen.take_error().map(|error| error.kind()), Some(io::ErrorKind::BrokenPipe));
        assert!(screen.take_error().is_none());
    }
}
