//! A socket in the file system that only its owner can open.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::http::client::LocalUser;

/// The usual name of the socket, in the directory of the centre.
pub const SOCKET: &str = "control.sock";

/// A socket that is served; dropping it takes it away and cuts off who is connected.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Another process serves it.
    #[error("{}: another process serves this socket", .0.display())]
    Served(PathBuf),
    /// It cannot be made.
    #[error("{}: {error}", path.display())]
    Made {
        /// Where.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl ControlSocket {
    /// Serves `router` on a socket at `path`; one that a killed process left there is replaced.
    ///
    /// # Errors
    /// See [`SocketError`].
    pub fn serve(path: impl Into<PathBuf>, router: Router) -> Result<ControlSocket, SocketError> {
        let path = path.into();
        if UnixStream::connect(&path).is_ok() {
            return Err(SocketError::Served(path));
        }
        let listener = listen(&path).map_err(|error| SocketError::Made { path: path.clone(), error })?;
        let (stop, mut stopped) = watch::channel(false);
        let service = router.into_make_service_with_connect_info::<LocalUser>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
            // The sender is gone only when the server is.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
        let server = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the control socket is served no more");
            }
        });
        Ok(ControlSocket { path, stop, server })
    }

    /// Serves `router` under the usual name in a directory. A program without its socket still does its work, and says so
    /// in its log.
    #[cfg(any(feature = "centre", feature = "gateway"))]
    pub(crate) fn below(directory: &Path, router: Router) -> Option<ControlSocket> {
        let served = ControlSocket::serve(directory.join(SOCKET), router);
        served.inspect_err(|error| tracing::warn!(%error, "commands cannot reach this program")).ok()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets calls that run come to their end, for at most `grace`, and takes the socket away.
    pub async fn close(mut self, grace: Duration) {
        self.stop.send_replace(true);
        let _ = timeout(grace, &mut self.server).await;
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.server.abort();
        let _ = fs::remove_file(&self.path);
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for LocalUser {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let number = stream.io().peer_cred().map(|peer| peer.uid());
        LocalUser(match number {
            Ok(number) => user_name(number).unwrap_or_else(|| format!("user {number}")).into(),
            Err(_) => "somebody".into(),
        })
    }
}

/// The name of a user of this system, if it is in the usual file; other directories are not asked.
fn user_name(number: u32) -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })
}

/// Makes the socket where nobody else can come, and moves it to its place when it is closed to others.
fn listen(path: &Path) -> io::Result<UnixListener> {
    let mut private = path.as_os_str().to_owned();
    private.push(".d");
    let private = PathBuf::from(private);
    let inside = private.join("s");
    if path.as_os_str().len() > LONGEST || inside.as_os_str().len() > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidFilename, format!("a socket's path has at most {LONGEST} octets")));
    }
    // What a process left that was killed just here.
    match fs::remove_dir_all(&private) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => fs::DirBuilder::new().mode(0o700).create(&private)?,
    }
    let listener = UnixListener::bind(&inside)?;
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o600))?;
    fs::rename(&inside, path)?;
    fs::remove_dir(&private)?;
    Ok(listener)
}

/// One octet of the 108 that Linux has is for the zero at the end; others have 104.
const LONGEST: usize = 103;
