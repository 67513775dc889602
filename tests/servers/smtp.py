"""A real SMTP server on loopback that keeps what it is given."""

import email
import email.policy
import time
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers.ports import free_port


class Sink:
    """`.url` is for SMTP_URL. Addresses at bounce.test are refused for good, at later.test for now."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []  # of each message, as its envelope says
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()
        self.url = f"smtp://127.0.0.1:{self.controller.port}"

    async def handle_RCPT(  # the name is aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.endswith("@bounce.test"):
            return "550 5.1.1 no such user"
        if address.endswith("@later.test"):
            return "451 4.3.0 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 stored"

    def wait_for(self, address: str, seconds: float = 15) -> EmailMessage:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.messages:
                if address in message["To"]:
                    return message
            time.sleep(0.05)
        raise AssertionError(f"no mail to {address}")

    def stop(self) -> None:
        self.controller.stop()
