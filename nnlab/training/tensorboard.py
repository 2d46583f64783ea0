"""Event files for TensorBoard: scalars and figures of a training run.

Tags: ``loss/train``, ``accuracy/train``, ``learning_rate``; ``loss/validation`` and
``accuracy/validation``, or the same of the test split; ``filters`` and ``confusion/validation``.
"""

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary

from nnlab.drawing.saving import rendered
from nnlab.errors import system_errors

_RGBA = 4


class EventFile:
    """A new event file in ``folder``, which makes earlier ones there count up to step ``after`` only.

    ``began`` is when the training began, in seconds since 1970, as if it had never been stopped. Everything is
    written by the caller's own thread, so that a full disk stops the training with a message and not a queue
    without one. Raises SystemFault, as all methods do, if the machine refuses to write.
    """

    def __init__(self, folder: Path, *, began: float, after: int) -> None:
        self._folder, self._began = folder, began
        with self._naming_the_folder():
            folder.mkdir(exist_ok=True)
            # The name that is given has whole seconds only, and TensorBoard reads the files in their order.
            self._writer = EventsWriter(str(folder / "events"), f".{time.time_ns()}")
            start = SessionLog(status=SessionLog.START)
            self._writer.write_event(Event(wall_time=began, step=after + 1, session_log=start))

    def add(self, record: dict[str, Any]) -> None:
        """Add a record of the metrics log."""
        values = {f"{key}/{record['split']}": record[key] for key in ("loss", "accuracy")}
        if "learning_rate" in record:
            values["learning_rate"] = record["learning_rate"]
        scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._write(scalars, record["step"], record["seconds"])

    def draw(self, tag: str, figure: Figure, *, step: int, seconds: float) -> None:
        """Add a figure as it is after ``step``, ``seconds`` into the training."""
        png = rendered(figure, "png")
        width, height = struct.unpack(">II", png[16:24])  # the first chunk of every PNG
        image = Summary.Image(width=width, height=height, colorspace=_RGBA, encoded_image_string=png)
        self._write([Summary.Value(tag=tag, image=image)], step, seconds)

    def flush(self) -> None:
        """Flush the file, so that TensorBoard sees everything so far."""
        with self._naming_the_folder():
            self._writer.flush()

    def close(self) -> None:
        """Write buffered events and close the file."""
        with self._naming_the_folder():
            self._writer.close()

    def _write(self, values: list[Any], step: int, seconds: float) -> None:
        event = Event(wall_time=self._began + seconds, step=step, summary=Summary(value=values))
        with self._naming_the_folder():
            self._writer.write_event(event)

    @contextmanager
    def _naming_the_folder(self) -> Iterator[None]:
        with system_errors("write to", self._folder):
            yield
