//! Runs many days and prints what they reached: `cargo run --release -p truefill-swarm --example many`.
use truefill_swarm::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let from: u64 = a[1].parse().unwrap();
    let until: u64 = a[2].parse().unwrap();
    if a.get(3).is_some_and(|s| s == "story") {
        let day = Day::draw(from);
        let ended = day.run(&no_checks);
        println!("{:#?} {:?}", ended.violations, ended.numbers);
        if let Some(v) = ended.violations.first() {
            let small = shrink(&day, law_of(v), &no_checks, 400);
            let (e, lines) = small.tell(&no_checks);
            for l in lines {
                println!("{l}");
            }
            println!("{:#?} {:?}", e.violations, e.numbers);
        }
        return;
    }
    let begun = std::time::Instant::now();
    let mut total = std::collections::BTreeMap::<String, (u64, u64)>::new();
    let mut tally = Tally::default();
    let mut slow = Vec::new();
    for seed in from..until {
        let t = std::time::Instant::now();
        let e = Day::draw(seed).run(&no_checks);
        if t.elapsed().as_secs() > 3 {
            eprintln!("slow {seed} {:?}", e.numbers);
        }
        slow.push((t.elapsed().as_micros(), seed, e.numbers));
        if let Some(v) = e.violations.first() {
            eprintln!("FAILED {seed} {v}");
            let k: String = v.chars().filter(|c| !c.is_ascii_digit()).take(70).collect();
            let en = total.entry(k).or_insert((0, seed));
            en.0 += 1;
        }
        tally.add(seed, &e);
    }
    let s = begun.elapsed().as_secs_f64();
    println!(
        "{:?}\n{s:.2} s, {:.0} days/s failed {}",
        tally.numbers,
        (until - from) as f64 / s,
        tally.failed
    );
    slow.sort_by_key(|x| std::cmp::Reverse(x.0));
    for x in slow.iter().take(5) {
        println!("{x:?}");
    }
    for (k, v) in total {
        println!("{:6} e.g. {:6} {k}", v.0, v.1);
    }
    for g in Group::ALL {
        let n: Vec<_> = tally.coverage.never(*g).collect();
        if !n.is_empty() {
            println!("never {}: {}", g.name(), n.join(", "));
        }
    }
}
