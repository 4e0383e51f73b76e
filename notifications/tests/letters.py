"""Letters as delivery would hand them over."""

from __future__ import annotations

import uuid
from typing import Any

from notifications.catalog import SAMPLE_CONTEXT
from notifications.channels import Letter


def letter(
    to: str = "maria@example.org",
    *,
    template: str = "reminder",
    language: str = "en",
    patient_id: uuid.UUID | None = None,
    **changes: Any,
) -> Letter:
    return Letter(
        id=uuid.uuid4(),
        template=template,
        recipient=to,
        language=language,
        context={**SAMPLE_CONTEXT.get(template, {}), **changes},
        patient_id=patient_id or uuid.uuid4(),
    )
