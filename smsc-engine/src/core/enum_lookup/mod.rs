//! stub
use crate::BoxFuture;
use std::sync::Arc;
pub trait EnumLookup: Send + Sync + 'static {
    fn domain<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Option<Arc<str>>>;
    fn peek(&self, number: &str) -> Option<Option<Arc<str>>>;
}
