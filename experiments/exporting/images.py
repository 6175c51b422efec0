"""Images that a trained network is checked with: those of its run, or others."""

from pathlib import Path

from nasnet.data import sources
from nasnet.data.dataset import Dataset
from nasnet.data.photos.images import ImageSet, open_images
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.training.data import division_seed, reopen_data
from nasnet.experiments.training.settings import TRAINING
from nasnet.experiments.transfer.data import check_classes, open_data
from nasnet.experiments.transfer.settings import TRANSFER
from nasnet.transfer.serving.trained import TrainedNetwork


def images_for(
    network: TrainedNetwork, data: str | None, size: tuple[int, int]
) -> Dataset | ImageSet:
    """Opens images and says which; a run's own are divided as the run divides them.

    Args:
        network: that is shown them.
        data: for a network of arrays as of `nasnet train --data`, else as of `nasnet transfer
            train --data`, an .npz file or a name; None for the images of its run.
        size: height and width that it takes.

    Raises:
        ValueError: there are none, or they are no longer those of the run.
    """
    found, facts = _own(network) if data is None else _others(network, data, size)
    facts.say()
    return found


def _own(network: TrainedNetwork) -> tuple[Dataset | ImageSet, DataFacts]:
    folder = network.path.parent
    form = network.config.get("format")
    if form == TRAINING.format:
        own = reopen_data(TRAINING.open(folder))
        return own.dataset, own.facts
    if form != TRANSFER.format:
        raise ValueError(f"{network.path} is of no run whose images are known, expected --data")
    run = TRANSFER.open(folder)
    try:
        images = open_data(run.data_name, run.settings.image_limit)
        check_classes(run, images)
        facts = DataFacts.of(images)
        run.facts.check_same(facts, str(folder))
    except ValueError as error:
        raise ValueError(f"{error}; --data says where the images of {folder} are now") from None
    return images, facts


def _others(
    network: TrainedNetwork, data: str, size: tuple[int, int]
) -> tuple[Dataset | ImageSet, DataFacts]:
    found: Dataset | ImageSet
    if network.antialias:
        seed = 0
        if network.config:  # those of the run under another name are divided as there
            seed = division_seed(TRAINING.open(network.path.parent))
        found = sources.load(data, seed=seed, image_size=size)
    elif data in sources.NAMES or Path(data).suffix.lower() == ".npz":
        found = sources.load(data, image_size=size)
    else:
        found = open_images(data)
    return found, DataFacts.of(found)
