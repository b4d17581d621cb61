"""The ledger, compared with a list that remembers everything, over random commands."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.stream.ledger import Ledger

COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("hand out"), st.integers(0, 3), st.integers(1, 5)),
        st.tuples(st.just("acknowledge"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("drop"), st.integers(0, 20), st.just(0)),
    ),
    max_size=60,
)


class Remembering:
    """Every offset handed out since the last drop, with the number of its range; every acknowledged number."""

    def __init__(self):
        self.offsets = []
        self.acknowledged = set()

    def committable(self):
        done = None
        for offset, number in self.offsets:
            if number not in self.acknowledged:
                break
            done = offset + 1
        return done


@given(COMMANDS)
def test_committable_is_one_past_the_longest_prefix_of_acknowledged_offsets(commands):
    ledger, model, ranges, position = Ledger(), Remembering(), [], 0
    for command, first, length in commands:
        if command == "hand out":
            start = position + first  # a gap of up to three offsets
            position = start + length
            model.offsets += [(offset, len(ranges)) for offset in range(start, position)]
            ranges.append(ledger.hand_out(start, position - 1))
        elif command == "acknowledge" and ranges:
            number = first % len(ranges)
            ranges[number].acknowledge()
            model.acknowledged.add(number)
        elif command == "drop":
            position = first  # reading starts again anywhere
            model.offsets.clear()
            ledger.drop()
        assert ledger.committable == model.committable()
        live = {number for _, number in model.offsets}
        assert all(one.live or number not in live for number, one in enumerate(ranges))
