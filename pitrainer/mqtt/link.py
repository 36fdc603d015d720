"""What the process is told by the command line, which has read the settings: it need not load what reads them (6 MB)."""

import json
from dataclasses import asdict, dataclass

VARIABLE = "PITRAINER_MQTT"
"""The environment variable that carries it."""
DELETED = "PITRAINER_MQTT_DELETED"
"""The one that names the broker where the device was deleted in Home Assistant: it outlives `again`, but no restart."""


@dataclass(frozen=True)
class Link:
    """A broker, and where things are."""

    host: str
    port: int
    tls: bool
    ca: str
    """The file of the authority that the broker's certificate is from; "" for the system's."""
    user: str
    password_file: str
    """"" for none."""
    name: str
    """What the trainer is called."""
    names: bool
    """The names of people may leave the device."""
    control: str
    """The trainer's control socket."""
    state: str
    """The folder for the id and the outbox."""
    report: str
    """The file that tells others how the connection is."""
    again: tuple[str, ...]
    """The command that reads the settings anew."""

    def as_json(self) -> str:
        """Return it as the variable has it."""
        return json.dumps(asdict(self))

    @property
    def broker(self) -> str:
        """The broker, in words."""
        return f"{self.host}:{self.port}"


def read_link(text: str) -> Link:
    """Read what `as_json` wrote."""
    data = json.loads(text)
    return Link(**data | {"again": tuple(data["again"])})
