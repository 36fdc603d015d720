"""These run where the real Home Assistant is named: `tests/home_assistant/build`, then `HA=/var/tmp/pi-ha pytest` on them."""

import os

collect_ignore_glob = [] if os.environ.get("HA") else ["test_*.py"]
