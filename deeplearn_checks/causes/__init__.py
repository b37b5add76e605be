"""Every cause that a finding can name: what it means, what to do about it, and the runbook step behind it.

Sources: the incident response runbook and the API page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.causes.learners import LEARNERS
from deeplearn_checks.causes.monitoring import MONITORING
from deeplearn_checks.causes.operations import OPERATIONS
from deeplearn_checks.causes.payments import PAYMENTS
from deeplearn_checks.causes.platform import PLATFORM
from deeplearn_checks.causes.probing import PROBING
from deeplearn_checks.causes.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deeplearn_checks.causes.cause import Cause
    from deeplearn_checks.settings import Settings

_EVERY = (*PROBING, *PLATFORM, *PAYMENTS, *LEARNERS, *OPERATIONS, *RECORDS, *MONITORING)

CAUSES: Mapping[str, Cause] = {cause.slug: cause for cause in _EVERY}
"""Every cause by its slug."""


def explain(slug: str, settings: Settings, own: Iterable[Cause] = ()) -> tuple[str, str]:
    """Answer meaning and remedy of a cause, of ours or of *own*, for this target; two empty texts where there is none.

    A slug that is no cause says nothing: reasons to skip are such.
    """
    cause = CAUSES.get(slug) or next((one for one in own if one.slug == slug), None)
    if cause is None:
        return "", ""
    urls = {"api": settings.api_base_url, "pages": settings.pages_base_url or "$DEEPLEARN_PAGES_BASE_URL"}
    return cause.meaning, cause.remedy.format(**urls)
