//! Forms: what they ask, what came back, and what is wrong with it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::link::decoded;
use super::show::visible;
use crate::calendar;
use crate::model::Timestamp;

/// The fields of a form that was sent, or of a query.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`; any octets are a form.
    pub(in crate::http) fn read(octets: &[u8]) -> Fields {
        let text = String::from_utf8_lossy(octets);
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |text: &str| decoded(&text.replace('+', " "));
            (plain(name), plain(value).replace("\r\n", "\n"))
        });
        Fields(pairs.take(MOST_FIELDS).collect())
    }

    /// The value of a field; empty if it is not there.
    pub(in crate::http) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The value without blanks around it; `None` if nothing is left.
    pub(in crate::http) fn word(&self, name: &str) -> Option<String> {
        Some(self.text(name).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// True if a box is ticked.
    pub(in crate::http) fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// All values of a field that may be there more than once.
    pub(in crate::http) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is wrong with a form, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct Faults(BTreeMap<String, String>);

impl Faults {
    pub(in crate::http) fn add(&mut self, field: &str, fault: impl ToString) {
        self.0.entry(field.to_owned()).or_insert_with(|| fault.to_string());
    }

    pub(in crate::http) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::http) fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Reads a whole number; an empty field is `None`.
    pub(in crate::http) fn number<N: FromStr + PartialOrd + ToString>(
        &mut self,
        fields: &Fields,
        name: &str,
        range: RangeInclusive<N>,
    ) -> Option<N> {
        let text = fields.word(name)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.add(name, format!("a whole number from {} to {}", range.start().to_string(), range.end().to_string()));
        }
        number
    }

    /// Reads a moment in UTC; an empty field is `None`.
    pub(in crate::http) fn moment(&mut self, fields: &Fields, name: &str) -> Option<Timestamp> {
        let text = fields.word(name)?;
        let moment = read_moment(&text);
        if moment.is_none() {
            self.add(name, "a date such as 2026-11-28, or date and time such as 2026-11-28 14:30, in UTC");
        }
        moment
    }
}

/// Reads what people and browsers write: with seconds or without, a `T` or a blank between.
pub(in crate::http) fn read_moment(text: &str) -> Option<Timestamp> {
    calendar::parse(text).or_else(|| calendar::parse(&format!("{text}:00")))
}

/// A form to be filled in.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Form {
    pub(in crate::http) action: String,
    pub(in crate::http) fields: Vec<Field>,
    /// What is seldom asked.
    pub(in crate::http) folds: Vec<Fold>,
    /// What the button says.
    pub(in crate::http) submit: &'static str,
    /// Where one goes who changes nothing.
    pub(in crate::http) back: String,
    /// The REST call that does the same.
    pub(in crate::http) curl: Option<String>,
    /// True if something is wrong with it.
    pub(in crate::http) faulty: bool,
    /// Why it cannot be done though nothing is wrong with any field.
    pub(in crate::http) trouble: Option<String>,
}

/// Fields that are out of sight at first.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Fold {
    pub(in crate::http) title: &'static str,
    pub(in crate::http) fields: Vec<Field>,
}

impl Fold {
    pub(in crate::http) fn is_faulty(&self) -> bool {
        self.fields.iter().any(|field| field.fault.is_some())
    }
}

/// One field of a form.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Field {
    pub(in crate::http) name: &'static str,
    pub(in crate::http) label: &'static str,
    pub(in crate::http) value: String,
    pub(in crate::http) help: &'static str,
    pub(in crate::http) fault: Option<String>,
    pub(in crate::http) kind: Kind,
    /// Values and words to choose from.
    pub(in crate::http) choices: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) enum Kind {
    #[default]
    Text,
    Number,
    Area,
    Tick,
    Choice,
    Secret,
    /// To be read, not changed.
    Fixed,
}

impl Form {
    pub(in crate::http) fn new(action: impl Into<String>, submit: &'static str, back: impl Into<String>) -> Form {
        Form { action: action.into(), submit, back: back.into(), ..Form::default() }
    }

    #[must_use]
    pub(in crate::http) fn ask(mut self, field: Field) -> Form {
        self.fields.push(field);
        self
    }

    #[must_use]
    #[cfg(feature = "gateway")]
    pub(in crate::http) fn fold(mut self, title: &'static str, fields: Vec<Field>) -> Form {
        self.folds.push(Fold { title, fields });
        self
    }

    /// Puts faults beside their fields; those of fields that are not asked stand at the first one.
    #[must_use]
    pub(in crate::http) fn with(mut self, faults: &Faults) -> Form {
        self.faulty = !faults.is_empty();
        for (name, fault) in &faults.0 {
            let place = self.all_fields().position(|field| field.name == name).unwrap_or(0);
            if let Some(field) = self.all_fields().nth(place) {
                field.fault.get_or_insert_with(|| visible(fault));
            }
        }
        self
    }

    /// Shows what was typed, except passwords.
    #[must_use]
    #[cfg(feature = "gateway")]
    pub(in crate::http) fn typed(mut self, fields: &Fields) -> Form {
        for field in self.all_fields().filter(|field| !matches!(field.kind, Kind::Secret | Kind::Fixed)) {
            fields.text(field.name).clone_into(&mut field.value);
        }
        self
    }

    fn all_fields(&mut self) -> impl Iterator<Item = &mut Field> {
        self.fields.iter_mut().chain(self.folds.iter_mut().flat_map(|fold| &mut fold.fields))
    }

    #[must_use]
    pub(in crate::http) fn curl(mut self, curl: String) -> Form {
        self.curl = Some(curl);
        self
    }
}

impl Field {
    pub(in crate::http) fn text(name: &'static str, label: &'static str, value: impl Into<String>) -> Field {
        Field { name, label, value: value.into(), ..Field::default() }
    }

    pub(in crate::http) fn number(name: &'static str, label: &'static str, value: impl ToString) -> Field {
        Field { kind: Kind::Number, ..Field::text(name, label, value.to_string()) }
    }

    pub(in crate::http) fn area(name: &'static str, label: &'static str, value: impl Into<String>) -> Field {
        Field { kind: Kind::Area, ..Field::text(name, label, value) }
    }

    pub(in crate::http) fn tick(name: &'static str, label: &'static str, ticked: bool) -> Field {
        Field { kind: Kind::Tick, ..Field::text(name, label, if ticked { "on" } else { "" }) }
    }

    pub(in crate::http) fn secret(name: &'static str, label: &'static str) -> Field {
        Field { kind: Kind::Secret, ..Field::text(name, label, "") }
    }

    #[cfg(feature = "gateway")]
    pub(in crate::http) fn fixed(name: &'static str, label: &'static str, value: impl Into<String>) -> Field {
        Field { kind: Kind::Fixed, ..Field::text(name, label, value) }
    }

    pub(in crate::http) fn choice(
        name: &'static str,
        label: &'static str,
        value: impl Into<String>,
        choices: &[(&str, &str)],
    ) -> Field {
        let choices = choices.iter().map(|(value, word)| ((*value).to_owned(), (*word).to_owned())).collect();
        Field { kind: Kind::Choice, choices, ..Field::text(name, label, value) }
    }

    #[must_use]
    pub(in crate::http) fn help(mut self, help: &'static str) -> Field {
        self.help = help;
        self
    }

    /// Names to choose from, where others may be written too.
    #[must_use]
    pub(in crate::http) fn suggest(mut self, names: impl IntoIterator<Item = String>) -> Field {
        self.choices = names.into_iter().map(|name| (name, String::new())).collect();
        self
    }

    pub(in crate::http) fn is_area(&self) -> bool {
        self.kind == Kind::Area
    }

    pub(in crate::http) fn is_tick(&self) -> bool {
        self.kind == Kind::Tick
    }

    pub(in crate::http) fn is_choice(&self) -> bool {
        self.kind == Kind::Choice
    }

    pub(in crate::http) fn is_fixed(&self) -> bool {
        self.kind == Kind::Fixed
    }

    pub(in crate::http) fn input(&self) -> &'static str {
        match self.kind {
            Kind::Secret => "password",
            Kind::Number => "number",
            _ => "text",
        }
    }

    /// What describes the field to those who hear the page.
    pub(in crate::http) fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.name));
        let fault = self.fault.as_ref().map(|_| format!("{}-fault", self.name));
        fault.into_iter().chain(help).collect::<Vec<_>>().join(" ")
    }
}

// More are in no form of ours, ids of selected messages included.
const MOST_FIELDS: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_whatever_they_hold() {
        let fields = Fields::read("a=1+2&b=%2B44&c&id=7&id=8&text=one%0D%0Atwo&=x".as_bytes());
        assert_eq!((fields.text("a"), fields.text("b"), fields.text("c"), fields.text("d")), ("1 2", "+44", "", ""));
        assert_eq!(fields.all("id").collect::<Vec<_>>(), ["7", "8"]);
        assert_eq!(fields.text("text"), "one\ntwo");
        assert!(Fields::read(&[0xFF, b'=', b'%']).word("a").is_none());
    }

    #[test]
    fn faults_name_their_field() {
        let fields = Fields::read(b"weight=101&priority=x&from=soon&until=2026-11-28T14:30");
        let mut faults = Faults::default();
        assert_eq!(faults.number(&fields, "weight", 1_u8..=100), None);
        assert_eq!(faults.number(&fields, "priority", 1_u8..=255), None);
        assert_eq!(faults.number(&fields, "absent", 1_u8..=255), None);
        assert_eq!(faults.moment(&fields, "from"), None);
        assert_eq!(faults.moment(&fields, "until"), calendar::parse("2026-11-28 14:30:00"));
        assert_eq!(faults.of("weight"), Some("a whole number from 1 to 100"));
        assert_eq!(faults.0.keys().collect::<Vec<_>>(), ["from", "priority", "weight"]);
        let form = Form::new("/x", "Save", "/").ask(Field::number("weight", "Weight", 101)).with(&faults);
        assert!(form.faulty && form.fields[0].fault.is_some());
    }

    #[test]
    fn what_was_typed_stays_and_passwords_do_not() {
        let typed = Fields::read(b"name=other&port=x&password=secret&tls=on");
        let mut faults = Faults::default();
        faults.add("port", "no number");
        let form = Form::new("/x", "Save", "/")
            .ask(Field::fixed("name", "Name", "north"))
            .ask(Field::secret("password", "Password"))
            .fold("More", vec![Field::number("port", "Port", 2775), Field::tick("tls", "TLS", false)])
            .typed(&typed)
            .with(&faults);
        let values: Vec<&str> = form.fields.iter().chain(&form.folds[0].fields).map(|field| field.value.as_str()).collect();
        assert_eq!(values, ["north", "", "x", "on"]);
        assert!(form.folds[0].is_faulty());
    }
}
