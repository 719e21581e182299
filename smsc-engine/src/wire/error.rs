//! What can be wrong with octets.

use std::fmt;

use crate::model::{FormError, FormFault, Part};

/// Says which field of a value cannot be read, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WireError {
    /// The field; empty until whoever knows its name has filled it in.
    pub(super) field: &'static str,
    /// The place in the list it is in, counted from 0.
    pub(super) item: Option<usize>,
    pub(super) fault: FormFault,
}

impl WireError {
    /// Names the field, unless a field within it is named.
    pub(super) fn named(mut self, field: &'static str) -> WireError {
        if self.field.is_empty() {
            self.field = field;
        }
        self
    }

    /// Says in which item of a list the field is; of lists in lists the outermost counts.
    pub(super) fn within(self, item: usize) -> WireError {
        WireError { item: Some(item), ..self }
    }
}

/// `item 17: destination: octets missing`.
impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(item) = self.item {
            write!(f, "item {item}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        self.fault.fmt(f)
    }
}

impl From<FormFault> for WireError {
    fn from(fault: FormFault) -> Self {
        WireError { field: "", item: None, fault }
    }
}

impl From<FormError> for WireError {
    fn from(FormError { field, fault }: FormError) -> Self {
        WireError { field, item: None, fault }
    }
}

/// Reads the version octet.
pub(super) fn version(rest: &mut &[u8]) -> Result<(), WireError> {
    let fault = match u8::take(rest) {
        Ok(super::VERSION) => return Ok(()),
        Ok(other) => FormFault::Version(other),
        Err(fault) => fault,
    };
    Err(WireError::from(fault).named("version"))
}
