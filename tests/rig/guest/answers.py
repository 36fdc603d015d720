"""Answers what the trainer asks: answers.py PULL PLAN ANSWER..., in pitrainer's Python.

PULL is the button's pull, PLAN a first session's plan (`show --json`). Each question gets the next ANSWER: "3:500" presses half
a second after the number three began, "-" says nothing. Ends with the last answer, and prints what the trainer took.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from pitrainer.config.locate import service_folder
from pitrainer.control.client import follow
from pitrainer.control.protocol import socket_file

WORDS = "Zero One Two Three Four Five Six Seven Eight Nine Ten".split()


def offsets(step: dict[str, Any]) -> list[int]:
    """When each number of a question is said, from its start."""
    said = {cue.get("say"): cue["at_ms"] - step["start_ms"] for cue in step["cues"]}
    return [said[f"{word}."] for word in WORDS]


def main(pull: str, plan: str, *answers: str) -> None:
    """Press at each number, by the clock that all processes share."""
    steps = json.loads(Path(plan).read_text())["steps"]
    left = list(answers)
    for event in follow(socket_file(service_folder({})), {"command": "events"}):
        match event.get("event"):
            case "rated":
                print(event["about"], event["value"], flush=True)
                if not left:
                    return
            # What reads an answer back is shorter than the question.
            case "began" if (
                event["step"]["kind"] == "ask" and event["step"]["length"] == steps[event["step"]["index"]]["length_ms"]
            ):
                answer = left.pop(0) if left else "-"
                if answer == "-":
                    if not left:
                        return
                    continue
                value, after = map(int, answer.split(":"))
                at = (event["at"] + offsets(steps[event["step"]["index"]])[value] + after) / 1000
                time.sleep(max(0, at - time.monotonic()))
                Path(pull).write_text("pull-down")
                time.sleep(0.15)
                Path(pull).write_text("pull-up")


if __name__ == "__main__":
    main(*sys.argv[1:])
