//! The command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};

/// A complete SMS centre: takes messages over SMPP and HTTP, stores them, delivers them; with an API and a dashboard.
#[derive(Debug, Default, PartialEq, Eq, Parser)]
#[command(name = "smsc", version, after_help = AFTER, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Read settings from this TOML file; smsc.example.toml holds all of them.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep messages in this directory instead of the configured one; commands find the running centre by it.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print answers as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Run until Ctrl-C; so does no command at all.
    Run,
    /// Say whether the configuration is good, and what is in force.
    CheckConfig,
    /// Show how the running centre does.
    Status,
    /// Show the nodes it shares a database with.
    Cluster,
    /// Messages: find them, retry, redirect, cancel, send.
    #[command(subcommand)]
    Messages(Messages),
    /// Routes: show, change, move them.
    #[command(subcommand)]
    Routes(Routes),
    /// Who may bind.
    #[command(subcommand)]
    Accounts(Accounts),
    /// Records of messages that have ended.
    #[command(subcommand)]
    Records(Records),
    /// SMPP sessions.
    #[command(subcommand)]
    Sessions(Sessions),
    /// Show or change the log level of the running centre.
    LogLevel {
        /// "error", "warn", "info", "debug" or "trace".
        level: Option<String>,
    },
    /// Let the running centre read settings and certificates again.
    Reload,
    /// Stop the running centre in an orderly way.
    Stop,
    /// Write a backup into a new directory in DIR, from the running centre or from its files.
    Backup {
        directory: PathBuf,
        /// Remove backups in DIR that are older.
        #[arg(long, value_name = "DAYS")]
        keep_days: Option<u32>,
    },
    /// Put a backup into the data directory of a centre that does not run.
    Restore {
        backup: PathBuf,
        /// Move aside what is there already.
        #[arg(long)]
        force: bool,
        /// Put settings, certificates and keys into this directory.
        #[arg(long, value_name = "DIR")]
        configuration: Option<PathBuf>,
    },
    /// Write all that somebody needs to help into FILE, a .tar.gz without texts, numbers and secrets.
    SupportBundle { file: PathBuf },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Messages {
    /// Show messages.
    List(Filter),
    /// Show one message and its history.
    Show { id: u64 },
    /// Try a message again at once.
    Retry { id: u64 },
    /// Let another frontend deliver it.
    Redirect { id: u64, dest_smsc: String },
    /// Take it off all work lists, for good.
    Cancel { id: u64 },
    /// Hand in a message.
    Send {
        #[arg(long)]
        from: String,
        #[arg(long)]
        to: String,
        #[arg(long, default_value = "operator")]
        source_smsc: String,
        text: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Group)]
pub(crate) struct Filter {
    /// "pending", "delivered", "failed", "expired" or "rejected".
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Sender or recipient.
    #[arg(long)]
    pub(crate) msisdn: Option<String>,
    #[arg(long)]
    pub(crate) source_smsc: Option<String>,
    #[arg(long)]
    pub(crate) dest_smsc: Option<String>,
    /// At most so many, up to 1000.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
    /// Pass over so many.
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Routes {
    /// Show all routes.
    List,
    /// Print all routes as a JSON document.
    Export,
    /// Take the routes of a JSON document; "-" reads standard input.
    Import {
        file: PathBuf,
        /// Remove all others.
        #[arg(long)]
        replace: bool,
    },
    /// Show where a message would go, and why.
    Simulate {
        #[arg(long)]
        calling: String,
        #[arg(long)]
        called: String,
        #[arg(long)]
        source_smsc: Option<String>,
        /// "IMS", "CS" or "SMPP".
        #[arg(long)]
        source_type: Option<String>,
        /// Show every field of every route that matches.
        #[arg(long)]
        all: bool,
    },
    /// Add a route, given as JSON such as '{"called_prefix":"+44","dest_smsc":"uk"}'.
    Add {
        route: String,
    },
    Enable {
        id: u64,
    },
    Disable {
        id: u64,
    },
    Delete {
        id: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Accounts {
    /// Show all accounts.
    List,
    /// Let a new account in; its password is read from standard input.
    Add {
        name: String,
        /// Sessions at a time; 0 for any number.
        #[arg(long, default_value_t = 0)]
        max_sessions: u32,
    },
    /// Let an account in again.
    Enable { name: String },
    /// Let an account in no more, and end its sessions.
    Disable { name: String },
    /// Delete an account.
    Delete { name: String },
    /// Read a password from standard input and print its hash for the settings.
    HashPassword,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Records {
    /// Show records, newest first.
    List(Span),
    /// Print records as CSV.
    Export(Span),
    /// Ask one of the operators' questions; without a name, show them.
    Query { name: Option<String>, parameters: Vec<String> },
}

#[derive(Clone, Debug, PartialEq, Eq, Group)]
pub(crate) struct Span {
    /// Sender or recipient.
    #[arg(long)]
    pub(crate) number: Option<String>,
    /// Submitted at this time or later, such as 2026-11-28T00:00:00Z.
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// Submitted before this time.
    #[arg(long)]
    pub(crate) until: Option<String>,
    #[arg(long)]
    pub(crate) smsc: Option<String>,
    /// Hide the last four digits of numbers.
    #[arg(long)]
    pub(crate) masked: bool,
    /// At most so many, up to 10000.
    #[arg(long, default_value_t = 100)]
    pub(crate) max: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Sessions {
    /// Show all sessions.
    List,
    /// Unbind a session.
    Drop { id: u64 },
}

const AFTER: &str = "\
Every key of the file can also be given in the environment, where it wins:
  SMSC_SMPP__LISTEN=0.0.0.0:2775  SMSC_ACCOUNTS__0__PASSWORD=secret  SMSC_LOG__LEVEL=debug
";

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::CommandFactory as _;
    use smsc_engine::program::{self, Instead};

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Args, String> {
        let arguments = std::iter::once("smsc").chain(arguments.iter().copied()).map(OsString::from);
        program::arguments(arguments).map_err(|(Instead::Text(said) | Instead::Fault(said))| said)
    }

    #[test]
    fn the_table_of_commands_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn options_come_in_any_order_and_form() {
        let command = Some(Command::CheckConfig);
        let expected = Args { command, config: Some("a.toml".into()), data_dir: Some("d".into()), json: false };
        assert_eq!(parse(&["check-config", "--config", "a.toml", "--data-dir=d"]).unwrap(), expected);
        assert_eq!(parse(&["--data-dir", "d", "--config=a.toml", "check-config"]).unwrap(), expected);
        assert_eq!(parse(&[]).unwrap(), Args::default());
        let query = Records::Query { name: Some("conversation".into()), parameters: vec!["1".into(), "2".into()] };
        assert_eq!(
            parse(&["records", "query", "conversation", "1", "2", "--json"]).unwrap().command,
            Some(Command::Records(query))
        );
    }

    #[test]
    fn what_is_not_understood_is_named_in_one_line() {
        for (arguments, message) in [
            (&["--confg", "x"][..], "unexpected argument '--confg' found"),
            (&["rnu"], "unrecognized subcommand 'rnu'"),
            (&["check-config", "check-config"], "unexpected argument 'check-config' found"),
            (&["--config"], "a value is required for '--config <FILE>' but none was supplied"),
            (&["messages", "show", "x"], "invalid value 'x' for '<ID>': invalid digit found in string"),
            (&["messages"], "a command is missing"),
            (
                &["routes", "simulate"],
                "the following required arguments were not provided: --calling <CALLING> --called <CALLED>",
            ),
        ] {
            assert_eq!(parse(arguments).unwrap_err(), message);
        }
    }
}
