//! Partners and carriers of one gateway together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use smpp_pdu::{Addr, CStr, CommandId, DeliverSm, EsmClass, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{Incoming, IncomingBind, Server, ServerConfig, Service};
use smsc_engine::frontend::{BindMode, BindState, ClientPeer, Secret};

use super::world::{World, bind, deliver, eventually, message, partner, text};

/// A carrier that takes every message and sends a receipt for it.
struct Mc {
    name: &'static str,
    next: AtomicU64,
    taken: Mutex<Vec<String>>,
}

impl Mc {
    fn taken(&self) -> Vec<String> {
        let mut taken = self.taken.lock().unwrap().clone();
        taken.sort();
        taken
    }
}

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        bind.accept(CStr::default()).unwrap();
    }

    fn request(&self, incoming: Incoming) {
        if incoming.command_id() != CommandId::SUBMIT_SM {
            return incoming.unsupported().unwrap();
        }
        let id = format!("{}-{}", self.name, self.next.fetch_add(1, Ordering::Relaxed));
        let link = incoming.link();
        let pdu: SubmitSm<'_> = incoming.read().unwrap();
        self.taken.lock().unwrap().push(String::from_utf8(pdu.short_message.as_bytes().to_vec()).unwrap());
        let ends = [pdu.destination_addr.value, pdu.source_addr.value].map(|end| end.as_str().unwrap().to_owned());
        incoming.answer(&SubmitSmResp { message_id: CStr::new(&id).unwrap(), ..Default::default() }).unwrap();
        tokio::spawn(async move {
            let text =
                format!("id:{id} sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:");
            let receipt = DeliverSm {
                source_addr: Addr::international(&ends[0]).unwrap(),
                destination_addr: Addr::international(&ends[1]).unwrap(),
                esm_class: EsmClass(0x04),
                short_message: ShortMessage::new(&text).unwrap(),
                ..Default::default()
            };
            link.call(&receipt).await.unwrap();
        });
    }
}

async fn carrier(name: &'static str) -> (Server, Arc<Mc>, ClientPeer) {
    let mc = Arc::new(Mc { name, next: AtomicU64::new(1), taken: Mutex::default() });
    let server = Server::bind("127.0.0.1:0", ServerConfig::default(), mc.clone()).await.unwrap();
    let mut peer = ClientPeer::new(name, "127.0.0.1");
    (peer.port, peer.system_id, peer.password) = (server.local_addr().port(), "gateway".into(), Secret::new("secret"));
    (server, mc, peer)
}

fn from<'a>(sender: &'a str, destination: &'a str, text: &'a str) -> SubmitSm<'a> {
    SubmitSm { source_addr: Addr::international(sender).unwrap(), ..message(destination, text) }
}

#[tokio::test]
async fn messages_of_two_partners_go_out_by_two_carriers_and_their_receipts_come_back() {
    let world = World::new(&[("44", "north"), ("33", "south")], vec![partner("shop"), partner("bank")]).await;
    let (_north, north, to_north) = carrier("north").await;
    let (_south, south, to_south) = carrier("south").await;
    world.binds.set_clients(vec![to_north, to_south]).unwrap();
    let mut bound = [bind(&world, "shop").await, bind(&world, "bank").await];
    eventually("all are bound", || world.binds.list().iter().all(|bind| bind.state == BindState::Connected)).await;
    let modes: Vec<_> = world.binds.list().iter().map(|bind| (bind.name.clone(), bind.mode)).collect();
    let mode = |name: &str, mode| (name.to_owned(), mode);
    assert_eq!(
        modes,
        [
            mode("north", BindMode::Client),
            mode("south", BindMode::Client),
            mode("shop", BindMode::Server),
            mode("bank", BindMode::Server)
        ]
    );
    for (place, sender) in ["15550100", "15550200"].into_iter().enumerate() {
        let words = [format!("{place} to the north"), format!("{place} to the south")];
        let mut ids = Vec::new();
        for (destination, words) in ["447700900123", "33123456789"].into_iter().zip(&words) {
            ids.push(bound[place].submit(&from(sender, destination, words)).await.unwrap());
        }
        for _ in 0..2 {
            let receipt = bound[place].next().await;
            let id = ids.iter().position(|id| text(&receipt).starts_with(&format!("id:{id} "))).expect("an id it knows");
            ids.remove(id);
            assert!(text(&receipt).contains("stat:DELIVRD"));
            assert_eq!(deliver(&receipt).destination_addr.value.as_str(), Some(sender));
        }
    }
    assert_eq!((north.taken(), south.taken()), (both("north"), both("south")));
    eventually("all is counted", || ["shop", "bank"].iter().all(|name| world.counts(name).sent == 2)).await;
    for name in ["north", "south"] {
        assert_eq!((world.counts(name).sent, world.counts(name).receipts), (2, 2), "{name}");
    }
}

fn both(way: &str) -> Vec<String> {
    vec![format!("0 to the {way}"), format!("1 to the {way}")]
}

#[tokio::test]
async fn carriers_come_and_go_without_the_partners_noticing() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let bound = bind(&world, "shop").await;
    let (_north, _, to_north) = carrier("north").await;
    let (_south, _, to_south) = carrier("south").await;
    world.binds.set_clients(vec![to_north.clone(), to_south.clone()]).unwrap();
    let connected = |name: &str| world.binds.get(name).is_some_and(|bind| bind.state == BindState::Connected);
    eventually("both are bound", || connected("north") && connected("south")).await;
    assert!(world.binds.drop_bind("north"));
    eventually("it is down", || !connected("north") && world.status("north").dropped).await;
    assert!(world.binds.reconnect("north"));
    eventually("it is back", || connected("north")).await;
    world.binds.set_clients(vec![to_north]).unwrap();
    assert!(world.binds.get("south").is_none() && connected("north"), "the one that is as before stays");
    let mut twin = partner("north");
    twin.system_id = "twin".into();
    assert_eq!(world.binds.set_servers(vec![twin]), Err("server bind \"north\": there are two of this name".into()));
    assert!(bound.client.close_reason().is_none());
}
