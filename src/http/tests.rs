//! Tests of the whole router, against a real engine on a store in memory. `support` speaks HTTP to it and holds every answer
//! against the OpenAPI document.

mod auth;
mod document;
mod errors;
mod pages;
mod sdk;
mod story;
mod support;
mod upload;
