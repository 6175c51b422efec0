"""`nasnet tune` beside KerasTuner: one function, the same data, the same twelve models.

    python -m benchmarks.tuning --data mnist.npz [--rounds 2] [--kills 3]

A grid, so that both train the same models: ours with a process a core, KerasTuner's GridSearch.
First undisturbed, in turn, then once each with SIGKILL as soon as 3, 6 and 9 models are complete,
and started again each time. The JSON has wall seconds with all imports, the best and the
mean validation accuracy, by how much the best model that is loaded misses its own score, and what
came of the kills: sessions that failed, models whose records were lost, seconds in all.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import tyro

from benchmarks.measuring import in_turn, processor, summary
from nasnet.data import sources

MODEL = "benchmarks.tuned_model:build_model"
MODELS = 12
CONTESTANTS = (f"ours, {os.cpu_count()} processes", "keras_tuner")


def main(
    *,
    data: str,
    rounds: int = 2,
    kills: int = 3,
    images: int = 2000,
    epochs: int = 3,
    seed: int = 0,
    contestant: str = "",
    folder: Path = Path("."),
) -> None:
    """Prints the report.

    Args:
        data: images of 28 x 28, as of `nasnet search`.
        rounds: of all contestants, undisturbed.
        kills: of each in the round after these.
        images: to train on; half as many validate.
        epochs: of each model.
        seed: of everything random.
        contestant: runs this one alone, in this process; for the script itself.
        folder: where that one works.
    """
    if contestant:
        print(json.dumps(_compete(contestant, folder, _arrays(data, images, seed), epochs, seed)))
        return
    flags = ["--data", data, "--images", str(images), "--epochs", str(epochs), "--seed", str(seed)]
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(rounds):
            for name in in_turn(CONTESTANTS, number):
                place = Path(scratch) / f"{name}-{number}"
                took, _, result = _session(name, place, flags)
                seconds[name].append(took)
                found[name] = result
                print(f"round {number + 1}: {name}: {took:.0f} s", file=sys.stderr)
        killed = {name: _disturbed(name, Path(scratch), flags, kills) for name in CONTESTANTS}
    report = {
        "processor": processor(),
        "rounds": rounds,
        "models": MODELS,
        "images": images,
        "epochs": epochs,
        "contestants": {
            name: {"seconds": summary(seconds[name], 1), **found[name], "killed": killed[name]}
            for name in CONTESTANTS
        },
    }
    print(json.dumps(report, indent=2))


def _arrays(data: str, images: int, seed: int) -> tuple[Any, Any]:
    dataset = sources.subset(sources.load(data, seed=seed), images, images // 2, seed)
    pairs = ((dataset.x_train, dataset.y_train), (dataset.x_val, dataset.y_val))
    train, val = ((x.astype("float32") / 255, y) for x, y in pairs)
    return train, val


def _compete(name: str, folder: Path, arrays: tuple[Any, Any], epochs: int, seed: int) -> Any:
    """Tunes, or goes on; what came of it."""
    train, val = arrays
    if name == "keras_tuner":
        import keras_tuner

        from benchmarks.tuned_model import build_model

        tuner = keras_tuner.GridSearch(
            build_model, "val_accuracy", max_trials=None, seed=seed, directory=folder
        )
        tuner.search(*train, epochs=epochs, batch_size=32, validation_data=val, verbose=0)
        trials = tuner.oracle.get_best_trials(MODELS)
        scores, (model,) = [trial.score for trial in trials], tuner.get_best_models(1)
    else:
        from nasnet.experiments.tuning.tuner import tune

        place = {"resume" if (folder / "config.json").is_file() else "out": folder}
        settings: dict[str, Any] = {"controller": "grid", "epochs": epochs, "seed": seed}
        workers = int(name.split()[1])
        ours = tune(MODEL, train, val, workers=workers, **place, **settings)
        scores = sorted((trial.reward or 0.0 for trial in ours.trials), reverse=True)
        (model,) = ours.best_models(1)
    accuracy = float(model.evaluate(*val, verbose=0)[1])
    return {
        "best": round(max(scores), 4),
        "mean": round(statistics.fmean(scores), 4),
        "complete": len(scores),
        "best_model_misses_its_score_by": round(abs(accuracy - max(scores)), 6),
    }


def _session(
    name: str, folder: Path, flags: list[str], kill_at: int | None = None
) -> tuple[float, int, Any]:
    """Seconds of a contestant's process, its exit code, and what it printed.

    Args:
        name: of the contestant.
        folder: where it works.
        flags: of this script.
        kill_at: complete models at which it is killed.
    """
    command = [sys.executable, "-m", "benchmarks.tuning", *flags, "--contestant", name]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    while kill_at is not None and process.poll() is None:
        if _complete(folder) >= kill_at:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.1)
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    return seconds, process.returncode, json.loads(output) if process.returncode == 0 else None


def _disturbed(name: str, scratch: Path, flags: list[str], kills: int) -> dict[str, Any]:
    """What came of a contestant that is killed again and again, and then left alone."""
    folder, seconds, lost, failed = scratch / f"{name}-killed", 0.0, 0, 0
    result: Any = None
    for number in range(kills + 1):
        before = _complete(folder)
        at = MODELS // (kills + 1) * (number + 1) if number < kills else None
        took, code, result = _session(name, folder, flags, at)
        seconds += took
        lost += max(0, before - _complete(folder))
        failed += code not in (0, -signal.SIGKILL)
    return {"seconds": round(seconds, 1), "lost": lost, "failed_sessions": failed, "end": result}


def _complete(folder: Path) -> int:
    """Models of which a complete record can be read."""
    if (folder / "nasnet.db").is_file():
        from nasnet.search import TrialStore

        with TrialStore(folder / "nasnet.db", create=False) as store:
            return sum(trial.state == "complete" for trial in store.trials())
    count = 0
    for path in folder.glob("*/trial_*/trial.json"):
        try:
            count += json.loads(path.read_text())["status"] == "COMPLETED"
        except ValueError:  # half-written
            continue
    return count


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
