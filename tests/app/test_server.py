"""What is not there yet, what cannot be reached, and reading while a run writes."""

import resource
import signal
import subprocess
import sys
import threading

import pandas as pd
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.security import access_for
from app.server import make_app
from data.config import Pages
from data.store import SCORES, open_store
from data.workspace import Workspace

PAGES = ("/", "/grid", "/funnel", "/leads/x", "/leads.csv")


def pages_of(workspace: Workspace) -> TestClient:
    app = make_app(workspace, access_for("127.0.0.1", Pages()))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def table_of(page: str) -> str:
    return page.split("<table")[1].split("</table")[0]


@pytest.mark.parametrize("path", (*PAGES, "/model"))
def test_without_a_model_a_page_says_how_to_train_one(tmp_path, path):
    with pages_of(Workspace.at(tmp_path)) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    assert "There is no model yet" in answer.text
    assert "leadscore train --config leadscore.yaml" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_without_scores_a_page_says_how_to_make_them(workspace, path):
    with open_store(workspace.store) as store, store.transaction() as connection:
        connection.execute(sa.text("UPDATE leadscore_runs SET status = 'interrupted'"))
    with pages_of(workspace) as client:
        answer = client.get(path)
    assert "There are no scores yet" in answer.text
    assert f"leadscore score --workspace {workspace.root}" in answer.text


def test_pages_are_read_while_a_run_writes_and_show_nothing_of_it_before_it_is_done(client, store, hottest):
    """No lock errors, and no page with scores of both runs."""
    with store.transaction() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(SCORES).where(SCORES.c.run_id == 2)).mappings()]
    scores = pd.DataFrame(rows).drop(columns="run_id").assign(score=7, digest=range(len(rows)), outcome="open")
    answers, stop = [], threading.Event()

    def look() -> None:
        while not stop.is_set():
            answers.append(client.get("/leads"))

    reader = threading.Thread(target=look)
    reader.start()
    run = store.begin(as_of=pd.Timestamp("2026-01-02").to_pydatetime(), model_version="1", codebook=store.codebook("1"))
    for start in range(0, len(scores), 50):
        store.add(run, scores.iloc[start : start + 50])
    before = client.get("/leads").text
    store.publish(run)
    after = client.get("/leads").text
    stop.set()
    reader.join()
    assert {answer.status_code for answer in answers} == {200}
    assert '<span class="score">7<' not in before
    assert "1 Jan 2026" in before
    assert "2 Jan 2026" in after
    assert {table_of(answer.text) for answer in answers} <= {table_of(before), table_of(after)}


def test_a_page_that_is_nowhere_keeps_the_way_to_the_others_for_who_is_signed_in(shared, signed):
    nowhere = shared.get("/nowhere")
    assert nowhere.status_code == 404
    assert '<a href="/grid"' in nowhere.text
    assert '<a href="/grid"' in signed("viewer").get("/nowhere").text
    unknown = signed().get("/nowhere")
    assert unknown.status_code == 404
    assert '<a href="/grid"' not in unknown.text


def test_the_pages_load_nothing_that_only_trains_or_draws():
    code = "import sys, app.server; sys.stdout.write(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"optuna", "matplotlib", "mlflow", "models.evaluation"} & set(loaded.split()) == set()


def test_a_full_disk_is_said_and_the_pages_go_on(client, csrf, hottest):
    word = csrf(client.get(f"/leads/{hottest}").text)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        answer = client.post(f"/leads/{hottest}/verdict", data={"csrf": word, "verdict": "good"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert answer.status_code == 503
    assert "no room left, or fails" in answer.text
    assert "What to do" in answer.text
    assert client.post(f"/leads/{hottest}/verdict", data={"csrf": word, "verdict": "good"}).status_code == 303
