//! stub
#[derive(Default)]
pub struct Translator;
pub struct Translated {
    pub calling: Option<String>,
    pub called: Option<String>,
}
impl std::fmt::Display for Translated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("")
    }
}
impl Translator {
    pub fn translate(&self, _: &str, _: &str, _: &str) -> Option<Translated> {
        None
    }
}
