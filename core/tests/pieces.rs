//! A network in use takes a large batch piece by piece: every example is what it is alone, to the bit.

use crate::common::{bits, random};
use gradus::input::Input;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::Moment;
use gradus::threads::Threads;

/// Not so many whole pieces.
const BATCH: usize = 67;

fn network(line: &str) -> Model {
    let input = Input::Picture { height: 32, width: 32, channels: 3 };
    Model::new(Network::parse(line).unwrap(), Loss::parse("softmax_cross_entropy").unwrap(), input, 5)
        .unwrap()
}

#[test]
fn an_example_in_a_batch_is_what_it_is_alone() {
    let lines = [
        "conv 32 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, dense 20 relu, dense 5 softmax",
        "conv 24 3x3 gelu, residual(conv 24 3x3 norm relu, conv 24 3x3 norm), dropout 0.4, average_pool 2, upsample 2, \
         group_norm 4, conv 40 3x3 norm, global_average_pool, dense 5 softmax",
        // Some ops in the middle take the whole batch at once.
        "conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, residual(conv 64 3x3 norm relu, conv 64 3x3 norm relu), pool 2, \
         conv 128 3x3 norm relu, residual(conv 128 3x3 norm relu, conv 128 3x3 norm relu), pool 2, conv 256 3x3 norm relu, \
         global_average_pool, dense 5 softmax",
        "conv 32 3x3 norm, layer_norm, conv 32 5x5 tanh stride=2, batch_norm, pool 2, flatten, dense 5 softmax",
    ];
    for line in lines {
        let model = network(line);
        let start = model.layout().start(3);
        let theta = model.folded(&start, model.layout().memory()).into_owned();
        let pictures: Vec<f32> = random(BATCH * 32 * 32 * 3, 5).iter().map(|x| *x as f32).collect();
        for training in [false, true] {
            let moment = Moment { training, seed: 9, step: 4, before: 0 };
            let (mut alone, z) = model.inference_plan(1, &Threads::new(1)).unwrap();
            let mut want = Vec::new();
            for (i, picture) in pictures.chunks_exact(32 * 32 * 3).enumerate() {
                alone.data("input").copy_from_slice(picture);
                alone.at(Moment { before: i as u64, ..moment });
                alone.forward(&theta);
                want.extend(bits(alone.value(z)));
            }
            for threads in [1, 2, 3].map(Threads::new) {
                let (mut plan, z) = model.inference_plan(BATCH, &threads).unwrap();
                // Whole, what goes in and out of the first layer would be more than this.
                let whole = 4 * BATCH * 32 * 32 * (3 + 24);
                assert!(plan.bytes() < whole + threads.count() * (4 << 20), "{line}: {} bytes", plan.bytes());
                plan.data("input").copy_from_slice(&pictures);
                plan.at(moment);
                for _ in 0..2 {
                    plan.forward(&theta);
                    assert_eq!(
                        bits(plan.value(z)),
                        want,
                        "{line}, training {training}, {} threads",
                        threads.count()
                    );
                }
            }
        }
    }
}
