//! The buttons and forms of the page: acts of the [`Control`], with an answer for people.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::SignedDuration;
use scim_core::{call::encode, query::pairs};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{
    Room,
    body::Out,
    notes::Note,
    server::{plain, typed},
};
use crate::provider::{Control, Seed, SignIn};

/// Answers a form: where the page's script sent it, with what came of it; else with the page that tells.
pub(super) fn answer(room: &Room, request: &Request<Bytes>) -> Response<Out> {
    let what = request.uri().path().trim_start_matches("/act/");
    let form = Form::read(request.body());
    let tenant = form.text("tenant");
    let control = match tenant {
        "" => Some(room.provider.control()),
        tenant => room.provider.control_of(tenant),
    };
    let Some(done) = control.map_or_else(
        || Some(Err(format!("there is no tenant {tenant:?}"))),
        |control| act(what, control, &form),
    ) else {
        return plain(StatusCode::NOT_FOUND, "there is no such act");
    };
    let note = match done {
        Ok(text) => Note { done: true, text },
        Err(text) => Note { done: false, text },
    };
    if request.headers().contains_key("x-desk") {
        return typed(
            StatusCode::OK,
            "application/json",
            json!({"done": note.done, "text": note.text}).to_string(),
        );
    }
    let number = room.notes().add(note);
    let place = match tenant {
        "" => format!("/?note={number}"),
        tenant => format!("/?tenant={}&note={number}", encode(tenant)),
    };
    let mut response = plain(StatusCode::SEE_OTHER, "done");
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// What came of it, or what stood in the way; `None` if there is no such act.
fn act(what: &str, control: Control<'_>, form: &Form) -> Option<Result<String, String>> {
    Some(match what {
        "deactivate" => set_active(control, form, false),
        "activate" => set_active(control, form, true),
        "advance" => advance(control, form),
        "delete" => delete(control, form),
        "user" => form.needed("userName").map(|name| {
            control.add_user(name);
            format!("{name} is there; SCIM does not manage the account yet")
        }),
        "foreign" => form.needed("userName").map(|name| {
            control.add_foreign_user(name);
            format!("{name} now belongs to another organization")
        }),
        "domain" => form.needed("domain").map(|domain| {
            control.verify_domain(domain);
            format!("{domain} is verified")
        }),
        "sign-in" => sign_in(control, form),
        "seed" => seed(control, form),
        "clock" => clock(control, form),
        "token" => match control.rotate_token() {
            Ok(token) => Ok(format!("the new token, shown this once: {}", token.expose_secret())),
            Err(error) => Err(error.to_string()),
        },
        "reset" => {
            control.reset();
            Ok("everything is forgotten".to_owned())
        }
        _ => return None,
    })
}

fn set_active(control: Control<'_>, form: &Form, active: bool) -> Result<String, String> {
    let (id, name) = form.resource()?;
    control.edit(id, "active", active.into()).map_err(|error| error.to_string())?;
    Ok(format!("{name} is {}", if active { "active" } else { "deactivated" }))
}

fn advance(control: Control<'_>, form: &Form) -> Result<String, String> {
    let (id, name) = form.resource()?;
    let state = control.advance_account(id).ok_or("the account has no states, or is gone")?;
    Ok(format!("{name} is now {state}"))
}

fn delete(control: Control<'_>, form: &Form) -> Result<String, String> {
    let (id, name) = form.resource()?;
    control.delete(id).map_err(|error| error.to_string())?;
    Ok(format!("{name} is deleted"))
}

fn sign_in(control: Control<'_>, form: &Form) -> Result<String, String> {
    let name = form.needed("userName")?;
    let mut attributes = Map::new();
    attributes.insert("userName".to_owned(), name.into());
    let shown = form.text("displayName");
    if !shown.is_empty() {
        attributes.insert("displayName".to_owned(), Value::from(shown));
    }
    Ok(match control.sign_in(&attributes).map_err(|error| error.to_string())? {
        SignIn::Known(_) => format!("{name} signed in"),
        SignIn::Created(_) => format!("{name} signed in, and an account was made on the way"),
        SignIn::Refused(_) => format!("{name} was not let in: the account is inactive"),
        SignIn::Unknown => format!("{name} was not let in: there is no account"),
    })
}

fn seed(control: Control<'_>, form: &Form) -> Result<String, String> {
    let number = |name: &str| match form.text(name) {
        "" => Ok(0),
        text => text.parse::<usize>().map_err(|_| format!("{name}: {text:?} is no number")),
    };
    let made = control.seed(Seed { users: number("users")?, groups: number("groups")? });
    let made = made.map_err(|error| error.to_string())?;
    Ok(format!("{} new users and {} new groups", made.users, made.groups))
}

fn clock(control: Control<'_>, form: &Form) -> Result<String, String> {
    let text = form.needed("advance")?;
    let by = text.parse::<SignedDuration>().ok().and_then(|by| Duration::try_from(by).ok());
    control.advance_clock(by.ok_or_else(|| format!("{text:?} is no duration, such as 90s or 2h 30m"))?);
    Ok(format!("the clock is {text} further"))
}

/// The fields of a form.
struct Form(HashMap<String, String>);

impl Form {
    fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Self(pairs(&text).map(|(name, value)| (name, value.trim().to_owned())).collect())
    }

    /// Empty if it is not there.
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn needed(&self, name: &str) -> Result<&str, String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).ok_or_else(|| format!("{name} is missing"))
    }

    /// The id of a resource, and what people call it.
    fn resource(&self) -> Result<(&str, &str), String> {
        let id = self.needed("id")?;
        Ok((id, Some(self.text("name")).filter(|name| !name.is_empty()).unwrap_or(id)))
    }
}
