# What fetches weights: `ripieno models pull NAME --to /models`. No server, so nothing to ask for its health. Target: cpu.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
WORKDIR /build
COPY constraints.txt ./
COPY scripts/install.py ./scripts/
COPY infra/docker/packages.py ./infra/docker/
COPY gpu_endpoints/requirements.txt ./gpu_endpoints/
COPY requirements-client.txt ./
RUN python infra/docker/packages.py gpu_endpoints/requirements.txt requirements-client.txt

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS cpu
RUN groupadd --gid 10001 ripieno && useradd --uid 10001 --gid 10001 --create-home ripieno && \
    install -d -o 10001 -g 10001 /models
ENV PATH=/opt/ripieno/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/home/ripieno
WORKDIR /app
COPY --from=build /opt/ripieno /opt/ripieno
COPY ripieno ./ripieno
USER 10001:10001
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m", "ripieno.cli"]
CMD ["models", "list"]
