//! A gateway without a socket, its core on a real one, and its pages.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use smpp_session::net::ServerConfig;
use smsc_engine::frontend::{BindStatus, Binds, BindsOptions, ClientPeer, Secret, ServerPeer};
use smsc_engine::gateway::GatewayControl;
use smsc_engine::http::gateway::{GatewayPagesOptions, router};
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::Timestamp;
use smsc_engine::overlay::Book;
use smsc_engine::remote::{CoreClient, CoreClientConfig, Protocol, RemoteCore, RemoteOptions, WorkList};
use smsc_engine::sql::{Database, DatabaseConfig};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::browser::Browser;
use crate::dashboard::seed::Seed;

/// A password no page may show.
pub(super) const PASSWORD: &str = "pr1vate!";

/// A gateway with one carrier and one partner in its file.
pub(super) struct Site {
    pub(super) control: Arc<GatewayControl>,
    /// The centre it works for.
    pub(super) core: Seed,
    browser: Browser,
    server: JoinHandle<()>,
    folder: tempfile::TempDir,
}

/// A core that answers, or one where nobody listens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Up,
    Away,
}

impl Site {
    pub(super) async fn new() -> Site {
        Site::with(Reach::Up, |_| {}).await
    }

    pub(super) async fn with(reach: Reach, change: impl FnOnce(&mut GatewayPagesOptions)) -> Site {
        let (core, folder) = (Seed::empty().await, tempfile::tempdir().unwrap());
        let (address, server) = serve(&core, reach).await;
        let database = open(&folder).await;
        let control = Arc::new(control(&core, address, &database).await);
        let app = async |users| {
            let mut options = GatewayPagesOptions { users: Some(users), ..GatewayPagesOptions::default() };
            change(&mut options);
            router(control.clone(), options)
        };
        let browser = Browser::new(&database, app).await;
        Site { control, core, browser, server, folder }
    }

    /// Waits until a bind stands like this.
    pub(super) async fn until(&self, name: &str, holds: impl Fn(&BindStatus) -> bool) {
        let waiting = async {
            while !holds(&self.control.binds.get(name).unwrap()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.expect(name);
    }

    /// The books as they are after a restart.
    pub(super) async fn reopened(&self) -> (Book<ClientPeer>, Book<ServerPeer>) {
        books(&open(&self.folder).await).await
    }
}

impl Deref for Site {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn open(folder: &tempfile::TempDir) -> Database {
    Database::open(&DatabaseConfig::sqlite(folder.path().join("gateway.db"))).await.unwrap()
}

/// Serves the REST API of the core; of one that is away only the address is left.
async fn serve(core: &Seed, reach: Reach) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    if reach == Reach::Away {
        return (address, tokio::spawn(async {}));
    }
    let options = RestOptions { limits: Limits::NONE, ..RestOptions::default() };
    let app = Rest::new(core.control.clone(), options).router();
    (address, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
}

async fn control(core: &Seed, address: SocketAddr, database: &Database) -> GatewayControl {
    // Another test may have been first.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let client = CoreClient::new(CoreClientConfig::new(format!("http://{address}"))).unwrap();
    let options =
        RemoteOptions { protocol: Protocol::Forms, work_list: WorkList::MessageQueue, retry: Duration::from_millis(100) };
    let options_of_binds = BindsOptions {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        system_id: "gw".into(),
        server: ServerConfig::default(),
    };
    let binds = Binds::start(options_of_binds, Arc::new(core.core.clone())).await.unwrap();
    let (clients, servers) = books(database).await;
    let (for_clients, for_servers) = (binds.clone(), binds.clone());
    clients.follow(move |peers| refuse(&peers).and_then(|()| for_clients.set_clients(peers))).await.unwrap();
    servers.follow(move |peers| for_servers.set_servers(peers)).await.unwrap();
    GatewayControl {
        name: "gateway one".into(),
        started: Timestamp::now(),
        binds,
        core: RemoteCore::new(client, options),
        clients,
        servers,
    }
}

/// What binds would say of a peer that can never be bound.
fn refuse(peers: &[ClientPeer]) -> Result<(), String> {
    let bad = peers.iter().any(|peer| peer.host == "refused.example");
    if bad { Err("bind \"south\": host: nobody is called refused.example".into()) } else { Ok(()) }
}

async fn books(database: &Database) -> (Book<ClientPeer>, Book<ServerPeer>) {
    let north = ClientPeer {
        system_id: "gw-north".into(),
        password: Secret::new(PASSWORD),
        // Nobody listens there.
        port: 9,
        ..ClientPeer::new("north", "127.0.0.1")
    };
    let shop = ServerPeer { ip_whitelist: vec!["192.0.2.0/24".parse().unwrap()], ..ServerPeer::new("shop", "shop1", PASSWORD) };
    (Book::open(database, vec![north]).await.unwrap(), Book::open(database, vec![shop]).await.unwrap())
}
