"""Whether the app in this container answers: what HEALTHCHECK runs."""

import sys
import urllib.request

URL = "http://127.0.0.1:7071/api/health"
try:
    with urllib.request.urlopen(URL, timeout=4) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except OSError as fault:
    sys.exit(f"{URL}: {fault}")
