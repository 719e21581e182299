//! Prints how a text will be sent: alphabet, tables, parts, what is left, cost, and why.
//!
//! ```text
//! cargo run -p sms-codec --example plan -- --smart --price 0.045 'Mañana a las “10” será fácil…'
//! echo 'Işık' | cargo run -p sms-codec --example plan -- --languages turkish,spanish
//! ```

use std::error::Error;
use std::io::{self, Read, Write};

use sms_codec::gsm7::{Language, Languages};
use sms_codec::plan::{Encoding, Numbering, Plan, Policy};
use sms_codec::segment::Unit;
use sms_codec::smart::Smart;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    let mut out = io::stdout().lock();
    match options.policy.plan(&options.text) {
        Ok(plan) => show(&mut out, plan, options.price)?,
        Err(error) => writeln!(out, "cannot be sent: {error}")?,
    }
    offending(&mut out, &options)?;
    suggestion(&mut out, &options)?;
    Ok(())
}

struct Options {
    policy: Policy,
    /// Of one part.
    price: Option<f64>,
    text: String,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self { policy: Policy::default(), price: None, text: String::new() };
        let mut text = None;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "--smart" => options.policy.smart = Smart::Nearest,
                "--udh16" => options.policy.numbering = Numbering::Udh16,
                "--price" => options.price = Some(value()?.parse()?),
                "--languages" => {
                    let allowed = languages(&value()?)?;
                    options.policy = Policy { locking: allowed, single: allowed, ..options.policy };
                }
                option if option.starts_with("--") => return Err(USAGE.into()),
                _ => text = Some(argument),
            }
        }
        options.text = match text {
            Some(text) => text,
            None => io::read_to_string(io::stdin().lock().take(MOST))?.trim_end_matches('\n').into(),
        };
        Ok(options)
    }
}

fn languages(names: &str) -> Result<Languages, String> {
    if names == "all" {
        return Ok(Languages::ALL);
    }
    let language = |name: &str| {
        let known = Language::ALL.into_iter().find(|known| format!("{known:?}").eq_ignore_ascii_case(name));
        known.ok_or_else(|| format!("unknown language: {name}"))
    };
    names.split(',').map(language).collect::<Result<Vec<_>, _>>().map(|languages| Languages::of(&languages))
}

fn show(out: &mut impl Write, plan: Plan<'_>, price: Option<f64>) -> io::Result<()> {
    let unit = match plan.encoding().unit() {
        Unit::Septet => "septets",
        _ => "code units",
    };
    match plan.encoding() {
        Encoding::Gsm7(tables) => {
            writeln!(out, "alphabet  GSM 7-bit")?;
            writeln!(out, "tables    {:?} locking, {:?} single shift", tables.locking(), tables.single())?;
        }
        _ => writeln!(out, "alphabet  UCS-2")?,
    }
    writeln!(out, "length    {} {unit}", plan.units())?;
    writeln!(out, "parts     {} of at most {} {unit}, {} left in the last", plan.parts(), plan.room(), plan.left())?;
    if let Some(price) = price {
        writeln!(out, "cost      {:.4}", price * f64::from(plan.parts()))?;
    }
    for (number, part) in (1..).zip(plan.split(0)) {
        writeln!(out, "  {number:>3}  {:>3} {unit}  UDH {:>2} octets  {:?}", part.units(), part.udh_octets(), part.text())?;
    }
    for change in plan.changes() {
        writeln!(out, "changed   octet {:>4}  {:?} to {:?}", change.offset, change.from, change.to)?;
    }
    Ok(())
}

fn offending(out: &mut impl Write, options: &Options) -> io::Result<()> {
    for (offset, character) in options.policy.offending(&options.text) {
        writeln!(out, "outside   octet {offset:>4}  {character:?} U+{:04X}", u32::from(character))?;
    }
    Ok(())
}

/// What smart encoding would change, if it is off and would help.
fn suggestion(out: &mut impl Write, options: &Options) -> io::Result<()> {
    let smart = Policy { smart: Smart::Nearest, ..options.policy };
    let Ok(plan) = smart.plan(&options.text) else {
        return Ok(());
    };
    if options.policy.smart != Smart::Off || plan.changes().next().is_none() {
        return Ok(());
    }
    writeln!(out, "\nwith --smart:")?;
    show(out, plan, options.price)
}

const USAGE: &str = "plan [--smart] [--udh16] [--languages all|NAME,...] [--price OF_A_PART] [TEXT]";
/// Octets read from the standard input: more than any message holds.
const MOST: u64 = 1 << 20;
