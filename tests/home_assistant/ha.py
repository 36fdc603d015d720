"""The real Home Assistant in one process, with its MQTT integration on a broker at 127.0.0.1:PORT; ha.py PORT FOLDER [PAGE].

Reads one command a line from standard input, answers with one line of JSON:
  states                    every entity of an MQTT device: {entity_id: state}
  attributes ENTITY         its attributes
  devices                   [{id, name, name_by_user, identifiers, sw_version, configuration_url}]
  call DOMAIN SERVICE JSON  e.g. call button press {"entity_id": "button.x"}
  wait ENTITY STATE SECONDS true once the entity has the state, else its state
  listen                    to every trigger of the devices, as an automation would: their types
  fired                     the payloads of those that have fired since the last time this was asked
  reload                    the MQTT integration anew (a birth message follows)
  rename NAME OTHER         the device of that name, as a person would
  delete NAME               the device of that name, as a person would delete it
  log                       warnings and errors of Home Assistant since the last time this was asked
  login                     where there is a PAGE, the port of its pages: what a browser has of somebody who is logged in
  stop
"""

import asyncio
import json
import logging
import os
import pathlib
import sys
import time

PORT = int(sys.argv[1])
CONFIG = pathlib.Path(sys.argv[2])
PAGE = int(sys.argv[3]) if len(sys.argv) > 3 else 0
(CONFIG / ".storage").mkdir(parents=True, exist_ok=True)
# without default_config: nothing that would look outside
configuration = "homeassistant:\n  name: rig\n  unit_system: metric\n  country: DE\n"
if PAGE:
    configuration += f"http:\n  server_host: 127.0.0.1\n  server_port: {PAGE}\nfrontend:\nconfig:\n"
    done = {"done": ["user", "core_config", "analytics", "integration"]}
    (CONFIG / ".storage" / "onboarding").write_text(json.dumps({"version": 4, "key": "onboarding", "data": done}))
(CONFIG / "configuration.yaml").write_text(configuration)
entry = {
    "created_at": "2026-11-01T00:00:00+00:00",
    "modified_at": "2026-11-01T00:00:00+00:00",
    "entry_id": "01JMQTTENTRY0000000000000A",
    "version": 1,  # a newer release makes its own of it
    "minor_version": 2,
    "domain": "mqtt",
    "title": "broker",
    "data": {"broker": "127.0.0.1", "port": PORT, "protocol": "5"},
    "options": {"discovery": True},
    "pref_disable_new_entities": False,
    "pref_disable_polling": False,
    "source": "user",
    "unique_id": None,
    "disabled_by": None,
    "discovery_keys": {},
    "subentries": [],
}
if not (CONFIG / ".storage" / "core.config_entries").exists():
    (CONFIG / ".storage" / "core.config_entries").write_text(
        json.dumps({"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}})
    )
from homeassistant import bootstrap, const, runner  # noqa: E402
from homeassistant.components import device_automation  # noqa: E402
from homeassistant.helpers import device_registry, entity_registry, trigger  # noqa: E402

told: list[str] = []
fired: list[str] = []


class Log(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            told.append(f"{record.levelname} {record.name}: {record.getMessage()[:400]}")


async def main() -> None:
    skip = bool(os.environ.get("SKIP_PIP"))
    hass = await bootstrap.async_setup_hass(
        runner.RuntimeConfig(config_dir=str(CONFIG), skip_pip=skip, log_no_color=True, log_rotate_days=None)
    )
    logging.getLogger().addHandler(Log())
    await hass.async_start()
    say = lambda what: print(json.dumps(what, default=str), flush=True)  # noqa: E731
    pathlib.Path("/ha/warm").touch()  # what the integrations need is installed
    say({"started": const.__version__})
    entities, devices = entity_registry.async_get(hass), device_registry.async_get(hass)
    mine = lambda: device_registry.async_entries_for_config_entry(devices, entry["entry_id"])  # noqa: E731
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        what, _, rest = line.partition(" ")
        try:
            match what:
                case "states":
                    shown = {e.entity_id for e in entities.entities.values() if e.platform == "mqtt"}
                    say({s.entity_id: s.state for s in hass.states.async_all() if s.entity_id in shown})
                case "attributes":
                    state = hass.states.get(rest)
                    say(dict(state.attributes) if state else None)
                case "devices":
                    say(
                        [
                            {
                                "id": d.id,
                                "name": d.name,
                                "name_by_user": d.name_by_user,
                                "identifiers": sorted(map(list, d.identifiers)),
                                "sw_version": d.sw_version,
                                "configuration_url": d.configuration_url,
                            }
                            for d in mine()
                        ]
                    )
                case "listen":
                    kind = device_automation.DeviceAutomationType.TRIGGER
                    by_device = await device_automation.async_get_device_automations(hass, kind, [d.id for d in mine()])
                    known = [one for those in by_device.values() for one in those if one["domain"] == "mqtt"]
                    configs = await trigger.async_validate_trigger_config(hass, known)
                    note = lambda data, *_: fired.append(data["trigger"]["payload"])  # noqa: E731
                    await trigger.async_initialize_triggers(hass, configs, note, "rig", "rig", lambda *_, **__: None)
                    say(sorted(f"{one['subtype']}: {one['type']}" for one in known))
                case "fired":
                    say(fired[:])
                    fired.clear()
                case "call":
                    domain, service, data = rest.split(" ", 2)
                    await hass.services.async_call(domain, service, json.loads(data), blocking=True)
                    say(True)
                case "wait":
                    entity, wanted, seconds = rest.rsplit(" ", 2)
                    for _ in range(int(float(seconds) * 10)):
                        state = hass.states.get(entity)
                        if state and state.state == wanted:
                            break
                        await asyncio.sleep(0.1)
                    say(True if state and state.state == wanted else state and state.state)
                case "reload":
                    say(await hass.config_entries.async_reload(entry["entry_id"]))
                case "rename":
                    name, other = rest.split()
                    [devices.async_update_device(d.id, name_by_user=other) for d in mine() if d.name == name]
                    say(True)
                case "delete":
                    [devices.async_remove_device(d.id) for d in mine() if d.name == rest]
                    await hass.async_block_till_done()
                    say(True)
                case "log":
                    say(list(told))
                    told.clear()
                case "login":
                    user = await hass.auth.async_create_user("Somebody", group_ids=["system-admin"])
                    url = f"http://127.0.0.1:{PAGE}"
                    refresh = await hass.auth.async_create_refresh_token(user, client_id=f"{url}/")
                    token = {"access_token": hass.auth.async_create_access_token(refresh), "token_type": "Bearer"}
                    lasts = {"expires_in": 1800, "expires": (time.time() + 1800) * 1000, "refresh_token": refresh.token}
                    say({"hassUrl": url, "clientId": f"{url}/", **token, **lasts})
                case "stop":
                    break
                case _:
                    say({"error": f"unknown: {what}"})
        except Exception as error:  # noqa: BLE001
            say({"error": f"{type(error).__name__}: {error}"})
    await hass.async_stop(force=True)
    os._exit(0)  # threads of integrations would keep it for minutes


asyncio.run(main())
