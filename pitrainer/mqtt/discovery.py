"""The announcement by which Home Assistant makes a device of a trainer: one message with all its entities.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload. Leaving an entity out does not remove it: the message
before has to name it with its platform alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .. import __version__
from .payloads import BUTTONS, EVENTS, OFFLINE, ONLINE, PRESSES, STATES, Topics

Json = dict[str, Any]

ICONS = {"start": "play", "pause": "pause", "next": "skip-next", "back": "skip-previous", "stop": "stop"}


def announcement(topics: Topics, name: str, programs: Sequence[str]) -> Json:
    """Return the announcement of a trainer.

    Args:
        topics: its topics.
        name: what the device is called in Home Assistant.
        programs: how each program is called; without any, there is nothing to choose.
    """
    return {
        "device": {
            "identifiers": [topics.device],
            "name": name,
            "manufacturer": "pitrainer",
            "model": "voice trainer",
            "sw_version": __version__,
        },
        "origin": {"name": "pitrainer", "sw_version": __version__},
        "availability_topic": topics("availability"),
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "qos": 1,
        "components": _components(topics, programs),
    }


def farewell(new: Json, before: Mapping[str, str]) -> Json | None:
    """Return what has to be sent before an announcement, so that the entities go that are not in it; None if there are none.

    Args:
        new: the announcement.
        before: the entities of the one before, and their platforms.
    """
    gone = {key: {"platform": platform} for key, platform in before.items() if key not in new["components"]}
    return new | {"components": new["components"] | gone} if gone else None


def platforms(announced: Json) -> dict[str, str]:
    """Return the entities of an announcement, and their platforms: what has to be known when the next one lacks some."""
    return {key: component["platform"] for key, component in announced["components"].items()}


def _components(topics: Topics, programs: Sequence[str]) -> dict[str, Json]:
    state = topics("state")

    def entity(key: str, platform: str, name: str, **more: Any) -> tuple[str, Json]:
        # The id, which is random, keeps two trainers of one name from getting `_2`.
        named = {"unique_id": f"{topics.device}_{key}", "default_entity_id": f"{platform}.{topics.device}_{key}"}
        return key, {"platform": platform, "name": name, **named, **more}

    def shows(key: str, platform: str, name: str, template: str, **more: Any) -> tuple[str, Json]:
        return entity(key, platform, name, state_topic=state, value_template=template, **more)

    def value(field: str) -> str:
        return f"{{{{ value_json.{field} }}}}"

    def flag(field: str) -> str:
        return f"{{{{ {{true: 'ON', false: 'OFF'}}.get(value_json.{field}, 'None') }}}}"

    found = [
        shows("state", "sensor", "State", value("state"), device_class="enum", options=[*STATES], icon="mdi:yoga"),
        shows("exercise", "sensor", "Exercise", value("exercise"), icon="mdi:human-handsdown"),
        shows("last_session", "sensor", "Last session", value("last_session"), device_class="timestamp"),
        shows(
            *("last_session_length", "sensor", "Last session's length", value("last_session_seconds")),
            device_class="duration",
            unit_of_measurement="s",
            suggested_display_precision=0,
        ),
        shows(
            *("last_rating", "sensor", "Last rating", "{{ (value_json.last_rating or {}).get('value') }}"),
            state_class="measurement",
            icon="mdi:gauge",
            json_attributes_topic=state,
            json_attributes_template="{% set rated = value_json.last_rating or {} %}"
            "{{ {'about': rated.get('about'), 'exercise': rated.get('exercise')} | tojson }}",
        ),
        shows("streak", "sensor", "Streak", value("streak"), unit_of_measurement="d", icon="mdi:calendar-check"),
        shows("done_today", "binary_sensor", "Done today", flag("done_today"), icon="mdi:check-circle"),
        shows("next_reminder", "sensor", "Next reminder", value("next_reminder"), device_class="timestamp"),
        shows(
            *("problem", "binary_sensor", "Problem", "{{ 'ON' if value_json.problems else 'OFF' }}"),
            device_class="problem",
            entity_category="diagnostic",
            json_attributes_topic=state,
            json_attributes_template="{{ {'problems': value_json.problems} | tojson }}",
        ),
        shows(
            *("volume", "number", "Volume", value("volume")),
            command_topic=topics("volume"),
            min=0,
            max=100,
            unit_of_measurement="%",
            icon="mdi:volume-high",
        ),
        shows("reminders", "switch", "Reminders", flag("reminders"), command_topic=topics("reminders"), icon="mdi:bell"),
        *(
            entity(key, "button", key.capitalize(), command_topic=topics("order"), payload_press=key, icon=f"mdi:{ICONS[key]}")
            for key in BUTTONS
        ),
        entity("say", "notify", "Say", command_topic=topics("say"), icon="mdi:bullhorn"),
        entity(
            *("session", "event", "Session"),
            state_topic=topics("event"),
            value_template=f"{{{{ '' if value_json.event_type in {[*PRESSES]} else value }}}}",
            event_types=[*EVENTS],
            icon="mdi:yoga",
        ),
    ]
    if programs:
        select = {"command_topic": topics("program"), "options": [*programs], "icon": "mdi:format-list-numbered"}
        found.append(shows("program", "select", "Program", value("program"), **select))
    triggers = {name: _trigger(topics, name, name, "session") for name in EVENTS}
    # Home Assistant has words of its own for these: "First button" pressed.
    triggers |= {name: _trigger(topics, name, kind, "button_1") for name, kind in PRESSES.items()}
    return dict(found) | {f"trigger_{name}": trigger for name, trigger in triggers.items()}


def _trigger(topics: Topics, name: str, kind: str, of: str) -> Json:
    """Return what an automation can begin with, chosen by its name from the device's triggers."""
    return {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": kind,
        "subtype": of,
        "topic": topics("event"),
        "value_template": "{{ value_json.event_type }}",
        "payload": name,
    }
