"""What every model of an answer shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """What all answers share: no coercion, no changes, unknown fields ignored, built when first used."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", defer_build=True, allow_inf_nan=False)
