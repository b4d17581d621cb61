"""Cases that say again, at another point, what their neighbours say: `make test-all` runs them, `make test` does not."""

import pytest


def some(cases, *first):
    """The cases as parameters; those not among the first are extended."""
    missing = set(first) - set(cases)
    if missing:
        raise ValueError(f"no such cases: {missing}")
    return [case if case in first else pytest.param(case, marks=pytest.mark.extended) for case in cases]
