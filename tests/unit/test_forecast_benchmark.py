"""What the published errors rest on: the fit finds what is there, and no tweet is measured by a fit that saw it."""

import gzip
import random
from math import exp

import pytest

from benchmarks import forecast as benchmark
from benchmarks.forecast_data import HOURS, Look, looks, read
from benchmarks.forecast_fit import fit
from pipeline.cascade.forecast import Calibration, growth_score, sizes

TRUE = Calibration(1.0, -0.5, 0.7, -0.3, -0.1, 0.0, 0.0)


def synthetic(tweets, noise, seed=1):
    rng, found = random.Random(seed), []
    for number in range(tweets):
        for hours in HOURS:
            older, eager = rng.uniform(-2, 2), rng.gauss(0, 1)
            terms = (1.0, older, rng.gauss(-1, 1), eager, older * eager)
            size = rng.randrange(10_000, 100_000)
            final = size + round(size * exp(growth_score(terms, TRUE) + rng.gauss(0, noise)))
            found.append(Look(f"T{number}", hours, size, final, terms, 1e9, 0.0, None, 0.0, 0.0))
    return found


def test_the_fit_finds_the_coefficients_that_made_the_data():
    assert fit(synthetic(60, 0.1))[:5] == pytest.approx(TRUE[:5], abs=0.05)


def test_the_fitted_range_holds_eight_of_ten():
    sample = synthetic(60, 0.5)
    calibration = fit(sample)
    within = [low <= look.final <= high for look in sample for _, low, high in [_range(look, calibration)]]
    assert sum(within) / len(within) == pytest.approx(0.8, abs=0.03)


def _range(look, calibration):
    return sizes(look.terms, look.weight, look.size, calibration)


def test_no_tweet_is_measured_by_a_fit_that_saw_it(monkeypatch):
    sample, fits = synthetic(11, 0.3), []

    def noted(train):
        fits.append({look.name for look in train})
        return TRUE

    monkeypatch.setattr(benchmark, "fit", noted)
    monkeypatch.setattr(benchmark, "_guesses", lambda tests, _: [(look, fits[-1], 0, 0) for look in tests])
    measured = [*benchmark._one_round(sample, [f"T{n}" for n in range(11)], random.Random(3))]
    assert len(measured) == len(sample)
    measured += benchmark._split(sample, 0) + benchmark._split(sample, 1)
    assert len(measured) == 2 * len(sample)
    assert all(look.name not in train for look, train, *_ in measured)


def test_looks_know_nothing_of_what_came_later():
    acts = [(float(30 * n), 100 + n) for n in range(400)]
    early = [act for act in acts if act[0] <= 3600]
    for whole, part in zip(looks("a", acts), looks("a", early), strict=True):
        if whole.hours <= 1:
            assert (whole.size, whole.terms, whole.seismic) == (part.size, part.terms, part.seismic)


def test_cascades_are_read_up_to_the_horizon(tmp_path):
    path = tmp_path / "tweets.csv.gz"
    path.write_bytes(gzip.compress(b"tweet,t_seconds,followers\na,0,5\na,700000,1\na,60,7\nb,0,9\n"))
    assert read(path, "t_seconds", "tweet", "followers") == {"a": [(0.0, 5), (60.0, 7)], "b": [(0.0, 9)]}
    assert read(path, "t_seconds", "tweet", None)["b"] == [(0.0, 100)]
