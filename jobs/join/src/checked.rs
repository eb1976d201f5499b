//! The command line of the job: options that are refused before anything runs if they do not go together.

use howdah::clap::error::ErrorKind;
use howdah::clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use crate::{Join, Options};

impl Options {
    /// Why these options do not go together.
    fn flaw(&self) -> Option<String> {
        (self.broadcast && self.kind.writes_right_alone()).then(|| {
            format!(
                "`--broadcast` cannot be used with `--kind {}`: a map task sees some of the left rows only, and \
                 cannot know which right rows have none; leave `--broadcast` out, or exchange left and right\n",
                self.kind.name()
            )
        })
    }
}

impl FromArgMatches for Join {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let options = Options::from_arg_matches(matches)?;
        match options.flaw() {
            Some(flaw) => Err(Error::raw(ErrorKind::ArgumentConflict, flaw)),
            None => Ok(Join(options)),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Join {
    fn augment_args(command: Command) -> Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Options::augment_args_for_update(command)
    }
}
