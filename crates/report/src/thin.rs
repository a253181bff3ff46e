//! Many points to few, without losing what the eye would see.
//!
//! Entry point: [`keep`].
//!
//! Invariant: of each column of pixels its first, lowest, highest and last point are kept, in
//! their order, so a line through the kept points covers the same pixels as one through all.

/// The places of the points to draw, of points given in order as (column, value).
///
/// Of equal extremes the first is kept.
pub(crate) fn keep<V: Ord>(points: &[(i64, V)]) -> Vec<usize> {
    let mut kept = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let column = points[start].0;
        let length = points[start..].iter().take_while(|point| point.0 == column).count();
        let last = start + length - 1;
        let (mut lowest, mut highest) = (start, start);
        for at in start..=last {
            if points[at].1 < points[lowest].1 {
                lowest = at;
            }
            if points[at].1 > points[highest].1 {
                highest = at;
            }
        }
        let mut places = [start, lowest, highest, last];
        places.sort_unstable();
        for place in places {
            if kept.last() != Some(&place) {
                kept.push(place);
            }
        }
        start = last + 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_ends_of_every_column_survive() {
        // A fixed mixture of ups and downs with one spike each way.
        let mut points: Vec<(i64, i64)> =
            (0..100_000).map(|i| (i / 1_000, (i * 7_919) % 1_009)).collect();
        points[43_210].1 = 1_000_000;
        points[43_211].1 = -1_000_000;
        let kept = keep(&points);
        assert!(kept.len() <= 4 * 100 && kept.is_sorted());
        for column in 0..100 {
            let of = |places: &mut dyn Iterator<Item = usize>| {
                let values: Vec<i64> =
                    places.filter(|at| points[*at].0 == column).map(|at| points[at].1).collect();
                let ends = (values.first().copied(), values.last().copied());
                (ends, values.iter().min().copied(), values.iter().max().copied())
            };
            assert_eq!(of(&mut (0..points.len())), of(&mut kept.iter().copied()), "{column}");
        }
    }

    #[test]
    fn few_points_are_all_kept_and_equal_ones_once() {
        assert!(keep::<i64>(&[]).is_empty());
        assert_eq!(keep(&[(0, 5), (1, 5), (9, 5)]), [0, 1, 2]);
        assert_eq!(keep(&[(0, 5), (0, 5), (0, 5), (0, 5)]), [0, 3]);
        assert_eq!(keep(&[(0, 1), (0, 3), (0, 0), (0, 2), (0, 2)]), [0, 1, 2, 4]);
    }
}
