"""Whether the endpoint in this container answers: what HEALTHCHECK runs."""

import os
import ssl
import sys
import urllib.request

has_tls = "UVICORN_SSL_CERTFILE" in os.environ
url = f"http{'s' if has_tls else ''}://127.0.0.1:{os.environ.get('UVICORN_PORT', '8080')}/health"
unverified = ssl._create_unverified_context() if has_tls else None  # its certificate does not name this address
try:
    with urllib.request.urlopen(url, timeout=4, context=unverified) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except OSError as fault:
    sys.exit(f"{url}: {fault}")
