"""`python -m pitrainer` is the command `pitrainer`."""

import sys

from .cli import main

sys.exit(main())
