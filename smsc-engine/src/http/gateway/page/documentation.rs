//! The operator's documentation, in the binary: it is there when nothing else is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::super::desk::Desk;
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::problem::Problem;
use crate::http::pages::show::visible;
use crate::http::pages::visit::Visit;

#[derive(Template)]
#[template(path = "gateway/documentation.html")]
struct Documentation {
    layout: Layout,
    topic: &'static str,
    title: &'static str,
    topics: &'static [(&'static str, &'static str)],
}

pub(in super::super) async fn first(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    page(&documentation(desk.layout(&visit, ("/documentation", "Documentation")), OVERVIEW))
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(topic): Path<String>,
) -> Result<Response, Problem> {
    let known = TOPICS.iter().find(|(name, _)| *name == topic).copied();
    let topic = known.ok_or_else(|| Problem::missing(format!("There is no documentation about {}.", visible(&topic))))?;
    Ok(page(&documentation(desk.layout(&visit, ("/documentation", topic.1)), topic)))
}

const fn documentation(layout: Layout, (topic, title): (&'static str, &'static str)) -> Documentation {
    Documentation { layout, topic, title, topics: TOPICS }
}

const OVERVIEW: (&str, &str) = ("overview", "What the gateway does");
/// Each has a template of its name.
const TOPICS: &[(&str, &str)] = &[
    OVERVIEW,
    ("carrier", "Add a carrier"),
    ("partner", "Add a partner"),
    ("procedures", "Daily work"),
    ("troubleshooting", "Troubleshooting"),
    ("metrics", "Metrics and alerts"),
    ("glossary", "Glossary"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_text_of_its_own() {
        let pages = TOPICS.iter().map(|topic| documentation(Layout::for_tests(), *topic).render().unwrap());
        let mut texts: Vec<String> = pages.map(|page| page.split_once("<article").unwrap().1.to_owned()).collect();
        assert!(texts.iter().all(|text| text.len() > 600), "{texts:?}");
        texts.dedup();
        assert_eq!(texts.len(), TOPICS.len());
    }
}
