//! Alerts: a partner asks to hear when a subscriber can be reached again.

use smpp_pdu::tlv::{self, TlvType as _};
use smpp_pdu::{
    Addr, AlertNotification, CommandId, CommandStatus, DataSm, EsmClass, Pdu, Profile, RegisteredDelivery, SubmitSm, Tlvs,
};
use smsc_engine::api::{Attempt, CoreApi, Report};
use smsc_engine::model::{FinalState, Lane};

use super::world::{Bound, World, bind, message, partner, soon, text};

const NUMBER: &str = "447700900123";
/// Answered when it has ended (SMPP 3.4 §5.2.12).
const TRANSACTION: EsmClass = EsmClass(2);

/// Ends the next message of the carrier so.
async fn end(world: &World, attempt: Attempt) {
    let lane = Lane::from("uk");
    let mut work = world.core.watch(&lane);
    let message = loop {
        work.seen();
        match world.core.lease(&lane, 1, std::time::Duration::from_secs(60)).await.pop() {
            Some(message) => break message,
            None => assert!(soon(work.changed()).await),
        }
    };
    world.core.report(vec![Report { message, attempt }]).await;
}

/// Hands in a transaction that ends so, and returns what its answer says of the flag.
async fn transaction(world: &World, bound: &Bound, (wish, attempt): (Option<u8>, Attempt)) -> Option<u8> {
    let mut list = vec![tlv::MessagePayload(b"now or never").tlv()];
    list.extend(wish.map(|wish| tlv::SetDpf(wish).tlv()));
    let data = DataSm {
        source_addr: Addr::alphanumeric("Shop").unwrap(),
        destination_addr: Addr::international(NUMBER).unwrap(),
        esm_class: TRANSACTION,
        tlvs: Tlvs::list(&list),
        ..Default::default()
    };
    let pending = bound.client.request(&data).unwrap();
    end(world, attempt).await;
    let response = soon(pending).await.unwrap();
    assert_eq!(response.status(), CommandStatus::RDELIVERYFAILURE);
    let Pdu::DataSmResp(answer) = response.decode().unwrap().pdu else { panic!("another response") };
    answer.tlvs.get::<tlv::DpfResult>().unwrap().map(|result| result.0)
}

#[tokio::test]
async fn who_asks_for_it_hears_once_that_a_subscriber_is_there_again() {
    let world = World::new(&[("44", "uk")], vec![partner("shop")]).await;
    let mut bound = bind(&world, "shop").await;
    for (wish, attempt, result) in [
        (None, Attempt::TryAgain(8), None),
        (Some(0), Attempt::TryAgain(8), None),
        (Some(1), Attempt::Failed(FinalState::Rejected, 8), Some(0)),
        (Some(1), Attempt::TryAgain(8), Some(1)),
        (Some(1), Attempt::TryAgain(8), Some(1)),
    ] {
        assert_eq!(transaction(&world, &bound, (wish, attempt.clone())).await, result, "{wish:?} {attempt:?}");
    }
    let plain = SubmitSm { registered_delivery: RegisteredDelivery::NONE, ..message(NUMBER, "hello") };
    for _ in 0..2 {
        bound.submit(&plain).await.unwrap();
        end(&world, Attempt::Delivered).await;
    }
    let frame = bound.next().await;
    assert_eq!(frame.command_id(), CommandId::ALERT_NOTIFICATION);
    let alert: AlertNotification<'_> = frame.read(&Profile::STRICT).unwrap();
    assert_eq!(alert.source_addr, Addr::international(NUMBER).unwrap());
    assert_eq!(alert.esme_addr, Addr::alphanumeric("Shop").unwrap());
    assert_eq!(alert.tlvs.get::<tlv::MsAvailabilityStatus>().unwrap().unwrap().0, 0);
    world.send_to("shop", "what comes next").await;
    assert_eq!(text(&bound.next().await), "what comes next", "the flag is gone with the alert");
}
