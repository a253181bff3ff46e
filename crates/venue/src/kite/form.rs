//! Form and query encoding.

/// A list of fields as `application/x-www-form-urlencoded`.
#[derive(Default)]
pub struct Form(String);

impl Form {
    /// Adds a field. Names are ours and need no escape.
    pub fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        escape(&mut self.0, value);
    }

    /// Adds a field that may be absent.
    pub fn add_some(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.add(name, &value.to_string());
        }
    }

    pub fn into_text(self) -> String {
        self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// A value as a segment of a path.
pub fn segment(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    escape(&mut out, value);
    out
}

/// Everything but unreserved characters as `%XX`: right in a query, a form and a path alike.
fn escape(out: &mut String, value: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_with_marks_survive() {
        let mut form = Form::default();
        form.add("tradingsymbol", "M&M");
        form.add("i", "NSE:L&TFH é");
        assert_eq!(form.into_text(), "tradingsymbol=M%26M&i=NSE%3AL%26TFH%20%C3%A9");
        assert_eq!(segment("../x?y"), "..%2Fx%3Fy");
    }
}
