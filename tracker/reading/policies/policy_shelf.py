"""The policies of this moment for readers: at most a second old, one per process."""

from __future__ import annotations

from tracker.models.settings.policies import load_policy_book
from tracker.reading.config_cache import ConfigCache

_policies = ConfigCache(load_policy_book)
present_policies = _policies.get
fresh_policies = _policies.fresh  # for the event loop: None where it would query
renew_policies = _policies.renew
forget_policies = _policies.forget
