"""Whether the endpoint in this container answers: what HEALTHCHECK runs."""

import http.client
import os
import ssl
import sys

port = int(os.environ.get("UVICORN_PORT", "8080"))
if "UVICORN_SSL_CERTFILE" in os.environ:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # its certificate does not name this address
    asked = http.client.HTTPSConnection("127.0.0.1", port, timeout=4, context=context)
else:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
try:
    asked.request("GET", "/health")
    status = asked.getresponse().status
except OSError as fault:
    sys.exit(f"port {port}: {fault}")
sys.exit(0 if status == 200 else f"port {port} answered {status}")
