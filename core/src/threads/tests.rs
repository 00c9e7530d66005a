//! Every task once, whoever runs it, whatever happens.

use super::*;

/// Every task once, whatever the numbers.
fn each_once(threads: &Threads, tasks: usize) {
    let seen: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
    threads.for_each(tasks, &|task| {
        seen[task].fetch_add(1, Relaxed);
    });
    assert!(seen.iter().all(|seen| seen.load(Relaxed) == 1), "{tasks} tasks on {}", threads.count());
}

#[test]
fn every_task_runs_once() {
    for count in [0, 1, 2, 3, 8] {
        let threads = Threads::new(count);
        assert_eq!(threads.count(), count.max(1));
        for round in 0..2_000 {
            each_once(&threads, round % 19);
        }
    }
}

#[test]
fn helpers_take_part() {
    let threads = Threads::new(2);
    let caller = std::thread::current().id();
    let helped = AtomicBool::new(false);
    // A task that waits for the other can only end if two threads run.
    threads.for_each(2, &|_| {
        if std::thread::current().id() == caller {
            while !helped.load(SeqCst) {
                std::thread::yield_now();
            }
        } else {
            helped.store(true, SeqCst);
        }
    });
    assert!(helped.load(SeqCst));
}

#[test]
fn each_begins_with_its_own_share() {
    let threads = Threads::new(2);
    let caller = std::thread::current().id();
    // A task of the first half waits for its like in the second, so neither thread can do both.
    for half in [1, 2, 3].into_iter().cycle().take(300) {
        let begun: Vec<AtomicBool> = (0..2 * half).map(|_| AtomicBool::new(false)).collect();
        let wrong = AtomicUsize::new(0);
        threads.for_each(2 * half, &|task| {
            begun[task].store(true, SeqCst);
            let (other, start) = ((task + half) % (2 * half), Instant::now());
            while !begun[other].load(SeqCst) && start.elapsed() < Duration::from_secs(10) {
                std::thread::yield_now();
            }
            let own = (std::thread::current().id() == caller) == (task < half);
            wrong.fetch_add(usize::from(!own), SeqCst);
        });
        assert_eq!(wrong.load(SeqCst), 0, "of twice {half} tasks");
    }
}

#[test]
fn wakes_from_sleep() {
    let threads = Threads::new(3);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(1));
        each_once(&threads, 7);
    }
}

#[test]
fn nested_and_simultaneous_calls() {
    let threads = Threads::new(3);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let threads = threads.clone();
            scope.spawn(move || {
                for _ in 0..300 {
                    each_once(&threads, 9);
                    threads.for_each(4, &|_| each_once(&threads, 5));
                }
            });
        }
    });
}

#[test]
fn a_panic_reaches_the_caller_and_the_team_goes_on() {
    for count in [1, 2, 4] {
        let threads = Threads::new(count);
        for bad in 0..20 {
            let result = catch_unwind(AssertUnwindSafe(|| {
                threads.for_each(20, &|task| {
                    if task == bad {
                        resume_unwind(Box::new(task));
                    }
                });
            }));
            assert_eq!(result.unwrap_err().downcast_ref(), Some(&bad));
            each_once(&threads, 20);
        }
    }
}

#[test]
fn helpers_end_with_the_last_handle() {
    let threads = Threads::new(4);
    let desk = Arc::downgrade(&threads.0.desk);
    let other = threads.clone();
    drop(threads);
    each_once(&other, 10);
    drop(other);
    assert_eq!(desk.strong_count(), 0);
}

#[test]
fn parts_of_a_buffer() {
    let mut buffer = vec![0.0; 100];
    let shared = Shared::of(&mut buffer);
    Threads::new(2).for_each(10, &|task| {
        // SAFETY: disjoint parts.
        unsafe { shared.slice(task * 10..task * 10 + 10) }.fill(task as f32);
    });
    assert!(buffer.iter().enumerate().all(|(i, &x)| x == (i / 10) as f32));
}
