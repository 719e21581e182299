//! Who may bind: the accounts of ESMEs, over what the configuration says of them.
//!
//! Passwords go in and never come out. If there are keys, only those of an administrator open this.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use super::audit::audit;
use super::body::Body;
use super::number::Name;
use super::origin::{Call, Origin};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::reply::{Data, EnvelopeParams};
use crate::accounts::{AccountForm, AccountRecord};
use crate::overlay::{AccountBook, BookError, Listed};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(show, change, remove))
}

/// The list of accounts, for somebody who may change it.
struct Accounts(AccountBook);

impl FromRequestParts<Arc<Rest>> for Accounts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Ok(origin) = Origin::from_request_parts(parts, rest).await;
        let options = rest.options();
        let is_admin = origin.name().is_some_and(|name| options.admins.iter().any(|admin| admin == name));
        if !options.keys.is_empty() && !is_admin {
            return Err(Problem::new(StatusCode::FORBIDDEN, "this takes the key of an administrator"));
        }
        let book = rest.accounts.clone();
        book.map(Accounts).ok_or_else(|| Problem::unavailable("the accounts of this core cannot be changed"))
    }
}

/// Lists accounts: those of the configuration in its order, then those that were added.
#[utoipa::path(
    get, path = "/api/accounts", tag = "accounts", params(PageParams, EnvelopeParams),
    responses((status = 200, body = Data<Vec<AccountForm>>, description = "a part of the list")),
)]
async fn list(Accounts(book): Accounts, page: Page, call: Call) -> Result<Response, Problem> {
    let shown: Vec<_> = page.of(book.list()).map(|listed| form(&listed)).collect();
    Ok(call.envelope.data(StatusCode::OK, shown))
}

/// Adds an account; it may bind from now on.
#[utoipa::path(
    post, path = "/api/accounts", tag = "accounts", params(EnvelopeParams), request_body = AccountForm,
    responses((status = 201, body = Data<AccountForm>, description = "it is in force")),
)]
async fn add(Accounts(book): Accounts, call: Call, Body(form): Body<AccountForm>) -> Result<Response, Problem> {
    let name = form.system_id.clone();
    book.add(form, &call.origin.actor().to_string()).await?;
    audit(&call.origin, "add account", &name);
    Ok(call.envelope.data(StatusCode::CREATED, shown(&book, &name)?))
}

/// Shows one account.
#[utoipa::path(
    get, path = "/api/accounts/{system_id}", tag = "accounts",
    params(("system_id" = String, Path, description = "its name"), EnvelopeParams),
    responses((status = 200, body = Data<AccountForm>, description = "as it stands")),
)]
async fn show(Accounts(book): Accounts, Name(name): Name, call: Call) -> Result<Response, Problem> {
    Ok(call.envelope.data(StatusCode::OK, shown(&book, &name)?))
}

/// Changes an account: what is left out stays, and so does its name; `null` is the usual value.
#[utoipa::path(
    patch, path = "/api/accounts/{system_id}", tag = "accounts",
    params(("system_id" = String, Path, description = "its name"), EnvelopeParams), request_body = AccountForm,
    responses((status = 200, body = Data<AccountForm>, description = "as it stands now")),
)]
async fn change(
    Accounts(book): Accounts,
    Name(name): Name,
    call: Call,
    Body(change): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    let fields = change.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    book.change(&name, change, &call.origin.actor().to_string()).await?;
    audit(&call.origin, "change account", format_args!("{name}: {fields}"));
    Ok(call.envelope.data(StatusCode::OK, shown(&book, &name)?))
}

/// Deletes an account, and ends its sessions; one of the configuration stays deleted until an operator reverts that.
#[utoipa::path(
    delete, path = "/api/accounts/{system_id}", tag = "accounts",
    params(("system_id" = String, Path, description = "its name")),
    responses((status = 204, description = "it is gone")),
)]
async fn remove(Accounts(book): Accounts, Name(name): Name, origin: Origin) -> Result<Response, Problem> {
    book.delete(&name, &origin.actor().to_string()).await?;
    audit(&origin, "delete account", &name);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn shown(book: &AccountBook, name: &str) -> Result<AccountForm, Problem> {
    book.get(name).map(|listed| form(&listed)).ok_or_else(|| Problem::not_found("there is no such account"))
}

/// An account as it counts now; without its password.
fn form(listed: &Listed<AccountRecord>) -> AccountForm {
    AccountForm { origin: Some(listed.origin.name().to_owned()), ..AccountForm::from(&listed.entry) }
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Unknown { .. } => Problem::not_found(error.to_string()),
            BookError::Exists { .. } => Problem::field("system_id", "is taken already"),
            BookError::Entry { reason, .. } => match reason.split_once(": ") {
                Some((field, fault)) => Problem::field(field, fault),
                None => Problem::invalid(reason),
            },
            BookError::Database(_) | BookError::Stored { .. } => Problem::broken(&error),
            other => Problem::invalid(other.to_string()),
        }
    }
}
