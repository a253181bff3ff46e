//! Market data and target files for truefill: streaming, strict, exact.
//!
//! Start reading at [`source::Quotes`]: whatever gives ticks is one. Readers refuse what is
//! malformed with its place and what is allowed, and mend or leave out what is merely dirty under
//! rules that [`dirt`] states, counted. Numbers are read from their text; times are integer
//! nanoseconds, UTC; memory does not depend on the length of a file.
//!
//! | module | idea |
//! |---|---|
//! | [`source`] | what a source of ticks is |
//! | [`csv`] | our own form of quotes and trades |
//! | [`columns`] | bars and quotes in the CSV of others, with presets for common files |
//! | [`binance`], [`barter`], [`bitstamp`], [`taq`] | recordings and tapes |
//! | [`book`], [`latency`] | full books, and what clocks say |
//! | [`inspect`] | which form a file has, and what is in it |
//! | [`dirt`], [`order`] | what is wrong with market data, and how time is kept from running backwards |
//! | [`demo`] | real data inside the program |
//! | [`synthetic`] | made-up quotes, labelled so |
//! | [`survey`] | what a file is about, where nothing is configured |
//! | [`bars`] | bars from ticks |
//! | [`points`] | bars as a market to trade on |
//! | [`book`] | levels of full books |
//! | [`targets`] | what a strategy wants, as a file |
//! | [`wanted`] | what a backtest wanted, as its library writes it |
//! | [`calendar`] | sessions and their phases, as dated data |
//! | [`fees`] | what trading costs, as dated data |
//! | [`rules`] | lots, price steps, freeze quantities and bands, as dated data |
//! | [`schedule`] | how much of an order is due when |
//! | [`time_text`], [`date`], [`zone`], [`symbols`] | instants, dates, wall clocks and names as text |
//! | [`error`] | what can be wrong, in words |

pub mod bars;
pub mod barter;
pub mod binance;
pub mod bitstamp;
pub mod book;
pub mod calendar;
mod cells;
mod clean;
pub mod columns;
pub mod csv;
pub mod date;
pub mod demo;
pub mod dirt;
pub mod error;
mod facts;
pub mod fees;
pub mod inspect;
mod json;
pub mod latency;
pub mod lines;
mod nearest;
pub mod order;
mod packed;
pub mod points;
pub mod rounded;
pub mod rules;
pub mod schedule;
pub mod source;
mod stamp;
pub mod survey;
pub mod symbols;
pub mod synthetic;
pub mod taq;
pub mod targets;
pub mod time_text;
pub mod wanted;
pub mod zone;
