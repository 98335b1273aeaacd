"""Calls go through here to their provider: measured, judged, compressed when due.

A call passes `app` (the way), `address` (whose, where to), `conversation` (which),
`relay` (there and back), `answers` (what it used) and `record` (the sample).
"""
