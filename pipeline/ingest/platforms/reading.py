"""A payload is read through `Json`: each question is answered or refused, and nothing else can happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_INTEGER: Final = 10**30
"""Ids are shorter; Python would refuse to print far longer ones."""


class UnknownShapeError(RefusedError):
    """The payload is not of a shape that the platform is known to send. Never guessed: it becomes a dead letter."""

    def __init__(self, detail: str) -> None:
        super().__init__("unknown_shape", detail)


class Json:
    """One JSON value of a payload, with the path to it.

    Every method raises `UnknownShapeError` when the value is not what is asked for. The message names the path and the
    type that was found, never the value: payloads hold names and addresses of people.
    """

    __slots__ = ("path", "value")

    def __init__(self, value: object, path: str = "payload") -> None:
        self.value, self.path = value, path

    def __getitem__(self, name: str) -> Json:
        """A member that must be there, and not null."""
        found = self.get(name)
        if found is None:
            raise UnknownShapeError(f"{self.path}: has no {name}")
        return found

    def __iter__(self) -> Iterator[Json]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.refusal("should be a list")
        return (Json(entry, f"{self.path}[{index}]") for index, entry in enumerate(self.value))

    def get(self, *names: str) -> Json | None:
        """A member, or a member of a member: None where one is absent or null."""
        found = self
        for name in names:
            if not isinstance(found.value, dict):
                raise found.refusal("should be an object")
            if (value := found.value.get(name)) is None:
                return None
            found = Json(value, f"{found.path}.{name}")
        return found

    def first_of(self, *names: str) -> Json | None:
        """The first of these members that is there: platforms rename fields."""
        return next((found for name in names if (found := self.get(name)) is not None), None)

    def entries(self, name: str) -> list[Json]:
        """The entries of a list that may be absent."""
        found = self.get(name)
        return [] if found is None else list(found)

    def text(self) -> str:
        """A text of at least one character that UTF-8 can write."""
        value = self.value
        if not isinstance(value, str) or not value:
            raise self.refusal("should be a text")
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise UnknownShapeError(f"{self.path}: has half of a surrogate pair")
        return value

    def id(self) -> str:
        """An id: platforms give the same one as a text here and as a number there."""
        value = self.value
        if type(value) is int and 0 <= value < MAX_INTEGER:
            return str(value)
        return self.text()

    def count(self) -> int:
        """A whole number that is not negative, also one written as a text."""
        value = self.value
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_INTEGER)):
            return int(value)
        if type(value) is not int or not 0 <= value < MAX_INTEGER:
            raise self.refusal("should be a whole number")
        return value

    def number(self) -> int | float:
        """A number, also one written as digits."""
        value = self.value
        if isinstance(value, str):
            return self.count()
        if type(value) not in {int, float}:
            raise self.refusal("should be a number")
        return value  # type: ignore[return-value]  # the line above says so: bool is left out on purpose

    def object(self) -> dict[str, object]:
        """The object itself."""
        if not isinstance(self.value, dict):
            raise self.refusal("should be an object")
        return self.value

    def refusal(self, wanted: str) -> UnknownShapeError:
        """The error that says what was wanted here."""
        return UnknownShapeError(f"{self.path}: {wanted}, not {type(self.value).__name__}")

    def unknown(self) -> UnknownShapeError:
        """The error for a value of a closed list that is not one of it. Such names are the platform's, not a person's."""
        return UnknownShapeError(f"{self.path}: {str(self.value)[:64]!r} is not known")


def text_of(found: Json | None) -> str | None:
    """The text of a member that may be absent, or empty."""
    return None if found is None or found.value == "" else found.text()


def id_of(found: Json | None) -> str | None:
    """The id of a member that may be absent, or empty."""
    return None if found is None or found.value == "" else found.id()


def count_of(found: Json | None) -> int | None:
    """The count of a member that may be absent."""
    return None if found is None else found.count()
