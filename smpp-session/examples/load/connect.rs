//! A bound session, or one line that says why there is none.

use std::sync::Arc;

use smpp_pdu::Pdu;
use smpp_session::net::rustls::pki_types::pem::PemObject;
use smpp_session::net::rustls::pki_types::{CertificateDer, ServerName};
use smpp_session::net::rustls::{ClientConfig, RootCertStore};
use smpp_session::net::{BindError, Client, ClientTls, Endpoint, Incoming, Service, Stats};
use smpp_session::{BindKind, Config, Credentials};

use crate::Failure;
use crate::args::Args;
use crate::ledger::Ledger;

/// Connects and binds.
pub(crate) async fn connect(args: &Args, ledger: &Arc<Ledger>, stats: &Arc<Stats>) -> Result<Client, Failure> {
    let receipts = Arc::new(Receipts(ledger.clone()));
    let mut endpoint = Endpoint::new(&args.host);
    endpoint.config = Config { window: args.window, busy_poll: args.busy_poll, ..Config::default() };
    endpoint.tls = args.tls.then(|| tls(args)).transpose()?;
    let client = endpoint.connect(receipts).await.map_err(|error| error.to_string())?;
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

fn tls(args: &Args) -> Result<ClientTls, Failure> {
    let Some(file) = &args.ca else { return Err("--tls needs --ca FILE: whom should it trust?".into()) };
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut tls = ClientTls::new(Arc::new(config));
    if let Some(name) = &args.server_name {
        let name = ServerName::try_from(name.clone());
        tls.server_name = Some(name.map_err(|error| format!("--server-name: {error}"))?);
    }
    Ok(tls)
}

/// Takes receipts.
struct Receipts(Arc<Ledger>);

impl Service for Receipts {
    fn request(&self, incoming: Incoming) {
        match incoming.decode().map(|decoded| decoded.pdu) {
            Ok(Pdu::DeliverSm(pdu)) => {
                self.0.deliver(pdu.esm_class, (pdu.data_coding, pdu.short_message.as_bytes()), pdu.tlvs);
            }
            Ok(Pdu::DataSm(pdu)) => self.0.deliver(pdu.esm_class, (pdu.data_coding, &[]), pdu.tlvs),
            // Dropped, it is refused.
            _ => return,
        }
        // If the session is over nobody waits for the answer.
        let _ = incoming.acknowledge();
    }
}
