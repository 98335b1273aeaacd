"""Each report a courier is given ends up stored, refused, lost or on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.fake_transport import LATER, STORED, FakeTransport, later
from tracker.client.json_bodies import join_reports, to_json
from tracker.client.sending import second_tries
from tracker.client.sending.courier import Abandoned, Courier
from tracker.client.sending.outage import Outage
from tracker.client.sending.receipts import Receipt
from tracker.client.sending.spool import Spool
from tracker.client.sending.tally import Delivery, Tally

FAILED = Receipt("failed", "503 its log says why")


def reports(*numbers: int) -> list[bytes]:
    return [to_json({"n": number}) for number in numbers]


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def courier(transport: FakeTransport, spool: Spool, tally: Tally) -> Courier:
    return Courier(transport, spool, tally)


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage, and the wait before another try, are over as soon as they begin."""
    monkeypatch.setattr(Outage, "lasts", lambda self, now: False)
    monkeypatch.setattr(second_tries, "FIRST_WAIT", 0.0)


def kept(spool: Spool) -> list[list[int]]:
    """The numbers of the reports in each file, oldest first; the files stay."""
    claims = []
    while claim := spool.claim():
        claims.append(claim)
    for claim in claims:
        spool.give_back(claim)
    return [[report["n"] for report in json.loads(claim.body)] for claim in claims]


def test_what_the_server_stores_is_counted(courier: Courier, tally: Tally) -> None:
    courier.send(reports(1, 2, 3))

    assert tally.delivery() == Delivery(stored=3)
    assert not courier.has_unsent()


def test_what_the_server_refuses_is_counted_with_its_reason_and_not_sent_again(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    transport.answer = lambda batch: Receipt("settled", refused={1: "422 odd"})

    courier.send(reports(1, 2, 3))

    assert tally.delivery() == Delivery(stored=2, refused=1, reasons={"422 odd": 1})
    assert spool.is_empty() and not courier.has_unsent()


def test_with_an_address_that_cannot_be_used_all_is_refused(
    courier: Courier, transport: FakeTransport, tally: Tally
) -> None:
    transport.answer = lambda batch: Receipt("refused", "the URL '' cannot be used")

    courier.send(reports(1, 2))

    assert (tally.delivery().refused, tally.delivery().stored) == (2, 0)


def test_what_the_server_takes_later_waits_on_disk_with_the_reason(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    transport.answer = lambda batch: Receipt("later", "401 unknown key")

    courier.send(reports(1))
    courier.send(reports(2))

    assert transport.numbers == [1]  # during an outage the server is left alone
    assert kept(spool) == [[1], [2]]
    assert tally.delivery() == Delivery(problem="401 unknown key")
    assert courier.has_unsent()
    assert courier.next_due is not None


@pytest.mark.usefixtures("no_waits")
def test_after_an_outage_files_are_sent_oldest_first(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    transport.answer = later
    courier.send(reports(1))
    courier.send(reports(2))
    transport.answer = lambda batch: STORED
    transport.batches.clear()

    while courier.send_kept():
        pass

    assert transport.numbers == [1, 2]
    assert tally.delivery() == Delivery(stored=2)
    assert spool.is_empty() and not courier.has_unsent()
    assert courier.next_due is None


@pytest.mark.usefixtures("no_waits")
def test_a_batch_that_is_too_much_is_halved_until_it_is_taken(
    courier: Courier, transport: FakeTransport, tally: Tally
) -> None:
    def at_most_two(batch: list[Any]) -> Receipt:
        return Receipt("split", "413") if len(batch) > 2 else STORED

    transport.answer = at_most_two
    courier.send(reports(*range(7)))

    taken = [batch for batch in transport.batches if len(batch) <= 2]
    assert [report["n"] for batch in taken for report in batch] == list(range(7))
    assert tally.delivery() == Delivery(stored=7)


def test_the_one_report_that_spoils_a_batch_is_found_and_refused_alone(
    courier: Courier, transport: FakeTransport, tally: Tally
) -> None:
    def no_five(batch: list[Any]) -> Receipt:
        return Receipt("split", "400 not JSON") if {"n": 5} in batch else STORED

    transport.answer = no_five
    courier.send(reports(*range(100)))

    assert tally.delivery() == Delivery(
        stored=99, refused=1, reasons={"400 not JSON": 1}
    )
    assert len(transport.batches) <= 15


def test_when_an_outage_begins_between_two_halves_the_rest_is_kept(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    answers = iter([Receipt("split", "413"), STORED, LATER])
    transport.answer = lambda batch: next(answers)

    courier.send(reports(1, 2, 3, 4))

    assert kept(spool) == [[3, 4]]
    assert tally.delivery().stored == 2


def test_of_a_kept_batch_that_is_half_sent_the_other_half_stays(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    spool.add(join_reports(reports(1, 2, 3, 4)))
    answers = iter([Receipt("split", "413"), STORED, LATER])
    transport.answer = lambda batch: next(answers)

    assert not courier.send_kept()

    assert kept(spool) == [[3, 4]]
    assert tally.delivery().stored == 2


def test_a_full_disk_takes_nothing_from_a_batch_that_is_half_sent(
    courier: Courier,
    transport: FakeTransport,
    spool: Spool,
    tally: Tally,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spool.add(join_reports(reports(1, 2, 3, 4)))
    answers = iter([Receipt("split", "413"), STORED, LATER])
    transport.answer = lambda batch: next(answers)
    monkeypatch.setattr(spool, "add", _full)

    courier.send_kept()

    assert kept(spool) == [[1, 2, 3, 4]]
    assert tally.delivery().lost == 0


def _full(body: bytes) -> int:
    raise OSError(28, "No space left on device")


def test_where_the_disk_is_full_reports_are_lost_with_the_reason(
    courier: Courier,
    transport: FakeTransport,
    spool: Spool,
    tally: Tally,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spool, "add", _full)
    transport.answer = later

    courier.send(reports(1, 2))

    (reason,) = tally.delivery().reasons
    assert "No space left on device" in reason
    assert tally.delivery().lost == 2
    assert not courier.has_unsent()


def test_what_a_full_spool_pushes_out_is_lost_and_counted(
    transport: FakeTransport, tally: Tally, tmp_path: Path
) -> None:
    courier = Courier(transport, Spool(tmp_path, max_bytes=20), tally)
    transport.answer = later

    courier.send(reports(1, 2))
    courier.send(reports(3))

    assert tally.delivery().lost == 2
    assert tally.delivery().reasons == {"the space for kept reports is full": 2}


@pytest.mark.usefixtures("no_waits")
def test_a_batch_that_a_firewall_stops_does_not_stop_the_others(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    for number in range(3):
        spool.add(join_reports(reports(number)))

    def firewall(batch: list[Any]) -> Receipt:
        poison = Receipt("later", "403 no", may_be_poison=True)
        return poison if {"n": 0} in batch else STORED

    transport.answer = firewall
    for _ in range(3):
        courier.send_kept()

    assert transport.numbers == [0, 1, 2]
    assert kept(spool) == [[0]]
    assert tally.delivery().stored == 2


@pytest.mark.usefixtures("no_waits")
def test_during_an_ordinary_outage_the_order_stays(
    courier: Courier, transport: FakeTransport, spool: Spool
) -> None:
    for number in range(3):
        spool.add(join_reports(reports(number)))
    transport.answer = later

    for _ in range(3):
        courier.send_kept()

    assert transport.numbers == [0, 0, 0]
    assert kept(spool) == [[0], [1], [2]]


def test_a_damaged_file_is_counted_and_removed(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    spool.add(b'[{"n": 1}, {"n')

    assert courier.send_kept()
    assert not courier.send_kept()

    assert transport.batches == []
    assert tally.delivery().reasons == {"a file of kept reports is damaged": 1}


def test_a_fault_of_ours_leaves_a_kept_batch_where_it_is(
    courier: Courier, transport: FakeTransport, spool: Spool
) -> None:
    spool.add(join_reports(reports(1)))

    def broken(batch: list[Any]) -> Receipt:
        raise RuntimeError("a fault")

    transport.answer = broken
    with pytest.raises(RuntimeError):
        courier.send_kept()

    assert kept(spool) == [[1]]


def test_a_report_on_which_the_server_failed_is_sent_again_alone(
    courier: Courier, transport: FakeTransport, tally: Tally
) -> None:
    answers = iter([Receipt("settled", again=(1,)), STORED])
    transport.answer = lambda batch: next(answers)

    courier.send(reports(0, 1, 2))
    assert (tally.delivery().stored, courier.has_unsent()) == (2, True)
    courier.send_due()
    assert transport.numbers == [0, 1, 2]  # not before a second has passed

    _make_due(courier)
    courier.send_due()

    assert transport.numbers == [0, 1, 2, 1]
    assert tally.delivery() == Delivery(stored=3)
    assert not courier.has_unsent()


def _make_due(courier: Courier) -> None:
    waiting = courier._second_tries._waiting
    waiting[:] = [
        second_tries.Waiting(0.0, each.tries, each.reports) for each in waiting
    ]


def test_a_report_on_which_the_server_always_fails_is_given_up_and_counted(
    courier: Courier, transport: FakeTransport, tally: Tally
) -> None:
    transport.answer = lambda batch: FAILED
    courier.send(reports(1))
    while courier.has_unsent():
        _make_due(courier)
        courier.send_due()

    assert transport.numbers == [1] * second_tries.MOST_TRIES
    assert tally.delivery().lost == 1


def test_what_is_due_waits_for_the_end_of_an_outage(
    courier: Courier, transport: FakeTransport, spool: Spool
) -> None:
    transport.answer = lambda batch: FAILED
    courier.send(reports(1))
    transport.answer = later
    courier.send(reports(2))
    _make_due(courier)

    courier.send_due()

    assert transport.numbers == [1, 2]
    assert courier.take_over() == reports(1)


def test_after_a_take_over_nothing_is_counted_or_kept_twice(
    courier: Courier, transport: FakeTransport, spool: Spool, tally: Tally
) -> None:
    taken: list[bytes] = []

    def hang(batch: list[Any]) -> Receipt:
        taken.extend(courier.take_over())
        return LATER

    transport.answer = hang
    with pytest.raises(Abandoned):
        courier.send(reports(1, 2))

    assert taken == reports(1, 2)
    assert spool.is_empty()
    assert tally.delivery() == Delivery()


def test_what_is_kept_is_kept_in_pieces_that_can_be_sent(
    courier: Courier, spool: Spool
) -> None:
    courier.keep(reports(*range(250)))

    assert [len(piece) for piece in kept(spool)] == [100, 100, 50]
