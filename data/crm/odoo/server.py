"""Calls of methods of Odoo's models: by JSON-RPC up to 18, by JSON-2 with a bearer key from 19 on.

XML-RPC is not used: it cannot return None, and fails after the work was done and committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx

from data.config import CrmAccess, resolve
from data.crm.http import Caller, content_of
from data.errors import InputError, LeadscoreError

JSON_2 = 19
"""The first version with JSON-2."""
OLDEST = 17
CONTEXT = {"active_test": False}
"""Lost leads are archived, and without this no answer has them."""
LONGEST = 400
"""Characters that are shown of what the server says; its traceback is never shown."""
DENIED = ("AccessError",)
SIGNED_OUT = ("AccessDenied", "SessionExpiredException", "Unauthorized")
MISSING = ("MissingError",)
REFUSED = ("ValidationError", "UserError", "ValueError", "IntegrityError", "UniqueViolation", "RedirectWarning")


class OdooError(LeadscoreError):
    """Odoo refused a call; ``name`` is its own name of the error, without the module."""

    def __init__(self, name: str, message: str, where: str) -> None:
        self.name = name
        self.message = " ".join(message.split())[:LONGEST]
        remedy = "give the user the right in Odoo; `leadscore check-connection` says which are missing"
        remedy = remedy if self.is_about_rights else ""
        super().__init__("Odoo refused this", got=f"{name}: {self.message}", where=where, remedy=remedy)

    @property
    def is_about_rights(self) -> bool:
        return self.name in DENIED

    @property
    def is_missing(self) -> bool:
        return self.name in MISSING


class OdooServer:
    """A server that calls are made to; it is signed in to at the first one."""

    def __init__(self, access: CrmAccess) -> None:
        self.access = access
        self.caller = Caller(access.url)
        self._login = resolve(_needed(access.user, "user"))
        self._database = resolve(_needed(access.database, "database"))

    @property
    def identity(self) -> str:
        return f"odoo {self.caller.url} {self._database} {self._login}"

    @property
    def database(self) -> str:
        return self._database

    @property
    def login(self) -> str:
        return self._login

    @cached_property
    def version(self) -> int:
        """The major version. Raises InputError where the server is too old, or is none of Odoo's."""
        version = self._version_by_rpc() or self._version_by_web()
        if version is None:
            raise InputError(
                "this server does not answer as Odoo does",
                expected="the address of Odoo, such as https://acme.odoo.com",
                got=self.caller.host,
                where="crm.url",
            )
        if version < OLDEST:
            raise InputError(f"Odoo {version} is too old", expected=f"Odoo {OLDEST} or newer", where=self.caller.host)
        return version

    def _version_by_rpc(self) -> int | None:
        answer = self.caller.post("/jsonrpc", _rpc("common", "version", []))
        return _major(content_of(answer).get("result"))

    def _version_by_web(self) -> int | None:
        return _major(content_of(self.caller.get("/web/version")))

    @cached_property
    def uid(self) -> int:
        """The id of the user. Raises InputError where Odoo does not let them in."""
        if self.version >= JSON_2:
            return int(self.call("res.users", "context_get").get("uid") or self._uid_by_login())
        uid = self._result(self.caller.post("/jsonrpc", self._authentication()), "sign-in")
        if not uid:  # a wrong key is answered by false, and no error
            raise self._not_let_in()
        return int(uid)

    def _authentication(self) -> dict[str, Any]:
        return _rpc("common", "authenticate", [self._database, self._login, self._key, {}])

    def _uid_by_login(self) -> int:
        users = self.call("res.users", "search_read", domain=[["login", "=", self._login]], fields=["id"])
        if not users:
            raise self._not_let_in()
        return users[0]["id"]

    @property
    def _key(self) -> str:
        return resolve(_needed(self.access.api_key, "api_key"))

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: list[int] | None = None,
        context: Mapping[str, Any] = CONTEXT,
        repeatable: bool = True,
        **arguments: Any,
    ) -> Any:
        """Call a method with named arguments, on the records ``ids`` where it is one of records; return its result.

        Raises OdooError where Odoo refuses, InputError where it does not let us in, LeadscoreError where it stays away.
        """
        where = f"{model}.{method} at {self.caller.host}"
        named = {**arguments, "context": dict(context)}
        if self.version >= JSON_2:
            body = named if ids is None else {"ids": ids, **named}
            headers = {"Authorization": f"bearer {self._key}", "X-Odoo-Database": self._database}
            answer = self.caller.post(f"/json/2/{model}/{method}", body, headers, repeatable=repeatable)
            return self._result_of_json_2(answer, where)
        places = [] if ids is None else [ids]
        call = _rpc("object", "execute_kw", [self._database, self.uid, self._key, model, method, places, named])
        return self._result(self.caller.post("/jsonrpc", call, repeatable=repeatable), where)

    def _result(self, answer: httpx.Response, where: str) -> Any:
        """Return what JSON-RPC answers: errors come with the status 200."""
        content = content_of(answer)
        if "error" in content:
            data = content["error"].get("data") or {}
            message = data.get("message") or content["error"].get("message", "")
            raise self._error(str(data.get("name", "")), str(message), where)
        if answer.status_code != httpx.codes.OK:
            raise self._error(f"HTTP {answer.status_code}", answer.reason_phrase, where)
        return content.get("result")

    def _result_of_json_2(self, answer: httpx.Response, where: str) -> Any:
        if answer.status_code == httpx.codes.OK:
            return answer.json()
        content = content_of(answer)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise self._not_let_in()
        name = str(content.get("name") or f"HTTP {answer.status_code}")
        raise self._error(name, str(content.get("message") or answer.reason_phrase), where)

    def _error(self, name: str, message: str, where: str) -> LeadscoreError:
        short = name.rpartition(".")[2]
        if short in SIGNED_OUT:
            return self._not_let_in()
        if short == "OperationalError" and "database" in message:
            return InputError(
                "Odoo has no such database", got=self._database, where=self.caller.host, remedy="correct crm.database"
            )
        return OdooError(short, message, where)

    def _not_let_in(self) -> InputError:
        return InputError(
            "Odoo does not let this user in",
            expected="the login of a user, and an API key of theirs",
            got=f"user {self._login}, database {self._database}",
            where=self.caller.host,
            remedy="make a new key in Odoo (My Profile, Account Security, New API Key) and set it in the environment; "
            "from Odoo 19 on keys end after a time",
        )


def _rpc(service: str, method: str, arguments: list[Any]) -> dict[str, Any]:
    parameters = {"service": service, "method": method, "args": arguments}
    return {"jsonrpc": "2.0", "method": "call", "id": 1, "params": parameters}


def _major(version: Any) -> int | None:
    """Return the major version; hosted servers write saas~17.2.

    >>> _major({"server_version": "saas~17.2+e"}), _major({"version_info": [19, 0, 0, "final", 0, ""]})
    (17, 19)
    """
    if not isinstance(version, dict):
        return None
    info = version.get("server_version_info") or version.get("version_info") or [0]
    texts = (str(info[0]), str(version.get("server_version") or version.get("version") or ""))
    numbers = ("".join(c for c in text.partition(".")[0] if c.isdigit()) for text in texts)
    return next((int(number) for number in numbers if number and int(number)), None)


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise InputError(
            f"the settings do not say the {name.replace('_', ' ')} of Odoo",
            expected=f"${{ODOO_{name.upper()}}}",
            where=f"crm.{name}",
        )
    return value
