"""Rules that wait for the gateway to stop a session."""

from __future__ import annotations

from datetime import datetime

from tracker.domain.alerts import Happening
from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.spend.stops import Stop
from tracker.ingest.rows.alert_rows import put_out
from tracker.models import LLMSession
from tracker.models.outgoing.alerts import load_rules


def note_stop(
    project_id: int, session_key: str, model: str, stop: Stop, now: datetime
) -> None:
    """One message for each session and limit; of a month one for all its sessions."""
    session = None
    if not stop.is_of_month and stop.session_id is not None:
        session = LLMSession.objects.filter(pk=stop.session_id).first()
    metadata = session.metadata if session is not None else {}
    title = session.title if session is not None else ""
    message = {
        "kind": "stopped",
        "session": session_key,
        "session_title": title,
        "at": now.isoformat(),
        "spent": float(stop.spent),
        "limit": stop.limit,
        "unit": "tokens" if stop.name == "gateway_session_tokens" else "usd",
        "text": "The gateway answers its calls with an error from now on. Raise the "
        "limit in the policy, or leave it stopped.",
    }
    if stop.is_of_month:
        name = f"{now:%B}"
        about = f"stopped in {now:%Y-%m} at {stop.limit}"
    else:
        name = visible(title or session_key)[:120]
        message["page"] = ["session", stop.session_id]
        about = f"stopped {stop.session_id} {stop.name} {stop.limit}"
    message["title"] = f"Stopped: {name} {stop.said}"
    happened = Happening("stopped", now, model, metadata)
    put_out(load_rules(), [(project_id, (about, happened, message))])
