//! Kite's client half on bytes as the broker documents them, and on what it never should send.
//! The bytes in `bytes/` are our own: the documented shapes with made-up contents.

mod books;
mod desk;
mod failures;
mod laws;
mod market;
mod money;
mod session;
mod stream;
mod writes;
