//! What is served over HTTP; it only translates to calls on [`Control`](crate::control::Control).

#[cfg(feature = "dashboard")]
#[cfg_attr(docsrs, doc(cfg(feature = "dashboard")))]
pub mod dashboard;
