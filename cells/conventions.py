"""What the published networks do differently around one and the same cells, as data.

The cell of a paper is only half of its network. How an input is brought to the cell's width, what
an identity does at stride 2 and what stands before the classifier differs between the released
codes, and every parameter count depends on it.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal


@dataclasses.dataclass(frozen=True, slots=True)
class Conventions:
    """One family's habits. The defaults are those of the released code of NASNet.

    Padding always follows TensorFlow's SAME. PyTorch pads strided layers on the other side, so
    trained weights of the DARTS family would not carry over unchanged.

    Args:
        repeats_stem: the first cell takes the stem's output as both of its inputs; else it has no
            older input and reads the newest one, unprojected, in its place.
        projects_older: the older input passes through ReLU, 1x1 convolution and batch norm even
            where it has the right shape.
        projects_newest_twice: a newest input of another width passes through ReLU, 1x1 convolution
            and batch norm two times over.
        strided_identity: what an identity does at stride 2: a "convolution" (ReLU, 1x1, batch norm)
            or a "factorized" reduction, without a ReLU or behind one.
        pool_padding: how pooling at stride 2 treats the border: "same" leaves it out, "zeros" pads
            with zeros that enter the average and the maximum. Shapes and counts are equal.
        keeps_odd_channel: the two halves of a factorized reduction to an odd width differ by one
            channel; else they are equal and a channel is lost.
        relu_before_pool: a ReLU stands before the global average.
        aux_behind_reduction: the auxiliary head stands on the second reduction cell; else on the
            last cell before it.
        classifier_bias: the classifiers have a bias.
    """

    repeats_stem: bool = False
    projects_older: bool = False
    projects_newest_twice: bool = False
    strided_identity: Literal["convolution", "factorized", "relu-factorized"] = "convolution"
    pool_padding: Literal["same", "zeros"] = "same"
    keeps_odd_channel: bool = True
    relu_before_pool: bool = True
    aux_behind_reduction: bool = False
    classifier_bias: bool = True


Family = Literal["nasnet", "keras", "darts", "enas"]
NASNET = Conventions()

# NASNet, PNASNet and AmoebaNet share TensorFlow's: research/slim/nets/nasnet of tensorflow/models
# and models/official/amoeba_net of tensorflow/tpu. The others: keras.applications.nasnet,
# cnn/model.py of quark0/darts, src/cifar10/micro_child.py of melodyguan/enas.
CONVENTIONS: Mapping[Family, Conventions] = MappingProxyType(
    {
        "nasnet": NASNET,
        "keras": Conventions(pool_padding="zeros", keeps_odd_channel=False),
        "darts": Conventions(
            repeats_stem=True,
            projects_older=True,
            strided_identity="relu-factorized",
            relu_before_pool=False,
            aux_behind_reduction=True,
        ),
        "enas": Conventions(
            repeats_stem=True,
            projects_newest_twice=True,
            strided_identity="factorized",
            classifier_bias=False,
        ),
    }
)
