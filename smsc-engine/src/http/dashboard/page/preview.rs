//! What will become of a message that is being written: alphabet, parts, price, numbers and route.

use sms_codec::plan::{Encoding, Plan, Policy};
use sms_codec::segment::Unit;

use super::super::desk::Desk;
use super::send::Draft;
use crate::core::route::Query;
use crate::core::translate::{Numbers, Translation};
use crate::http::pages::link::Link;
use crate::http::pages::show::{count, visible};
use crate::model::{Address, Route};

/// All that can be said before.
#[derive(Debug, Default)]
pub(super) struct Preview {
    pub(super) alphabet: &'static str,
    pub(super) units: String,
    pub(super) parts: u64,
    pub(super) left: String,
    /// Widths of the parts, of 100 together.
    pub(super) bars: Vec<(f32, f32)>,
    pub(super) lacking: Vec<String>,
    pub(super) price: Option<String>,
    pub(super) translated: Option<String>,
    pub(super) route: String,
    pub(super) reason: String,
    pub(super) simulate: String,
    pub(super) curl: String,
    pub(super) fault: String,
}

/// Looks ahead; nothing is stored or sent.
pub(super) async fn preview(desk: &Desk, draft: &Draft) -> Preview {
    let counted = counted(draft);
    let price = match (&desk.control.records, counted.parts) {
        (Some(records), parts) if parts > 0 && !draft.to.is_empty() => records.price(&draft.to, desk.now()).await.ok(),
        _ => None,
    };
    let price = price.map(|(amount, currency)| format!("{} {currency}", amount.times(counted.parts)));
    let translation = translated(desk, draft);
    let (route, reason) = routed(desk, draft, translation.as_ref());
    Preview {
        price,
        translated: translation.map(|translation| visible(&translation.to_string())),
        route,
        reason,
        simulate: Link::to("/simulator")
            .with("calling", &draft.from)
            .with("called", &draft.to)
            .with("source_smsc", &draft.source_smsc)
            .text(),
        curl: draft.curl(desk),
        ..counted
    }
}

fn counted(draft: &Draft) -> Preview {
    if draft.ucs2 {
        let units = draft.text.encode_utf16().count();
        let (room, parts) = if units <= 70 { (70, u64::from(units > 0)) } else { (67, units.div_ceil(67) as u64) };
        let left = (parts as usize * room).saturating_sub(units);
        return measured("UCS-2", units, parts, (room, left));
    }
    let policy = Policy::default();
    match policy.plan(&draft.text) {
        Ok(_) if draft.text.is_empty() => measured("GSM 7-bit", 0, 0, (160, 160)),
        Ok(plan) => {
            let named = if matches!(plan.encoding(), Encoding::Ucs2) { "UCS-2" } else { "GSM 7-bit" };
            let lacking = match plan.encoding() {
                Encoding::Ucs2 => lacking(policy, &draft.text),
                _ => Vec::new(),
            };
            let unit = if plan.encoding().unit() == Unit::CodeUnit { "characters of 16 bits" } else { "septets" };
            let mut preview = measured(named, plan.units(), plan.parts().into(), (Plan::room(&plan), plan.left()));
            preview.units = format!("{} {unit}", count(plan.units() as u64));
            Preview { lacking, ..preview }
        }
        Err(error) => Preview { alphabet: "none", fault: error.to_string(), ..Preview::default() },
    }
}

fn measured(alphabet: &'static str, units: usize, parts: u64, (room, left): (usize, usize)) -> Preview {
    let unit = if alphabet == "UCS-2" { "characters of 16 bits" } else { "septets" };
    let width = 100.0 / parts.max(1) as f32;
    let shown = parts.min(MOST_BARS);
    let bar = |place: u64| {
        let used = if place + 1 == parts { room - left.min(room) } else { room } as f32 / room.max(1) as f32;
        (place as f32 * width, (width * used - if parts > 1 { 0.4 } else { 0.0 }).max(0.0))
    };
    Preview {
        alphabet,
        units: format!("{} {unit}", count(units as u64)),
        parts,
        left: count(left as u64),
        bars: (0..shown).map(bar).collect(),
        ..Preview::default()
    }
}

/// The characters that make UCS-2 needed, each once.
fn lacking(policy: Policy, text: &str) -> Vec<String> {
    let mut seen: Vec<char> = Vec::new();
    for (_, character) in policy.offending(text) {
        if !seen.contains(&character) && seen.len() < MOST_LACKING {
            seen.push(character);
        }
    }
    seen.into_iter().map(|character| format!("{} U+{:04X}", visible(&character.to_string()), u32::from(character))).collect()
}

fn translated(desk: &Desk, draft: &Draft) -> Option<Translation> {
    let (calling, called) = (Address::from_number(&draft.from), Address::from_number(&draft.to));
    let numbers = Numbers { calling: calling.digits.octets(), called: called.digits.octets(), source_smsc: &draft.source_smsc };
    desk.handle().translator().translate(numbers)
}

fn routed(desk: &Desk, draft: &Draft, translation: Option<&Translation>) -> (String, String) {
    if let Some(name) = &draft.dest_smsc {
        return (format!("through {}", visible(name)), "as you say".to_owned());
    }
    let Ok(routes) = desk.routes() else { return ("by the centre's own rule".to_owned(), String::new()) };
    let (calling, called) = (Address::from_number(&draft.from).digits, Address::from_number(&draft.to).digits);
    let (calling, called) = translation.map_or((&calling, &called), |new| (&new.calling, &new.called));
    let query = Query { calling: calling.octets(), called: called.octets(), source_smsc: &draft.source_smsc, ..Query::default() };
    let simulation = routes.simulate(&query);
    let chosen = simulation.chosen.map(|candidate| format!("route {}: {}", candidate.route.id, outcome(&candidate.route)));
    (chosen.unwrap_or_else(|| "no route; it waits for one, or for its recipient to be found".to_owned()), simulation.reason)
}

/// What a route does, in a word or two.
pub(super) fn outcome(route: &Route) -> String {
    match (&route.dest_smsc, route.auto_reply, route.drop) {
        (_, true, true) => "answers and drops".to_owned(),
        (_, true, false) => "answers".to_owned(),
        (_, _, true) | (None, ..) => "drops".to_owned(),
        (Some(name), ..) => format!("through {}", visible(name)),
    }
}

const MOST_BARS: u64 = 32;
const MOST_LACKING: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, ucs2: bool) -> Preview {
        counted(&Draft { text: text.into(), ucs2, ..Draft::default() })
    }

    #[test]
    fn parts_and_alphabet_are_those_of_the_plan() {
        let one = seen("Hello", false);
        assert_eq!((one.alphabet, one.parts, one.units.as_str(), one.left.as_str()), ("GSM 7-bit", 1, "5 septets", "155"));
        let two = seen(&"x".repeat(161), false);
        assert_eq!((two.parts, two.bars.len()), (2, 2));
        let greek = seen("Ж’", false);
        assert_eq!(
            (greek.alphabet, greek.lacking.as_slice()),
            ("UCS-2", ["Ж U+0416".to_owned(), "’ U+2019".to_owned()].as_slice())
        );
        let forced = seen(&"x".repeat(71), true);
        assert_eq!((forced.alphabet, forced.parts, forced.left.as_str()), ("UCS-2", 2, "63"));
        assert_eq!(seen("", false).parts, 0);
    }
}
