//! A day in the life of a centre, in virtual time and over its REST API alone: applications submit, frontends come,
//! poll, deliver, fail, crash and go, and an oracle that was told everything from outside judges each answer.

mod centre;
mod frontend;
mod oracle;

use centre::Centre;
use frontend::{Form, Gateway};
use oracle::Oracle;
use serde_json::{Value, json};

/// How far the clock goes at a time, in seconds.
const TICK: u64 = 30;
const HOUR: u64 = 3600;

#[tokio::test]
async fn a_day_of_mixed_traffic_with_frontends_coming_and_going_ends_every_message_once() {
    let centre = Centre::start().await;
    let mut dice = Dice(0x5eed);
    let mut oracle = Oracle::default();
    let mut gateways = [
        Gateway::new("uk_gateway", Form::Header),
        Gateway::new("us_gateway", Form::Queue),
        Gateway::new("ims_core", Form::MessageQueue),
        Gateway::new("map", Form::GetBySmsc),
    ];
    for second in (0..24 * HOUR).step_by(TICK as usize) {
        centre.forward(TICK).await;
        submit(&centre, &mut oracle, &mut dice).await;
        for gateway in &mut gateways {
            gateway.live(&centre, &mut oracle, &mut dice, second + TICK).await;
        }
    }
    // Then nobody submits any more, and everybody is there.
    for _ in (24 * HOUR..50 * HOUR).step_by(10 * TICK as usize) {
        centre.forward(10 * TICK).await;
        for gateway in &gateways {
            gateway.wind_up(&centre, &mut oracle).await;
        }
    }
    oracle.judge(&centre).await;
    for gateway in &gateways {
        gateway.judge(&centre).await;
    }
}

/// What applications do in one tick.
async fn submit(centre: &Centre, oracle: &mut Oracle, dice: &mut Dice) {
    for _ in 0..dice.below(5) {
        let number = oracle.next_number();
        let destination = match dice.below(10) {
            0..=3 => format!("+44{:010}", dice.below(1_000_000)),
            4..=6 => format!("+1555{:07}", dice.below(1_000_000)),
            7 => format!("+4670{:07}", dice.below(1_000_000)),
            // No route leads there.
            8 => format!("+81{:09}", dice.below(1_000_000)),
            // A route drops it.
            _ => format!("+999{:06}", dice.below(1_000_000)),
        };
        let mut message = json!({
            "source_msisdn": "+15550001111", "destination_msisdn": destination,
            "message_body": format!("message {number}"), "source_smsc": "shop",
        });
        if dice.below(20) == 0 {
            message["deliver_after"] = centre.in_seconds(dice.below(4 * HOUR)).into();
        } else if dice.below(20) == 0 {
            message["expires"] = centre.in_seconds(60 + dice.below(HOUR)).into();
        }
        let path = if dice.below(4) == 0 { "/api/messages/create_async" } else { "/api/messages" };
        let answer = centre.call("POST", path, &message).await;
        oracle.submitted(number, &message, path.ends_with("async"), &answer);
        if dice.below(50) == 0 && !path.ends_with("async") {
            let again = centre.call("POST", path, &message).await;
            assert_eq!((again.status, &again.data()["id"]), (200, &answer.data()["id"]), "a repeat is known");
        }
    }
}

/// Numbers that are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// The number in a message's text, by which the oracle knows it.
fn number_of(message: &Value) -> u64 {
    message["message_body"].as_str().and_then(|body| body.strip_prefix("message ")?.parse().ok()).unwrap()
}
