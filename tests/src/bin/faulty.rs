//! A word count whose tasks go wrong in ways that a cluster must live with.
//!
//! Which way is an option, so that it reaches every attempt; most go wrong in the first attempt of task 0 alone.

use std::sync::mpsc;
use std::time::Duration;

use clap::ValueEnum;
use howdah::{Error, Flow, Job, Mapper, Out, Output, Plan, Reducer, Result, Text, Values};

const SHORT: Output<String, u64> = Output::new("short");

/// Counts words, and goes wrong as asked
#[derive(clap::Args, Clone)]
struct Faulty {
    /// What goes wrong
    #[arg(long, value_enum, default_value_t = Fault::None)]
    fault: Fault,
    /// How long a slow task takes, in milliseconds
    #[arg(long, default_value_t = 20_000)]
    slow: u64,
    /// What the job refuses to begin with, and quotes
    #[arg(long)]
    refused: Option<String>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The mapper of task 0 fails at its end, in its first attempt
    FailsOnce,
    /// The mapper of task 0 fails at its end, in each attempt
    FailsAlways,
    /// A mapper panics at a line that holds `panic`
    Panics,
    /// A reducer fails at the word `fail`
    FailsAtKey,
    /// The reducer of task 0 hangs, in its first attempt
    HangsOnce,
    /// The reducer of task 0 hangs, in each attempt
    HangsAlways,
    /// Each mapper takes its time
    Slow,
    /// The mapper of task 0 takes its time, in its first attempt
    Straggles,
    /// The mapper of task 0 computes in silence for as long as a slow task takes
    Computes,
}

/// Whether a task is task 0, and in its first attempt.
fn place<K, V>(out: &Out<K, V>) -> (bool, bool) {
    let id = out.property("mapreduce.task.attempt.id").unwrap_or("_0");
    (out.partition() == 0, id.ends_with("_0"))
}

/// Waits for what never comes. It takes no processor time, and nothing ends it but whoever ends the process.
fn hang() {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv();
}

/// Waits for what never comes, for a while.
fn wait(milliseconds: u64) {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(Duration::from_millis(milliseconds));
}

/// Computes for a while, and says nothing.
fn compute(milliseconds: u64) -> u64 {
    let began = std::time::Instant::now();
    let mut number = 1_u64;
    while began.elapsed() < Duration::from_millis(milliseconds) {
        number = (0..1_000_000).fold(number, |number, _| {
            number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)
        });
    }
    number
}

impl Mapper<Text> for Faulty {
    type Key = String;
    type Value = u64;

    fn map(&mut self, line: &str, out: &mut Out<String, u64>) -> Result {
        assert!(
            self.fault != Fault::Panics || !line.contains("panic"),
            "no such line is expected: {line}"
        );
        for word in line.split_whitespace() {
            out.emit(word, 1);
            if word.len() < 3 {
                out.emit_to(&SHORT, word, 1);
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Out<String, u64>) -> Result {
        let (is_first_task, is_first_attempt) = place(out);
        match self.fault {
            Fault::FailsOnce if is_first_task && is_first_attempt => Err(Error::new("as asked")),
            Fault::FailsAlways if is_first_task => Err(Error::new("as asked")),
            Fault::Slow => {
                wait(self.slow);
                Ok(())
            }
            Fault::Straggles if is_first_task && is_first_attempt => {
                wait(self.slow);
                Ok(())
            }
            Fault::Computes if is_first_task => match compute(self.slow) {
                0 => Err(Error::new("there is no such number")),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl Reducer<String, u64> for Faulty {
    type Key = String;
    type Value = u64;

    fn start(&mut self, out: &mut Out<String, u64>) -> Result {
        let (is_first_task, is_first_attempt) = place(out);
        match self.fault {
            Fault::HangsOnce if is_first_task && is_first_attempt => hang(),
            Fault::HangsAlways if is_first_task => hang(),
            _ => {}
        }
        Ok(())
    }

    fn reduce(&mut self, word: &String, values: Values<u64>, out: &mut Out<String, u64>) -> Result {
        out.emit(word, values.sum::<u64>());
        match self.fault {
            Fault::FailsAtKey if word == "fail" => Err(Error::new("no such word is expected")),
            _ => Ok(()),
        }
    }
}

impl Job for Faulty {
    fn check(&self) -> Result {
        match &self.refused {
            Some(refused) => Err(Error::new(format!("refused: {refused}"))),
            None => Ok(()),
        }
    }

    fn plan(&self) -> Plan {
        Flow::lines().map(self.clone()).output(&SHORT).reduce(self.clone()).plan()
    }
}

howdah::main!(Faulty);
