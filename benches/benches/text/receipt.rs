//! The text of a delivery receipt to its fields.

use smpp_codec::pdus::DeliveryReceipt;
use sms_codec::receipt::Receipt;
use smsc_benches::contest::Contest;
use smsc_benches::report::Bar;

use crate::BARS;
use crate::entry::{Job, OURS};

pub(crate) fn all() -> Vec<Contest> {
    let bars = [&BARS[..], &[Bar::Nanoseconds(300.0)]].concat();
    let texts: Vec<&'static str> = (0..64).map(|number| &*fields(number).text().leak()).collect();
    let number = |text: &str| text[3..].split(' ').next().expect("an id").parse::<u32>().expect("a number") - FIRST_ID;
    let job = Job::new(texts, |text| fields(number(text)))
        .into_value(OURS, Receipt::parse, |receipt| Fields {
            id: receipt.id.expect("there").to_owned(),
            dlvrd: receipt.dlvrd.expect("there"),
            stat: receipt.stat.expect("there").to_owned(),
            err: receipt.err_number().expect("there"),
            text: receipt.text.expect("there").to_owned(),
        })
        // It does not find the dates.
        .into_value("smpp-codec", str::parse::<DeliveryReceipt>, |receipt| {
            let receipt = receipt.expect("valid");
            Fields {
                id: receipt.message_id,
                dlvrd: receipt.delivered_count,
                stat: receipt.status,
                err: receipt.error_code,
                text: receipt.text,
            }
        });
    vec![job.contest("parse", "receipt", |text| text.len(), &bars)]
}

/// What everybody must find; the dates come on top.
#[derive(Debug, PartialEq)]
struct Fields {
    id: String,
    dlvrd: u32,
    stat: String,
    err: u32,
    text: String,
}

impl Fields {
    fn text(&self) -> String {
        let Fields { id, dlvrd, stat, err, text } = self;
        format!(
            "id:{id} sub:001 dlvrd:{dlvrd:03} submit date:2611221200 done date:26112212{err:02} stat:{stat} err:{err:03} text:{text}"
        )
    }
}

fn fields(number: u32) -> Fields {
    let states = ["DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "DELIVRD"];
    let state = number as usize % states.len();
    Fields {
        id: (FIRST_ID + number).to_string(),
        dlvrd: u32::from(states[state] == "DELIVRD"),
        stat: states[state].to_owned(),
        err: if states[state] == "DELIVRD" { 0 } else { number % 60 },
        text: format!("Your code is {:06}", number * 15_607),
    }
}

const FIRST_ID: u32 = 1_234_567_890;
