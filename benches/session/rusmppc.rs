//! The client of rusmppc; it has no server.

use std::net::SocketAddr;
use std::str::FromStr;

use futures::StreamExt;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{EsmClass, InterfaceVersion, Npi, Ton};
use rusmppc::ConnectionBuilder;

use crate::load::{Aside, Tally};
use crate::ours::{DESTINATION, SOURCE, TEXT};

pub(crate) fn client(address: SocketAddr, window: usize, tally: Tally) -> Aside {
    Aside::run(move || async move {
        let builder = ConnectionBuilder::new().no_enquire_link_interval().no_response_timeout().disable_interface_version_check();
        let (client, mut events) = builder.connect(format!("smpp://{address}")).await.unwrap();
        tokio::spawn(async move { while events.next().await.is_some() {} });
        let bind = BindTransceiver::builder().interface_version(InterfaceVersion::Smpp3_4);
        client.bind_transceiver(bind.system_id(COctetString::from_str("me").unwrap()).build()).await.unwrap();
        let callers: Vec<_> = (0..window)
            .map(|_| {
                let (client, tally) = (client.clone(), tally.clone());
                tokio::spawn(async move {
                    // The connection may be gone when the turn is over.
                    while !tally.is_over() && client.submit_sm(submit()).await.is_ok() {
                        tally.add(1);
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    })
}

fn submit() -> SubmitSm {
    SubmitSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(COctetString::from_str(SOURCE).unwrap())
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(COctetString::from_str(DESTINATION).unwrap())
        // Its default is a delivery acknowledgement.
        .esm_class(EsmClass::from(0))
        .short_message(OctetString::from_str(TEXT).unwrap())
        .build()
}
