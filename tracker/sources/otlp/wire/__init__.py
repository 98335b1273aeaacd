"""OTLP's bytes as plain records, and the answers that go back."""
