"""The shape of the monitor's file, table by table; strict: what is not known, or of another kind, is refused.

`config.read_config` reads a file of this shape and resolves it to what is watched. Spans are texts such as `5m` in the
file and milliseconds here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from deeplearn_checks.finding import Effects, Severity
from deeplearn_checks.monitor.silences import ALL
from deeplearn_checks.monitor.state import Change
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, minute_of_day, span_ms, zone
from deeplearn_checks.setting_types import EffectsLevel, Gate, Origin  # noqa: TC001  pydantic reads the annotations

ENVIRONMENT = "env:"
"""How a value begins that the environment holds."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _span(value: object) -> object:
    return span_ms(value) if isinstance(value, str) else _refused(value)


def _refused(value: object) -> object:
    """Refuse a bare number, whose unit nobody could know."""
    raise ValueError(f"{value!r} is no span of time; write a text with its unit, such as '30s' or '5m'")


def _positive(value: int) -> int:
    if value == 0:
        raise ValueError("0 is no span to wait; write one such as '30s'")
    return value


def _bounded(value: int) -> int:
    if value > HOUR_MS:  # as `Settings.deadline` has it
        raise ValueError("a run lasts an hour at most; write less")
    return value


def _reminders(value: object) -> object:
    return 0 if value == "never" else _span(value)


def _clock(value: str) -> str:
    minute_of_day(value)
    return value


def _hours(value: str) -> str:
    start, dash, end = value.partition("-")
    if not dash:
        raise ValueError(f"{value!r} is no time of day; write from and to, such as '08:00-20:00'")
    minute_of_day(start)
    minute_of_day(end)
    return value


def _zone(value: str) -> str:
    zone(value)
    return value


def _from_environment(value: str) -> str:
    """Accept `env:NAME` only; the value is never shown, for it may be the secret."""
    if not value.startswith(ENVIRONMENT) or not value.removeprefix(ENVIRONMENT).isidentifier():
        raise ValueError("holds what may be a secret; write 'env:NAME' and set the environment variable NAME")
    return value


def _instant(value: object) -> object:
    """Read a date with time and zone, written as TOML's own or as a text (RFC 3339)."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no instant; write one such as 2026-03-01T02:00:00+05:30") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{str(value)!r} has no zone or no time; write an instant such as 2026-03-01T02:00:00+05:30")
    return value


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no day; write one such as 2026-04-01") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"{str(value)!r} is no day; write one such as 2026-04-01")


def _listening(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) <= 65535):  # noqa: PLR2004  ports end there
        raise ValueError(f"{value!r} is nothing to listen on; write host and port, such as '127.0.0.1:8460'")
    return value


def _change(value: object) -> object:
    if value not in {*Change}:
        raise ValueError(f"{value!r} is not one of {', '.join(Change)}; write one of them")
    return Change(str(value))


def _told(text: str) -> str:
    if not text.strip():
        raise ValueError("says nothing; write why, for those who read it later")
    return text.strip()


Span = Annotated[int, BeforeValidator(_span), AfterValidator(_positive)]
Offset = Annotated[int, BeforeValidator(_span)]
Reminders = Annotated[int, BeforeValidator(_reminders)]
Secret = Annotated[str, AfterValidator(_from_environment)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]{0,63}$")]
Zone = Annotated[str, AfterValidator(_zone)]
Reason = Annotated[str, AfterValidator(_told)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
ChangeName = Annotated[Change, BeforeValidator(_change)]


class Table(BaseModel):
    """A table of the file: frozen, strict, nothing unknown in it, nothing of it in an error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, validate_by_alias=True
    )


class PolicyOf(Table):
    """When a change is one; what is not said is as one level up says (`state.Policy`)."""

    fails_after: int | None = Field(default=None, ge=1, le=1000)
    errors_after: int | None = Field(default=None, ge=1, le=1000)
    recovers_after: int | None = Field(default=None, ge=1, le=1000)
    remind_every: Reminders | None = None
    flaps: int | None = Field(default=None, ge=0, le=100)
    flap_window: Span | None = None

    def overrides(self) -> dict[str, int]:
        """Answer what it says, by the names of `state.Policy`."""
        said = {
            "fails_after": self.fails_after,
            "errors_after": self.errors_after,
            "recovers_after": self.recovers_after,
            "remind_every_ms": self.remind_every,
            "flaps": self.flaps,
            "flap_window_ms": self.flap_window,
        }
        return {name: value for name, value in said.items() if value is not None}


class Policies(PolicyOf):
    """A policy, and those of single diagnostics by id."""

    diagnostics: dict[str, PolicyOf] = Field(default_factory=dict)


class GroupTable(Table):
    """Diagnostics that are asked together."""

    name: Name
    diagnostics: tuple[str, ...] = Field(default=(ALL,), min_length=1, strict=False)
    every: Span
    offset: Offset | None = None
    between: Annotated[str, AfterValidator(_hours)] | None = None
    zone: Zone = "UTC"
    effects: EffectsLevel = Effects.NONE
    deadline: Annotated[Span, AfterValidator(_bounded)] = 30 * SECOND_MS
    policy: Policies = Policies()

    @model_validator(mode="after")
    def _ends_before_it_begins_anew(self) -> Self:
        if self.every < self.deadline:
            given = "deadline" if "deadline" in self.model_fields_set else "every"
            raise ValueError(
                f"{given}: the next run would begin before this one must end; let deadline be at most every"
            )
        return self


class TargetTable(Table):
    """One deployment that is watched. `env_prefix` stands before the names of the variables that hold its settings."""

    name: Name
    url: Origin
    environment: str = Field(default="", pattern=r"^[\w.-]*$")
    groups: tuple[str, ...] | None = Field(default=None, min_length=1, strict=False)
    env_prefix: str | None = Field(default=None, pattern=r"^\w*$")
    i_mean_it: str = ""
    variables: dict[str, str | int | float] = Field(default_factory=dict)
    policy: Policies = Policies()


class MaintenanceTable(Table):
    """When changes are not told: once (`from`, `to`), or weekly (`days`, `at`, `for`, `zone`)."""

    targets: tuple[str, ...] = Field(default=(ALL,), min_length=1, strict=False)
    reason: str = ""
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1, strict=False)
    at: Annotated[str, AfterValidator(_clock)] | None = None
    for_: Span | None = Field(default=None, alias="for", le=7 * DAY_MS)
    zone: Zone = "UTC"

    @model_validator(mode="after")
    def _is_once_or_weekly(self) -> Self:
        given = self.model_fields_set
        if not (_is_all({"from_", "to"}, {"days", "at", "for_", "zone"}, given)) and not (
            _is_all({"at", "for_"}, {"from_", "to"}, given)
        ):
            raise ValueError(
                "a window needs from and to, or at and for (with days and zone), not both; write one of them"
            )
        if self.from_ and self.to and self.from_ >= self.to:
            raise ValueError("to: the window ends before it begins; let to be after from")
        return self


def _is_all(needed: set[str], forbidden: set[str], given: set[str]) -> bool:
    return needed <= given and not forbidden & given


class WaiverTable(Table):
    """What is tolerated for now: a diagnostic or a cause, on a target (`*` for all), to the end of a day (UTC)."""

    diagnostic: str = ""
    cause: str = ""
    target: str
    reason: Reason
    expires: Annotated[date, BeforeValidator(_day)]

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        if bool(self.diagnostic) == bool(self.cause):
            raise ValueError("a waiver is about a diagnostic or a cause; write one of them")
        return self


class RouteTable(Table):
    """Who is told: addresses of Apprise, of changes at or above a severity, of these targets (patterns)."""

    notify: tuple[Secret, ...] = Field(min_length=1, strict=False)
    severity: Gate = Severity.WARNING
    targets: tuple[str, ...] = Field(default=(ALL,), min_length=1, strict=False)
    changes: tuple[ChangeName, ...] = Field(default=tuple(Change), min_length=1, strict=False)


class PageTable(Table):
    """The page: where it listens, empty for nowhere; where people find it; who may look, everybody where empty.

    `public`: everybody may look from other machines too.
    """

    listen: Annotated[str, AfterValidator(_listening)] | Literal[""] = ""
    url: Origin | None = None
    user: str = Field(default="", pattern=r"^[^:]*$")
    password: Secret | None = None
    public: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password go together; write both, or neither")
        return self


class LocationsTable(Table):
    """Where this runner stands, which others watch the same targets, and how many must agree."""

    name: Name = "here"
    all: tuple[Name, ...] = Field(default=(), strict=False)
    quorum: int = Field(default=1, ge=1, le=100)
    stale: Span = 10 * MINUTE_MS

    @model_validator(mode="after")
    def _can_agree(self) -> Self:
        if self.all and self.name not in self.all:
            raise ValueError(f"name: {self.name} is not in all; add it there")
        if self.all and self.quorum > len(self.all):
            raise ValueError(f"quorum: {self.quorum} of {len(self.all)} locations never agree; let it be at most that")
        return self


class PingTable(Table):
    """The address of healthchecks.io, or of what speaks as it does, that is told that the monitor lives.

    `fail_when_down`: it is told of a failure too while something critical is down, else only of the monitor's own.
    """

    url: Secret
    every: Span = MINUTE_MS
    fail_when_down: bool = False


class IncidentsTable(Table):
    """Whether a critical change opens an incident, where journals are, and whether proof may resolve its alerts."""

    open: bool = False
    folder: str = Field(default="incidents", min_length=1)
    auto_resolve: bool = False

    @model_validator(mode="after")
    def _resolves_what_it_opens(self) -> Self:
        if self.auto_resolve and not self.open:
            raise ValueError("auto_resolve: only incidents that the monitor opens are resolved; set open = true too")
        return self


class BundlesTable(Table):
    """How many runs with a failure are kept as bundles, and where."""

    folder: str = Field(default="bundles", min_length=1)
    kept: int = Field(default=20, ge=0, le=10_000)


class RetentionTable(Table):
    """How long minutes, and then hours, are kept; days are kept for ever."""

    minutes: Span = Field(default=2 * DAY_MS, ge=HOUR_MS)
    hours: Span = Field(default=90 * DAY_MS, ge=DAY_MS)

    @model_validator(mode="after")
    def _hours_outlast_minutes(self) -> Self:
        if self.hours < self.minutes:
            raise ValueError("hours: they are made of minutes and kept for longer; let hours be at least minutes")
        return self


class MonitorFile(Table):
    """The whole file."""

    store: str = Field(default="monitor.db", min_length=1)
    extend: tuple[str, ...] = Field(default=(), strict=False)
    policy: Policies = Policies()
    groups: tuple[GroupTable, ...] = Field(min_length=1, strict=False)
    targets: tuple[TargetTable, ...] = Field(min_length=1, strict=False)
    maintenance: tuple[MaintenanceTable, ...] = Field(default=(), strict=False)
    waivers: tuple[WaiverTable, ...] = Field(default=(), strict=False)
    routes: tuple[RouteTable, ...] = Field(default=(), strict=False)
    page: PageTable = PageTable()
    locations: LocationsTable = LocationsTable()
    ping: PingTable | None = None
    incidents: IncidentsTable = IncidentsTable()
    bundles: BundlesTable = BundlesTable()
    retention: RetentionTable = RetentionTable()


def milliseconds(instant: datetime) -> int:
    """Answer an instant in milliseconds since 1970 UTC."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
