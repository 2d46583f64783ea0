"""``nnlab predict``."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import AsJson, RunAddress, RunsDir, Which

Examples = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT...", help="Images, folders of images, CSV, .npy or .npz files.", show_default=False
    ),
]
Top = Annotated[int, typer.Option("--top", min=1, help="How many of the most probable classes to print.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")]
FigureFile = Annotated[
    Path | None, typer.Option("--figure", help="Draw the first images to this file.", show_default=False)
]
Show = Annotated[bool, typer.Option("--show", help="Show that figure, where there is a screen.")]
SubmissionFile = Annotated[
    Path | None,
    typer.Option("--submission", help="Write this file for Kaggle instead of printing.", show_default=False),
]
Header = Annotated[str, typer.Option("--header", help="The header of the submission.")]
Invert = Annotated[bool, typer.Option("--invert", help="Exchange dark and light in images, as for ink on paper.")]


def predict(
    address: RunAddress,
    inputs: Examples,
    top: Top = 3,
    checkpoint: Which = "best",
    submission: SubmissionFile = None,
    header: Header = "ImageId,Label",
    figure: FigureFile = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Show = False,
    invert: Invert = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Print which classes a network takes your own inputs for.

    They are prepared as the run's own examples: images get its size and colours, and all are normalized as when
    training began. The data of the run are not needed, and nothing is written into it. Images that cannot be read
    are named at the end, and the exit code is then 3.

    Example: nnlab predict latest digit.png scans/ --top 2
    """
    from nnlab.cli.activity_display import activity
    from nnlab.cli.output import say
    from nnlab.cli.prediction_tables import Drawing, listing
    from nnlab.data.image_pixels import ImageForm
    from nnlab.data.unlabelled import Unlabelled
    from nnlab.data.unlabelled_files import AS_DETECTED, CsvForm
    from nnlab.errors import DataError
    from nnlab.evaluation import TrainedRun
    from nnlab.evaluation.pixels import pixels_of
    from nnlab.evaluation.predictions import BATCH
    from nnlab.runs import find_run

    trained = TrainedRun(find_run(address, runs_dir))
    drawing = Drawing(trained, figure, top=top, show=show) if figure or show else None
    pixels = pixels_of(trained)
    data = trained.config.data
    form = ImageForm(trained.input_shape, getattr(data, "resize", "stretch"))
    options = vars(AS_DETECTED) if data.type == "csv" else ()
    table = CsvForm(**{option: getattr(data, option) for option in options})
    examples = Unlabelled(inputs, form, table=table, unit=pixels.unit, dark=pixels.dark, invert=invert)
    printed = "json" if as_json else "csv" if as_csv else "table"
    with activity("reading the run"), listing(printed, trained, checkpoint, top, submission, header) as lines:
        for names, x in examples.batches(BATCH):
            answers = trained.predict(x, checkpoint)
            lines.take(names, answers)
            if drawing:
                drawing.take(names, x, answers)
        lines.end(examples.unread)
    for _, reason in examples.unread:
        say(f"error: {reason}")
    if drawing:
        drawing.finish()
    if examples.unread:
        raise typer.Exit(DataError.exit_code)
