//! Talks to an axum application in memory: no socket, no port, as in a unit test of your own server.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use scim_client::{Client, service::Buffered};
use scim_core::resource::User;
use serde_json::Value;

#[derive(Clone, Default)]
struct Store(Arc<Mutex<Vec<Value>>>);

async fn create(State(store): State<Store>, body: String) -> Result<(StatusCode, String), StatusCode> {
    let mut user: Value = serde_json::from_str(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut users = store.0.lock().unwrap_or_else(PoisonError::into_inner);
    user["id"] = users.len().to_string().into();
    users.push(user.clone());
    Ok((StatusCode::CREATED, user.to_string()))
}

async fn read(State(store): State<Store>, Path(id): Path<usize>) -> Result<String, StatusCode> {
    let users = store.0.lock().unwrap_or_else(PoisonError::into_inner);
    users.get(id).map(Value::to_string).ok_or(StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/scim/v2/Users", post(create))
        .route("/scim/v2/Users/{id}", get(read))
        .with_state(Store::default());

    let client = Client::from_service(Buffered::new(app));
    let made = client.users().create(&User::new("ada")).await?;
    let read = client.users().get(made.id.as_deref().unwrap_or_default()).await?;
    println!("{:?}", read.user_name);
    let nobody = client.users().get("99").await;
    println!("{}", nobody.err().map(|error| error.to_string()).unwrap_or_default());
    Ok(())
}
