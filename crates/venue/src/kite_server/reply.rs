//! What the broker answers with: envelopes, error types, bodies that are not JSON.
//!
//! Entry points: [`Reply`], [`Refusal`], [`ErrorType`].

use super::json::Json;

/// The classes of errors that the envelope names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// The session is over or never was.
    Token,
    /// About the user's account.
    User,
    /// About the second factor.
    TwoFa,
    /// Not allowed for this app, or from this address.
    Permission,
    /// About orders.
    Order,
    /// A field is missing or wrong.
    Input,
    /// Too little money.
    Margin,
    /// Too few shares.
    Holding,
    /// The broker does not reach its own systems; also too many requests.
    Network,
    /// The broker's systems answered nonsense.
    Data,
    /// Anything else.
    General,
}

impl ErrorType {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Token,
        Self::User,
        Self::TwoFa,
        Self::Permission,
        Self::Order,
        Self::Input,
        Self::Margin,
        Self::Holding,
        Self::Network,
        Self::Data,
        Self::General,
    ];

    /// As the envelope names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "TokenException",
            Self::User => "UserException",
            Self::TwoFa => "TwoFAException",
            Self::Permission => "PermissionException",
            Self::Order => "OrderException",
            Self::Input => "InputException",
            Self::Margin => "MarginException",
            Self::Holding => "HoldingException",
            Self::Network => "NetworkException",
            Self::Data => "DataException",
            Self::General => "GeneralException",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Token | Self::User | Self::TwoFa | Self::Permission => 403,
            Self::Order | Self::Input | Self::Margin | Self::Holding => 400,
            Self::Network => 503,
            Self::Data => 502,
            Self::General => 500,
        }
    }
}

/// An answer that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Error type.
    pub kind: ErrorType,
    /// The text, the only way to tell sub-cases.
    pub message: String,
}

impl Refusal {
    /// A refusal with the usual status of its type.
    #[must_use]
    pub fn new(kind: ErrorType, message: impl Into<String>) -> Self {
        Self { status: kind.status(), kind, message: message.into() }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// A field that cannot be.
    #[must_use]
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorType::Input, message)
    }

    /// The session is over.
    #[must_use]
    pub fn token() -> Self {
        Self::new(ErrorType::Token, "Incorrect `api_key` or `access_token`.")
    }

    /// Too many requests.
    #[must_use]
    pub fn too_many() -> Self {
        Self::new(ErrorType::Network, "Too many requests").with_status(429)
    }

    /// Its envelope.
    #[must_use]
    pub fn envelope(&self) -> Json {
        Json::object([
            ("status", "error".into()),
            ("message", self.message.as_str().into()),
            ("data", Json::Null),
            ("error_type", self.kind.as_str().into()),
        ])
    }
}

/// The type of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// `application/json`.
    Json,
    /// `text/csv`, packed where the client takes it.
    Csv,
    /// `text/html`.
    Html,
}

impl BodyType {
    /// For the header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            // Exactly this: one official client compares the whole header.
            Self::Csv => "text/csv",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// What the body is.
    pub body_type: BodyType,
    /// The body.
    pub body: Vec<u8>,
    /// Where to go instead.
    pub location: Option<String>,
}

impl Reply {
    /// Success, with this as `data`.
    #[must_use]
    pub fn success(data: Json) -> Self {
        let envelope = Json::object([("status", "success".into()), ("data", data)]);
        Self::json(200, &envelope)
    }

    /// A JSON body as it is.
    #[must_use]
    pub fn json(status: u16, body: &Json) -> Self {
        let body = body.to_string().into_bytes();
        Self { status, body_type: BodyType::Json, body, location: None }
    }

    /// A text of this type.
    #[must_use]
    pub fn text(status: u16, body_type: BodyType, body: String) -> Self {
        Self { status, body_type, body: body.into_bytes(), location: None }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(to: String) -> Self {
        let mut reply = Self::text(302, BodyType::Html, String::new());
        reply.location = Some(to);
        reply
    }

    /// The page of a content delivery network that has lost the servers behind it.
    #[must_use]
    pub fn gateway_page(status: u16) -> Self {
        let page = format!(
            "<html>\r\n<head><title>{status}: gateway</title></head>\r\n<body>\r\n<center>\
             <h1>Error {status}</h1></center>\r\n<hr><center>edge</center>\r\n</body>\r\n</html>\r\n"
        );
        Self::text(status, BodyType::Html, page)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, &refusal.envelope())
    }
}

impl From<Result<Json, Refusal>> for Reply {
    fn from(result: Result<Json, Refusal>) -> Self {
        match result {
            Ok(data) => Self::success(data),
            Err(refusal) => refusal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_type_has_its_name_and_status() {
        for kind in ErrorType::ALL {
            assert_eq!(ErrorType::parse(kind.as_str()), Some(kind));
            let reply = Reply::from(Refusal::new(kind, "x"));
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(body["error_type"], kind.as_str());
            assert_eq!(body["status"], "error");
            assert!((400..600).contains(&reply.status));
        }
        assert_eq!(Refusal::too_many().status, 429);
    }
}
