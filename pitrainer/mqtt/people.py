"""Who somebody is, as others may know it: names stay on the device, unless the settings let them go."""

import re
from collections.abc import Iterable


class People:
    """Gives each name of the settings' programs a number, in their order."""

    def __init__(self, names: Iterable[str | None], *, named: bool) -> None:
        """Take the names; `named`: they may leave the device."""
        known = dict.fromkeys(name for name in names if name)
        self._known = {name: name if named else f"person {number}" for number, name in enumerate(known, 1)}
        self._named = named
        longest_first = sorted(known, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, longest_first))) if known and not named else None

    def of(self, name: str | None) -> str | None:
        """Return what others are told of a person; a name that no program has is just a person."""
        if not name or self._named:
            return name or None
        return self._known.get(name, "a person")

    def without_names(self, text: str) -> str:
        """Return a text in which nobody is named who should not be."""
        return self._any.sub(lambda found: self._known[found[0]], text) if self._any else text
