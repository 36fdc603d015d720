"""Seven simulated years of reminders in five zones, as `tests/core/test_reminder_years.py` has them, for many seeds.

python tests/bench/reminder_years.py [SEEDS]
"""

import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

from core.test_reminder_years import REMINDERS, ZONES, World, check

seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
begin = time.process_time()
due = said = 0
for seed in range(seeds):
    for zone in ZONES:
        world = World(ZoneInfo(zone), seed)
        world.run()
        check(world)
        due += len(world.due)
        said += sum(number == 1 for _, _, number in world.said)
        print(f"seed {seed}, {zone}: as it must be", flush=True)
print(
    f"{seeds * len(ZONES)} times seven years with {len(REMINDERS)} reminders: {due} due, {said} said, the others accounted for"
)
print(f"{time.process_time() - begin:.0f} s of processor time")
