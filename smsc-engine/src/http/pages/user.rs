//! Who may log in.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::book::book_problem;
use super::form::{Faults, Field, Form};
use super::layout::{FormPage, Layout, page, refused};
use super::problem::Problem;
use super::shell::Shell;
use super::show::{Badge, Moment, Tone, visible};
use super::visit::{Order, Visit, remembered};
use crate::accounts::Secret;
use crate::audit::Role;
use crate::http::client::Client;
use crate::model::Timestamp;
use crate::overlay::{BookError, Listed};
use crate::users::{NewUser, User, Users, UsersError};

#[derive(Template)]
#[template(path = "users.html")]
struct List {
    layout: Layout,
    rows: Vec<Row>,
    form: Form,
}

struct Row {
    name: String,
    path: String,
    role: &'static str,
    state: Badge,
    enabled: bool,
    origin: &'static str,
    change: Option<(Moment, String)>,
    me: bool,
}

fn users<'s>(shell: &'s Shell, visit: &Visit) -> Result<&'s Users, Problem> {
    visit.need(Role::Admin)?;
    shell.gate().users().ok_or_else(|| shell.absent("log-in: everybody who reaches this port may do everything"))
}

pub(super) async fn list(State(shell): State<Shell>, visit: Visit) -> Result<Response, Problem> {
    Ok(page(&view(&shell, &visit, &Faults::default(), ("", "viewer"))?))
}

fn view(shell: &Shell, visit: &Visit, faults: &Faults, (name, role): (&str, &str)) -> Result<List, Problem> {
    let users = users(shell, visit)?;
    let rows = users.list();
    let form = Form::new("/users", "Add user", "")
        .ask(Field::text("name", "Name", name))
        .ask(Field::choice("role", "Role", role, &ROLES))
        .ask(Field::secret("password", "Password").help("At least 12 characters; it is kept as a hash."))
        .with(faults);
    Ok(List { rows: rows.iter().map(|user| row(user, visit)).collect(), form, layout: shell.layout(visit, ("/users", "Users")) })
}

fn row(listed: &Listed<User>, visit: &Visit) -> Row {
    let User { name, role, enabled, .. } = &listed.entry;
    Row {
        name: visible(name),
        path: format!("/users/{}", super::link::encoded(name)),
        role: role.name(),
        state: if *enabled { Badge::new("may log in", Tone::Good) } else { Badge::new("shut out", Tone::Off) },
        enabled: *enabled,
        origin: listed.origin.name(),
        change: listed.change.as_ref().map(|change| (Moment::new(change.at, Timestamp::now()), visible(&change.by))),
        me: *name == visit.viewer.user,
    }
}

pub(super) async fn add(State(shell): State<Shell>, order: Order) -> Result<Response, Problem> {
    let users = users(&shell, &order.visit)?;
    let mut faults = Faults::default();
    let (name, word) = (order.fields.word("name").unwrap_or_default(), order.fields.text("role"));
    match Role::from_name(word) {
        Some(role) => {
            let new = NewUser { name: name.clone(), role, password: Secret::new(order.fields.text("password")) };
            match users.add(new, &order.visit.viewer.actor()).await {
                Ok(()) => return Ok(remembered(&format!("User {name} is added."), "/users")),
                Err(error) => note(error, &mut faults)?,
            }
        }
        None => faults.add("role", "choose one"),
    }
    Ok(refused(&view(&shell, &order.visit, &faults, (&name, word))?))
}

pub(super) async fn set_role(State(shell): State<Shell>, Path(name): Path<String>, order: Order) -> Result<Response, Problem> {
    let users = users(&shell, &order.visit)?;
    let role = Role::from_name(order.fields.text("role")).ok_or_else(|| Problem::conflict("There is no such role."))?;
    users.set_role(&name, role, &order.visit.viewer.actor()).await.map_err(problem)?;
    Ok(remembered(&format!("User {name} is {role} now."), "/users"))
}

pub(super) async fn switch(State(shell): State<Shell>, Path(name): Path<String>, order: Order) -> Result<Response, Problem> {
    let users = users(&shell, &order.visit)?;
    let enabled = order.fields.ticked("enabled");
    users.set_enabled(&name, enabled, &order.visit.viewer.actor()).await.map_err(problem)?;
    Ok(remembered(&format!("User {name} {}.", if enabled { "may log in" } else { "is shut out" }), "/users"))
}

pub(super) async fn delete(State(shell): State<Shell>, Path(name): Path<String>, order: Order) -> Result<Response, Problem> {
    let users = users(&shell, &order.visit)?;
    users.delete(&name, &order.visit.viewer.actor()).await.map_err(problem)?;
    Ok(remembered(&format!("User {name} is deleted."), "/users"))
}

pub(super) async fn reset(State(shell): State<Shell>, Path(name): Path<String>, order: Order) -> Result<Response, Problem> {
    let users = users(&shell, &order.visit)?;
    let password = Secret::new(order.fields.text("password"));
    match users.set_password(&name, password, &order.visit.viewer.actor()).await {
        Ok(()) => Ok(remembered(&format!("User {name} has a new password."), "/users")),
        Err(error) => Err(problem(error)),
    }
}

/// The own password: everybody may change it.
pub(super) async fn own(State(shell): State<Shell>, visit: Visit) -> Result<Response, Problem> {
    Ok(page(&own_view(&shell, &visit, &Faults::default())?))
}

pub(super) async fn change_own(
    State(shell): State<Shell>,
    visit: Visit,
    (Client(peer), headers): (Client, HeaderMap),
    axum::extract::RawForm(form): axum::extract::RawForm,
) -> Result<Response, Problem> {
    let fields = super::form::Fields::read(&form);
    if !visit.viewer.is_csrf(fields.text("csrf")) {
        return Err(Problem::forged());
    }
    let users = shell.gate().users().ok_or_else(|| shell.absent("log-in"))?;
    let mut faults = Faults::default();
    if fields.text("new") != fields.text("again") {
        faults.add("again", "it is not the same");
    }
    if faults.is_empty() {
        let token = shell.gate().token(&headers).unwrap_or_default();
        let change = (fields.text("old"), Secret::new(fields.text("new")));
        match users.change_password(token, change, peer).await {
            Ok(begun) => {
                let cookie = shell.gate().cookie(begun.token.expose());
                return Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response());
            }
            Err(UsersError::LogIn(error)) => faults.add("old", error),
            Err(UsersError::Password { least, most }) => faults.add("new", format!("{least} to {most} characters")),
            Err(error) => return Err(problem(error)),
        }
    }
    Ok(refused(&own_view(&shell, &visit, &faults)?))
}

fn own_view(shell: &Shell, visit: &Visit, faults: &Faults) -> Result<FormPage, Problem> {
    if shell.gate().users().is_none() {
        return Err(shell.absent("log-in"));
    }
    let form = Form::new("/password", "Change password", "/")
        .ask(Field::secret("old", "Present password"))
        .ask(Field::secret("new", "New password").help("At least 12 characters."))
        .ask(Field::secret("again", "New password again"))
        .with(faults);
    Ok(FormPage { layout: shell.layout(visit, ("", "Your password")), title: "Your password".into(), form })
}

fn note(error: UsersError, faults: &mut Faults) -> Result<(), Problem> {
    match error {
        UsersError::Password { least, most } => faults.add("password", format!("{least} to {most} characters")),
        UsersError::Book(BookError::Entry { reason, .. }) => faults.add("name", reason),
        UsersError::Book(error @ BookError::Exists { .. }) => faults.add("name", error),
        other => return Err(problem(other)),
    }
    Ok(())
}

fn problem(error: UsersError) -> Problem {
    match error {
        UsersError::Book(error) => book_problem(error),
        other => Problem::conflict(other),
    }
}

const ROLES: [(&str, &str); 3] =
    [("viewer", "viewer: looks on"), ("operator", "operator: changes things"), ("admin", "admin: changes users, too")];
