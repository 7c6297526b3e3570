"""The review of what sales said: beside the scores of its time, and as data."""

import csv
from io import StringIO


def test_verdicts_show_in_the_review_by_the_band_of_their_time_and_come_out_as_data(client, hottest, csrf):
    assert "Nobody has judged a lead yet" in client.get("/model").text
    word = csrf(client.get(f"/leads/{hottest}").text)
    for verdict in ("early", "good"):
        client.post(f"/leads/{hottest}/verdict", data={"verdict": verdict, "note": "=1+1", "csrf": word})
    text = client.get("/model").text.split("What sales said")[1]
    assert '<th scope="row">Hot</th><td class="n">1</td><td class="n">0</td>' in text
    assert '<th scope="row">Good lead</th><td class="n">1</td><td class="n">0</td><td class="n">0</td>' in text
    rows = list(csv.DictReader(StringIO(client.get("/model/verdicts.csv").text)))
    assert [(row["lead_id"], row["verdict"], row["note"], row["band"]) for row in rows] == [
        (hottest, "early", "'=1+1", "hot"),
        (hottest, "good", "'=1+1", "hot"),
    ]


def test_without_a_verdict_the_data_have_their_columns(shared):
    assert shared.get("/model/verdicts.csv").text.startswith("lead_id,given_at,by,verdict")
