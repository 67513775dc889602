"""Consent receipts: the record that a person takes away, shaped after ISO/IEC TS 27560:2023."""

from datetime import datetime
from typing import Any

from flask import current_app

from app.account.models import User
from app.privacy import policy
from app.privacy.consents import Consent, history, state_of
from app.privacy.notices import Notice, notices


def receipt(user: User, purpose: str, now: datetime) -> dict[str, Any]:
    """Everything about one consent of one person."""
    notice, events = notices()[purpose], history(user.id, purpose)
    base = current_app.config["SETTINGS"].base_url
    state = state_of(user.id, purpose)
    return {
        "header": {
            "schema_version": "ISO/IEC TS 27560:2023",
            "record_id": events[-1].reference if events else None,
            "pii_principal_id": f"person {user.id} of {base}",
            "made_at": now.isoformat(),
        },
        "processing": {
            "privacy_notice": f"{base}/privacy",
            "language": "en",
            "purposes": [_purpose(notice)],
            "pii_controllers": [_controller()],
            "recipients": [notice.recipient],
            "storage": notice.kept,
            "withdrawal_method": f"{base}/settings/privacy/consents",
            "privacy_rights": f"{base}/privacy#p8",
        },
        "state": state or "not asked",
        "events": [_event(one, notice) for one in events],
    }


def _purpose(notice: Notice) -> dict[str, Any]:
    return {
        "purpose": notice.purpose,
        "title": notice.title,
        "lawful_basis": "consent",
        "pii_types": list(notice.data),
    }


def _controller() -> dict[str, str | None]:
    operator = policy.operator()
    if operator is None:
        return {"name": None, "note": "This instance's operator has not said who they are."}
    return {
        "name": operator.name,
        "address": operator.address,
        "contact": operator.email,
        "jurisdiction": operator.country,
    }


def _event(event: Consent, notice: Notice) -> dict[str, Any]:
    wordings = [one for one in notice.wordings if one.version == event.version]
    is_known = bool(wordings) and wordings[0].sha256 == event.text_sha256
    return {
        "event_id": event.reference,
        "state": event.state,
        "at": event.at.isoformat(),
        "notice_version": event.version,
        "notice_sha256": event.text_sha256,
        "notice_text": wordings[0].text if is_known else None,
        "ui_variant": event.variant,
        "method": event.method,
        "global_privacy_control": event.has_gpc,
    }
