//! Frontends that speak REST, each in its own form, and are not always there.

use serde_json::{Value, json};

use super::centre::{Answer, Centre};
use super::oracle::Oracle;
use super::{Dice, HOUR};

/// How a frontend asks for its work.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Header,
    Queue,
    MessageQueue,
    GetBySmsc,
}

pub(super) struct Gateway {
    name: &'static str,
    form: Form,
    /// When it comes back, if it is away.
    away_until: Option<u64>,
    /// When it next says that it lives.
    next_heartbeat: u64,
    /// When it last said so.
    last_heartbeat: Option<u64>,
    /// How often it came back after its registration had expired, plus one.
    periods: usize,
}

impl Gateway {
    pub(super) fn new(name: &'static str, form: Form) -> Gateway {
        Gateway { name, form, away_until: None, next_heartbeat: 0, last_heartbeat: None, periods: 0 }
    }

    /// One tick of a day on which it comes and goes.
    pub(super) async fn live(&mut self, centre: &Centre, oracle: &mut Oracle, dice: &mut Dice, second: u64) {
        match self.away_until {
            Some(until) if until > second => return,
            Some(_) => self.away_until = None,
            None if dice.below(400) == 0 => return self.away_until = Some(second + dice.below(2 * HOUR)),
            None => {}
        }
        self.heartbeat(centre, second).await;
        for message in self.poll(centre).await {
            oracle.taken(&message, self.name, centre.now());
            self.treat(centre, oracle, dice, &message).await;
        }
    }

    /// One tick of the time after: whatever comes is delivered.
    pub(super) async fn wind_up(&self, centre: &Centre, oracle: &mut Oracle) {
        for message in self.poll(centre).await {
            let id = oracle.taken(&message, self.name, centre.now());
            self.deliver(centre, oracle, (id, &message)).await;
        }
    }

    /// The registry saw it come and go.
    pub(super) async fn judge(&self, centre: &Centre) {
        let history = centre.get(&format!("/api/frontends/history/{}", self.name), &[]).await;
        let history = history.messages();
        assert_eq!(history.len(), self.periods, "{}", self.name);
        assert_eq!(history[0]["frontend_name"], self.name);
        assert!(self.periods > 1, "{} never went away", self.name);
    }

    async fn heartbeat(&mut self, centre: &Centre, second: u64) {
        if second < self.next_heartbeat {
            return;
        }
        self.next_heartbeat = second + 60;
        let is_new = self.last_heartbeat.is_none_or(|last| second - last >= 90);
        self.last_heartbeat = Some(second);
        self.periods += usize::from(is_new);
        let path = if matches!(self.form, Form::Header) { "/api/frontends" } else { "/api/frontends/register" };
        let answer = centre.call("POST", path, &json!({ "frontend_name": self.name, "frontend_type": "SMPP" })).await;
        assert_eq!(answer.status, if is_new { 201 } else { 200 }, "{} at {second}: {answer:?}", self.name);
    }

    async fn poll(&self, centre: &Centre) -> Vec<Value> {
        let name = self.name;
        let answer = match self.form {
            Form::Header => centre.get("/api/messages", &[("SMSc", name)]).await,
            Form::Queue => centre.get(&format!("/api/messages/queue?smsc={name}"), &[]).await,
            Form::MessageQueue => centre.get(&format!("/api/message_queue?destination_smsc={name}"), &[]).await,
            Form::GetBySmsc => centre.get(&format!("/api/messages/get_by_smsc?smsc={name}"), &[]).await,
        };
        answer.messages().to_vec()
    }

    /// Delivers most, fails with some, and forgets about a few as a crash would.
    async fn treat(&self, centre: &Centre, oracle: &mut Oracle, dice: &mut Dice, message: &Value) {
        let id = message["id"].as_u64().unwrap();
        match dice.below(20) {
            0..=2 => {
                let (method, path) = match dice.below(2) {
                    0 => ("PUT", format!("/api/messages/{id}")),
                    _ => ("POST", format!("/api/messages/{id}/increment_delivery_attempt")),
                };
                let answer = centre.call(method, &path, &Value::Null).await;
                oracle.failed_once(message, centre.now(), &answer);
            }
            3 => {
                let answer = self.report(centre, id, "UNDELIV").await;
                oracle.ended(message, "failed", &answer);
            }
            // It crashed: nobody says anything, and the lease ends.
            4 => {}
            _ => self.deliver(centre, oracle, (id, message)).await,
        }
    }

    async fn deliver(&self, centre: &Centre, oracle: &mut Oracle, (id, message): (u64, &Value)) {
        let answer = match self.form {
            Form::Header | Form::Queue => {
                let body = json!({ "dest_smsc": self.name });
                centre.call("POST", &format!("/api/messages/{id}/mark_delivered"), &body).await
            }
            Form::MessageQueue => self.report(centre, id, "delivered").await,
            Form::GetBySmsc => {
                let body = json!({ "status": "delivered", "dest_smsc": self.name });
                centre.call("PATCH", &format!("/api/messages/{id}"), &body).await
            }
        };
        oracle.ended(message, "delivered", &answer);
    }

    async fn report(&self, centre: &Centre, id: u64, status: &str) -> Answer {
        let body = json!({ "status": status, "dest_smsc": self.name });
        centre.call("PUT", &format!("/api/messages/{id}/delivery_status"), &body).await
    }
}
