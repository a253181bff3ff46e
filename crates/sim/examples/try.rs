//! Scratch.
use truefill_core::config::*;
use truefill_core::ids::*;
use truefill_core::num::Qty;
use truefill_core::time::*;
use truefill_journal::MemoryStore;
use truefill_sim::broker::world::World;
use truefill_sim::faults::Faults;
use truefill_sim::session::{Crash, Plan, run};
use truefill_sim::strategy::Imbalance;

fn main() {
    let preset = std::env::args().nth(1).unwrap_or("calm".into());
    let from: u64 = std::env::args().nth(2).unwrap_or("1".into()).parse().unwrap();
    let to: u64 = std::env::args().nth(3).unwrap_or("1".into()).parse().unwrap();
    let crash: u64 = std::env::args().nth(4).unwrap_or("0".into()).parse().unwrap();
    let instruments = truefill_market::demo::instruments();
    let holdings = (0..3).map(|i| Holding { instrument: InstrumentId(i), product: VenueText::EMPTY, sleeve: SleeveId(1) }).collect();
    let policy = Policy { collar_bps: 5, collar_ticks: 2, remainder: Remainder::Rest, patience_ns: 0 };
    let config = Config {
        account: "demo".into(), instruments, holdings,
        strategies: vec![Strategy { name: "imbalance".into(), entry: policy.clone(), exit: policy }],
        descriptor: Descriptor::default(), risk: Risk::default(),
        recon: Recon { on_external: OnExternal::Rebuild, ..Recon::default() },
        digest_every: 256, replay_horizon_ns: 86_400 * SECOND_NS,
    };
    for seed in from..=to {
        let mut world = World::with_faults(Faults::preset(&preset).unwrap());
        world.fee_ppm = 200;
        let mut plan = Plan::new(config.clone(), world, seed);
        if crash > 0 { plan.crash = Crash::Every(crash); }
        let q: Qty = "0.05".parse().unwrap();
        let legs = [(InstrumentId(0), HoldingId(0), q), (InstrumentId(1), HoldingId(1), Qty::whole(2)), (InstrumentId(2), HoldingId(2), Qty::whole(30))];
        let strategy = Imbalance::new(&legs, SECOND_NS, 70);
        let mut store = MemoryStore::default();
        let mut quotes = truefill_market::demo::quotes().unwrap();
        let t = std::time::Instant::now();
        let out = run(&plan, &mut store, &mut quotes, vec![Box::new(strategy)]).unwrap();
        println!("seed {seed} theory {} live {} gap {} residual {} {:?}", out.gap.theory_pnl(), out.gap.live_pnl(), out.gap.gap(), out.gap.residual(), t.elapsed());
        if from == to {
            for (c, a) in out.gap.causes().iter() { println!("  {c:?} {a}"); }
            println!("{:#?}", out.facts);
            for i in out.incidents.iter().take(40) { println!("{} {} {:?} {}", i.time, i.code, i.holding, i.text); }
            println!("{:?} {:032x}", out.positions, out.digest);
        }
        for v in &out.violations { println!("  VIOLATION {v}"); }
    }
}
