"""`cascades content`: link, unlink, list."""

from typing import Annotated

import typer

from pipeline.cli.root import app

content = typer.Typer(name="content", no_args_is_help=True, help="Contents: which posts are counted for which content.")
app.add_typer(content)

PostArgument = Annotated[
    list[str],
    typer.Argument(metavar="POST…", help="Content ids of the posts, as `v_content` shows them, or their addresses."),
]


@content.command("link")
def link_posts(
    target: Annotated[str, typer.Argument(metavar="CONTENT", help="Id or address of the content; it may be new.")],
    post: PostArgument,
) -> None:
    """Count several posts as one content, on whatever platforms they are.

    What comes from now on goes straight to CONTENT. What came already is moved there within seconds: ids stay, nothing counts twice, and the posts
    are shown no longer. It does not matter what was first, the link or the shares. A second time changes nothing.

    It cannot be taken apart again: `cascades content unlink` only ends it for what comes later.

    Example: cascades content link spring-film facebook:123_456 https://x.com/brand/status/789 https://example.org/film
    """
    from pipeline.commands import content as command

    raise typer.Exit(command.link(content=target, post=post))


@content.command("unlink")
def unlink_posts(post: PostArgument) -> None:
    """Count posts for themselves again, from now on.

    What was moved cannot be undone: its acts were merged with those of other posts, and stay where they are. To take a post out for good, rebuild
    from a topic without the link.

    Example: cascades content unlink facebook:123_456
    """
    from pipeline.commands import content as command

    raise typer.Exit(command.unlink(post=post))


@content.command("list")
def list_posts(
    target: Annotated[str | None, typer.Option("--content", metavar="CONTENT", help="Only its posts.")] = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help="table or json (a line each).")] = "table",
) -> None:
    """Show which posts are counted for which content.

    What platforms and other programs linked by `link` events of their own is in the view v_merged_contents.

    Example: cascades content list --content spring-film --format json
    """
    from pipeline.commands import content as command

    raise typer.Exit(command.list_links(content=target, output=output))
