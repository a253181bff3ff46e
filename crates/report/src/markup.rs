//! A writer for HTML and SVG that escapes; the only way text gets into a page.
//!
//! Entry points: [`Markup::wrap`] and [`Markup::leaf`]; [`Markup::literal`] for fixed parts.
//!
//! Invariants:
//! - What is not escaped is `&'static str`: tags, names of attributes and literals of this
//!   crate. Text from a user cannot have that type.
//! - Tags close in the order in which they were opened.
//! - Control characters and those that turn the direction of writing are shown as U+FFFD: a
//!   name cannot make the page read differently from what it says.

use std::fmt::{self, Display, Write};

/// Names and values of attributes; values are escaped.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a dyn Display)];

/// A piece of a document.
#[derive(Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// A fixed part, as it is.
    pub fn literal(&mut self, html: &'static str) {
        self.0.push_str(html);
    }

    /// Text, escaped.
    pub fn text(&mut self, text: impl Display) {
        // Writing to memory does not fail, and a `Display` that does has nothing to show.
        let _ = write!(Escaped(&mut self.0), "{text}");
    }

    /// An element and what is in it.
    pub fn wrap(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.start(tag, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// An element with text in it.
    pub fn leaf(&mut self, tag: &'static str, attributes: Attributes<'_>, text: impl Display) {
        self.wrap(tag, attributes, |html| html.text(text));
    }

    /// A shape of a drawing, with nothing in it.
    pub fn shape(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.start(tag, attributes);
        self.0.truncate(self.0.len() - 1);
        self.0.push_str("/>");
    }

    /// The document so far.
    pub fn finish(self) -> String {
        self.0
    }

    fn start(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }
}

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(character),
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.0.push('\u{fffd}'),
                _ if character.is_control() => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_cannot_leave_their_place() {
        let mut html = Markup::default();
        let hostile = "\"><script>alert('x')</script>&amp;";
        html.leaf("p", &[("title", &hostile)], hostile);
        let safe = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;";
        assert_eq!(html.finish(), format!("<p title=\"{safe}\">{safe}</p>"));
    }

    #[test]
    fn characters_that_deceive_are_shown() {
        let mut html = Markup::default();
        html.text("a\0b\u{1b}c\u{202e}d\u{2066}e\nf \u{20b9}");
        assert_eq!(html.finish(), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\nf \u{20b9}");
    }

    #[test]
    fn elements_nest_and_shapes_are_closed() {
        let mut svg = Markup::default();
        svg.wrap("g", &[], |svg| {
            svg.shape("path", &[("d", &"M0 0")]);
            svg.literal("<br>");
        });
        assert_eq!(svg.finish(), "<g><path d=\"M0 0\"/><br></g>");
    }
}
