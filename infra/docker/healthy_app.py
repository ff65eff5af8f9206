"""Whether the app in this container answers: what HEALTHCHECK runs."""

import http.client
import sys

asked = http.client.HTTPConnection("127.0.0.1", 7071, timeout=4)
try:
    asked.request("GET", "/api/health")
    status = asked.getresponse().status
except OSError as fault:
    sys.exit(str(fault))
sys.exit(0 if status == 200 else f"it answered {status}")
