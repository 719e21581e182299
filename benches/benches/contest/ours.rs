//! smpp-pdu.

use smsc_benches::application::Message;
use smsc_benches::case::Case;
use smsc_benches::clock::Contestant;

pub(super) fn decoder(_case: &Case) -> Option<Contestant> { None }
pub(super) fn framer(_case: &Case) -> Option<Contestant> { None }
pub(super) fn encoder(_case: &Case) -> Option<Contestant> { None }
