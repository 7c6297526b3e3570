"""The words of an alert, whatever names hold."""

from __future__ import annotations

from pipelines.watch.messages import LONGEST, body_of, digest_of, title_of

LEAD = {"kind": "hot", "lead_id": "L1", "company": "Acme", "probability": 0.47, "score": 97}


def test_hostile_names_are_one_line_of_plain_text():
    title = title_of({**LEAD, "company": "Acme\r\nBcc: all@example.com\x1b[2J <b>" + "x" * 500})
    assert title.startswith("Acme Bcc: all@example.com [2J <b>")
    assert "\n" not in title and "\x1b" not in title
    assert len(title) < LONGEST + 20


def test_the_strongest_reasons_and_the_page_follow_the_chance():
    body = body_of(LEAD, ["Asked for a quote: +12", "Retail: +5", "Visits: +3", "Fourth: +1"], "https://crm/{lead_id}")
    assert body == "\n".join(
        [
            "Chance of winning 47 %, score 97.",
            "Why: Asked for a quote: +12 | Retail: +5 | Visits: +3",
            "https://crm/L1",
        ]
    )


def test_an_id_cannot_leave_its_place_in_the_link():
    assert body_of({**LEAD, "lead_id": "../x?y#z"}, [], "https://crm/{lead_id}").endswith("https://crm/..%2Fx%3Fy%23z")


def test_many_are_told_of_in_one_message():
    assert digest_of(["A is hot", "B is hot"]) == ("2 more leads need attention", "A is hot\nB is hot")
