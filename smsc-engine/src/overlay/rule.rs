//! The list of translation rules.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Book, BookError, Deleted, Entry, Listed};
use crate::core::translate::{Mode, Translator};
use crate::model::Rule;
use crate::sql::Database;

/// A translation rule with its number; in JSON the number stands beside the fields of the rule, as `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedRule {
    /// Its number, which never changes. One of the file gets it from what it says, so that it is the same after a
    /// restart and after others were added to the file.
    pub id: u64,
    /// The rule.
    pub rule: Rule,
}

/// Translation rules of the file with changes over them. Copies are the same list.
#[derive(Clone, Debug)]
pub struct RuleBook {
    book: Book<NumberedRule>,
    /// Held by whoever adds a rule: the next number.
    next_id: Arc<tokio::sync::Mutex<u64>>,
}

impl RuleBook {
    /// Lays what was changed before over what the file says now, and puts the rules in force.
    ///
    /// # Errors
    /// As [`Book::open`].
    pub async fn open(
        database: &Database,
        file: Vec<Rule>,
        (translator, mode): (Arc<Translator>, Mode),
    ) -> Result<RuleBook, BookError> {
        let book = Book::open(database, numbered(file)).await?;
        let apply = move |rules: Vec<NumberedRule>| {
            let rules: Vec<Rule> = in_order(rules, |numbered| numbered).into_iter().map(|numbered| numbered.rule).collect();
            translator.replace(&rules, mode).map_err(|error| error.to_string())
        };
        book.follow(apply).await?;
        let next_id = next_number(&book);
        Ok(RuleBook { book, next_id: Arc::new(tokio::sync::Mutex::new(next_id)) })
    }

    /// Returns all rules in the order in which they are tried: by priority, then as they stand in the file, then as they were added.
    pub fn list(&self) -> Vec<Listed<NumberedRule>> {
        in_order(self.book.list(), |listed| &listed.entry)
    }

    /// Returns the rule with this number.
    pub fn get(&self, id: u64) -> Option<Listed<NumberedRule>> {
        self.book.get(&id.to_string())
    }

    /// Returns the rules of the file that were deleted at run time.
    pub fn deleted(&self) -> Vec<Deleted> {
        self.book.deleted()
    }

    /// Adds a rule, in the name of `by`, and gives it a number.
    ///
    /// # Errors
    /// It is no good, or it cannot be kept.
    pub async fn add(&self, rule: Rule, by: &str) -> Result<NumberedRule, BookError> {
        let mut next_id = self.next_id.lock().await;
        loop {
            *next_id = (*next_id).max(next_number(&self.book));
            let new = NumberedRule { id: *next_id, rule: rule.clone() };
            // Also if it is not kept: perhaps it was and nobody could say so.
            *next_id += 1;
            match self.book.add(new.clone(), by).await {
                // Another node gave the number away; now we know.
                Err(BookError::Exists { .. }) => {}
                done => return done.map(|()| new),
            }
        }
    }

    /// The name of the table of changes, as it stands among the tables nodes share.
    pub fn table(&self) -> String {
        self.book.table()
    }

    /// Takes in what other nodes changed since one looked last.
    ///
    /// # Errors
    /// See [`BookError`]; then what was known still counts.
    pub async fn catch_up(&self) -> Result<(), BookError> {
        self.book.catch_up().await
    }

    /// Changes a rule in place.
    ///
    /// # Errors
    /// There is none with this number, it is no good, or it cannot be kept.
    pub async fn edit(&self, id: u64, by: &str, edit: impl FnOnce(&mut Rule) + Send + 'static) -> Result<(), BookError> {
        let edit = |numbered: &mut NumberedRule| {
            edit(&mut numbered.rule);
            Ok(())
        };
        self.book.edit(&id.to_string(), by, edit).await
    }

    /// Deletes a rule; one of the file stays deleted until it is [reverted](Self::revert).
    ///
    /// # Errors
    /// There is none with this number, or it cannot be kept.
    pub async fn delete(&self, id: u64, by: &str) -> Result<(), BookError> {
        self.book.delete(&id.to_string(), by).await
    }

    /// Goes back to what the file says of a rule.
    ///
    /// # Errors
    /// There is nothing to go back to, or it cannot be kept.
    pub async fn revert(&self, id: u64) -> Result<(), BookError> {
        self.book.revert(&id.to_string()).await
    }

    /// Takes the rules the file has now. One that says something else than before is another rule with another number:
    /// a change over the old one then stands among those added.
    ///
    /// # Errors
    /// See [`BookError`]; then those read before still count.
    pub async fn replace_file(&self, file: Vec<Rule>) -> Result<(), BookError> {
        self.book.replace_file(numbered(file)).await
    }
}

/// A number above all that were given away and are still known.
fn next_number(book: &Book<NumberedRule>) -> u64 {
    let deleted = book.deleted().into_iter().filter_map(|deleted| deleted.key.parse().ok());
    let used = book.list().into_iter().map(|listed| listed.entry.id).chain(deleted);
    used.filter(|id| *id < FIRST_OF_FILE).max().unwrap_or(0) + 1
}

impl Entry for NumberedRule {
    const KIND: &'static str = "translation rule";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn check(&self) -> Result<(), String> {
        // One that is switched off must be good when it is switched on.
        let rule = Rule { enabled: true, ..self.rule.clone() };
        let compiled = Translator::new(std::slice::from_ref(&rule), Mode::First);
        compiled.map(drop).map_err(|error| format!("{}: {}", error.field, error.fault))
    }

    fn store(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn restore(stored: Value) -> Result<NumberedRule, String> {
        serde_json::from_value(stored).map_err(|error| error.to_string())
    }
}

impl serde::Serialize for NumberedRule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value = serde_json::to_value(&self.rule).map_err(serde::ser::Error::custom)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("id".to_owned(), self.id.into());
        }
        value.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for NumberedRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not flattened: that would let unknown fields through.
        let mut fields = serde_json::Map::deserialize(deserializer)?;
        let id = fields.remove("id").as_ref().and_then(Value::as_u64);
        let id = id.ok_or_else(|| serde::de::Error::custom("id: a whole number"))?;
        let rule = serde_json::from_value(Value::Object(fields)).map_err(serde::de::Error::custom)?;
        Ok(NumberedRule { id, rule })
    }
}

/// Sorts by priority; where it is the same, the order stays.
fn in_order<T>(mut list: Vec<T>, rule: impl Fn(&T) -> &NumberedRule) -> Vec<T> {
    list.sort_by_key(|item| rule(item).rule.priority);
    list
}

/// Numbers the rules of a file by what they match and make; which one of equal ones it is counts too.
fn numbered(file: Vec<Rule>) -> Vec<NumberedRule> {
    let mut seen = HashSet::new();
    let number = |rule: Rule| {
        let mut id = FIRST_OF_FILE | (fingerprint(&rule) % FIRST_OF_FILE);
        // The next free one: equal rules follow each other, and so would two that collide.
        while !seen.insert(id) {
            id = FIRST_OF_FILE | ((id + 1) % FIRST_OF_FILE);
        }
        NumberedRule { id, rule }
    };
    file.into_iter().map(number).collect()
}

/// What tells a rule from others; priority, description and switch may change. FNV-1a: the same in every version of the
/// program, which std's own hash is not.
fn fingerprint(rule: &Rule) -> u64 {
    let Rule { calling_prefix, called_prefix, source_smsc, calling_match, calling_replace, called_match, called_replace, .. } =
        rule;
    let fields = [calling_prefix, called_prefix, source_smsc, calling_match, calling_replace, called_match, called_replace];
    // No UTF-8 text has the octet that ends a field.
    let octets = fields.into_iter().flat_map(|field| field.as_deref().unwrap_or("").bytes().chain([0xFF]));
    octets.fold(0xCBF2_9CE4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3))
}

/// Numbers of rules of the file begin here, those of run time stay below; all are exact in JavaScript.
const FIRST_OF_FILE: u64 = 1 << 52;
