"""docs/reference.md names everything the code has, and nothing it has not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Options every Django command has, and Django's own words.
COMMON = {"-h", "--help", "--version", "-v", "--verbosity", "--settings"} | {
    f"--{name}"
    for name in (
        "pythonpath",
        "traceback",
        "no-color",
        "force-color",
        "skip-checks",
    )
}
READS = re.compile(r"(?:environ\.get|environ\.setdefault|env_\w+)\(\s*\"([A-Z_]+)\"")


@pytest.fixture(scope="module")
def reference() -> str:
    return (ROOT / "docs/reference.md").read_text("utf-8")


def test_every_address_is_there(reference: str) -> None:
    from tracker.api.openapi.document import document

    missing = [path for path in document()["paths"] if f"{path}`" not in reference]

    assert missing == []


def test_every_address_that_is_there_exists(reference: str) -> None:
    from tracker.api.openapi.document import document

    named = re.findall(r"^\| `(?:GET|POST) (/[^`]*)`", reference, re.MULTILINE)

    assert named
    assert set(named) <= set(document()["paths"])


def test_every_query_parameter_is_there(reference: str) -> None:
    from tracker.api.openapi.document import document

    missing = []
    for path, item in document()["paths"].items():
        rows = [line for line in reference.splitlines() if f"GET {path}`" in line]
        for parameter in item.get("get", {}).get("parameters", ()):
            name = parameter["name"]
            if parameter["in"] == "query" and not any(
                f"`{name}`" in row or f"`{name}=" in row for row in rows
            ):
                missing.append((path, name))

    assert missing == []


def test_every_field_of_a_report_and_every_status_is_there(reference: str) -> None:
    from tracker.api.openapi.operations import ERRORS
    from tracker.sources.native import UsageBody

    missing = [
        name for name in UsageBody.__struct_fields__ if f"`{name}`" not in reference
    ]
    missing += [str(status) for status in ERRORS if f"| {status} |" not in reference]

    assert missing == []


def test_the_table_of_answers_is_the_codes_own(reference: str) -> None:
    from tests.reference_tables import with_answers

    assert with_answers(reference) == reference, "run python -m tests.reference_tables"


def test_every_websocket_message_is_there_with_its_fields(
    reference: str, project: Any
) -> None:
    from tests.live.test_news import news_of
    from tracker.live import store
    from tracker.live.greeting import greet, read_snapshot

    messages = [news.message() for news in news_of(project)]
    snapshot = read_snapshot((frozenset((project.pk,)), None, "1h"))
    assert greet(snapshot, session_id=None, after="").texts
    messages += [snapshot.message, store.counts_message([project])]

    for message in messages:
        kind = message["type"]
        (row,) = (r for r in reference.splitlines() if r.startswith(f"| `{kind}` |"))
        missing = [n for n in message if n != "type" and f"`{n}`" not in row]
        assert missing == [], kind
        named = re.sub(r"\([^)]*\)", "", row.split("|")[2])
        assert set(re.findall(r"`(\w+)`", named)) == set(message) - {"type"}, kind
    in_code = set()
    for path in (ROOT / "tracker/live").glob("*.py"):
        kinds = r"(?:\"type\": ?|_flat\()\"(\w+)\""
        in_code |= set(re.findall(kinds, path.read_text("utf-8")))
    assert {f"| `{kind}` |" for kind in in_code if kind != "live"} <= {
        match[0] for match in re.finditer(r"\| `\w+` \|", reference)
    }


def test_every_socket_address_and_close_code_is_there(reference: str) -> None:
    from budget_site.serving.beside_reports import TRY_AGAIN_LATER
    from tracker.live import consumers, hub, subscriber

    for pattern in consumers.websocket_urlpatterns:
        address = f"/{pattern.pattern}".replace("<int:pk>", "{pk}")
        assert f"`{address}`" in reference
    for code in (
        consumers.NOT_ALLOWED,
        consumers.NOT_FOUND,
        subscriber.SLOW_READER,
        hub.COME_BACK,
        TRY_AGAIN_LATER,
    ):
        assert f"| {code} |" in reference
    assert f"{subscriber.NUMBERED_WAITING} events and compressions" in reference


def commands() -> list[str]:
    """Our own. `migrate` is Django's, with Django's options."""
    folder = ROOT / "tracker/management/commands"
    return sorted({path.stem for path in folder.glob("[a-z]*.py")} - {"migrate"})


@pytest.mark.parametrize("name", commands())
def test_every_command_is_there_with_its_options(reference: str, name: str) -> None:
    from django.core.management import load_command_class

    rows = [r for r in reference.splitlines() if re.match(rf"\| `{name}[ `]", r)]
    text = " ".join(rows)
    parser = load_command_class("tracker", name).create_parser("manage.py", name)

    assert rows, name
    options = set(_options(parser)) - COMMON
    own = options - _options_of_django(name)
    assert {option for option in own if f"`{option}" not in text} == set()
    assert set(re.findall(r"--[a-z-]+", text)) <= options


def _options_of_django(name: str) -> set[str]:
    """Those of the command that ours is built on. None where ours is all our own."""
    from django.core.management import load_command_class

    try:
        command = load_command_class("django.core", name)
    except ModuleNotFoundError:
        return set()
    return set(_options(command.create_parser("manage.py", name)))


def _options(parser: Any) -> Any:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from _options(below)


def test_every_environment_variable_is_there_and_no_other(reference: str) -> None:
    read = set()
    for folder in ("budget_site", "tracker/client"):
        for path in (ROOT / folder).glob("*.py"):
            read |= set(READS.findall(path.read_text("utf-8")))
    own = {name for name in read if name.startswith("TOKEN_BUDGET_") or name in SHARED}
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", reference, re.MULTILINE))

    assert named == own


SHARED = {
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    "REDIS_URL",
}


def test_the_limits_said_are_the_limits_kept(reference: str, settings: Any) -> None:
    mib = 1024 * 1024

    assert f"{settings.USAGE_BATCH_REPORTS:,} reports" in reference
    assert f"{settings.USAGE_BODY_BYTES // mib} MiB" in reference
    assert f"{settings.OPTIMIZE_BODY_BYTES // mib} MiB" in reference


PAGES = sorted(ROOT.glob("*.md"))
PAGES += sorted((ROOT / "docs").glob("*.md"))


def anchors(page: Path) -> set[str]:
    """As GitHub names the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        if target.startswith("https://"):
            continue
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    """By its path from the root or from `tracker`, or by its name alone."""
    files = {
        path.relative_to(ROOT)
        for room in ("tracker", "budget_site", "static", "templates", "tests", "docs")
        for path in (ROOT / room).rglob("*")
    }
    known = {str(path) for path in files} | {path.name for path in files}
    known |= {
        str(path.relative_to("tracker")) for path in files if path.parts[0] == "tracker"
    }
    text = page.read_text("utf-8")
    named = set(re.findall(r"(?<![\w./])[\w/]+\.(?:py|js|css)\b", text))
    named = {name for name in named if not name.endswith("manage.py")}
    named |= {
        name[:-1] for name in re.findall(r"\b(?:tracker|tests)/[\w/]*/(?=[`\s,])", text)
    }

    assert named <= known


def test_every_make_target_and_metric_is_one(reference: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w./-]+):", makefile, re.MULTILINE))
    operations = (ROOT / "docs/operations.md").read_text("utf-8")
    texts = [page.read_text("utf-8") for page in PAGES]
    made = {
        name
        for text in texts
        for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M)
    }
    code = "".join(
        (ROOT / "tracker" / name).read_text("utf-8")
        for name in (
            "api/operating/metrics.py",
            "ingest/door/measures.py",
            "gateway/measures.py",
        )
    )

    assert made and made <= targets
    metrics = set(re.findall(r'"(token_budget_[a-z_]+)"', code))
    assert {name for name in metrics if name not in operations} == set()


def test_every_goal_that_a_table_misses_is_in_the_list_of_those() -> None:
    from tests.bench.missed import with_missed_goals

    page = (ROOT / "docs/performance.md").read_text("utf-8")

    assert "<!-- missed -->" in page
    assert with_missed_goals(page) == page


def test_the_example_without_a_server_runs(
    reference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    example = reference.split("Without a server", 1)[1]
    code = example.split("```python\n", 1)[1].split("```", 1)[0]

    exec(code, {"messages": [{"role": "user", "content": "word " * 40_000}] * 30})

    first, second, last = capsys.readouterr().out.splitlines()
    assert first == "chat-42 ok exceeded"
    assert second.startswith("exceeded ") and last.startswith("9 ")
