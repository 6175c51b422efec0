"""One child's whole life, ours against a plain Keras loop: build, train, validate.

    python -m benchmarks.child [--images 512] [--rounds 3]

Both train the same genotypes from the same data with the same recipe (momentum SGD, cosine, L2 on
kernels, clipping, crops and flips), in turn within one process; the JSON has the median seconds of
each, the ratio Keras / ours round by round, and the accuracies, which must be alike.
"""

import argparse
import json
import statistics
import time

import numpy as np

from cells import NASNET_A, CellSpace, Genotype
from experiments.shapes import shapes10
from stacking.plan import Stack
from stacking.quiet import import_tensorflow
from stacking.recipe import Recipe

STACK, SHAPE, CLASSES = Stack(1, 8), (32, 32, 3), 10


def ours(genotype: Genotype, recipe: Recipe, train, valid, seed: int) -> float:
    from stacking.trainer import Trainer

    trainer = Trainer(genotype, STACK, SHAPE, CLASSES, recipe, seed=seed)
    trainer.fit(*train)
    return trainer.evaluate(*valid)[1]


def with_keras(genotype: Genotype, recipe: Recipe, train, valid, seed: int) -> float:
    import keras
    import tensorflow as tf

    from stacking.keras_backend import build_network

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    images, labels = train
    model = build_network(genotype, STACK, SHAPE, CLASSES, classifier_activation=None)
    for variable in model.trainable_variables:
        if variable.path.endswith("kernel"):
            variable.regularizer = keras.regularizers.L2(recipe.weight_decay / 2)
    steps = len(images) // recipe.batch_size * recipe.epochs
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    model.compile(
        keras.optimizers.SGD(
            schedule, momentum=recipe.momentum, global_clipnorm=recipe.clip_norm or None
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    augmentation = keras.Sequential(
        [
            keras.layers.Rescaling(1 / 127.5, -1),
            keras.layers.ZeroPadding2D(4),
            keras.layers.RandomCrop(32, 32),
            keras.layers.RandomFlip("horizontal"),
        ]
    )
    data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed=seed)
    data = data.batch(recipe.batch_size, drop_remainder=True)
    data = data.map(lambda x, y: (augmentation(tf.cast(x, tf.float32), training=True), y))
    data = data.prefetch(tf.data.AUTOTUNE)
    model.fit(data, epochs=recipe.epochs, verbose=0)
    x = valid[0].astype(np.float32) / 127.5 - 1
    return model.evaluate(x, valid[1], batch_size=250, verbose=0)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    import_tensorflow()
    import tensorflow as tf

    train, valid = shapes10(arguments.images, 1), shapes10(500, 2)
    recipe = Recipe(batch_size=32, learning_rate=0.05)
    space, rng = CellSpace(), np.random.default_rng(arguments.seed)
    genotypes = [NASNET_A]
    while len(genotypes) < arguments.rounds:
        genotypes.append(space.decode(space.sample(rng)))
    ours(
        NASNET_A, recipe, (train[0][:64], train[1][:64]), valid, 0
    )  # first-use costs of TensorFlow
    seconds: dict[str, list[float]] = {"ours": [], "keras": []}
    accuracy: dict[str, list[float]] = {"ours": [], "keras": []}
    for i, genotype in enumerate(genotypes):
        pair = [("ours", ours), ("keras", with_keras)]
        for name, run in pair if i % 2 else reversed(pair):
            # Off in our workers, on for everybody else.
            options = {"disable_meta_optimizer": name == "ours"}
            tf.config.optimizer.set_experimental_options(options)
            start = time.perf_counter()
            accuracy[name].append(round(run(genotype, recipe, train, valid, i), 4))
            seconds[name].append(round(time.perf_counter() - start, 2))
    ratios = [k / o for k, o in zip(seconds["keras"], seconds["ours"], strict=True)]
    report = {
        "images": arguments.images,
        "seconds": seconds,
        "median_seconds": {name: statistics.median(values) for name, values in seconds.items()},
        "keras_over_ours": {
            "median": round(statistics.median(ratios), 2),
            "min": round(min(ratios), 2),
            "max": round(max(ratios), 2),
        },
        "accuracy": accuracy,
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
