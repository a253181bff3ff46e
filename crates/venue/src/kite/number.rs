//! Numbers as this broker writes them: JSON numbers that went through floats on its side, such as
//! `0.5999999` or `420.65000000000003`. They are read from their text, never through a float of
//! ours.

use crate::codec::Garbage;
use truefill_core::num::{Amount, DecimalError, PLACES, Px, Qty, parse_decimal};

/// The finest step of any price of this broker, in steps of 1e-9: a hundredth of a paisa.
const FINEST_RAW: i128 = 100_000;
/// How far a price may be from such a step to be that step, in steps of 1e-9.
const NOISE_RAW: i128 = 500;
/// Longest text of a number.
const TEXT_BYTES_MAX: usize = 64;
/// Decimal places of an amount.
const AMOUNT_PLACES: u32 = 18;

/// A price. Digits beyond the ninth place are rounded half away from zero; what is within half a
/// millionth of a multiple of 0.0001 is that multiple, because every tick here is one.
pub fn px(field: &str, text: &str) -> Result<Px, Garbage> {
    let raw = rounded(text, PLACES).map_err(|error| garbage(field, text, error))?;
    let step = nearest(raw, FINEST_RAW);
    let raw = if (raw - step).abs() <= NOISE_RAW { step } else { raw };
    Px(raw).bounded().map_err(|error| garbage(field, text, error))
}

/// A quantity, exactly.
pub fn qty(field: &str, text: &str) -> Result<Qty, Garbage> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(garbage(field, text, "too long"));
    }
    let qty = text.parse().and_then(Qty::bounded);
    qty.map_err(|error| garbage(field, text, error))
}

/// A sum of money. Digits beyond the eighteenth place are rounded half away from zero.
pub fn amount(field: &str, text: &str) -> Result<Amount, Garbage> {
    let raw = rounded(text, AMOUNT_PLACES).map_err(|error| garbage(field, text, error))?;
    if Amount(raw).exceeds_bound() {
        return Err(garbage(field, text, "outside the bounds truefill accepts"));
    }
    Ok(Amount(raw))
}

/// The multiple of a step that is nearest, half away from zero.
fn nearest(raw: i128, step: i128) -> i128 {
    let half = if raw < 0 { -(step / 2) } else { step / 2 };
    raw.saturating_add(half) / step * step
}

fn rounded(text: &str, places: u32) -> Result<i128, DecimalError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(DecimalError::Malformed);
    }
    match parse_decimal(text, places) {
        Err(DecimalError::TooPrecise) => {}
        known => return known,
    }
    let (mantissa, exponent) = split_exponent(text)?;
    let keep = i64::from(places) + 1 + exponent;
    // So many digits after the point still matter. Below one, the value rounds to zero.
    let Ok(keep) = usize::try_from(keep) else { return Ok(0) };
    let cut = match mantissa.split_once('.') {
        Some((whole, fraction)) if fraction.len() > keep => {
            format!("{whole}.{}", &fraction[..keep])
        }
        _ => mantissa.to_owned(),
    };
    let cut = cut.trim_end_matches('.');
    let fine = parse_decimal(&format!("{cut}e{exponent}"), places + 1)?;
    Ok(nearest(fine, 10) / 10)
}

/// Mantissa and exponent. Only called with what the strict reader took for a number.
fn split_exponent(text: &str) -> Result<(&str, i64), DecimalError> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return Ok((text, 0)) };
    let exponent = exponent.trim_start_matches('+').parse().map_err(|_| DecimalError::Malformed)?;
    Ok((mantissa, i64::clamp(exponent, -100, 100)))
}

fn garbage(field: &str, text: &str, why: impl std::fmt::Display) -> Garbage {
    let shown: String = text.chars().take(40).collect();
    Garbage::new(format_args!("{field} `{shown}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_noise_is_taken_off_prices() {
        for (text, raw) in [
            ("0.5999999", 600_000_000),
            ("420.65000000000003", 420_650_000_000),
            ("419.99999999999994", 420_000_000_000),
            ("83.2525", 83_252_500_000),
            ("8.466", 8_466_000_000),
            ("-1.1500000000000057", -1_150_000_000),
            ("1e-7", 0),
            ("5.551115123125783e-17", 0),
            ("-0.00000000049", 0),
            ("1.5E2", 150_000_000_000),
            ("100", 100_000_000_000),
        ] {
            assert_eq!(px("price", text), Ok(Px(raw)), "{text}");
        }
    }

    #[test]
    fn averages_between_ticks_stay_where_they_are() {
        assert_eq!(px("price", "3.216667"), Ok(Px(3_216_667_000)));
        assert_eq!(px("price", "471.66666666666669"), Ok(Px(471_666_666_667)));
    }

    #[test]
    fn sums_keep_eighteen_places() {
        assert_eq!(amount("total", "233.99999999999991"), Ok(Amount(233_999_999_999_999_910_000)));
        assert_eq!(amount("total", "0.1234567890123456785"), Ok(Amount(123_456_789_012_345_679)));
        assert_eq!(amount("total", "-1.24e-18"), Ok(Amount(-1)));
        assert_eq!(amount("total", "-1.24e-40"), Ok(Amount(0)));
    }

    #[test]
    fn quantities_are_exact() {
        assert_eq!(qty("quantity", "25"), Ok(Qty::whole(25)));
        assert_eq!(qty("quantity", "25.0"), Ok(Qty::whole(25)));
        assert!(qty("quantity", "0.12345678901").is_err());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "NaN", "null", "1.2.3", "1e400", "--1", "1.é0000000000", "1,000"] {
            assert!(px("price", text).is_err(), "{text}");
            assert!(amount("sum", text).is_err(), "{text}");
        }
        assert!(px("price", &"9".repeat(65)).is_err());
        assert!(px("price", "1.00000000000000000000000000000000000000000e-99999999999").is_err());
    }
}
