"""All targets, by their names."""

from fuzz.archives import ARCHIVES
from fuzz.files import ROUTINES, SETTINGS
from fuzz.imports import IMPORTS
from fuzz.plans import PLANS
from fuzz.requests import REQUESTS
from fuzz.states import STATES

TARGETS = {target.name: target for target in (SETTINGS, ROUTINES, PLANS, REQUESTS, IMPORTS, ARCHIVES, STATES)}
