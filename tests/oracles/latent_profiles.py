"""Numbers of StepMix 3: three-step corrections (BCH, ML) and mixed profiles with missing values.

Run in an environment that has stepmix (``pip install stepmix``); it is no dependency of the project. Writes
latent_profiles.csv (the data) and latent_profiles.json (what StepMix found), which the tests read.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from stepmix.stepmix import StepMix

HERE = Path(__file__).parent
ITEMS = list("abcdef")
SURE = {"n_init": 30, "random_state": 0, "abs_tol": 1e-12, "max_iter": 5000, "progress_bar": 0}


def make_data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 400
    truth = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    yes = np.array([[0.2] * 6, [0.8] * 3 + [0.3] * 3, [0.75] * 6])
    data = pd.DataFrame((rng.random((n, 6)) < yes[truth]).astype(int), columns=ITEMS)
    data["number"] = np.round(rng.normal([0, 1, 3], 1.0, (n, 3))[np.arange(n), truth], 3)
    reached = np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7]]).cumsum(axis=1)[truth]
    data["answer"] = (rng.random((n, 1)) > reached).sum(axis=1).clip(0, 2)
    for name, levels in {"x": [0, 2, 3], "y": [0, 0, 3], "z": [0, 2, 0]}.items():
        data[name] = np.round(rng.normal(np.array(levels)[truth], 1.0), 3)
    return data.astype(float).mask(rng.random(data.shape) < [0.0] * 8 + [0.08] * 3)


def three_step(data: pd.DataFrame) -> dict[str, object]:
    found = {}
    for correction in (None, "BCH", "ML"):
        for outcome, kind in (("number", "gaussian_diag"), ("answer", "categorical")):
            model = StepMix(
                3, n_steps=3, measurement="binary", structural=kind, correction=correction, assignment="modal", **SURE
            )
            model.fit(data[ITEMS], data[[outcome]])
            fitted = model.get_parameters()["structural"]
            values = fitted["means"][:, 0] if outcome == "number" else fitted["pis"]
            found[f"{str(correction).lower()}_{outcome}"] = values.tolist()
    found["posterior"] = model.predict_proba(data[ITEMS]).tolist()
    return found


def mixed(data: pd.DataFrame) -> dict[str, float]:
    parts = {
        "numbers": {"model": "gaussian_diag_nan", "n_columns": 3},
        "answers": {"model": "binary_nan", "n_columns": 6},
    }
    table = data[[*"xyz", *ITEMS]]
    model = StepMix(3, measurement=parts, **SURE).fit(table)
    return {"log_likelihood": float(model.score(table) * len(table)), "parameters": int(model.n_parameters)}


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    table = make_data()
    table.to_csv(HERE / "latent_profiles.csv", index=False)
    measurement = StepMix(3, n_steps=1, measurement="binary", **SURE).fit(table[ITEMS])
    steps = three_step(table)
    steps["posterior"] = measurement.predict_proba(table[ITEMS]).round(9).tolist()
    (HERE / "latent_profiles.json").write_text(
        json.dumps({"three_step": steps, "mixed": mixed(table)}, indent=1) + "\n"
    )
