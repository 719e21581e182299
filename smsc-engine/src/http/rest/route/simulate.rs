//! What would become of a message, without one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::form::RouteForm;
use super::table;
use crate::core::route::{Candidate, Criterion, Query, Simulation};
use crate::core::translate::Numbers;
use crate::http::rest::Rest;
use crate::http::rest::body::Body;
use crate::http::rest::faults::Faults;
use crate::http::rest::forms::check;
use crate::http::rest::problem::Problem;
use crate::http::rest::reply::{Data, Envelope, EnvelopeParams};
use crate::model::{Address, SourceType};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(simulate))
}

/// A message that could be.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct Supposed {
    /// The sender's number, as it would be handed in.
    #[schema(required = true, value_type = String, min_length = 1, max_length = 64)]
    #[schema(pattern = r"^[^\x00-\x1F\x7F-\x9F]*$", example = "+15551234567")]
    calling: Option<String>,
    /// The recipient's number, as it would be handed in.
    #[schema(required = true, value_type = String, min_length = 1, max_length = 64)]
    #[schema(pattern = r"^[^\x00-\x1F\x7F-\x9F]*$", example = "+447700900123")]
    called: Option<String>,
    /// Who would submit it.
    #[schema(max_length = 253, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    source_smsc: Option<String>,
    /// What kind of network it would come from.
    source_type: Option<SourceType>,
    /// What ENUM would find for the recipient; nothing is looked up.
    #[schema(max_length = 253, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    enum_domain: Option<String>,
}

/// Which route would claim the message, and why.
#[derive(Serialize, ToSchema)]
struct SimulationForm {
    /// The sender's number after translation.
    calling: String,
    /// The recipient's number after translation.
    called: String,
    /// What translation changed, `null` for nothing.
    #[schema(required = true)]
    translation: Option<String>,
    /// The route that claims it; among equal routes it is drawn as for a message.
    #[schema(required = true)]
    chosen: Option<CandidateForm>,
    /// Why this one, in a sentence.
    reason: String,
    /// All routes that match, the chosen one first, then the better before the worse.
    candidates: Vec<CandidateForm>,
    /// How many more match and are left out of the list.
    omitted: usize,
}

/// A route that matches.
#[derive(Clone, Serialize, ToSchema)]
struct CandidateForm {
    /// The route.
    route: RouteForm,
    /// The points of its criteria together.
    score: u32,
    /// Why it matches: its criteria and what they found. A route without any matches everything.
    criteria: Vec<Criterion>,
    /// How many per cent of such messages it gets.
    share: f64,
    /// Why it gets none though it matches, apart from better routes.
    #[schema(required = true)]
    passed_over: Option<&'static str>,
}

/// Shows which route would claim a message and how each that matches was scored.
///
/// Numbers are translated first, as for a message. Nothing is stored, sent, charged or looked up.
#[utoipa::path(
    post, path = "/api/routes/simulate", tag = "routes", params(EnvelopeParams), request_body = Supposed,
    responses((status = 200, body = Data<SimulationForm>, description = "what would become of it")),
)]
async fn simulate(
    State(rest): State<Arc<Rest>>,
    envelope: Envelope,
    Body(supposed): Body<Supposed>,
) -> Result<Response, Problem> {
    let supposed = supposed.checked()?;
    Ok(envelope.data(StatusCode::OK, supposed.simulate(&rest)?))
}

impl Supposed {
    fn checked(self) -> Result<Supposed, Problem> {
        let mut faults = Faults::default();
        for (field, text, most) in [
            ("calling", &self.calling, NUMBER),
            ("called", &self.called, NUMBER),
            ("source_smsc", &self.source_smsc, NAME),
            ("enum_domain", &self.enum_domain, NAME),
        ] {
            let is_needed = matches!(field, "calling" | "called");
            if is_needed && text.as_deref().unwrap_or_default().is_empty() {
                faults.add(field, "is required");
            }
            check(&mut faults, field, (text.as_deref(), most));
        }
        faults.none().map(|()| self)
    }

    fn simulate(self, rest: &Rest) -> Result<SimulationForm, Problem> {
        let number = |text: Option<String>| Address::from_number(&text.unwrap_or_default());
        let (calling, called) = (number(self.calling), number(self.called));
        let source_smsc = self.source_smsc.unwrap_or_default();
        let (from, to) = (calling.number(), called.number());
        let numbers = Numbers { calling: from.as_bytes(), called: to.as_bytes(), source_smsc: &source_smsc };
        let translation = rest.control.handle.translator().translate(numbers);
        let (calling, called) = match &translation {
            Some(now) => (Address::from_number(&now.calling.text()), Address::from_number(&now.called.text())),
            None => (calling.clone(), called.clone()),
        };
        let simulation = table(rest)?.simulate(&Query {
            calling: calling.digits.octets(),
            called: called.digits.octets(),
            source_smsc: &source_smsc,
            source_type: self.source_type,
            enum_domain: self.enum_domain.as_deref(),
            is_reply: false,
        });
        let numbers = (calling.number().into_owned(), called.number().into_owned());
        Ok(SimulationForm::new(simulation, numbers, translation.map(|translation| translation.to_string())))
    }
}

impl SimulationForm {
    fn new(simulation: Simulation, (calling, called): (String, String), translation: Option<String>) -> SimulationForm {
        let Simulation { chosen, reason, others, omitted } = simulation;
        let chosen = chosen.map(CandidateForm::from);
        let candidates = chosen.iter().cloned().chain(others.into_iter().map(CandidateForm::from)).collect();
        SimulationForm { calling, called, translation, chosen, reason, candidates, omitted }
    }
}

impl From<Candidate> for CandidateForm {
    fn from(candidate: Candidate) -> Self {
        let Candidate { route, score, criteria, share, passed_over } = candidate;
        CandidateForm { route: route.into(), score, criteria, share, passed_over }
    }
}

// As routes have them.
const NUMBER: usize = 64;
const NAME: usize = 253;
