"""The rules: pure Python over numbers and text. Imports no Django, reads no clock."""
