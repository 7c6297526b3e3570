"""A verdict, an override and its undoing: kept, shown, and by whom."""

from data.store import feedback_on


def said(store, lead_id: str):
    with store.transaction() as connection:
        return feedback_on(connection, lead_id)


def test_a_verdict_is_kept_and_shown(client, store, hottest, csrf):
    word = csrf(client.get(f"/leads/{hottest}").text)
    data = {"verdict": "good", "note": "<b>they</b> called", "csrf": word}
    assert client.post(f"/leads/{hottest}/verdict", data=data).headers["location"] == f"/leads/{hottest}"
    text = client.get(f"/leads/{hottest}").text
    assert "<b>Good lead</b>: <bdi>&lt;b&gt;they&lt;/b&gt; called</bdi>" in text
    assert said(store, hottest)[0][0]["by"] == "you"


def test_a_script_gets_the_part_that_changed(client, hottest, csrf):
    word = csrf(client.get(f"/leads/{hottest}").text)
    headers = {"hx-request": "true", "x-csrf-token": word}
    text = client.post(f"/leads/{hottest}/verdict", data={"verdict": "early"}, headers=headers).text
    assert text.strip().startswith('<div id="said">')
    assert "<b>Too early</b>" in text


def test_an_override_is_visible_with_its_reason_and_undone_by_one_click(client, store, hottest, csrf):
    word = csrf(client.get(f"/leads/{hottest}").text)
    client.post(f"/leads/{hottest}/override", data={"disposition": "discard", "reason": "a student", "csrf": word})
    text = client.get(f"/leads/{hottest}").text
    assert "discard, set by hand" in text
    assert "<bdi>a student</bdi>" in text
    client.post(f"/leads/{hottest}/undo", data={"csrf": word})
    assert "set by hand" not in client.get(f"/leads/{hottest}").text
    assert said(store, hottest)[1][0]["undone_by"] == "you"


def test_a_change_that_is_refused_leaves_what_was_typed(client, hottest, csrf):
    headers = {"hx-request": "true", "x-csrf-token": csrf(client.get(f"/leads/{hottest}").text)}
    answer = client.post(f"/leads/{hottest}/override", data={"disposition": "ready", "reason": " "}, headers=headers)
    assert (answer.status_code, answer.headers["hx-reswap"]) == (400, "afterbegin")
    assert "An override needs a reason" in answer.text


def test_an_override_without_a_reason_is_refused_in_words(client, hottest, csrf):
    word = csrf(client.get(f"/leads/{hottest}").text)
    answer = client.post(f"/leads/{hottest}/override", data={"disposition": "ready", "reason": " ", "csrf": word})
    assert answer.status_code == 400
    assert "An override needs a reason" in answer.text


def test_a_reason_that_is_too_long_is_said_to_be(client, hottest, csrf):
    told = {"disposition": "ready", "reason": "x" * 10_000, "csrf": csrf(client.get(f"/leads/{hottest}").text)}
    assert "This reason is too long" in client.post(f"/leads/{hottest}/override", data=told).text
