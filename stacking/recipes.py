"""The published trainings by name, as far as they are published. No TensorFlow.

Sources: "slim" is TensorFlow models, research/slim/nets/nasnet/nasnet.py, its hparams and training
notes; "NASNet" https://arxiv.org/abs/1707.07012, appendix A; "AmoebaNet"
https://arxiv.org/abs/1802.01548; "tpu" TensorFlow tpu, models/official/amoeba_net; "PNASNet.TF" and
"DARTS" the authors' repositories (chenxi116/PNASNet.TF, quark0/darts). What none of them says is
marked as ours.

The ImageNet trainings were spread over many workers. Batch size and learning rate here are those of
one worker: n workers, or batches n times as large, multiply both by n. All of them saw images cut
and distorted at random; "crop-flip" is what this toolkit has instead.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from nasnet.stacking.recipe import Recipe

PAPER_CIFAR = Recipe(
    epochs=600,  # slim: 937,500 steps of 32 in 50,000 images
    batch_size=32,  # slim
    learning_rate=0.025,  # slim, with one cosine down to 0
    momentum=0.9,  # NASNet A.6
    weight_decay=5e-4,  # slim
    clip_norm=5.0,  # slim
    augmentation="crop-flip",  # NASNet A.1: 40 x 40, crops of 32 x 32, flips
    batch_norm_momentum=0.9,  # slim
    batch_norm_epsilon=1e-5,  # slim
    drop_path_keep=0.6,  # slim
    aux_weight=0.4,  # slim, NASNet A.7
    cutout=16,  # NASNet table 1 has results with and without; the side is DARTS'
)

PAPER_IMAGENET_MOBILE = Recipe(
    epochs=312,  # slim: 250,000 steps of 50 x 32 in 1,281,167 images
    batch_size=32,  # slim, of each of 50 workers
    learning_rate=0.04,  # slim: 0.04 x 50
    momentum=0.9,  # ours, as tpu's RMSProp
    weight_decay=4e-5,  # slim
    clip_norm=10.0,  # slim
    label_smoothing=0.1,  # slim, NASNet A.7
    batch_norm_momentum=0.9997,  # slim
    batch_norm_epsilon=1e-3,  # slim
    optimizer="rmsprop",  # NASNet A.7
    rmsprop_decay=0.9,  # NASNet A.7
    rmsprop_epsilon=1.0,  # NASNet A.7
    schedule="exponential",  # slim
    decay_rate=0.97,  # slim
    decay_epochs=2.4,  # slim
    dropout_keep=0.5,  # slim, NASNet A.7
    aux_weight=0.4,  # slim, NASNet A.7
    ema_decay=0.9999,  # NASNet A.7
)

PAPER_IMAGENET_LARGE = dataclasses.replace(
    PAPER_IMAGENET_MOBILE,
    batch_size=16,  # slim, of each of 100 workers
    learning_rate=0.015,  # slim: 0.015 x 100
    weight_decay=5e-5,  # slim
    drop_path_keep=0.7,  # slim
)

# PNASNet-5 large on ImageNet; the rest of PNASNet.TF's notes is as above. The kind of optimizer and
# the averages are ours.
PNAS = dataclasses.replace(
    PAPER_IMAGENET_LARGE,
    weight_decay=4e-5,  # slim's pnasnet.py
    drop_path_keep=0.6,  # slim's pnasnet.py
)

# The paper's "augmented" network; batch normalization and clipping are slim's.
AMOEBANET_CIFAR = dataclasses.replace(
    PAPER_CIFAR,
    batch_size=128,  # AmoebaNet
    learning_rate=0.024,  # AmoebaNet, with one cosine
    drop_path_keep=0.7,  # AmoebaNet
    aux_weight=0.5,  # AmoebaNet
    cutout=0,  # ours
)

# AmoebaNet-D on one TPU, not the paper's 100 GPUs; what is not named is as above in tpu, too. Drop
# path is off in one version of its code, and in another falls to 0.7 over time at all depths.
AMOEBANET_IMAGENET = dataclasses.replace(
    PAPER_IMAGENET_MOBILE,
    epochs=48,  # tpu
    batch_size=256,  # tpu, of the whole device
    learning_rate=0.64,  # tpu
    batch_norm_momentum=0.9,  # tpu
    batch_norm_epsilon=1e-5,  # tpu
    decay_rate=0.9,  # tpu
    decay_epochs=1.0,  # tpu
    warmup_epochs=3.0,  # tpu
)

# The final training on CIFAR-10; clipping is that of the search.
DARTS = dataclasses.replace(
    PAPER_CIFAR,
    batch_size=96,  # DARTS
    weight_decay=3e-4,  # DARTS, where offsets and scales decay, too
    drop_path_keep=0.8,  # DARTS: dropped with 0.2 epoch / 600
    drop_path_schedule="time",  # DARTS: at all depths alike
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "paper-cifar": PAPER_CIFAR,
        "paper-imagenet-mobile": PAPER_IMAGENET_MOBILE,
        "paper-imagenet-large": PAPER_IMAGENET_LARGE,
        "pnas": PNAS,
        "amoebanet-cifar": AMOEBANET_CIFAR,
        "amoebanet-imagenet": AMOEBANET_IMAGENET,
        "darts": DARTS,
    }
)
