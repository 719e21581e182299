//! What a bench is asked for on its command line.

/// The number that follows this name; `None` where nothing does.
///
/// # Panics
/// When something else follows it.
pub fn number(arguments: &[String], name: &str) -> Option<u64> {
    let number = arguments.iter().skip_while(|argument| *argument != name).nth(1)?;
    Some(number.parse().unwrap_or_else(|_| panic!("{name} takes a number, not {number}")))
}
