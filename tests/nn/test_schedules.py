"""Schedules against closed forms, PyTorch's, and the bounds that hold for all of them."""

from math import cos, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from nnlab.nn.schedules import (
    Clock,
    ConstantRate,
    Cosine,
    CosineRestarts,
    Exponential,
    LinearWarmup,
    OneCycle,
    Polynomial,
    Schedule,
    Step,
)
from nnlab.registry import SCHEDULES

CLOCK = Clock(total_steps=100, steps_per_epoch=10)

EXAMPLES = {
    "constant": ConstantRate(),
    "step": Step(every=3, gamma=0.5),
    "cosine": Cosine(final=0.01),
    "cosine_restarts": CosineRestarts(period=7, growth=2, final=0.01),
    "polynomial": Polynomial(power=2.5, final=0.01),
    "exponential": Exponential(gamma=0.9, unit="epochs"),
    "linear_warmup": LinearWarmup(duration=2, unit="epochs", then=Cosine()),
    "one_cycle": OneCycle(peak=0.25, initial=0.1, final=0.02),
}


def factors(schedule: Schedule, clock: Clock = CLOCK) -> list[float]:
    return [schedule.factor(step, clock) for step in range(clock.total_steps)]


def test_every_registered_schedule_has_an_example():
    assert sorted(EXAMPLES) == SCHEDULES.names()


@pytest.mark.parametrize("name", EXAMPLES)
@given(step=st.integers(0, 2000), total=st.integers(1, 1000), epoch=st.integers(1, 300))
def test_a_factor_is_a_fraction_even_past_the_end(name, step, total, epoch):
    assert 0 <= EXAMPLES[name].factor(step, Clock(total, epoch)) <= 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schedule_survives_being_written_and_read(name):
    adapter = TypeAdapter(Schedule)
    schedule = adapter.validate_python(SCHEDULES.describe(EXAMPLES[name]))
    assert adapter.validate_json(adapter.dump_json(schedule)) == schedule == EXAMPLES[name]


def test_constant_is_one():
    assert set(factors(ConstantRate())) == {1.0}


def test_step_falls_every_so_many_steps():
    assert factors(Step(every=2, gamma=0.5), Clock(6, 1)) == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_a_duration_in_epochs_is_as_many_steps():
    by_epochs = Step(every=1.5, unit="epochs")
    assert factors(by_epochs) == factors(Step(every=15))
    assert by_epochs.factor(14, CLOCK) == 1
    assert by_epochs.factor(15, CLOCK) == pytest.approx(0.1)


def test_half_an_epoch_of_five_steps_is_not_rounded():
    schedule, clock = Step(every=0.5, unit="epochs", gamma=0.5), Clock(50, 5)
    assert factors(schedule, clock) == [0.5 ** (step // 2.5) for step in range(50)]
    assert 0.1 * factors(schedule, clock)[-1] == 0.1 * 0.5 ** (49 // 2.5) == pytest.approx(1.907e-7, rel=1e-3)


def test_a_duration_is_what_its_digits_say():
    """In floats 0.1 * 30 is a little more than 3."""
    assert factors(Step(every=0.1, unit="epochs", gamma=0.5), Clock(7, 30)) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_a_duration_may_be_less_than_a_step():
    assert Step(every=0.05, unit="epochs", gamma=0.5).factor(3, CLOCK) == 0.5**6
    assert Step(every=1e-320, gamma=0.5).factor(3, CLOCK) == 0
    assert LinearWarmup(duration=0.5, start=0.2).factor(1, CLOCK) == 1


def test_a_warmup_may_end_between_two_steps():
    schedule, clock = LinearWarmup(duration=0.5, unit="epochs", start=0.0, then=Cosine()), Clock(10, 5)
    expected = [0, 1 / 2.5, 2 / 2.5, *((1 + cos(pi * (step - 2.5) / 7.5)) / 2 for step in range(3, 10))]
    assert factors(schedule, clock) == pytest.approx(expected)
    stairs = LinearWarmup(duration=2.5, start=0, then=Step(every=2.5, gamma=0.5))
    assert factors(stairs, Clock(8, 1))[3:] == [1, 1, 0.5, 0.5, 0.5]


def test_cosine_passes_its_middle_and_ends_at_final():
    schedule = Cosine(final=0.2)
    assert schedule.factor(0, CLOCK) == 1
    assert schedule.factor(50, CLOCK) == pytest.approx(0.6)
    assert schedule.factor(99, CLOCK) > 0.2
    assert schedule.factor(100, CLOCK) == pytest.approx(0.2)


def test_restarts_are_cosines_of_growing_length():
    """PyTorch's CosineAnnealingWarmRestarts with T_0 2 and T_mult 2: periods of 2, 4 and 8 steps."""
    schedule, clock = CosineRestarts(period=2, growth=2), Clock(14, 1)
    whole = [factors(Cosine(), Clock(length, 1)) for length in (2, 4, 8)]
    assert factors(schedule, clock) == pytest.approx([*whole[0], *whole[1], *whole[2]])
    assert factors(schedule, clock)[:6] == pytest.approx([1, 0.5, 1, 0.8535533905932737, 0.5, 0.1464466094067262])
    assert CosineRestarts(period=2).factor(10**9 + 1, clock) == pytest.approx(0.5)


def test_restarts_in_epochs_need_no_whole_number_of_steps():
    schedule = CosineRestarts(period=0.25, unit="epochs", final=0.2)
    assert schedule.factor(5, CLOCK) == 1  # two periods of 2.5 steps
    assert schedule.factor(3, CLOCK) == pytest.approx(0.2 + 0.8 * (1 + cos(pi * 0.2)) / 2)


def test_one_period_is_the_cosine():
    assert factors(CosineRestarts(period=10, unit="epochs", final=0.3)) == factors(Cosine(final=0.3))


def test_polynomial_is_a_power_of_what_remains():
    """The first values are those of PyTorch's PolynomialLR with total_iters 4 and power 2."""
    assert factors(Polynomial(power=2), Clock(4, 1)) == pytest.approx([1, 0.5625, 0.25, 0.0625])
    assert factors(Polynomial(final=0.5), Clock(4, 1)) == pytest.approx([1, 0.875, 0.75, 0.625])
    assert Polynomial(final=0.5).factor(4, Clock(4, 1)) == 0.5


def test_exponential_falls_by_the_same_factor_in_each_step_or_epoch():
    assert factors(Exponential(gamma=0.9), Clock(4, 1)) == pytest.approx([1, 0.9, 0.81, 0.729])
    by_epochs = factors(Exponential(gamma=0.5, unit="epochs"))
    assert by_epochs[::10] == pytest.approx(factors(Step(every=1, unit="epochs", gamma=0.5))[::10])
    assert by_epochs[5] == pytest.approx(0.5**0.5)


def test_what_restarts_after_a_warmup_begins_at_its_end():
    then = CosineRestarts(period=3)
    assert factors(LinearWarmup(duration=2, start=0.5, then=then), Clock(8, 1))[2:] == factors(then, Clock(6, 1))


def test_warmup_is_a_line_from_start_to_one():
    schedule = LinearWarmup(duration=4, start=0.2)
    assert factors(schedule, Clock(6, 1)) == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1])


def test_what_follows_the_warmup_counts_from_its_end():
    schedule = LinearWarmup(duration=2, unit="epochs", then=Cosine(final=0.1))
    assert factors(schedule)[20:] == factors(Cosine(final=0.1), Clock(80, 10))


def test_a_warmup_longer_than_the_training_just_warms_up():
    assert factors(LinearWarmup(duration=200, start=0, then=Cosine()))[99] == pytest.approx(0.495)


def test_one_cycle_rises_to_its_peak_and_falls():
    schedule = OneCycle(peak=0.4, initial=0.1, final=0.05)
    values = factors(schedule)
    assert values[0] == pytest.approx(0.1)
    assert values[20] == pytest.approx(0.55)
    assert values.index(max(values)) == 40
    assert values[40] == 1
    assert values[70] == pytest.approx(0.525)
    assert schedule.factor(100, CLOCK) == pytest.approx(0.05)


@pytest.mark.parametrize(("peak", "at_start", "at_end"), [(0.0, 1, 0.2), (1.0, 0.1, 1)])
def test_a_peak_may_stand_at_either_end(peak, at_start, at_end):
    schedule = OneCycle(peak=peak, initial=0.1, final=0.2)
    assert schedule.factor(0, CLOCK) == pytest.approx(at_start)
    assert schedule.factor(100, CLOCK) == pytest.approx(at_end)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cosine_restarts", {"period": 0}),
        ("cosine_restarts", {"period": 2, "growth": 1.5}),
        ("polynomial", {"power": 0}),
        ("exponential", {"gamma": 1.1}),
        ("exponential", {}),
        ("step", {"every": 0}),
        ("step", {}),
        ("cosine", {"final": 1.5}),
        ("linear_warmup", {"duration": -1}),
    ],
)
def test_options_out_of_range_are_refused(name, options):
    with pytest.raises(ValidationError):
        SCHEDULES.spec(name)(type=name, **options)


def test_torch_agrees():
    torch = pytest.importorskip("torch")
    schedulers = torch.optim.lr_scheduler

    def torch_factors(make):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = make(optimizer)
        values = []
        for _ in range(CLOCK.total_steps):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return values

    cosine = torch_factors(lambda o: schedulers.CosineAnnealingLR(o, T_max=100, eta_min=0.1))
    assert factors(Cosine(final=0.1)) == pytest.approx(cosine)
    stairs = torch_factors(lambda o: schedulers.StepLR(o, step_size=30, gamma=0.1))
    assert factors(Step(every=30)) == pytest.approx(stairs)
    restarts = torch_factors(lambda o: schedulers.CosineAnnealingWarmRestarts(o, T_0=7, T_mult=2, eta_min=0.1))
    assert factors(CosineRestarts(period=7, growth=2, final=0.1)) == pytest.approx(restarts)
    power = torch_factors(lambda o: schedulers.PolynomialLR(o, total_iters=100, power=0.9))
    assert factors(Polynomial(power=0.9)) == pytest.approx(power)
    falling = torch_factors(lambda o: schedulers.ExponentialLR(o, gamma=0.97))
    assert factors(Exponential(gamma=0.97)) == pytest.approx(falling)
    warmup = torch_factors(lambda o: schedulers.LinearLR(o, start_factor=0.2, total_iters=25))
    assert factors(LinearWarmup(duration=25, start=0.2)) == pytest.approx(warmup)
