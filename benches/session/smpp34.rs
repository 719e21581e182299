//! The client and the server of smpp34.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};

use async_trait::async_trait;
use smpp34::client::{BIND_TYPE, SMSC, SmppClient, SmppClientListener};
use smpp34::{
    SmppConnectionInformation, SmppServer, SmppServerListener, bind_transceiver, bind_transceiver_resp, submit_sm, submit_sm_resp,
};
use tokio::sync::oneshot;

use crate::load::{Aside, Tally};
use crate::ours::{DESTINATION, MESSAGE_ID, SOURCE, TEXT};

struct Mc;

#[async_trait]
impl SmppServerListener for Mc {
    async fn on_bind_transceiver(
        &self,
        request: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        request.accept("mc".into(), Some(0x34))
    }

    async fn on_submit_sm(&self, request: submit_sm, _: &SmppConnectionInformation, _: &String) -> submit_sm_resp {
        request.accept(MESSAGE_ID.into())
    }
}

pub(crate) fn server() -> (Aside, SocketAddr) {
    // It cannot pick a free port itself.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let (sender, ready) = mpsc::channel();
    let aside = Aside::run(move || async move {
        let mut server = SmppServer::new(address.ip(), address.port(), Arc::new(Mc));
        server.start().await;
        sender.send(()).unwrap();
        std::future::pending().await
    });
    ready.recv().unwrap();
    (aside, address)
}

/// Hands the session over once it is bound.
struct Bound(Mutex<Option<oneshot::Sender<SMSC>>>);

#[async_trait]
impl SmppClientListener for Bound {
    async fn on_smsc_bound(&self, smsc: SMSC, _: &String) {
        if let Some(waiting) = self.0.lock().unwrap().take() {
            drop(waiting.send(smsc));
        }
    }
}

pub(crate) fn client(address: SocketAddr, window: usize, tally: Tally) -> Aside {
    Aside::run(move || async move {
        let (sender, bound) = oneshot::channel();
        let [host, system_id, password] = [address.ip().to_string(), "me".into(), "secret".into()];
        let listener = Arc::new(Bound(Mutex::new(Some(sender))));
        let (empty, trx) = (String::new(), BIND_TYPE::TRX);
        let mut client =
            SmppClient::new(host, address.port(), false, trx, system_id, password, empty.clone(), 0, 0, empty, listener, window);
        client.start().await;
        let mc = Arc::new(bound.await.unwrap());
        let callers: Vec<_> = (0..window).map(|_| tokio::spawn(call(mc.clone(), tally.clone()))).collect();
        for caller in callers {
            caller.await.unwrap();
        }
    })
}

async fn call(mc: Arc<SMSC>, tally: Tally) {
    while !tally.is_over() {
        let submit = mc.submit_sm().source_addr_ton(1).source_addr_npi(1).source_addr(SOURCE);
        let submit = submit.dest_addr_ton(1).dest_addr_npi(1).destination_addr(DESTINATION).short_message(TEXT.as_bytes());
        submit.send().await.unwrap();
        tally.add(1);
    }
}
