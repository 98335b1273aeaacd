"""What somebody with a key can do to other projects: nothing that they notice."""

from __future__ import annotations

import threading

import httpx

from tests.attacks.conftest import Target

REDACT = (
    "import django; django.setup()\n"
    "from tracker.changes.access.api_keys import create_api_key, create_project\n"
    "from tracker.models import ConfigVersion, Project\n"
    "project, _ = create_project(slug='hostile')\n"
    "Project.objects.filter(pk=project.pk).update(keep_messages='redacted')\n"
    "ConfigVersion.bump()\n"
    "print(create_api_key(project=project, name='hostile')[1])\n"
)


def test_texts_that_are_long_to_redact_keep_nobody_waiting(target: Target) -> None:
    key = target.manage("shell", "--no-imports", "-c", REDACT).strip().splitlines()[-1]
    # Each is worth as much searching as its length allows.
    reports = [
        {
            "session": f"h{number}",
            "tokens": {"history": 1},
            "metadata": {"note": "key=" * 1_500},
        }
        for number in range(1_000)
    ]
    answers: list[httpx.Response] = []

    def attack() -> None:
        answers.append(
            httpx.post(
                f"{target.address}/api/v1/usage",
                json=reports,
                headers={"Authorization": f"Bearer {key}"},
                timeout=60,
            )
        )

    hostile = [threading.Thread(target=attack) for _ in range(4)]
    for one in hostile:
        one.start()
    slowest, number = 0.0, 1_000
    with target.honest() as client:
        while any(one.is_alive() for one in hostile):
            number += 1
            body = {"session": "honest", "tokens": {"history": number}}
            answer = client.post("/api/v1/usage", json=body)
            assert answer.status_code == 201
            slowest = max(slowest, answer.elapsed.total_seconds())

    assert [answer.status_code for answer in answers] == [200] * 4
    assert number > 1_001
    assert slowest < 20  # 31.5 s, when the writer itself searched
