//! Columns, what they leave open, and dirty bars.
