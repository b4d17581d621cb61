"""`cascades infer`."""

import typer

from pipeline.cli.root import app


@app.command()
def infer() -> None:
    """Guess the parents that platforms hide.

    Reads the events topic and adds to it a copy of each share whose platform names the original only, with the share that it most likely came
    through and parent_basis `inferred`. Off until CASCADES_INFER names platforms and methods. An exact parent always stands, whatever is guessed,
    and whenever it comes. One process is enough; a second one, or a restart, makes the same copies. Stops on SIGTERM or Ctrl-C.

    Methods: rt_text (RT @b: …); exposed (the latest sharer whom the actor follows) and exposed_post_first (the same, unless it follows the author),
    which need CASCADES_INFER_FOLLOWS_FILE; probable (audience and time). How right each is: docs/inference.md

    Example: CASCADES_INFER=twitter=rt_text CASCADES_METRICS_PORT=9467 cascades infer
    """
    from pipeline.commands import infer as command

    raise typer.Exit(command.run())
