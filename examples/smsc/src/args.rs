//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) task: Task,
    pub(crate) config: Option<PathBuf>,
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Task {
    #[default]
    Run,
    CheckConfig,
    Help,
    Version,
}

impl Args {
    /// Reads arguments, the first of which is the name of the program.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item: Into<std::ffi::OsString>, IntoIter: 'static>,
    ) -> Result<Self, lexopt::Error> {
        let mut parser = lexopt::Parser::from_iter(arguments);
        let mut args = Args::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Args { task: Task::Help, ..args }),
                Short('V') | Long("version") => return Ok(Args { task: Task::Version, ..args }),
                Long("config") => args.config = Some(path(&mut parser)?),
                Long("data-dir") => args.data_dir = Some(path(&mut parser)?),
                Value(command) if command == "check-config" && args.task == Task::Run => args.task = Task::CheckConfig,
                other => return Err(other.unexpected()),
            }
        }
        Ok(args)
    }
}

fn path(parser: &mut lexopt::Parser) -> Result<PathBuf, lexopt::Error> {
    let value = parser.value()?;
    if value.is_empty() { Err("an empty path".into()) } else { Ok(value.into()) }
}

pub(crate) const HELP: &str = "\
A complete SMS centre: takes messages over SMPP, stores them, delivers them to its sandbox.

Usage: smsc [--config FILE] [--data-dir DIR] [check-config]

Commands:
  (none)           run until Ctrl-C
  check-config     say whether the configuration is good, and what is in force

Options:
  --config FILE    read settings from a TOML file; smsc.example.toml holds all of them
  --data-dir DIR   keep messages in this directory instead of the configured one
  -h, --help       print this
  -V, --version    print the version

Every key of the file can also be given in the environment, where it wins:
  SMSC_SMPP__LISTEN=0.0.0.0:2775  SMSC_ACCOUNTS__0__PASSWORD=secret  SMSC_LOG__LEVEL=debug
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, String> {
        let arguments: Vec<String> = std::iter::once("smsc").chain(arguments.iter().copied()).map(String::from).collect();
        Args::parse(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn options_come_in_any_order_and_form() {
        let expected = Args { task: Task::CheckConfig, config: Some("a.toml".into()), data_dir: Some("d".into()) };
        assert_eq!(parse(&["check-config", "--config", "a.toml", "--data-dir=d"]).unwrap(), expected);
        assert_eq!(parse(&["--data-dir", "d", "--config=a.toml", "check-config"]).unwrap(), expected);
        assert_eq!(parse(&[]).unwrap(), Args::default());
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (arguments, message) in [
            (&["--confg", "x"][..], "invalid option '--confg'"),
            (&["run"], "unexpected argument \"run\""),
            (&["check-config", "check-config"], "unexpected argument \"check-config\""),
            (&["--config"], "missing argument for option '--config'"),
            (&["--data-dir="], "an empty path"),
            (&["-x"], "invalid option '-x'"),
        ] {
            assert_eq!(parse(arguments).unwrap_err(), message);
        }
    }
}
