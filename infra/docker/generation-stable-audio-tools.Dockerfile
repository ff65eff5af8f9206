# The generation endpoint with stable-audio-tools alone: stable-audio-tools 0.0.19 pins older packages than ours, so its packages are a list of their own
# (stable-audio-tools.lock, whole: nothing is resolved here). Target: cuda.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc g++ libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /build
RUN python -m venv /opt/ripieno
COPY infra/docker/stable-audio-tools.lock ./
RUN /opt/ripieno/bin/pip install --no-cache-dir --no-deps -r stable-audio-tools.lock

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS cuda
RUN groupadd --gid 10001 ripieno && useradd --uid 10001 --gid 10001 --create-home ripieno && \
    install -d -o 10001 -g 10001 /models
ENV PATH=/opt/ripieno/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/home/ripieno \
    UVICORN_HOST=0.0.0.0 UVICORN_PORT=8080
WORKDIR /app
EXPOSE 8080
USER 10001:10001
HEALTHCHECK --interval=20s --timeout=5s --start-period=120s --retries=6 CMD ["python", "/app/healthy.py"]
CMD ["uvicorn", "gpu_endpoints.generation.server:app", "--no-access-log"]
COPY --from=build /opt/ripieno /opt/ripieno
COPY infra/docker/healthy.py ./
COPY ripieno ./ripieno
COPY gpu_endpoints ./gpu_endpoints
