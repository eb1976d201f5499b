//! The asynchronous mapper: requests for many records at once, their answers in the records' order.
//!
//! [`Async`] is an ordinary mapper. Each task ([`task`]) has a queue of the records that it asked for and a runtime
//! of its own ([`runtime`]); [`attempts`] is what is done for one record.

mod attempts;
mod owned;
mod runtime;
mod task;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::attempts::Attempts;
pub use self::owned::OwnedInput;
use self::task::{Ask, Connect, Connecting, Task};
use crate::error::{Error, Result};
use crate::key::Data;
use crate::mapper::Mapper;
use crate::out::Out;

/// Records asked for at once, if nobody said.
const CONCURRENCY: usize = 16;
/// A mapper that asks a service about each record, for many records at once.
///
/// It is of the feature `async`. A closure, or an `async fn`, takes a record and gives back what is to be emitted:
/// a vector, an option or whatever else iterates over pairs of key and value. Any error can be returned with `?`.
///
/// ```
/// use std::time::Duration;
///
/// use howdah::{Async, Flow, Result, test};
///
/// /// Stands for a service.
/// async fn capital_of(country: &str) -> Result<Option<String>> {
///     Ok(match country {
///         "Chad" => Some("N'Djamena".to_owned()),
///         "Peru" => Some("Lima".to_owned()),
///         _ => None,
///     })
/// }
///
/// let capitals = Async::new(|country: String| async move {
///     let capital = capital_of(&country).await?;
///     Ok(capital.map(|capital| (country, capital)))
/// });
/// let plan = Flow::lines()
///     .map(
///         capitals
///             .concurrency(32)
///             .time_out(Duration::from_secs(5))
///             .retries(3, Duration::from_millis(100)),
///     )
///     .map_only()
///     .plan();
/// let ran = test::plan(&plan).lines(["Peru", "Atlantis", "Chad"]).run().unwrap();
/// assert_eq!(ran.text(), "\"Peru\"\t\"Lima\"\n\"Chad\"\t\"N'Djamena\"\n");
/// ```
///
/// # Records
///
/// A request outlives its record's line, so that it gets an owned one: a `String` in place of a `&str`.
/// [`OwnedInput`] says what it is for each input. It is cloned for each attempt.
///
/// What is emitted has the order of the records, always: the output's bytes depend neither on
/// [`concurrency`](Self::concurrency) nor on how long a service takes.
///
/// # Attempts
///
/// One attempt for each record, without a limit of time, unless [`retries`](Self::retries) and
/// [`time_out`](Self::time_out) say otherwise. A record that has no answer after its last attempt fails the task, and
/// the first such record in the order of the input is the one that is told. A panic fails the task, too.
/// The counters `Async retries` and `Async time-outs` of the group `howdah` say how often it was needed.
///
/// A task that fails is run again under Hadoop, and asks about all its records again: requests must be such that
/// twice is as good as once.
///
/// # How it runs
///
/// Each task has a runtime of its own on its own thread, tokio's `current_thread`. Requests go on only while the
/// mapper is called: a moment at each record, and while it waits because enough records are asked for, or because
/// there are no more. Time in which the task does other things does not count for a time-out.
///
/// A client that keeps connections must belong to one task, because its connections stand still with the runtime
/// that opened them: [`connect`](Self::connect) makes one for each task.
///
/// Requests may use tokio's timers, and its I/O if the job's crates ask for it, as clients of HTTP do. They block no
/// thread; calls that must block go into `tokio::task::spawn_blocking`. A test that runs a plan with an `Async` is no
/// asynchronous function itself, because a runtime cannot run within another.
#[must_use = "a mapper does nothing until its flow's plan runs"]
pub struct Async<R, K, V> {
    connect: Arc<Connect<R, K, V>>,
    concurrency: usize,
    attempts: Attempts,
    /// From a task's start to its end; none in a prototype.
    task: Option<Task<R, K, V>>,
}

impl<R, K, V> Async<R, K, V>
where
    R: Clone + Send + 'static,
    K: Data,
    V: Data,
{
    /// Asks about each record by `request`, 16 at once in each task.
    ///
    /// A closure that does more with its record than to pass it on needs the type written out: `|line: String|`.
    ///
    /// ```
    /// use howdah::{Async, Flow, Result};
    ///
    /// async fn length(line: String) -> Result<Vec<(String, usize)>> {
    ///     let length = line.len();
    ///     Ok(vec![(line, length)])
    /// }
    ///
    /// let _ = Flow::lines().map(Async::new(length));
    /// ```
    pub fn new<F, A, T>(request: F) -> Self
    where
        F: Fn(R) -> A + Send + Sync + 'static,
        A: Future<Output = Result<T>> + Send + 'static,
        T: IntoIterator<Item = (K, V)>,
    {
        Self::connect(|| async { Ok(()) }, move |(), record| request(record))
    }

    /// Connects at the start of each task, then asks about each record by `request`.
    ///
    /// What `connect` makes is cloned for each request, as clients are meant to be. An error of it fails the task:
    /// retries and time-outs are for requests only.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use howdah::{Async, Flow, Result, test};
    ///
    /// /// Stands for the client of a service.
    /// struct Client {
    ///     greeting: &'static str,
    /// }
    ///
    /// impl Client {
    ///     async fn open() -> Result<Arc<Client>> {
    ///         Ok(Arc::new(Client { greeting: "hello" }))
    ///     }
    ///
    ///     async fn greet(&self, name: &str) -> Result<String> {
    ///         Ok(format!("{}, {name}", self.greeting))
    ///     }
    /// }
    ///
    /// let greet = Async::connect(Client::open, |client, name: String| async move {
    ///     let greeting = client.greet(&name).await?;
    ///     Ok([(name, greeting)])
    /// });
    /// let plan = Flow::lines().map(greet).map_only().plan();
    /// let ran = test::plan(&plan).lines(["Ada"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"Ada\"\t\"hello, Ada\"\n");
    /// ```
    pub fn connect<O, B, C, F, A, T>(connect: O, request: F) -> Self
    where
        O: Fn() -> B + Send + Sync + 'static,
        B: Future<Output = Result<C>> + 'static,
        C: Clone + Send + Sync + 'static,
        F: Fn(C, R) -> A + Send + Sync + 'static,
        A: Future<Output = Result<T>> + Send + 'static,
        T: IntoIterator<Item = (K, V)>,
    {
        let request = Arc::new(request);
        let connect = move || -> Connecting<R, K, V> {
            let (connecting, request) = (connect(), Arc::clone(&request));
            Box::pin(async move {
                let client = connecting.await?;
                Ok(asker(client, request))
            })
        };
        Async {
            connect: Arc::new(connect),
            concurrency: CONCURRENCY,
            attempts: Attempts::default(),
            task: None,
        }
    }

    /// How many records are asked for at once in each task; 0 counts as 1.
    ///
    /// A task keeps that many records with their answers in memory, and no more. A slow answer holds up those
    /// behind it, which wait for their turn to be emitted. A run has several tasks at a time, and a service gets this
    /// many requests from each.
    pub fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = records.max(1);
        self
    }

    /// Cuts off each attempt that takes longer than `limit`.
    ///
    /// A task that waits long says so every 30 seconds, as a sign of life for Hadoop. Without a time-out it does not:
    /// then Hadoop ends a task that hangs (`mapreduce.task.timeout`).
    pub fn time_out(mut self, limit: Duration) -> Self {
        self.attempts.time_out = Some(limit);
        self
    }

    /// Asks again after an error or a time-out, up to `retries` times.
    ///
    /// Before the first retry there is a pause of `first_pause`, and each further pause is twice as long, up to 30
    /// seconds (or `first_pause`, if that is more). The pauses have nothing random in them.
    pub fn retries(mut self, retries: u32, first_pause: Duration) -> Self {
        self.attempts.retries = retries;
        self.attempts.first_pause = first_pause;
        self
    }

    /// Says which errors are worth a retry; others fail the task at once. Time-outs always are.
    ///
    /// The error is the one that the request returned, to be looked at by its type:
    ///
    /// ```
    /// use std::io;
    /// use std::time::Duration;
    ///
    /// use howdah::Async;
    ///
    /// let _ = Async::new(|line: String| async move {
    ///     let number: u64 = line.parse()?; // will be no number the next time, either
    ///     if number > 9 {
    ///         Err(io::Error::from(io::ErrorKind::ConnectionReset))?;
    ///     }
    ///     Ok([(line, number)])
    /// })
    /// .retries(3, Duration::from_millis(100))
    /// .retry_if(|error| error.is::<io::Error>());
    /// ```
    pub fn retry_if<F>(mut self, is_worth_it: F) -> Self
    where
        F: Fn(&(dyn StdError + 'static)) -> bool + Send + Sync + 'static,
    {
        self.attempts.retry_if = Some(Arc::new(is_worth_it));
        self
    }
}

/// What a task asks with once it has its client.
fn asker<C, R, K, V, F, A, T>(client: C, request: Arc<F>) -> Box<Ask<R, K, V>>
where
    C: Clone + Send + Sync + 'static,
    F: Fn(C, R) -> A + Send + Sync + 'static,
    A: Future<Output = Result<T>> + Send + 'static,
    T: IntoIterator<Item = (K, V)>,
{
    Box::new(move |record| {
        let answer = request(client.clone(), record);
        Box::pin(async move {
            let records = answer.await?;
            Ok(records.into_iter().collect())
        })
    })
}

impl<R, K, V> Clone for Async<R, K, V> {
    /// A prototype with the same settings, of which no task has begun.
    fn clone(&self) -> Self {
        Async {
            connect: Arc::clone(&self.connect),
            concurrency: self.concurrency,
            attempts: self.attempts.clone(),
            task: None,
        }
    }
}

impl<R, K, V> fmt::Debug for Async<R, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempts { time_out, retries, .. } = &self.attempts;
        f.debug_struct("Async")
            .field("concurrency", &self.concurrency)
            .field("time_out", time_out)
            .field("retries", retries)
            .finish_non_exhaustive()
    }
}

impl<I, R, K, V> Mapper<I> for Async<R, K, V>
where
    I: OwnedInput<Owned = R>,
    R: Clone + Send + 'static,
    K: Data,
    V: Data,
{
    type Key = K;
    type Value = V;

    fn start(&mut self, _out: &mut Out<'_, K, V>) -> Result {
        self.task = Some(Task::start(&*self.connect, self.attempts.clone())?);
        Ok(())
    }

    fn map(&mut self, record: I::Record<'_>, out: &mut Out<'_, K, V>) -> Result {
        let Some(task) = &mut self.task else {
            return Err(Error::new("this `Async` has no task; call its `start` first"));
        };
        task.take(I::own(record), self.concurrency, out)
    }

    fn finish(&mut self, out: &mut Out<'_, K, V>) -> Result {
        let Some(mut task) = self.task.take() else { return Ok(()) };
        task.emit_all(out)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, mpsc};
    use std::thread;

    use howdah_plan::{
        Part, Plan, RawMapper, RecordSink, Reporter, TaskError, TaskInfo, TaskKind, TaskOutput,
    };
    use tokio::time::{Instant, sleep};

    use super::task::{RETRIES, TIME_OUTS};
    use super::*;
    use crate::test::Ran;
    use crate::{Counter, Flow, JsonLines, Pairs, Sum, Tsv, test};

    const SECOND: Duration = Duration::from_secs(1);

    /// A service that takes as many seconds as the number it is asked about, and gives back twice the number.
    async fn twice(number: u64) -> Result<Vec<(u64, u64)>> {
        sleep(SECOND * u32::try_from(number)?).await;
        Ok(vec![(number, 2 * number)])
    }

    async fn twice_of(line: String) -> Result<Vec<(u64, u64)>> {
        twice(line.parse()?).await
    }

    /// A service that refuses each number's first requests, as many as the number's remainder by 3.
    fn moody() -> Async<String, u64, u64> {
        let refused = Arc::new(Mutex::new(Vec::new()));
        Async::new(move |line: String| {
            let refused = Arc::clone(&refused);
            async move {
                let number: u64 = line.parse()?;
                sleep(SECOND * u32::try_from(number % 7)?).await;
                let before =
                    refused.lock().unwrap().iter().filter(|&&other| other == number).count();
                if (before as u64) < number % 3 {
                    refused.lock().unwrap().push(number);
                    return Err(Error::new("in no mood"));
                }
                Ok(vec![(number, number), (number, 2 * number)])
            }
        })
        .retries(2, SECOND)
    }

    fn plan(mapper: impl Mapper<crate::Text, Key = u64, Value = u64>) -> Plan {
        Flow::lines().map(mapper).map_only().plan()
    }

    fn run(mapper: Async<String, u64, u64>, numbers: &[u64]) -> Result<Ran, TaskError> {
        test::plan(&plan(mapper)).lines(numbers.iter().map(u64::to_string)).run()
    }

    #[test]
    fn the_result_is_the_same_for_any_concurrency() {
        let numbers: Vec<u64> = (0..50).map(|n| n * 37 % 50).collect();
        let expected: Vec<_> = numbers.iter().flat_map(|&n| [(n, n), (n, 2 * n)]).collect();
        for concurrency in [1, 2, 16, 1000] {
            let ran = run(moody().concurrency(concurrency), &numbers).unwrap();
            assert_eq!(ran.records().unwrap(), expected, "{concurrency} at once");
            let refused = numbers.iter().map(|n| n % 3).sum::<u64>();
            assert_eq!(ran.counter(&RETRIES), i64::try_from(refused).unwrap());
            assert_eq!(ran.counter(&TIME_OUTS), 0);
        }
    }

    #[test]
    fn never_are_more_records_asked_for_than_allowed() {
        let most_at_once = |concurrency| {
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let counting = (Arc::clone(&now), Arc::clone(&most));
            let mapper = Async::new(move |line: String| {
                let (now, most) = counting.clone();
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    let answer = twice_of(line).await;
                    now.fetch_sub(1, Ordering::Relaxed);
                    answer
                }
            });
            run(mapper.concurrency(concurrency), &[5, 1, 4, 1, 3, 9, 2, 6, 5, 3]).unwrap();
            assert_eq!(now.load(Ordering::Relaxed), 0);
            most.load(Ordering::Relaxed)
        };
        assert_eq!([0, 1, 3, 10, 99].map(most_at_once), [1, 1, 3, 10, 10]);
    }

    #[test]
    fn records_wait_for_their_answers_together() {
        let waited = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::clone(&waited);
        let mapper = Async::connect(
            || async { Ok(Instant::now()) },
            move |begin, line: String| {
                let ends = Arc::clone(&ends);
                async move {
                    let answer = twice_of(line).await;
                    ends.lock().unwrap().push(begin.elapsed().as_secs());
                    answer
                }
            },
        );
        run(mapper.concurrency(3), &[3, 2, 1, 4]).unwrap();
        assert_eq!(*waited.lock().unwrap(), [1, 2, 3, 7]);
    }

    #[test]
    fn an_answer_that_is_there_is_emitted_at_the_next_record() {
        let mapper = Async::new(|line: String| async move { Ok([(line.parse()?, 0)]) });
        let mut task = ByHand::new(&plan(mapper));
        task.call(|mapper, out| mapper.start(out));
        let emitted = [b"7", b"8", b"9"].map(|line| {
            task.call(|mapper, out| mapper.map(line, out));
            task.records.ended
        });
        assert_eq!(emitted, [0, 1, 2]);
    }

    #[test]
    fn a_record_without_an_answer_fails_the_task() {
        let error = |mapper: Async<String, u64, u64>, numbers: &[u64]| {
            let error = run(mapper, numbers).unwrap_err();
            assert_eq!(error.slug(), "howdah::job-error");
            error.to_string()
        };
        assert_eq!(
            error(moody().retries(1, SECOND), &[3, 5, 1]),
            "gave up on record 2 of this task, 1 before the last that was read, after 2 attempts; the last error: \
             in no mood"
        );
        assert_eq!(
            error(moody().retries(0, SECOND).concurrency(1), &[3, 1, 3]),
            "gave up on record 2 of this task, 1 before the last that was read, after 1 attempt; its error: in no \
             mood"
        );
        assert_eq!(
            error(Async::new(twice_of).time_out(3 * SECOND).retries(2, SECOND), &[1, 2, 9]),
            "gave up on record 3 of this task after 3 attempts; the last error: no answer within 3s"
        );
    }

    #[test]
    fn the_first_record_of_the_input_that_fails_is_told() {
        // The third fails at once, the second when the third is long forgotten.
        for concurrency in [1, 2, 3] {
            let mapper = Async::new(|line: String| async move {
                let number: u64 = line.parse()?;
                twice(number).await?;
                if number == 2 { Ok([(0, 0)]) } else { Err(Error::new(number)) }
            });
            let error = run(mapper.concurrency(concurrency), &[2, 5, 0]).unwrap_err().to_string();
            assert!(error.starts_with("gave up on record 2 ") && error.ends_with(": 5"), "{error}");
        }
    }

    #[test]
    fn an_error_keeps_its_causes() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the service is away")
            }
        }
        impl StdError for Outer {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }
        let mapper = Async::new(|_: String| async {
            Err(Outer(io::ErrorKind::ConnectionRefused.into()))?;
            Ok([(0, 0)])
        });
        let error = run(mapper, &[1]).unwrap_err();
        assert!(error.to_string().ends_with("its error: the service is away"), "{error}");
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
    }

    #[test]
    fn only_errors_that_are_worth_it_are_tried_again() {
        let attempts = |worth: bool| {
            let asked = Arc::new(AtomicUsize::new(0));
            let counting = Arc::clone(&asked);
            let mapper = Async::new(move |line: String| {
                counting.fetch_add(1, Ordering::Relaxed);
                async move {
                    let number: u64 = line.parse()?;
                    if number == 0 {
                        Err(io::Error::from(io::ErrorKind::ConnectionReset))?;
                    }
                    Ok([(number, number)])
                }
            });
            let mapper =
                mapper.retries(4, SECOND).retry_if(move |error| worth && error.is::<io::Error>());
            assert!(run(mapper, &[0]).is_err());
            asked.load(Ordering::Relaxed)
        };
        assert_eq!((attempts(true), attempts(false)), (5, 1));
    }

    #[test]
    fn time_outs_and_retries_are_counted() {
        let asked = Arc::new(AtomicUsize::new(0));
        let mapper = Async::new(move |line: String| {
            let before = asked.fetch_add(1, Ordering::Relaxed);
            async move {
                match before {
                    0..3 => twice(100).await,
                    3 => Err(Error::new("not now")),
                    _ => twice(line.parse()?).await,
                }
            }
        });
        let mapper = mapper.concurrency(1).time_out(10 * SECOND).retries(4, SECOND);
        let ran = run(mapper, &[1, 2]).unwrap();
        assert_eq!(ran.text(), "1\t2\n2\t4\n");
        let count = |name| ran.counter(&Counter::new("howdah", name));
        assert_eq!((count("Async retries"), count("Async time-outs")), (4, 3));
    }

    #[test]
    fn a_panic_in_a_request_is_a_panic_of_the_mapper() {
        let mapper = Async::new(|line: String| async move {
            assert!(line != "2", "no twos");
            twice_of(line).await
        });
        let panic = catch_unwind(AssertUnwindSafe(|| run(mapper, &[1, 2, 3]))).unwrap_err();
        assert_eq!(TaskError::panic(&*panic).to_string(), "the job's code panicked: no twos");
    }

    #[test]
    fn each_task_connects_once() {
        let connected = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&connected);
        let mapper = Async::connect(
            move || {
                let counting = Arc::clone(&counting);
                async move {
                    sleep(SECOND).await;
                    Ok(counting.fetch_add(1, Ordering::Relaxed) as u64)
                }
            },
            |client, line: String| async move { Ok([(line.parse()?, client)]) },
        );
        assert_eq!(connected.load(Ordering::Relaxed), 0);
        assert_eq!(run(mapper.clone(), &[7, 8]).unwrap().text(), "7\t0\n8\t0\n");
        assert_eq!(run(mapper, &[7, 8]).unwrap().text(), "7\t1\n8\t1\n");
    }

    #[test]
    fn a_task_that_cannot_connect_fails() {
        let mapper = Async::connect(
            || async { Err::<(), _>(Error::new("no such service")) },
            |(), line: String| twice_of(line),
        );
        let error = run(mapper.retries(3, SECOND), &[]).unwrap_err();
        assert_eq!(error.to_string(), "no such service");
    }

    #[test]
    fn a_call_that_hangs_does_not_hold_up_the_failure() {
        let (release, hangs) = mpsc::channel::<()>();
        let hangs = Arc::new(Mutex::new(hangs));
        let mapper = Async::new(move |_: String| {
            let hangs = Arc::clone(&hangs);
            async move {
                tokio::task::spawn_blocking(move || hangs.lock().unwrap().recv());
                Err::<[(u64, u64); 0], _>(Error::new("something else"))
            }
        });
        let (failed, seen) = mpsc::channel();
        let task = thread::spawn(move || failed.send(run(mapper, &[1]).is_err()));
        assert_eq!(seen.recv_timeout(Duration::from_secs(60)), Ok(true), "the task hangs");
        drop(release);
        task.join().unwrap().unwrap();
    }

    #[test]
    fn every_input_of_howdah_s_can_be_asked_about() {
        let plan = Flow::<Tsv<(String, u64)>>::read()
            .map(Async::new(|pair: (String, u64)| async { Ok([pair]) }))
            .fold(Sum)
            .map(Async::new(|(word, n): (String, u64)| async move { Ok([(n, word)]) }))
            .map_only()
            .plan();
        let ran = test::plan(&plan).lines(["b\t1", "a\t2", "b\t3"]).run().unwrap();
        assert_eq!(ran.text(), "2\t\"a\"\n4\t\"b\"\n");

        let plan = Flow::<JsonLines<Vec<u64>>>::read()
            .map(Async::new(
                |numbers: Vec<u64>| async move { Ok(numbers.into_iter().map(|n| (n, ()))) },
            ))
            .map_only()
            .plan();
        let ran = test::plan(&plan).lines(["[2, 1]", "[]", "[3]"]).run().unwrap();
        assert_eq!(ran.text(), "2\tnull\n1\tnull\n3\tnull\n");

        let plan = Flow::bytes()
            .map(Async::new(|line: Vec<u8>| async move { Ok(Some((line.len(), line))) }))
            .map_only()
            .plan();
        assert_eq!(test::plan(&plan).lines([b"\xff"]).run().unwrap().text(), "1\t[255]\n");

        let plan = Flow::<Pairs<u64, u64>>::read()
            .map(Async::new(|pair| async move { Ok([pair]) }))
            .map_only()
            .plan();
        assert_eq!(test::plan(&plan).lines(["1\t2"]).run().unwrap().text(), "1\t2\n");
    }

    #[test]
    fn a_task_that_waits_long_says_so_if_its_end_is_certain() {
        let told = |mapper: Async<String, u64, u64>| {
            let mut task = ByHand::new(&plan(mapper));
            task.call(|mapper, out| mapper.start(out));
            task.call(|mapper, out| mapper.map(b"20", out));
            task.call(|mapper, out| mapper.map(b"100", out));
            task.call(|mapper, out| mapper.finish(out));
            assert_eq!(task.records.ended, 2);
            task.told.status
        };
        let says = "waiting for the answer to record 2";
        assert_eq!(told(Async::new(twice_of).time_out(200 * SECOND)), [says, says]);
        assert!(told(Async::new(twice_of)).is_empty());
    }

    #[test]
    fn a_mapper_that_was_not_started_says_so() {
        struct Unstarted(Async<String, u64, u64>);
        impl Clone for Unstarted {
            fn clone(&self) -> Self {
                Unstarted(self.0.clone())
            }
        }
        impl Mapper<crate::Text> for Unstarted {
            type Key = u64;
            type Value = u64;

            fn map(&mut self, line: &str, out: &mut Out<u64, u64>) -> Result {
                Mapper::<crate::Text>::map(&mut self.0, line, out)
            }
        }
        let plan = plan(Unstarted(Async::new(twice_of)));
        let error = test::plan(&plan).lines(["1"]).run().unwrap_err();
        assert_eq!(error.to_string(), "this `Async` has no task; call its `start` first");
    }

    /// A map task, call by call.
    struct ByHand {
        mapper: Box<dyn RawMapper>,
        records: Counted,
        told: Told,
    }

    impl ByHand {
        fn new(plan: &Plan) -> Self {
            let Part::Linked(make) = &plan.steps[0].inputs[0].mapper else {
                panic!("no linked code")
            };
            ByHand { mapper: make(), records: Counted::default(), told: Told::default() }
        }

        fn call(
            &mut self,
            call: impl FnOnce(&mut dyn RawMapper, &mut TaskOutput<'_>) -> Result<(), TaskError>,
        ) {
            let info = TaskInfo::new(0, TaskKind::Map, 0);
            let mut out = TaskOutput::new(&mut self.records, &mut self.told, &info);
            call(&mut *self.mapper, &mut out).unwrap();
            out.check().unwrap();
        }
    }

    #[derive(Default)]
    struct Told {
        status: Vec<String>,
    }

    impl Reporter for Told {
        fn count(&mut self, _: &str, _: &str, _: i64) {}

        fn status(&mut self, text: &str) {
            self.status.push(text.to_owned());
        }
    }

    #[derive(Default)]
    struct Counted {
        bytes: Vec<u8>,
        ended: usize,
    }

    impl RecordSink for Counted {
        fn key(&mut self) -> &mut Vec<u8> {
            &mut self.bytes
        }

        fn value(&mut self) -> &mut Vec<u8> {
            &mut self.bytes
        }

        fn end(&mut self) -> Result<(), TaskError> {
            self.ended += 1;
            Ok(())
        }

        fn abandon(&mut self) {}
    }
}
