"""The announcement to Home Assistant: which entities there are, and how one goes."""

from pitrainer.mqtt.discovery import announcement, farewell, platforms
from pitrainer.mqtt.payloads import EVENTS, PRESSES, Topics

TOPICS = Topics("0a1b2c3d")
FULL = announcement(TOPICS, "Living room", ["neck, adult"])


def test_device() -> None:
    """The device is known by its random id, whatever it is called, and is away when its last will says so."""
    full = announcement(TOPICS, "Living room", ["neck, adult"])
    components, version = full["components"], full["origin"]["sw_version"]
    assert full == {
        "device": {
            "identifiers": ["pitrainer_0a1b2c3d"],
            "name": "Living room",
            "manufacturer": "pitrainer",
            "model": "voice trainer",
            "sw_version": version,
        },
        "origin": {"name": "pitrainer", "sw_version": version},
        "availability_topic": "pitrainer/0a1b2c3d/availability",
        "payload_available": "online",
        "payload_not_available": "offline",
        "qos": 1,
        "components": components,
    }


def test_entities() -> None:
    """Each entity has an id of its own, which the device's name is no part of."""
    triggers = {f"trigger_{name}": "device_automation" for name in (*EVENTS, *PRESSES)}
    assert platforms(FULL) == {
        "state": "sensor",
        "exercise": "sensor",
        "last_session": "sensor",
        "last_session_length": "sensor",
        "last_rating": "sensor",
        "streak": "sensor",
        "done_today": "binary_sensor",
        "next_reminder": "sensor",
        "problem": "binary_sensor",
        "volume": "number",
        "reminders": "switch",
        "start": "button",
        "pause": "button",
        "next": "button",
        "back": "button",
        "stop": "button",
        "say": "notify",
        "session": "event",
        "program": "select",
        **triggers,
    }
    entities = {key: one for key, one in FULL["components"].items() if key not in triggers}
    assert {one["unique_id"] for one in entities.values()} == {f"pitrainer_0a1b2c3d_{key}" for key in entities}
    assert entities["start"] == {
        "platform": "button",
        "name": "Start",
        "unique_id": "pitrainer_0a1b2c3d_start",
        "default_entity_id": "button.pitrainer_0a1b2c3d_start",
        "command_topic": "pitrainer/0a1b2c3d/order",
        "payload_press": "start",
        "icon": "mdi:play",
    }


def test_the_button_is_a_trigger() -> None:
    """Home Assistant has words of its own for a button that is pressed; the session's events do not show it."""
    assert FULL["components"]["trigger_long_pressed"] == {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": "button_long_press",
        "subtype": "button_1",
        "topic": "pitrainer/0a1b2c3d/event",
        "value_template": "{{ value_json.event_type }}",
        "payload": "long_pressed",
    }
    session = FULL["components"]["session"]
    assert session["value_template"] == "{{ '' if value_json.event_type in ['pressed', 'long_pressed'] else value }}"
    assert session["event_types"] == [*EVENTS]


def test_an_entity_goes() -> None:
    """What an earlier version announced, and this one does not, is first named with its platform alone; else nothing is."""
    before = platforms(FULL)
    assert farewell(FULL, before) is None
    without = announcement(TOPICS, "Living room", [])
    assert platforms(without) == {key: platform for key, platform in before.items() if key != "program"}
    assert farewell(without, before) == without | {"components": without["components"] | {"program": {"platform": "select"}}}
