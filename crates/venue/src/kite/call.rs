//! Calls without what they are about: prefix, version header, content types.
//!
//! Entry point: [`Calls`].

use super::form::Form;
use crate::http::{Budget, HttpRequest, Method};

/// Version of the protocol, asked for in every call.
const VERSION: (&str, &str) = ("X-Kite-Version", "3");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Makes calls under a path prefix (the broker's sandbox has one: `/oms`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    prefix: String,
}

impl Calls {
    /// Calls under this prefix, with or without a slash at its ends; empty for none.
    #[must_use]
    pub fn under(prefix: &str) -> Self {
        let trimmed = prefix.trim_matches('/');
        let prefix = if trimmed.is_empty() { String::new() } else { format!("/{trimmed}") };
        Self { prefix }
    }

    /// The prefix, beginning with a slash; empty for none.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A call with fields in its query.
    pub(super) fn plain(
        &self,
        method: Method,
        path: &str,
        query: Form,
        budget: Budget,
    ) -> HttpRequest {
        let query = query.into_text();
        let mark = if query.is_empty() { "" } else { "?" };
        let target = format!("{}{path}{mark}{query}", self.prefix);
        let mut call = HttpRequest::new(method, target, budget);
        call.headers.push(VERSION);
        call
    }

    /// A read without fields.
    pub(super) fn get(&self, path: &str) -> HttpRequest {
        self.plain(Method::Get, path, Form::default(), Budget::Reads)
    }

    /// A call with fields in its body.
    pub(super) fn form(
        &self,
        method: Method,
        path: &str,
        form: Form,
        budget: Budget,
    ) -> HttpRequest {
        let mut call = self.plain(method, path, Form::default(), budget);
        call.headers.push(FORM);
        call.body = form.into_bytes();
        call
    }

    /// A call with JSON in its body.
    pub(super) fn json(&self, path: &str, body: Vec<u8>) -> HttpRequest {
        let mut call = self.plain(Method::Post, path, Form::default(), Budget::Reads);
        call.headers.push(JSON);
        call.body = body;
        call
    }
}
