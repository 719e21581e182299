//! What becomes of a message by what the carrier answers.

use std::time::Duration;

use smpp_pdu::CommandStatus;
use smsc_engine::model::Status;

use super::world::{Lines, Mc, World, accept, peer, text, until, with_receipt};

#[tokio::test]
async fn a_message_is_delivered_or_handed_over_when_the_carrier_takes_it() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    let plain = world.submit(text("plain")).await;
    mc.answer("1").await;
    world.until(plain, "it is delivered", |record| record.status() == Status::Delivered).await;
    let receipted = world.submit(with_receipt(text("receipted"))).await;
    mc.answer("00Af").await;
    world.handed(receipted, "00Af").await;
    assert_eq!(world.record(receipted).await.status(), Status::Pending);
    until(&carrier, "both are counted", |status| status.counts.sent == 2 && status.counts.failures == 0).await;
}

#[tokio::test]
async fn statuses_are_reported_as_failures_and_logged_in_words() {
    // R-GW-50, R-GW-93.
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    for (status, words) in [
        (CommandStatus::RINVDSTADR, "destination address"),
        (CommandStatus::RINVMSGLEN, "length not acceptable"),
        (CommandStatus::RINVCMDID, "operation unknown"),
    ] {
        let id = world.submit(text(words)).await;
        mc.next().await.refuse(status).unwrap();
        let record = world.until(id, "it has failed", |record| record.status() == Status::Failed).await;
        assert_eq!(record.outcome.unwrap().error, status.0);
        let log = lines.text();
        let code = format!("{:#010x}", status.0);
        assert!(log.lines().any(|line| line.contains("submit_sm_resp") && line.contains(words) && line.contains(&code)), "{log}");
    }
    until(&carrier, "they are counted", |status| status.counts.failures == 3 && status.counts.sent == 0).await;
}

#[tokio::test]
async fn a_temporary_status_is_an_attempt_that_failed_and_nothing_is_retried_here() {
    // R-GW-14, R-GW-93.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let mut peer = peer(&mc);
    peer.profile.temporary = vec![CommandStatus::RINVDSTADR];
    peer.profile.permanent = vec![CommandStatus::RX_T_APPN];
    let _carrier = world.carry(peer);
    for status in [CommandStatus::RSYSERR, CommandStatus::RINVDSTADR] {
        let id = world.submit(text(&status.to_string())).await;
        mc.next().await.refuse(status).unwrap();
        let record = world.until(id, "an attempt is counted", |record| record.message.attempts == 1).await;
        assert_eq!(record.status(), Status::Pending);
    }
    assert!(mc.is_quiet(Duration::from_millis(100)).await);
    let id = world.submit(text("for good")).await;
    mc.next().await.refuse(CommandStatus::RX_T_APPN).unwrap();
    world.until(id, "the operator's word counts", |record| record.status() == Status::Failed).await;
}

#[tokio::test]
async fn a_throttled_session_pauses_shows_it_and_goes_on() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    let throttled = world.submit(text("too fast")).await;
    mc.next().await.refuse(CommandStatus::RTHROTTLED).unwrap();
    world.until(throttled, "an attempt is counted", |record| record.message.attempts == 1).await;
    world.submit(text("after the pause")).await;
    until(&carrier, "it shows", |status| status.held_back).await;
    assert_eq!(mc.answer("1").await, b"after the pause");
    until(&carrier, "it is over", |status| !status.held_back).await;
}

#[tokio::test]
async fn no_answer_is_an_attempt_that_failed() {
    // R-GW-95.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let mut peer = peer(&mc);
    peer.profile.response_timeout = Duration::from_millis(50);
    let carrier = world.carry(peer);
    let id = world.submit(text("into the void")).await;
    let _unanswered = mc.next().await;
    world.until(id, "an attempt is counted", |record| record.message.attempts == 1).await;
    assert_eq!(carrier.status().counts.failures, 1);
}

#[tokio::test]
async fn a_window_that_is_lost_is_reported_message_by_message() {
    // R-GW-95.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(world.submit(text(&format!("text {number}"))).await);
    }
    let mut window = Vec::new();
    for _ in 0..5 {
        window.push(mc.next().await);
    }
    accept(window.remove(2), "third");
    world.until(ids[2], "one is answered", |record| record.status() == Status::Delivered).await;
    mc.link().await.close();
    for (at, id) in ids.iter().enumerate().filter(|(at, _)| *at != 2) {
        let record = world.until(*id, "an attempt is counted", |record| record.message.attempts == 1).await;
        assert_eq!(record.status(), Status::Pending, "{at}");
    }
    until(&carrier, "it is counted", |status| status.counts.failures == 4 && status.counts.disconnections == 1).await;
}

#[tokio::test]
async fn a_part_that_fails_makes_the_report() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let _carrier = world.carry(peer(&mc));
    let id = world.submit(with_receipt(text(&"x".repeat(300)))).await;
    let (first, second) = (mc.next().await, mc.next().await);
    accept(second, "2");
    first.refuse(CommandStatus::RINVDSTADR).unwrap();
    let record = world.until(id, "it has failed", |record| record.status() == Status::Failed).await;
    assert_eq!(record.outcome.unwrap().error, 0x0B);
}
