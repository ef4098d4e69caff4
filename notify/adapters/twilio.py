"""Twilio Programmable Messaging, through the official SDK.

Creating a message has no idempotency key at Twilio, so an answer that never came is `OutcomeUnknown` and is settled
by looking through the messages to that phone for the attempt's reference (requirements.md §7). Every message carries
a status callback address that names message and attempt: a callback settles an unknown outcome too, and one that
overtakes the answer to our own call still finds its message.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlencode

from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from core import ids
from notify.errors import CallbackRefused
from notify.policy import FailureAction, MessageState
from notify.ports import ChannelUnavailable, OutcomeUnknown, Outgoing, Report, SendingRefused

_TIMEOUT_SECONDS = 10.0
_PAGE_SIZE = 200
_CALLBACK_PATH = "/v1/twilio/status"

_STATES = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "partially_delivered": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.CANCELLED,
}

_ACTIONS = {
    "30003": FailureAction.RETRY,  # handset unreachable
    "30008": FailureAction.RETRY,  # unknown error of the carrier
    "30004": FailureAction.OTHER_CHANNEL,  # blocked
    "30005": FailureAction.OTHER_CHANNEL,  # unknown handset
    "30006": FailureAction.OTHER_CHANNEL,  # landline or unreachable carrier
    "30007": FailureAction.MEND_TEMPLATE,  # filtered
    "21610": FailureAction.STOP,  # the recipient opted out
}


class TwilioChannel:
    """Implements `notify.ports.Channel` for SMS.

    `sender` is a Messaging Service SID (`MG…`) or a phone number. `public_url` is our own address as Twilio sees it;
    callbacks are checked against it, not against what a proxy made of the request. `api_url` replaces
    https://api.twilio.com.
    """

    medium: ClassVar[str] = "sms"
    provider: ClassVar[str] = "twilio"

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        public_url: str,
        api_url: str | None = None,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        settles_after: timedelta = timedelta(minutes=2),
    ) -> None:
        self.settles_after = settles_after
        self._account_sid = account_sid
        self._sender = sender
        self._callback_url = public_url.rstrip("/") + _CALLBACK_PATH
        self._http = TwilioHttpClient(timeout=timeout_seconds)
        self._client = Client(account_sid, auth_token, http_client=self._http)
        if api_url is not None:
            self._client.api.base_url = api_url
        self._validator = RequestValidator(auth_token)

    def send(self, outgoing: Outgoing) -> Report:
        name = "messaging_service_sid" if self._sender.startswith("MG") else "from_"
        try:
            created = self._client.messages.create(
                to=_e164(outgoing.phone),
                body=outgoing.text,
                status_callback=self._callback_for(outgoing),
                **{name: self._sender},
            )
        except (TwilioException, RequestException, json.JSONDecodeError) as error:
            _explain(error)
        return _report(created.sid, created.status, created.error_code)

    def find(self, outgoing: Outgoing, since: datetime) -> Report | None:
        is_blind = False
        try:
            for listed in self._client.messages.stream(to=_e164(outgoing.phone), page_size=_PAGE_SIZE):
                if listed.date_created is not None and listed.date_created < since:
                    break  # newest first
                if outgoing.reference in (listed.body or ""):
                    return _report(listed.sid, listed.status, listed.error_code)
                is_blind |= not listed.body
        except (TwilioException, RequestException, json.JSONDecodeError) as error:
            raise ChannelUnavailable(str(error)) from error
        if is_blind:
            # The account discards contents, so ours may be among those listed: nothing may be concluded.
            raise ChannelUnavailable("there are messages without a body")
        return None

    def read_callback(self, url: str, parameters: Mapping[str, str], signature: str) -> Report:
        """`url` is the path and query at which the callback arrived."""
        _, _, query = url.partition("?")
        signed_url = f"{self._callback_url}?{query}"
        if not self._validator.validate(signed_url, dict(parameters), signature):
            raise CallbackRefused
        status = parameters.get("MessageStatus", "")
        if parameters.get("AccountSid") != self._account_sid or status not in _STATES:
            raise CallbackRefused
        return _report(parameters.get("MessageSid", ""), status, parameters.get("ErrorCode"))

    def close(self) -> None:
        self._http.session.close()

    def _callback_for(self, outgoing: Outgoing) -> str:
        query = urlencode({"message": ids.public(ids.MESSAGE, outgoing.message_id), "attempt": outgoing.attempt})
        return f"{self._callback_url}?{query}"


def _e164(phone: str) -> str:
    return phone if phone.startswith("+") else f"+86{phone}"


def _report(provider_id: str, status: str, error_code: Any) -> Report:
    """A status Twilio may add one day counts as accepted: whatever it means, Twilio has the message."""
    code = str(error_code) if error_code else None
    return Report(
        provider_id=provider_id,
        state=_STATES.get(status, MessageState.SENT),
        provider_status=status,
        error_code=code,
        action=_ACTIONS.get(code, FailureAction.GIVE_UP) if code else None,
    )


def _explain(error: Exception) -> NoReturn:
    """Raises what `error` means for the message: refused, certainly not taken, or unknown."""
    status = getattr(error, "status", None)
    if status in {401, 403, 429}:
        raise ChannelUnavailable(str(error)) from error
    if isinstance(status, int) and 400 <= status < 500 and status != 408:
        code = str(getattr(error, "code", status))
        raise SendingRefused(code, _ACTIONS.get(code, FailureAction.GIVE_UP)) from error
    if _never_connected(error):
        raise ChannelUnavailable(str(error)) from error
    raise OutcomeUnknown(str(error)) from error


def _never_connected(error: Exception) -> bool:
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, RequestsConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
