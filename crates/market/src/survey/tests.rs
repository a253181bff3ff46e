use std::io::Cursor;

use super::*;
use crate::csv::HEADER_QUOTES;

#[test]
fn a_step_is_the_coarsest_that_fits() {
    let cent = NANO / 100;
    for (common, expected) in [
        (100 * NANO, NANO),
        (NANO / 2, NANO / 2),
        (5 * cent, 5 * cent),
        (15 * cent, 5 * cent),
        (cent, cent),
        (4 * cent, 2 * cent),
        (25, 5),
        (3, 1),
        (0, NANO),
    ] {
        assert_eq!(step(common), expected, "{common}");
    }
}

#[test]
fn the_demo_data_have_the_grid_that_is_declared_for_them() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(crate::demo::NAME);
    let found = survey(file).unwrap();
    for (one, declared) in found.iter().zip(crate::demo::instruments()) {
        assert_eq!(
            (&one.symbol, one.tick, one.lot),
            (&declared.symbol, declared.tick, declared.lot)
        );
        assert_eq!(one.instrument().symbol, declared.symbol);
        assert!(one.span.is_some_and(|(first, last)| first < last));
    }
    let counts: Vec<_> = found.iter().map(|one| (one.quotes, one.trades)).collect();
    assert_eq!(counts, [(17_634, 6_770), (12_033, 1_805), (9_301, 2_457)]);
}

#[test]
fn what_is_no_symbol_has_a_place() {
    let names_of = |rows: &str| {
        let text = format!("{HEADER_QUOTES}\n{rows}");
        names(Lines::new("q.csv", Cursor::new(text)).unwrap())
    };
    let good = "2025-03-25T10:00:00Z,A,1,1,2,1\n";
    assert_eq!(names_of(good).unwrap().into_iter().collect::<Vec<_>>(), ["A"]);
    for bad in ["\n", "x\n", "x,\n", "x, A\n"] {
        let error = names_of(&format!("{good}{bad}")).unwrap_err();
        let line = error.place().map(|place| place.line);
        assert_eq!((error.kind(), line), (ErrorKind::Symbol, Some(3)), "{error}");
    }
    let many: String = (0..=SYMBOLS_MAX).map(|at| format!("x,S{at}\n")).collect();
    assert!(names_of(&many).unwrap_err().to_string().contains("one symbol more"));
}
