"""Top-1 and top-5 of a trained network, from its last file or from a checkpoint."""

from pathlib import Path
from typing import Any

from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.transfer.data import ImageBatches, check_classes, open_data
from nasnet.experiments.transfer.job import read_genotype
from nasnet.experiments.transfer.settings import TRANSFER, TransferRun
from nasnet.transfer.training.checkpoints import DAMAGE, Checkpoints, read_checkpoint
from nasnet.transfer.training.distribution import Replicas


def evaluate(path: Path, data: str, step: int | None, image_limit: int | None) -> dict[str, Any]:
    """Validates a network on all of a data set's validation images.

    Args:
        path: the run directory of a training.
        data: the images, as of `TransferSettings`.
        step: of a checkpoint; None for the finished network, or the newest checkpoint where there
            is none.
        image_limit: at most so many images; None for all.

    Raises:
        NotFoundError: there is no training in `path`.
        ValueError: it has no such checkpoint, or the images have other classes.
    """
    run = TRANSFER.open(path)
    settings = run.settings
    images = open_data(data, image_limit)
    DataFacts.of(images).say()
    check_classes(run, images)
    replicas = Replicas()  # imports TensorFlow, and quietly
    from nasnet.stacking.flat.network import FlatNetwork
    from nasnet.stacking.flat.training_state import TrainingState
    from nasnet.transfer.training.engine import Engine

    with replicas.variables():
        network = settings.network(read_genotype(run), len(images.classes))
        state = TrainingState(FlatNetwork(network, settings.recipe))
    source = _take(run, state, step)
    engine = Engine(state, replicas)
    batches = ImageBatches(images, settings.size, 2, "none", 0, (0, 1))
    for batch in batches.validation(engine.evaluation_batch):
        engine.evaluate(batch)
    loss, top1, top5, count, bad = (float(value) for value in engine.evaluated())
    if not count:
        raise ValueError("validation has 0 good images, expected some")
    return {
        "run": str(path),
        "weights": source,
        "data": images.source,
        "top1": top1 / count,
        "top5": top5 / count,
        "loss": loss / count,
        "images": int(count),
        "bad_images": int(bad),
    }


def _take(run: TransferRun, state: Any, step: int | None) -> str:
    """Gives the network its weights; says where they are from."""
    model = run.path / "model.keras"
    if step is None and model.is_file():
        from nasnet.transfer.weights import read_weights

        state.begin_with(state.initial() | read_weights(model).arrays)
        return str(model)
    checkpoints = Checkpoints(run.path / "checkpoints")
    if step is None:
        found = checkpoints.newest()
        if found is None:
            raise ValueError(f"{run.path} has no checkpoint yet, expected one or model.keras")
        state.restore(found[1])
        return f"checkpoint of step {found[0]:,}"
    path = checkpoints.path(step)
    if not path.is_file():
        raise ValueError(f"checkpoint {path} does not exist, expected one of a training's last")
    try:
        state.restore(read_checkpoint(path))
    except DAMAGE as error:
        raise ValueError(f"{path} is damaged: {' '.join(str(error).split())}") from None
    return f"checkpoint of step {step:,}"
