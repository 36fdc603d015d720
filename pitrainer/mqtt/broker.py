"""The connection to the broker: made, lost and made again, on a thread of its own."""

import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from ..clock import monotonic
from .bridge import Acknowledged, Connected, Deleted, Disconnected, Item
from .link import Link
from .payloads import BIRTH, OFFLINE, ORDERS, Topics
from .said import Said

log = logging.getLogger(__name__)

KEEPALIVE = 30
"""Seconds: a broker that is stuck is given up after twice that."""
ANSWER = 10_000
"""Milliseconds that a broker has to answer a connection."""
SESSION = 3600
"""Seconds that the broker remembers what it has acknowledged by half: longer than a network is usually away."""
LARGEST = 64 * 1024
"""Bytes of a message that the broker may send: no order has as many."""
SPREAD, MOST_SPREAD = 45.0, 300.0
"""Seconds over which trainers come back after their broker has started anew; and when it stays away."""
FAILURE = 0x80
"""MQTT's codes of a reason from here on mean no."""
IN_A_ROW = 50
"""Messages that are read without waiting for more: by itself the library waits before each, and an order behind a flood comes
later for that."""
GOOD_BYE = 1.0
"""Seconds in which a good-bye has to be sent."""


def delay(failures: int) -> float:
    """Return how long to wait before the next attempt, at random, so that fifty trainers do not come at once."""
    return random.uniform(1, min(MOST_SPREAD, SPREAD * 2**failures))


class _Client(mqtt.Client):
    """The library's, which takes a message of QoS 2 that the broker refuses for one that it has (paho-mqtt 2.1)."""

    refused: Callable[[int], None]
    """Takes MQTT's code of the reason."""

    def _handle_pubrec(self) -> MQTTErrorCode:
        packet = self._in_packet["packet"]
        if len(packet) > 2 and packet[2] >= FAILURE:
            self.refused(packet[2])
            return MQTTErrorCode.MQTT_ERR_SUCCESS  # it stays, and is sent again with the next connection
        return super()._handle_pubrec()


class Broker:
    """The connection. `tell` is given what happens; `orders` each message that may be one: its topic's name, its bytes."""

    def __init__(
        self,
        link: Link,
        topics: Topics,
        said: Said,
        *,
        tell: Callable[[Item], None],
        born: Callable[[], None],
        orders: Callable[[str, bytes], bool],
        wait: Callable[[int], float] = delay,
    ) -> None:
        """Take what is told of the connection, and where to.

        Args:
            link: where the broker is.
            topics: of this trainer.
            said: where it is said why the broker is not there.
            tell: hands over what happens; never waits.
            born: is called when Home Assistant has started.
            orders: takes what was sent to the trainer, and tells whether it has room for it.
            wait: seconds before the next attempt, after so many that failed.
        """
        self._link, self._topics, self._said = link, topics, said
        self._tell, self._born, self._orders, self._wait = tell, born, orders, wait
        self._ending = threading.Event()
        self._up = self._listening = self._secured = False
        self._why = ""
        self._received = 0
        """How many messages have come."""
        self._client = self._make_client()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def start(self) -> None:
        """Connect, soon."""
        self._thread.start()

    def send(self, topic: str, payload: str, *, qos: int, retain: bool) -> int:
        """Send; return the number by which it is acknowledged."""
        return self._client.publish(topic, payload, qos, retain).mid

    def close(self) -> None:
        """Send what is left, for a second at most, and end the connection."""
        self._ending.set()
        self._thread.join(3 * GOOD_BYE)

    # on the thread

    def _run(self) -> None:
        failures = 0
        while not self._ending.is_set():
            self._up, self._why = False, ""
            try:
                self._connect()
                self._stay()
            except Exception as error:  # noqa: BLE001 - what a broker sends can bring the library to anything
                self._why = self._why or in_words(error, self._link)
            was_up = self._up
            self._up = self._listening = False
            if self._ending.is_set():
                break
            with suppress(Exception):
                self._client.disconnect()
            self._said.disconnected(self._why or ("the connection was lost" if was_up else "the connection is closed at once"))
            if was_up:
                self._tell(Disconnected())
            failures = 0 if was_up else failures + 1
            self._ending.wait(self._wait(failures))

    def _connect(self) -> None:
        link = self._link
        if link.user:
            self._client.username_pw_set(link.user, password(link))
        if link.tls and not self._secured:
            self._client.tls_set_context(ssl.create_default_context(cafile=link.ca or None))
            self._secured = True  # the library takes it once
        if self._client.host:
            self._client.reconnect()
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION
        properties.MaximumPacketSize = LARGEST
        # Anew at first: what the broker remembers is of another process, which cannot be gone on with.
        self._client.connect(
            link.host, link.port, KEEPALIVE, clean_start=mqtt.MQTT_CLEAN_START_FIRST_ONLY, properties=properties
        )

    def _stay(self) -> None:
        """Send and receive until the connection is lost."""
        until = monotonic() + ANSWER
        while not self._ending.is_set():
            if self._client.loop(timeout=1.0) != mqtt.MQTT_ERR_SUCCESS:
                return
            for _ in range(IN_A_ROW):
                before = self._received
                if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS:
                    return
                if self._received == before:
                    break
            if not self._up and monotonic() > until:
                self._why = "it does not answer as a broker does"
                return
        self._client.disconnect()
        until = monotonic() + int(GOOD_BYE * 1000)
        while self._client.loop(timeout=0.1) == mqtt.MQTT_ERR_SUCCESS and monotonic() < until:
            pass

    def _make_client(self) -> mqtt.Client:
        client = _Client(CallbackAPIVersion.VERSION2, self._topics.device, protocol=mqtt.MQTTv5)
        client.connect_timeout = ANSWER / 1000
        client.will_set(self._topics("availability"), OFFLINE, qos=1, retain=True)
        client.on_connect, client.on_subscribe = self._connected, self._subscribed
        client.refused = lambda code: self._said.refused(
            "session", f"the broker refuses it (code {code}); see its ACL", "connection"
        )
        client.on_disconnect, client.on_publish, client.on_message = self._disconnected, self._published, self._message
        # Only this thread writes: without it, `publish` would write to the socket on the thread that calls it.
        client.on_socket_register_write = lambda *_: None
        return client

    def _connected(self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            if reason.getName() not in ("Bad user name or password", "Not authorized"):
                self._why = f"the broker refuses: {reason.getName()}"
            elif self._link.user:
                self._why = f'the broker refuses user "{self._link.user}", or the password'
            else:
                self._why = "the broker does not accept anonymous logins; set mqtt.user"
            return
        if not flags.session_present:
            client.drop_out_messages()  # what it has acknowledged by half it does not know any more
        own = SubscribeOptions(qos=0, retainAsPublished=True)  # 0: an order must not wait until the trainer is there
        others = SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True)
        topics = [(self._topics(name), own) for name in ORDERS]
        client.subscribe([*topics, (BIRTH, others), (self._topics.discovery, others)])
        self._up = True
        self._said.connected()
        self._tell(Connected(new=not flags.session_present))

    def _subscribed(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        self._listening = True
        for name, reason in zip((*ORDERS, "homeassistant/status", "homeassistant/device"), reasons, strict=False):
            if reason.is_failure:
                self._said.refused(name, f"the broker does not let the trainer subscribe ({reason.getName()})", "connection")

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        why = reason.getName()
        if reason.is_failure and not self._why and self._up and why != "Unspecified error":
            self._why = f"the connection was lost ({why})"

    def _published(self, _client: mqtt.Client, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._said.refused("publish", f"the broker refuses what the trainer sends ({reason.getName()})", "connection")
        else:
            self._tell(Acknowledged(mid))

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._received += 1
        if message.topic == BIRTH:
            if message.payload == b"online":
                self._born()
        elif message.topic == self._topics.discovery:
            if not message.payload:
                self._tell(Deleted())
        elif (name := self._topics.name_of(message.topic)) in ORDERS:
            if message.retain:
                why = "it is retained, and would come again at each connection; publish it without the retain flag"
                self._said.refused(name, why, "connection")
            elif not self._listening:
                pass  # sent before this connection was there
            elif not self._orders(name, bytes(message.payload)):
                self._said.dropped(name)


def password(link: Link) -> str | None:
    """Read the password.

    Raises:
        OSError: if its file cannot be read.
    """
    return Path(link.password_file).read_text().rstrip("\r\n") if link.password_file else None


def in_words(error: Exception, link: Link) -> str:
    """Return why there is no connection."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the broker's certificate is not accepted: {error.verify_message.rstrip('.')}"
        case ssl.SSLError() if "alert" in str(error).lower():
            return f"the broker refuses TLS: {error.reason or error}"
        case ssl.SSLError():
            return f"it does not speak TLS there, or mqtt.ca is no certificate ({error.reason or error})"
        case socket.gaierror():
            return f"the name {link.host} is not known"
        case ConnectionRefusedError():
            return "nobody listens there"
        case TimeoutError():
            return "it does not answer"
        case UnicodeDecodeError():
            return "it does not speak MQTT, or mqtt.password_file is not text"
        case UnicodeError():  # two dots in a row, or a part of more than 63 letters
            return f"the name {link.host} is not valid"
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}"
        case OSError():
            return error.strerror or str(error)
    return f"it does not speak MQTT ({type(error).__name__}: {error})"
