"""What all tables of switches have in common: how they are read, checked and changed."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    WrapValidator,
)
from pydantic_core import ErrorDetails

from .patterns import is_pattern

_PROBLEMS = {
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "finite_number": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge:g} or more",
    "int_type": "must be a whole number",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be one of {expected}",
    "missing": "is needed",
    "model_type": "must be a table",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}


def _all_or_list(value: object, validate: Callable[[object], object]) -> object:
    try:
        return validate(value)
    except ValidationError as error:
        raise ValueError('must be "all" or a list of texts') from error


def check[Value](is_right: Callable[[Value], object], problem: str) -> AfterValidator:
    """Return a check of a switch, with what to say where it fails."""

    def validate(value: Value) -> Value:
        if not is_right(value):
            raise ValueError(problem)
        return value

    return AfterValidator(validate)


type Items[Item] = Annotated[tuple[Item, ...], Strict(False)]
"""A list in TOML and JSON."""

type AllOrNames = Annotated[Literal["all"] | Items[str], WrapValidator(_all_or_list)]
type Pattern = Annotated[str, check(is_pattern, "must be a number or a pattern")]
type Count = Annotated[int, Field(ge=0)]
type Seconds = Annotated[float, Field(ge=0)]


class SettingsError(ValueError):
    """Settings that cannot be used.

    `problems` maps the dotted name of each setting to what is wrong with it; `unknown`
    names those that are no settings at all, the outer ones first.
    """

    def __init__(self, error: ValidationError) -> None:
        """Collect what is wrong."""
        details = {".".join(map(str, item["loc"])): item for item in error.errors()}
        unknown = [
            name for name, item in details.items() if item["type"] == "extra_forbidden"
        ]
        self.unknown = sorted(unknown, key=lambda name: name.count("."))
        self.problems = {
            name: _problem(item)
            for name, item in details.items()
            if name not in unknown
        }
        sentences = [f"{name}: {problem}" for name, problem in self.problems.items()]
        sentences += [f"{name}: no such setting" for name in self.unknown]
        super().__init__("; ".join(sentences))


class Table(BaseModel):
    """A table of switches: frozen, and strict about names and types.

    To Python true is an integer and 1 is a truth. A switch given as 1, or a number
    given as true, is refused as the mistake that it is.
    """

    model_config = ConfigDict(
        allow_inf_nan=False, extra="forbid", frozen=True, strict=True
    )

    def changed(self, changes: Mapping[str, object]) -> Self:
        """Return this table with some switches changed.

        A table in it is changed in the names given, everything else, lists and mappings
        too, is replaced whole. What is not named stays the same object. Raises
        SettingsError for what cannot be meant.
        """
        values: dict[str, object] = dict(self) | dict(changes)
        for name, change in changes.items():
            current = getattr(self, name, None)
            if isinstance(current, Table) and isinstance(change, Mapping):
                values[name] = dict(current) | dict(change)
        try:
            validated = self.model_validate(values)
        except ValidationError as error:
            raise SettingsError(error) from error
        return self.model_copy(
            update={name: getattr(validated, name) for name in changes}
        )

    def plain(self) -> dict[str, Any]:
        """Return this table as JSON and TOML have it."""
        return self.model_dump(mode="json")


def _problem(details: ErrorDetails) -> str:
    context = dict(details.get("ctx", {}))
    if "expected" in context:
        # Pydantic lists the choices as 'a', 'b' or 'c'.
        expected = str(context["expected"])
        context["expected"] = expected.replace("'", "").replace(" or ", ", ")
    return _PROBLEMS.get(details["type"], details["msg"]).format(**context)
