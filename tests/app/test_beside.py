"""Pages and API under one address."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from app.beside import Beside


@pytest.mark.parametrize(
    ("path", "which"),
    [("/api/v1/score", "API"), ("/health", "API"), ("/metrics", "API"), ("/", "pages"), ("/healthy", "pages")],
)
def test_each_request_goes_where_its_address_says(path, which):
    client = TestClient(Beside(PlainTextResponse("pages"), PlainTextResponse("API")))
    assert client.get(path).text == which
