//! Sessions of visitors, from a web server's log.
//!
//! A session is visits of one host with no long pause between two of them. Map: each request goes to its host, with
//! its time before it. Reduce: the requests of a host come in the order of time, so that a session ends where the
//! next request is too late for it. One session is in memory, however many requests a host has made.
//!
//! All sessions are the job's output; long ones are written a second time, to an output with a name of its own.
//! Lines that are none of such a log are rejected: counted, and kept with their place for somebody to look at.

mod line;
mod session;
mod time;

use howdah::{
    Asc, Bytes, Counter, Flow, Job, Mapper, Out, Output, Plan, Reducer, Result, Values, clap, write,
};

use crate::session::{Open, Session};

/// Sessions that are longer than `--long-minutes`, once more.
const LONG: Output<(), Session> = Output::with("long", write::JsonValues);
const SESSIONS: Counter = Counter::new("Sessions", "sessions");
const PAGES: Counter = Counter::new("Sessions", "pages");

/// Sessions of visitors, from a web server's log
///
/// Reads the Common Log Format, and the Combined one, which begins alike; other lines are rejected. Writes a line of
/// JSON for each session: host, start in UTC, length in seconds, number of pages, first and last page.
#[derive(clap::Args, Clone)]
struct Sessions {
    /// The longest pause within a session; a visit after a longer one begins a new session
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    gap_minutes: u32,
    /// Sessions longer than this are also written to `long` in the output folder, so that `-o` is needed
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    long_minutes: u32,
}

/// A visit of a page: its time in seconds since 1970, and the page's path.
type Visit = (Asc<i64>, String);

/// Sends each visit to its host.
#[derive(Clone)]
struct ByHost;

impl Mapper<Bytes> for ByHost {
    type Key = String;
    type Value = Visit;

    fn map(&mut self, line: &[u8], out: &mut Out<String, Visit>) -> Result {
        match line::parse(line) {
            Ok(request) => out.emit(request.host, (Asc(request.time), request.path)),
            Err(reason) => out.reject(reason, line),
        }
        Ok(())
    }
}

/// Cuts the visits of a host into sessions.
#[derive(Clone)]
struct Cut {
    gap_seconds: i64,
    long_seconds: i64,
}

impl Cut {
    fn emit(&self, session: &Session, out: &mut Out<(), Session>) {
        out.count(&SESSIONS, 1);
        out.count(&PAGES, session.pages);
        if session.seconds > self.long_seconds {
            out.emit_to(&LONG, (), session);
        }
        out.emit((), session);
    }
}

impl Reducer<String, Visit> for Cut {
    type Key = ();
    type Value = Session;

    fn reduce(
        &mut self,
        host: &String,
        mut visits: Values<Visit>,
        out: &mut Out<(), Session>,
    ) -> Result {
        let mut open: Option<Open> = None;
        while let Some((Asc(time), page)) = visits.next_ref() {
            match &mut open {
                Some(open) if time - open.end() <= self.gap_seconds => open.visit(*time, page),
                _ => {
                    if let Some(ended) = open.replace(Open::new(*time, page)) {
                        self.emit(&ended.close(host), out);
                    }
                }
            }
        }
        if let Some(last) = open {
            self.emit(&last.close(host), out);
        }
        Ok(())
    }
}

impl Job for Sessions {
    fn plan(&self) -> Plan {
        let seconds = |minutes: u32| i64::from(minutes) * 60;
        let cut = Cut {
            gap_seconds: seconds(self.gap_minutes),
            long_seconds: seconds(self.long_minutes),
        };
        Flow::bytes()
            .map(ByHost)
            .output(&LONG)
            .sort_values()
            .reduce(cut)
            .write(write::JsonValues)
            .plan()
    }
}

howdah::main!(Sessions);
