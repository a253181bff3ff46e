//! Reads that fail: what each kind of failure means, and that none is an empty answer (law 6).

mod kit;

use kit::words::held_100;
use kit::{H, Kit};
use truefill_core::event::RequestClass;
use truefill_core::ids::RequestId;
use truefill_core::input::{Input, Release};
use truefill_core::num::Qty;
use truefill_core::report::{Answer, Failed, Found, ReadFailure};
use truefill_core::time::SECOND_NS;

fn count(kit: &Kit, code: &str) -> usize {
    kit.alerts().iter().filter(|said| **said == code).count()
}

/// The next read that leaves. It has no answer yet.
fn next_read(kit: &mut Kit) -> RequestId {
    kit.answers = false;
    for _ in 0..10_000 {
        let class = |class| !matches!(class, RequestClass::Cancel | RequestClass::New);
        let read = kit.engine.state().wire.iter().find(|(_, wire)| class(wire.class));
        if let Some((request, _)) = read {
            return *request;
        }
        kit.now = kit.engine.next_deadline(kit.now).max(kit.now.plus(SECOND_NS / 10));
        kit.input(Input::Release(Release {}));
    }
    panic!("nothing is read any more");
}

/// The next so many reads fail for this reason.
fn fail(kit: &mut Kit, reads: usize, cause: ReadFailure) {
    for _ in 0..reads {
        let request = next_read(kit);
        let failed = Failed { cause, retry_after_ns: None };
        kit.input(Input::Answer(Answer { request, found: Found::Failed(failed) }));
    }
}

#[test]
fn a_failed_read_is_never_an_empty_account() {
    use ReadFailure::{Auth, RateLimited, Reset, Server, Timeout};
    for cause in [Timeout, Reset, Server, RateLimited, Auth] {
        let mut kit = held_100();
        fail(&mut kit, 1, cause);
        let recon = &kit.engine.state().recon;
        assert!(recon.suspicious, "it is read again: {cause}");
        let h = kit.engine.state().holding(H);
        assert_eq!((h.own, h.differing, h.frozen), (Qty::whole(100), 0, None), "{cause}");
    }
}

#[test]
fn two_reads_without_an_answer_mean_a_silent_link_and_refusals_do_not() {
    use ReadFailure::{Reset, Server, Timeout};
    for cause in [Timeout, Reset] {
        let mut kit = held_100();
        fail(&mut kit, 1, cause);
        assert_eq!(count(&kit, "STREAM_STALE"), 0, "one may be lost");
        fail(&mut kit, 1, cause);
        assert_eq!(count(&kit, "STREAM_STALE"), 1);
        fail(&mut kit, 3, cause);
        assert_eq!(count(&kit, "STREAM_STALE"), 1, "told once");
        kit.answers = true;
        kit.wait(60);
        fail(&mut kit, 2, cause);
        assert_eq!(count(&kit, "STREAM_STALE"), 2, "it was there in between");
    }
    let mut kit = held_100();
    fail(&mut kit, 5, Server);
    assert_eq!(count(&kit, "STREAM_STALE"), 0, "somebody answers");
    fail(&mut kit, 1, Timeout);
    fail(&mut kit, 1, Server);
    fail(&mut kit, 1, Timeout);
    assert_eq!(count(&kit, "STREAM_STALE"), 0, "not two in a row");
}

#[test]
fn a_read_refused_for_the_rate_silences_everything() {
    let mut kit = held_100();
    fail(&mut kit, 1, ReadFailure::RateLimited);
    assert_eq!(count(&kit, "RATE_LIMITED"), 1);
    assert!(kit.engine.state().limiter.silent_until > kit.now);
    let mut kit = held_100();
    fail(&mut kit, 1, ReadFailure::Server);
    assert_eq!(count(&kit, "RATE_LIMITED"), 0);
    assert!(kit.engine.state().limiter.silent_until <= kit.now);
}

#[test]
fn a_read_refused_for_the_login_stops_all_but_a_probe() {
    let mut kit = held_100();
    fail(&mut kit, 1, ReadFailure::Auth);
    assert_eq!(count(&kit, "AUTH_EXPIRED"), 1);
    assert!(kit.engine.state().limiter.probe.is_some());
    kit.target(0);
    assert_eq!(kit.sent.len(), 1, "nothing is sent until a new login");
    let mut kit = held_100();
    fail(&mut kit, 1, ReadFailure::Server);
    assert_eq!((count(&kit, "AUTH_EXPIRED"), kit.engine.state().limiter.probe), (0, None));
}
