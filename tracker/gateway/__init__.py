"""Calls go through here to their provider: measured, judged, compressed when due.

A call passes `app` (the way), `request` (whose, where to, which conversation), `turn`
(what is sent), `upstream` (there and back, what it used) and `record` (the sample).
"""
