//! Hits and bytes by status code, from a web server's log: the job to copy for one of your own.

use howdah::{Bytes, Counter, Flow, Job, Mapper, Out, Plan, Result, Sum, clap, write};

const BAD_LINES: Counter = Counter::new("Log", "bad lines");

/// Hits and bytes by status code of a web server's log
#[derive(clap::Args, Clone)]
struct LogStatus {
    /// Only requests whose path begins with PREFIX
    #[arg(long, value_name = "PREFIX", default_value = "/")]
    under: String,
}

impl Mapper<Bytes> for LogStatus {
    type Key = u16;
    type Value = (u64, u64);

    fn map(&mut self, line: &[u8], out: &mut Out<u16, (u64, u64)>) -> Result {
        match parse(line) {
            Some((path, status, bytes)) if path.starts_with(&self.under) => {
                out.emit(status, (1, bytes));
            }
            Some(_) => {}
            None => out.count(&BAD_LINES, 1),
        }
        Ok(())
    }
}

/// Path, status and size of `host - - [time] "GET /path HTTP/1.1" 200 2326`.
fn parse(line: &[u8]) -> Option<(&str, u16, u64)> {
    let mut quoted = str::from_utf8(line).ok()?.split('"').skip(1);
    let path = quoted.next()?.split(' ').nth(1)?;
    let mut numbers = quoted.next()?.split_whitespace();
    let status = numbers.next()?.parse().ok()?;
    let bytes = match numbers.next()? {
        "-" => 0,
        bytes => bytes.parse().ok()?,
    };
    Some((path, status, bytes))
}

impl Job for LogStatus {
    fn plan(&self) -> Plan {
        Flow::bytes().map(self.clone()).fold(Sum).write(write::Tsv).plan()
    }
}

howdah::main!(LogStatus);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_and_bytes_are_summed_and_bad_lines_counted() {
        let lines = [
            r#"::1 - - [10/Oct/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 2326"#,
            r#"::1 - - [10/Oct/2026:13:55:37 +0000] "GET /b HTTP/1.1" 404 -"#,
            r#"::1 - - [10/Oct/2026:13:55:38 +0000] "GET /a/b HTTP/1.1" 200 74"#,
            "no request",
        ];
        let ran = |under: &str| {
            howdah::test::job(&LogStatus { under: under.to_owned() }).lines(lines).run().unwrap()
        };
        assert_eq!(ran("/").text(), "200\t2\t2400\n404\t1\t0\n");
        assert_eq!(ran("/").counter(&BAD_LINES), 1);
        assert_eq!(ran("/b").text(), "404\t1\t0\n");
    }
}
