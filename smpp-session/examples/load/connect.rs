//! A bound session, or one line that says why there is none.

use std::sync::Arc;

use smpp_pdu::{DataSmResp, DeliverSmResp, Pdu};
use smpp_session::net::{BindError, Client, Endpoint, Incoming, Service, Stats};
use smpp_session::{BindKind, Config, Credentials};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::Failure;
use crate::args::Args;
use crate::ledger::Ledger;

/// Connects and binds.
pub(crate) async fn connect(args: &Args, ledger: &Arc<Ledger>, stats: &Arc<Stats>) -> Result<Client, Failure> {
    let receipts = Arc::new(Receipts(ledger.clone()));
    let client = if args.tls { encrypted(args, receipts).await? } else { plain(args, receipts).await? };
    client.measure(stats);
    let credentials = Credentials::new(&args.system_id, &args.password);
    match client.bind(BindKind::Transceiver, &credentials).await {
        Ok(_) => Ok(client),
        Err(BindError::Refused(status)) => {
            Err(format!("{}: the bind of {:?} was refused with {status}", args.host, args.system_id))
        }
        Err(error) => Err(format!("{}: cannot bind: {error}", args.host)),
    }
}

async fn plain(args: &Args, service: Arc<Receipts>) -> Result<Client, Failure> {
    let mut endpoint = Endpoint::new(&args.host);
    endpoint.config = config(args);
    endpoint.connect(service).await.map_err(|error| error.to_string())
}

async fn encrypted(args: &Args, service: Arc<Receipts>) -> Result<Client, Failure> {
    let failed = |what: &str, error: &dyn std::fmt::Display| format!("{}: {what}: {error}", args.host);
    let host = args.host.rsplit_once(':').map_or(&*args.host, |(host, _)| host);
    let name = args.server_name.clone().unwrap_or_else(|| host.into());
    let name = ServerName::try_from(name).map_err(|error| failed("no name for a certificate", &error))?;
    let tls = tls(args)?;
    let stream = TcpStream::connect(&args.host).await.map_err(|error| failed("cannot connect", &error))?;
    let peer = stream.peer_addr().and_then(|peer| stream.set_nodelay(true).map(|()| peer));
    let peer = peer.map_err(|error| failed("cannot connect", &error))?;
    let stream = tls.connect(name, stream).await.map_err(|error| failed("TLS", &error))?;
    Ok(Client::over(stream, peer, config(args), service))
}

fn tls(args: &Args) -> Result<TlsConnector, Failure> {
    let Some(file) = &args.ca else { return Err("--tls needs --ca FILE: whom should it trust?".into()) };
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn config(args: &Args) -> Config {
    Config { window: args.window, ..Config::default() }
}

/// Takes receipts.
struct Receipts(Arc<Ledger>);

impl Service for Receipts {
    fn request(&self, incoming: Incoming) {
        let answered = match incoming.decode().map(|decoded| decoded.pdu) {
            Ok(Pdu::DeliverSm(pdu)) => {
                self.0.deliver(pdu.esm_class, (pdu.data_coding, pdu.short_message.as_bytes()), pdu.tlvs);
                incoming.answer(&DeliverSmResp::default())
            }
            Ok(Pdu::DataSm(pdu)) => {
                self.0.deliver(pdu.esm_class, (pdu.data_coding, &[]), pdu.tlvs);
                incoming.answer(&DataSmResp::default())
            }
            // Dropped, it is refused.
            _ => return,
        };
        // If the session is over nobody waits for the answer.
        let _ = answered;
    }
}
