"""Signing in with a token, and out."""


def test_a_wrong_token_is_refused(signed, csrf):
    client = signed()
    word = csrf(client.get("/sign-in").text)
    answer = client.post("/sign-in", data={"token": "the-token-of-nobody", "csrf": word})
    assert answer.status_code == 403
    assert "not known" in answer.text


def test_signing_in_leads_on_within_the_pages_only(signed, csrf):
    client = signed()
    word = csrf(client.get("/sign-in").text)
    data = {"token": "the-token-of-sales", "csrf": word, "back": "//evil.example"}
    assert client.post("/sign-in", data=data).headers["location"] == "/"


def test_who_signed_out_is_asked_again(signed, csrf):
    client = signed("sales")
    client.post("/sign-out", data={"csrf": csrf(client.get("/").text)})
    assert client.get("/").status_code == 303
