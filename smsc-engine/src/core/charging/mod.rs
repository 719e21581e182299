//! stub
use crate::BoxFuture;
pub trait Charging: Send + Sync + 'static {
    fn authorize<'a>(&'a self, event: &'a ChargeEvent<'a>) -> BoxFuture<'a, Result<(), String>>;
}
pub struct ChargeEvent<'a> {
    pub calling: &'a str,
    pub called: &'a str,
    pub parts: u32,
}
