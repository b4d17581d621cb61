"""Who is looked at when."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.cascade import Content
from pipeline.stream.chunks import Tail
from pipeline.stream.schedule import FIRST_US, LAST_US, SECOND_US, Schedule, release
from pipeline.stream.thaw import Held

NOON = 1_709_380_800_000_000


def held(name="c"):
    return Held(Content(name, {}), name.encode(), Tail())


def grow(one, facts):
    one.tail.fresh += [b""] * facts


def names(schedule, now_us):
    taken = []
    while one := schedule.take(now_us):
        taken.append(one.content.content_id)
    return taken


def test_a_content_with_a_record_is_due_at_once():
    schedule, one = Schedule(), held()
    schedule.stir(one, NOON)
    assert schedule.take(NOON) is one
    assert schedule.take(NOON) is None


def looked_at(one, each, times):
    """In which twentieths of a second, when so many facts come in each of them."""
    schedule, looks = Schedule(), []
    for twentieth in range(times):
        now = NOON + twentieth * SECOND_US // 20
        grow(one, each)
        schedule.stir(one, now)
        while schedule.take(now):
            looks.append(twentieth)
            schedule.again(one, now)
    return looks


def test_a_content_is_looked_at_once_a_second_however_many_records_it_has():
    one = held()
    grow(one, 10_000)
    assert looked_at(one, 3, 100) == [0, 20, 40, 60, 80]


def test_one_that_takes_off_is_looked_at_four_times_a_second():
    assert looked_at(held(), 3, 20) == [0, 5, 10, 15]


def test_a_few_shares_more_of_a_small_content_are_no_take_off():
    schedule, one = Schedule(), held()
    grow(one, 1)
    schedule.stir(one, NOON)
    assert schedule.take(NOON) is one
    schedule.again(one, NOON)
    grow(one, 4)
    schedule.stir(one, NOON)
    assert schedule.take(NOON + SECOND_US - 1) is None
    assert schedule.take(NOON + SECOND_US) is one


def test_it_takes_off_as_soon_as_a_tenth_has_come_since_it_was_looked_at():
    schedule, one = Schedule(), held()
    grow(one, 1000)
    schedule.stir(one, NOON)
    schedule.again(schedule.take(NOON), NOON)
    grow(one, 99)
    schedule.stir(one, NOON)
    assert schedule.take(NOON + SECOND_US // 2) is None
    grow(one, 1)
    schedule.stir(one, NOON)
    assert schedule.take(NOON + SECOND_US // 4) is one


def test_without_records_looks_become_rare_and_stop_at_ten_minutes():
    schedule, one = Schedule(), held()
    schedule.stir(one, NOON)
    looks, now = [], NOON
    while now < NOON + 3600 * SECOND_US:
        if schedule.take(now):
            looks.append((now - NOON) // SECOND_US)
            schedule.again(one, now)
        now += SECOND_US
    gaps = [after - before for before, after in pairwise(looks)]
    assert gaps[:8] == [5, 10, 20, 40, 80, 160, 320, 600]
    assert set(gaps[8:]) == {600}


def test_a_record_makes_the_next_looks_frequent_again():
    schedule, one = Schedule(), held()
    schedule.stir(one, NOON)
    for _ in range(12):
        schedule.take(one.watch.due_us)
        schedule.again(one, one.watch.due_us)
    later = one.watch.due_us - LAST_US // 2
    schedule.stir(one, later)
    assert schedule.take(later) is one
    schedule.again(one, later)
    assert one.watch.due_us == later + FIRST_US


def test_what_is_dropped_is_not_looked_at_before_its_next_record():
    schedule, one = Schedule(), held()
    schedule.stir(one, NOON)
    schedule.drop(one)
    assert schedule.take(NOON + LAST_US) is None
    schedule.stir(one, NOON + LAST_US)
    assert schedule.take(NOON + LAST_US) is one


def test_those_due_longest_come_first_but_what_grows_fast_is_let_forward():
    schedule = Schedule()
    slow = [held(f"slow {n}") for n in range(100)]
    for place, one in enumerate(slow):
        grow(one, 1)
        schedule.stir(one, NOON + place)
    star = held("star")
    grow(star, 40)
    schedule.stir(star, NOON + SECOND_US)
    order = names(schedule, NOON + SECOND_US)
    assert order == ["star", *(one.content.content_id for one in slow)]


def test_nobody_waits_for_ever_behind_those_that_grow():
    schedule, quiet = Schedule(), held("quiet")
    grow(quiet, 1)
    schedule.stir(quiet, NOON)
    stars = [held(f"star {n}") for n in range(5)]
    for second in range(2000):
        now = NOON + second * SECOND_US
        for star in stars:
            grow(star, 1000)
            schedule.stir(star, now)
        one = schedule.take(now)
        if one is quiet:
            break
        schedule.again(one, now)
    assert second <= 610


def test_the_first_in_line_says_how_late_it_is():
    schedule = Schedule()
    for place in range(3):
        schedule.stir(held(str(place)), NOON + place * SECOND_US)
    schedule.take(NOON + 10 * SECOND_US)
    assert schedule.late_us(NOON + 10 * SECOND_US) == 9 * SECOND_US
    assert schedule.waiting == 2


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["stir", "look", "drop"]), st.integers(0, 700)), max_size=60
    )
)
def test_whatever_comes_nobody_is_in_line_twice_and_nobody_is_lost(steps):
    schedule, contents, now = Schedule(), {name: held(name) for name in "abc"}, NOON
    for name, what, seconds in steps:
        now += seconds * SECOND_US
        one = contents[name]
        if what == "stir":
            grow(one, 1)
            schedule.stir(one, now)
        elif what == "drop":
            schedule.drop(one)
        elif taken := schedule.take(now):
            assert taken.watch.due_us <= now
            schedule.again(taken, now)
    watched = sorted(name for name, one in contents.items() if one.watch)
    assert sorted(names(schedule, now + 2 * LAST_US)) == watched


def test_who_sleeps_is_named_when_it_is_due_and_once():
    schedule = Schedule()
    schedule.sleep("first", NOON + SECOND_US)
    schedule.sleep("second", NOON)
    assert schedule.take(NOON - 1) is None
    assert schedule.to_wake(9) == []
    assert schedule.take(NOON + SECOND_US) is None
    assert schedule.waiting == 2
    assert (schedule.to_wake(1), schedule.to_wake(9), schedule.to_wake(9)) == (["second"], ["first"], [])


def test_who_could_not_be_woken_is_the_next_one():
    schedule = Schedule()
    for name in "abc":
        schedule.sleep(name, NOON)
    schedule.take(NOON)
    woken = schedule.to_wake(2)
    schedule.put_off(reversed(woken[1:]))
    assert schedule.to_wake(9) == ["b", "c"]


def test_who_came_back_and_was_looked_at_sleeps_no_longer():
    schedule, one = Schedule(), held("one")
    schedule.sleep("one", NOON)
    schedule.stir(one, NOON)
    schedule.again(one, NOON)
    schedule.take(NOON)
    assert schedule.to_wake(9) == []


def test_of_two_sleeps_the_last_one_counts():
    schedule = Schedule()
    schedule.sleep("one", NOON)
    schedule.sleep("one", NOON + SECOND_US)
    schedule.take(NOON)
    assert schedule.to_wake(9) == []
    schedule.take(NOON + SECOND_US)
    assert schedule.to_wake(9) == ["one"]


def test_who_left_memory_is_not_due_any_more():
    schedule, one = Schedule(), held()
    schedule.stir(one, NOON)
    release(one)
    assert schedule.take(NOON) is None
    assert one.watch is None


def test_facts_that_came_after_a_look_had_begun_still_wait_for_one():
    schedule, one = Schedule(), held()
    grow(one, 3)
    schedule.stir(one, NOON)
    schedule.take(NOON)
    grow(one, 2)
    schedule.again(one, NOON, 3)
    assert one.watch.is_waiting
    schedule.again(one, NOON + SECOND_US)
    assert not one.watch.is_waiting
