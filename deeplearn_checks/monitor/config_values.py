"""What the monitor's file takes from the environment: secrets by `env:NAME`, and the settings of a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import AliasChoices, SecretStr

from deeplearn_checks.monitor.config_shape import ENVIRONMENT
from deeplearn_checks.settings import Settings, variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deeplearn_checks.monitor.config_problems import Source
    from deeplearn_checks.monitor.config_shape import TargetTable
    from deeplearn_checks.monitor.toml_lines import Path

_OF_THE_FILE: Mapping[str, str] = {
    "api_base_url": "write it as url",
    "environment": "write it as environment",
    "i_mean_it": "write it as i_mean_it",
    "effects": "write it as effects of a group",
    "deadline": "write it as deadline of a group",
    "incidents": "write it as folder of [incidents]",
    "fail_on": "leave it out: the monitor has no gate",
    "actor": "leave it out: the monitor is the actor",
}
"""Settings that the file says elsewhere, and where."""
_OWN = frozenset({"pages_base_url", "razorpay_key_id", "razorpay_api_base_url"})
"""Settings that belong to one target, besides its secrets: never taken from what another target's are called."""


def names_of(setting: str) -> tuple[str, ...]:
    """Answer the variables of a setting, the one that counts first."""
    alias = Settings.model_fields[setting].validation_alias
    return tuple(str(one) for one in alias.choices) if isinstance(alias, AliasChoices) else (setting,)


def _default(setting: str) -> str:
    """Answer the default of a setting as the environment would hold it; of a secret it is empty."""
    return "" if _is_secret(setting) else str(Settings.model_fields[setting].default)


def _is_secret(setting: str) -> bool:
    return isinstance(Settings.model_fields[setting].default, SecretStr)


@dataclass(frozen=True, slots=True)
class Values:
    """The environment's variables, and the file that names some of them."""

    source: Source
    variables: Mapping[str, str]

    def secret(self, word: str, path: Path) -> SecretStr:
        """Answer what `env:NAME` stands for; raises ConfigurationError where that is not set."""
        name = word.removeprefix(ENVIRONMENT)
        if not self.variables.get(name):
            self.source.refuse(path, f"the environment variable {name} is not set; set it")
        return SecretStr(self.variables[name])

    def settings(self, target: TargetTable, number: int) -> dict[str, str]:
        """Answer the values of a target's settings by their variables, for `settings.load_settings`.

        What the target's `variables` say counts, then what the environment holds under its `env_prefix`. Secrets and
        addresses that neither gives are left empty: the environment's own are another target's, unless the prefix is
        said to be empty. Raises ConfigurationError for a variable that there is not, or that holds a secret itself.
        """
        path: Path = ("targets", number, "variables")
        known = {name: setting for setting in Settings.model_fields for name in names_of(setting)}
        given = dict[str, str]()
        for setting in Settings.model_fields:
            held = self._prefixed(target, setting)
            if held is not None and setting not in _OF_THE_FILE:
                given[variable(setting)] = held
            elif _is_secret(setting) or setting in _OWN:
                given[variable(setting)] = _default(setting)
        for name, value in target.variables.items():
            if name not in known:
                self.source.refuse_unknown((*path, name), name, known, "setting")
            if known[name] in _OF_THE_FILE:
                self.source.refuse((*path, name), f"has no place here; {_OF_THE_FILE[known[name]]}")
            given[variable(known[name])] = self._value((*path, name), known[name], value)
        return given

    def _prefixed(self, target: TargetTable, setting: str) -> str | None:
        """Answer what the environment holds of a setting under the target's prefix."""
        if target.env_prefix is None:
            return None
        held = (self.variables.get(f"{target.env_prefix}{name}") for name in names_of(setting))
        return next((value for value in held if value), None)

    def _value(self, path: Path, setting: str, value: str | float) -> str:
        text = str(value)
        if text.startswith(ENVIRONMENT):
            return self.secret(text, path).get_secret_value()
        if _is_secret(setting):
            self.source.refuse(path, "is a secret; write 'env:NAME' and set the environment variable NAME")
        return text
