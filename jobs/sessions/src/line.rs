//! A line of a web server's log: the Common Log Format, or the Combined one, which begins alike.

use crate::time;

/// What a session needs of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request<'l> {
    pub(crate) host: &'l str,
    /// In seconds since 1970.
    pub(crate) time: i64,
    pub(crate) path: &'l str,
}

const NO_HOST: &str = "it does not begin with a host";
const NO_TIME: &str = "it has no [time]";

/// Reads `host ident user [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.0" 200 2326`; if it is no such line, why.
pub(crate) fn parse(line: &[u8]) -> Result<Request<'_>, &'static str> {
    let line = str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let (host, rest) = line.split_once(' ').ok_or(NO_HOST)?;
    if host.is_empty() {
        return Err(NO_HOST);
    }
    let (_, rest) = rest.split_once('[').ok_or(NO_TIME)?;
    let (time, rest) = rest.split_once(']').ok_or(NO_TIME)?;
    let time = time::parse(time).ok_or("its time is not like 10/Oct/2000:13:55:36 -0700")?;
    let request = rest.split('"').nth(1).ok_or("it has no \"request\"")?;
    let path = request.split(' ').nth(1).ok_or("its request has no path")?;
    Ok(Request { host, time, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "[10/Oct/2000:13:55:36 -0700]";

    #[test]
    fn a_request_has_a_host_a_time_and_a_path() {
        let expected = Request { host: "127.0.0.1", time: 971_211_336, path: "/apache_pb.gif" };
        let common = format!("127.0.0.1 - frank {TIME} \"GET /apache_pb.gif HTTP/1.0\" 200 2326");
        assert_eq!(parse(common.as_bytes()), Ok(expected));
        let combined =
            format!("h - - {TIME} \"GET /a?b=c HTTP/1.1\" 200 1 \"http://x/ y\" \"Agent [en]\"");
        assert_eq!(parse(combined.as_bytes()).unwrap().path, "/a?b=c");
        let short = format!("::1 - - {TIME} \"GET /\" 200 -");
        assert_eq!(parse(short.as_bytes()).unwrap().host, "::1");
    }

    #[test]
    fn another_line_is_refused_with_what_it_lacks() {
        for (line, reason) in [
            ("", NO_HOST),
            (" - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\"", NO_HOST),
            ("h - - GET /", NO_TIME),
            ("h - - [10/Oct/2000", NO_TIME),
            ("h - - [noon] \"GET / HTTP/1.0\"", "its time is not like 10/Oct/2000:13:55:36 -0700"),
            ("h - - [10/Oct/2000:13:55:36 -0700] GET /", "it has no \"request\""),
            ("h - - [10/Oct/2000:13:55:36 -0700] \"-\" 408 -", "its request has no path"),
        ] {
            assert_eq!(parse(line.as_bytes()), Err(reason), "{line}");
        }
        assert_eq!(parse(b"h - - \xff"), Err("it is not UTF-8"));
    }
}
