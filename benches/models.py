#!/usr/bin/env python3
"""Holds our training and inference against scikit-learn's MLPClassifier, on the same data and in the same run.

`cargo bench -p dayi-models --bench speed -- all FOLDER` has left the data and our figures in FOLDER. CPU time
of one thread; needs scikit-learn and numpy, and says so where they are missing.
"""

import copy
import json
import os
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

FEATURES, HIDDEN, MODELS, PREDICTIONS = 16, 16, 10_000, 20_000


def sklearn_figures(folder, ours):
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore")  # 20 epochs are not convergence, and we know it
    rows = np.fromfile(folder / "rows.f32", dtype="<f4").reshape(ours["sets"], ours["rows"], FEATURES)
    targets = np.fromfile(folder / "targets.u8", dtype="u1").reshape(ours["sets"], ours["rows"])

    def fitted(i):
        # tol and n_iter_no_change: all epochs, as ours.
        return MLPClassifier(
            hidden_layer_sizes=(HIDDEN,), solver="adam", batch_size=ours["batch"], max_iter=ours["epochs"],
            learning_rate_init=ours["learning_rate"], tol=0.0, n_iter_no_change=ours["epochs"] + 1, random_state=i,
        ).fit(rows[i], targets[i])

    fitted(0)
    before = time.process_time()
    models = [fitted(i) for i in range(ours["sets"])]
    train_ms = 1e3 * (time.process_time() - before) / ours["sets"]
    right = sum(m.score(rows[i], targets[i]) for i, m in enumerate(models)) / len(models)

    fleet = [copy.deepcopy(models[i % len(models)]) for i in range(MODELS)]
    order = np.random.default_rng(1).permutation(MODELS)
    before = time.process_time()
    for i in range(PREDICTIONS):
        fleet[order[i % MODELS]].predict_proba(rows[0, i % ours["rows"]][None, :])
    predict_us = 1e6 * (time.process_time() - before) / PREDICTIONS
    return train_ms, predict_us, right


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "target/bench-models")
    try:
        ours = json.loads((folder / "ours.json").read_text())
    except OSError:
        sys.exit(f"{folder}/ours.json is missing: run `make bench-models`")
    try:
        train_ms, predict_us, right = sklearn_figures(folder, ours)
    except ImportError as missing:
        print(f"SKIPPED scikit-learn's side: {missing} (pip install scikit-learn numpy)")
        return
    print(f"scikit-learn: {train_ms:.2f} ms CPU a model, {predict_us:.1f} us CPU a prediction, {100 * right:.1f} % right")
    print()
    print(f"{'':34}{'ours':>10}{'sklearn':>10}{'ratio':>8}")
    for name, mine, theirs in [
        ("training, ms CPU a model", ours["train_cpu_ms"], train_ms),
        ("inference, packed weights, us CPU", ours["packed_us"], predict_us),
        ("inference, burn module, us CPU", ours["burn_us"], predict_us),
    ]:
        print(f"{name:34}{mine:10.3g}{theirs:10.3g}{theirs / mine:8.3g}")


if __name__ == "__main__":
    main()
