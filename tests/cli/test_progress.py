"""What a training shows of its speed is true of this session, also where it goes on with an earlier one."""

from nnlab.cli.progress import Meter
from nnlab.training.progress import Progress


def report(step, seconds):
    return Progress(
        step=step,
        total_steps=1000,
        steps_per_epoch=100,
        examples=8,
        seconds=seconds,
        learning_rate=0.1,
        training=None,
        evaluated_on=None,
        evaluation=None,
        improved=False,
    )


def test_speed_and_time_left_are_those_of_the_steps_since_the_training_went_on():
    meter = Meter()
    meter.add(report(501, 9000.0))
    assert meter.numbers(report(501, 9000.0)) == ""  # nothing is known yet
    for step in range(502, 512):
        meter.add(report(step, 9000.0 + 2 * (step - 501)))
    assert meter.numbers(report(511, 9020.0)) == "4 images/s  16:18 left"
