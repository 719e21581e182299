//! Which alphabet a text needs and how many parts it makes.

use sms_codec::plan::{Encoding, Policy};
use sms_pdu::gsm_encoding::GsmMessageData;
use sms_pdu::pdu::MessageEncoding;
use sms_splitter::SplitSms;
use sms_splitter::splitter_options::SplitterOptions;
use smsc_benches::contest::Contest;
use smsc_benches::report::Bar;

use crate::entry::{Job, OURS};
use crate::{BARS, sample};

pub(crate) fn all() -> Vec<Contest> {
    let fast = [&BARS[..], &[Bar::Throughput(1.0)]].concat();
    vec![
        count("160 ASCII", sample::ascii(160), &fast),
        count("1000 ASCII", sample::ascii(1000), &fast),
        // Nobody else does this in a time one could wait for.
        alone("30000 ASCII", sample::ascii(30_000), &fast),
        count("160 with accents", sample::mixed(160), &BARS),
        count("1000 with accents", sample::mixed(1000), &BARS),
        count("70 Cyrillic", sample::cyrillic(70), &BARS),
        count("70 with emoji", sample::emoji(70), &BARS),
        count("1000 with emoji", sample::emoji(1000), &BARS),
    ]
}

fn count(case: &'static str, texts: Vec<&'static str>, bars: &[Bar]) -> Contest {
    Job::new(texts, sms_splitter)
        .into_value(OURS, ours, |plan| plan)
        .into_value("sms_splitter", sms_splitter, |plan| plan)
        .into_value("sms-pdu", sms_pdu, |plan| plan)
        .contest("count", case, |text| text.len(), bars)
}

fn alone(case: &'static str, texts: Vec<&'static str>, bars: &[Bar]) -> Contest {
    Job::new(texts, sms_pdu).into_value(OURS, ours, |plan| plan).contest("count", case, |text| text.len(), bars)
}

/// Whether GSM 7-bit will do, and the number of parts.
type Plan = (bool, usize);

fn ours(text: &str) -> Plan {
    let plan = Policy::default().plan(text).expect("at most 255 parts");
    (plan.encoding() == Encoding::default(), plan.parts().into())
}

fn sms_splitter(text: &str) -> Plan {
    let plan = SplitSms::new(SplitterOptions::new(false, true)).split(String::from(text));
    (plan.character_set == "GSM", plan.parts.len())
}

/// It counts by encoding.
fn sms_pdu(text: &str) -> Plan {
    let parts = GsmMessageData::encode_message(text);
    (matches!(parts[0].encoding, MessageEncoding::Gsm7Bit), parts.len())
}
