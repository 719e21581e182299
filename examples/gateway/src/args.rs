//! The command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};

/// The SMPP gateway of an SMS centre elsewhere: binds to carriers, lets partners bind, and keeps no message.
#[derive(Debug, Default, PartialEq, Eq, Parser)]
#[command(name = "gateway", version, after_help = AFTER, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Read settings from this TOML file; gateway.example.toml holds all of them.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep peers and users in this directory instead of the configured one; commands find the running gateway by it.
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
    /// Show how the running gateway does.
    Status,
    /// Connections to carriers and of partners.
    #[command(subcommand)]
    Binds(Binds),
    /// Carriers and partners as they are defined.
    #[command(subcommand)]
    Peers(Peers),
    /// Hand a message to the core for one bind.
    TestMessage(TestMessage),
    /// Show or change the log level of the running gateway.
    LogLevel {
        /// "error", "warn", "info", "debug" or "trace".
        level: Option<String>,
    },
    /// Stop the running gateway in an orderly way.
    Stop,
    /// Write all that somebody needs to help into FILE, a .tar.gz without texts, numbers and secrets.
    SupportBundle { file: PathBuf },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Binds {
    /// Show all binds as they stand.
    Status,
    /// Connect a carrier anew at once, also one that was dropped.
    Reconnect { name: String },
    /// Close the connection of a bind; a carrier stays down until it is reconnected.
    Drop { name: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Peers {
    /// Show all peers and where each comes from.
    List,
    /// Add a peer, given as TOML in the words of the file; "-" reads standard input.
    Add { file: PathBuf },
    /// Delete a peer; one of the file stays deleted until it is reverted.
    Delete { name: String },
    /// Go back to what the file says of a peer.
    Revert { name: String },
    /// Print all peers with their passwords, in the words of the file.
    Export,
    /// Add the peers of a file and replace those of the same names; "-" reads standard input.
    Import { file: PathBuf },
}

#[derive(Clone, Debug, PartialEq, Eq, Group)]
pub(crate) struct TestMessage {
    /// The bind that delivers it.
    #[arg(long)]
    pub(crate) dest_smsc: String,
    #[arg(long)]
    pub(crate) from: String,
    #[arg(long)]
    pub(crate) to: String,
    pub(crate) text: String,
}

impl Command {
    /// Whether it is for a gateway that runs already.
    pub(crate) const fn is_for_a_running_gateway(&self) -> bool {
        !matches!(self, Command::Run | Command::CheckConfig)
    }
}

const AFTER: &str = "\
API_BASE_URL, SMPP_POLL_INTERVAL, VERIFY_SSL_PEER and SMSC_NAME win over the file; so do keys in a section as in
  GATEWAY_LISTEN__PORT=2776  GATEWAY_BINDS__0__PASSWORD=secret  GATEWAY_LOG__LEVEL=debug
";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_table_of_commands_is_sound() {
        Args::command().debug_assert();
    }
}
