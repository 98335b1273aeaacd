"""Other people's formats -> UsageReport and CompressionReport; nothing is stored."""

from __future__ import annotations
